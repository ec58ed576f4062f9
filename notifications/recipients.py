"""The people whom the table of `audiences` names, and by which channels each can be told.

Computed at fan-out, and whether the person still holds her membership is asked again before sending, so a removed
member hears nothing. Who is on duty is asked at fan-out too: a message that waited goes to whoever has the duty now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone

from entities.models import Membership, Notice, ServiceDependency
from entities.permissions import AUTHORITY_ROLES, Role
from incidents.clocks import CONSUMERS
from incidents.lifecycle import EventKind, ReportKind
from incidents.models import Report, ReportEvent
from incidents.models.duty import with_duty
from nafath_auth.models import DoorCode
from notifications.audiences import (
    AUDIENCES,
    NOTICES,
    TEAM,
    Line,
    Side,
    always,
    consumers,
    key_of,
    never,
    on_duty,
    own,
    reviewer,
)
from notifications.models import Channel

__all__ = ["Recipient", "Side", "audience", "key_of", "notice_audience", "side_of"]


@dataclass(frozen=True)
class Recipient:
    """A person as a member of an entity, and how she is told."""

    membership: Membership
    channels: frozenset[Channel]


def side_of(report: Report, membership: Membership) -> Side:
    """From where this member looks at the report; a stranger to both ends is a consumer or the provider by its kind."""
    if membership.role in AUTHORITY_ROLES:
        return Side.AUTHORITY
    if membership.entity_id == report.entity_id:
        return Side.OWN
    return Side.PROVIDER if report.kind == ReportKind.CONSUMED_OUTAGE else Side.CONSUMER


def audience(event: ReportEvent) -> list[Recipient]:
    """Whom to tell, each person once; the first line that names her says as whom she hears. One query at most."""
    absent = Side.CONSUMER if event.report.kind == ReportKind.CONSUMED_OUTAGE else Side.PROVIDER
    lines = [line for line in lines_of(event) if line.side != absent and line.when(event)]
    if not lines:
        return []
    members = list(_members(event, {line.side for line in lines}))
    found: dict[int, Recipient] = {}
    for line in lines:
        for membership in _named(line, members, event):
            acted = membership.user.public_id == event.person
            if acted and not line.receipt:
                continue
            before = found.get(membership.user_id)
            channels = _channels(line, event) - ({Channel.IN_APP} if acted else set())
            found[membership.user_id] = Recipient(
                before.membership if before else membership, channels | (before.channels if before else frozenset())
            )
    return [_reachable(recipient) for recipient in found.values()]


def notice_audience(notice: Notice) -> list[Recipient]:
    """Whom to tell of what has no report, each person once."""
    roles, channels = NOTICES[notice.kind]
    there = Q(entity=notice.entity_id) | Q(role__in=AUTHORITY_ROLES)
    members = Membership.objects.usable().in_roles(*roles).filter(there).select_related("user")
    if notice.kind == Notice.Kind.CODE:
        asked = DoorCode.objects.filter(pk=notice.data["code"])
        members = members.filter(pk__in=asked.values("membership"))
    elif notice.kind in {Notice.Kind.CORRECTION_ASKED, Notice.Kind.DEPENDENCY_DENIED}:
        members = members.filter(entity=notice.entity_id)
    elif notice.kind == Notice.Kind.POLICY_WAITS:
        members = members.exclude(user__public_id=notice.data["asked_by"])
    once = {membership.user_id: membership for membership in members.order_by("-pk")}
    return [_reachable(Recipient(membership, channels)) for membership in once.values()]


def lines_of(event: ReportEvent) -> Iterable[Line]:
    """The table's lines for what happened, or the policy's for a reminder."""
    return _reminded(event) if event.kind == EventKind.REMINDED else AUDIENCES.get(key_of(event), ())


def _reminded(event: ReportEvent) -> Iterator[Line]:
    """Whom the mark and those that were missed before it speak to, in the report's own version of the policy."""
    rules, clock = event.report.policy.rules, str(event.data.get("clock", ""))
    mark = rules.mark(clock, event.mark)
    if mark is None:
        return
    sms = always if event.report.severity in mark.sms_for else never
    audience = rules.heard_by(clock, [*event.data.get("missed", []), mark.code])
    roles = [Role(name) for name in audience if name != CONSUMERS]
    yield own(*(role for role in roles if role not in AUTHORITY_ROLES), sms=sms)
    if Role.REVIEWER in roles:
        yield reviewer(sms=sms)
    if Role.LEAD in roles:
        yield on_duty(Role.LEAD, sms=sms)
    if CONSUMERS in audience:
        yield consumers()


def asked_themselves(report: Report, event: ReportEvent) -> Q:
    """Consumers with a report of their own about the service: that report asks them whether it is back."""
    if event.move != "restore":
        return Q(pk__in=[])
    own_reports = Report.objects.open_outages().filter(provider_service__in=report.services.values("pk"))
    return Q(entity__in=own_reports.values("entity"))


def _members(event: ReportEvent, sides: set[Side]) -> QuerySet[Membership]:
    """Everybody who may act today for one of these sides, each with her `duty` now: its role, or None."""
    report = event.report
    wanted = Q(pk__in=[])
    if Side.OWN in sides:
        wanted |= Q(entity=report.entity_id)
    if Side.AUTHORITY in sides:
        wanted |= Q(role__in=(Role.REVIEWER, Role.LEAD))
    if Side.PROVIDER in sides and report.provider_service:
        wanted |= Q(entity=report.provider_service.entity_id, role__in=TEAM)
    if Side.CONSUMER in sides:
        links = (
            ServiceDependency.objects.in_force()
            .hard()
            .filter(provider__in=report.services.values("pk"), consumer__is_active=True)
        )
        relying = Q(entity__in=links.values("consumer__entity"), role__in=TEAM) & ~Q(entity=report.entity_id)
        wanted |= relying & ~asked_themselves(report, event)
    members = with_duty(Membership.objects.usable().filter(wanted), at=timezone.now())
    return members.select_related("user", "entity").order_by("pk")


def _named(line: Line, members: Iterable[Membership], event: ReportEvent) -> list[Membership]:
    """The members a line speaks of."""
    there = [each for each in members if side_of(event.report, each) == line.side]
    if line.former:
        return [each for each in there if str(each.user.public_id) == event.data.get("before")][:1]
    owner = event.report.reviewer_id
    if line.assigned and owner and (hers := [each for each in there if each.user_id == owner]):
        return hers[:1]
    if line.on_duty and (now := [each for each in there if each.duty in line.roles]):  # type: ignore[attr-defined]  # annotated
        return now
    return [each for each in there if each.role in line.roles]


def _channels(line: Line, event: ReportEvent) -> frozenset[Channel]:
    conditions = {Channel.IN_APP: always, Channel.EMAIL: line.mail, Channel.SMS: line.sms}
    return frozenset(channel for channel, holds in conditions.items() if holds(event))


def _reachable(recipient: Recipient) -> Recipient:
    """Without the channels for which she has no address."""
    person = recipient.membership.user
    missing = {Channel.EMAIL: not person.email, Channel.SMS: not person.mobile}
    return Recipient(recipient.membership, frozenset(c for c in recipient.channels if not missing.get(c)))
