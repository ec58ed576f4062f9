"""The people whom the table of `audiences` names, and by which channels each can be told.

Computed at fan-out, and whether the person still holds her membership is asked again before sending, so a removed
member hears nothing. Who is on duty is asked at fan-out too: a message that waited goes to whoever has the duty now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from entities.models import Membership, Notice
from entities.models.people import MembershipQuerySet
from entities.permissions import AUTHORITY_ROLES, Role
from incidents.clocks import CONSUMERS
from incidents.lifecycle import WAITS_ON_AUTHORITY, WAITS_ON_PROVIDER, EventKind, ReportKind, Severity
from incidents.models import DutyShift, IncidentReader, Report, ReportEvent
from nafath_auth.models import DoorCode
from notifications.audiences import (
    AUDIENCES,
    NOTICES,
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
from notifications.ladders import heard_together
from notifications.models import Channel
from notifications.register import Register

__all__ = ["Recipient", "Side", "audience", "key_of", "notice_audience", "side_of", "waits_on"]


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


def waits_on(clock: str) -> Side:
    """Who owes what a clock runs for."""
    if clock in WAITS_ON_AUTHORITY:
        return Side.AUTHORITY
    return Side.PROVIDER if clock in WAITS_ON_PROVIDER else Side.OWN


def audience(event: ReportEvent, register: Register) -> list[Recipient]:
    """Whom to tell, each person once; the first line that names her says as whom she hears."""
    absent = Side.CONSUMER if event.report.kind == ReportKind.CONSUMED_OUTAGE else Side.PROVIDER
    lines = [line for line in lines_of(event) if line.side != absent and line.when(event)]
    said = register.ladders.has_been_said(event)
    lines = heard_together(lines, event, said=said, joins=register.joins(event.report))
    if not lines:
        return []
    members = register.members(event, {line.side for line in lines})
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
    if not roles:
        return []
    there = Q(entity=notice.entity_id) | Q(role__in=AUTHORITY_ROLES)
    members = Membership.objects.usable().in_roles(*roles).filter(there).select_related("user")
    if notice.kind == Notice.Kind.CODE:
        asked = DoorCode.objects.filter(pk=notice.data["code"])
        members = members.filter(pk__in=asked.values("membership"))
    elif notice.kind in {Notice.Kind.CORRECTION_ASKED, Notice.Kind.DEPENDENCY_DENIED}:
        members = members.filter(entity=notice.entity_id)
    elif notice.kind == Notice.Kind.SILENT_OUTAGE:
        members = members.filter(entity=notice.entity_id)
        channels = channels if notice.data["severity"] <= Severity.S2 else channels - {Channel.SMS}
    elif notice.kind == Notice.Kind.INCIDENT_OPENED:
        members = _on_duty_first(members)
    elif notice.kind == Notice.Kind.SITUATION_SENT:
        listed = IncidentReader.objects.filter(incident__reference=notice.data["incident"])
        members = Membership.objects.usable().filter(pk__in=listed.values("membership")).select_related("user")
    elif notice.kind == Notice.Kind.POLICY_WAITS:
        members = members.exclude(user__public_id=notice.data["asked_by"])
    once = {membership.user_id: membership for membership in members.order_by("-pk")}
    return [_reachable(Recipient(membership, channels)) for membership in once.values()]


def _on_duty_first(members: MembershipQuerySet) -> MembershipQuerySet:
    """Those whom the duty roster names now, or all while it names nobody."""
    now = DutyShift.objects.on_duty(at=timezone.now()).filter(person__in=members)
    return members.filter(pk__in=now.values("person")) if now.exists() else members


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
    theirs = tuple(role for role in roles if role not in AUTHORITY_ROLES)
    yield Line(Side.PROVIDER, theirs, sms=sms) if clock in WAITS_ON_PROVIDER else own(*theirs, sms=sms)
    if Role.REVIEWER in roles:
        yield reviewer(sms=sms)
    if Role.LEAD in roles:
        yield on_duty(Role.LEAD, sms=sms)
    if CONSUMERS in audience:
        yield consumers()


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
