"""Who hears of what, as a table: what happened -> lines of (side, roles, by which channels, when).

Every line is heard in the portal; mail and SMS have their conditions. Computed at fan-out, and whether the person
still holds her membership is asked again before sending, so a removed member hears nothing. Whoever did a deed does
not hear of it, except by the receipt of filing and by what her calendar must take over. Source: domain/lifecycle.md,
"What follows" and Reminders.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Q, QuerySet

from entities.models import Membership, Notice, ServiceDependency
from entities.permissions import AUTHORITY_ROLES, Role
from incidents.clocks import CONSUMERS
from incidents.lifecycle import OPEN, EventKind, ReportKind, Severity
from incidents.models import Report, ReportEvent
from nafath_auth.models import DoorCode
from notifications.models import Channel


class Side(StrEnum):
    """From where a reader looks at a report."""

    OWN = "own"
    AUTHORITY = "authority"
    PROVIDER = "provider"
    CONSUMER = "consumer"


@dataclass(frozen=True)
class Recipient:
    """A person as a member of an entity, and how she is told."""

    membership: Membership
    channels: frozenset[Channel]


Condition = Callable[[ReportEvent], bool]


def always(event: ReportEvent) -> bool:
    return True


def never(event: ReportEvent) -> bool:
    return False


def urgent(event: ReportEvent) -> bool:
    """S1 and S2."""
    return event.report.severity <= Severity.S2


def emergency(event: ReportEvent) -> bool:
    return event.report.is_emergency


def upper_tiers(event: ReportEvent) -> bool:
    return event.report.tier <= 1


def pressing(event: ReportEvent) -> bool:
    """An urgent question about an S1 or S2 outage."""
    return bool(event.data.get("urgent")) and urgent(event)


def shared(event: ReportEvent) -> bool:
    """An update that the entity lets the consumers read."""
    return bool(event.data.get("visibility") == "consumers")


def running(event: ReportEvent) -> bool:
    """The outage goes on."""
    return event.report.status in OPEN


def combined(event: ReportEvent) -> bool:
    """The final report of a short outage, which says at once that the service is back."""
    return event.data.get("from") in OPEN


@dataclass(frozen=True)
class Line:
    """Some people of one side. `assigned`: the report's reviewer, or all of the roles while there is none."""

    side: Side
    roles: tuple[Role, ...]
    mail: Condition = always
    sms: Condition = never
    when: Condition = always
    receipt: bool = False
    assigned: bool = False


TEAM = (Role.DIRECTOR, Role.ALTERNATE)
CREW = (*TEAM, Role.MEMBER)
HOUSE = (*CREW, Role.IT_LEADER)
REST = (Role.MEMBER, Role.IT_LEADER)


def own(*roles: Role, mail: Condition = always, sms: Condition = never, receipt: bool = False) -> Line:
    return Line(Side.OWN, roles, mail=mail, sms=sms, receipt=receipt)


def authority(*roles: Role, mail: Condition = always, sms: Condition = never) -> Line:
    return Line(Side.AUTHORITY, roles, mail=mail, sms=sms)


def reviewer(mail: Condition = always, sms: Condition = never) -> Line:
    return Line(Side.AUTHORITY, (Role.REVIEWER,), mail=mail, sms=sms, assigned=True)


def provider(mail: Condition = always, sms: Condition = never, when: Condition = always) -> Line:
    return Line(Side.PROVIDER, TEAM, mail=mail, sms=sms, when=when)


def consumers(when: Condition = always) -> Line:
    return Line(Side.CONSUMER, TEAM, when=when)


_TRIAGE = authority(Role.REVIEWER, Role.LEAD, mail=urgent, sms=urgent)

#: Whoever got a window for her calendar hears of every change of it, and so does the one who made the change.
_WINDOW = (
    own(*HOUSE, receipt=True), reviewer(), Line(Side.AUTHORITY, (Role.REVIEWER,), when=emergency), consumers(),
)  # fmt: skip

#: By the deed's name in the lifecycle table, or the event's kind where no deed stands behind it; filing by kind.
AUDIENCES: dict[str, tuple[Line, ...]] = {
    "FILED:OUT": (own(*TEAM, sms=always, receipt=True), own(*REST, receipt=True), _TRIAGE, consumers()),
    "FILED:MNT": (own(*HOUSE, receipt=True), authority(Role.REVIEWER, mail=emergency, sms=emergency), consumers()),
    "FILED:DEP": (own(*TEAM, sms=always, receipt=True), own(*REST, receipt=True), _TRIAGE, provider(sms=urgent)),
    "acknowledge": (own(*CREW),),
    "undo_acknowledge": (own(*CREW, mail=never),),
    "assign": (reviewer(mail=urgent),),
    "update": (own(*CREW, mail=never), reviewer(mail=never), provider(mail=never, when=shared), consumers(when=shared)),
    "restore": (own(*HOUSE), reviewer(), provider(), consumers()),
    "undo_restore": (own(*CREW), reviewer(), provider(), consumers()),
    "reopen": (own(*HOUSE), reviewer(sms=urgent), provider(), consumers()),
    "submit_final": (own(*HOUSE, mail=never), reviewer(), consumers(when=combined)),
    "send_back": (own(*HOUSE),),
    "close": (own(*HOUSE), provider(mail=never)),
    "reopen_closed": (own(*HOUSE), reviewer()),
    "extend_final": (own(*HOUSE),),
    "withdraw": (own(*HOUSE), reviewer(), provider(), consumers()),
    EventKind.WITHDRAWAL_ASKED: (own(*CREW, mail=never), reviewer()),
    "confirm_withdrawal": (own(*HOUSE), reviewer(mail=never), provider(), consumers()),
    "dismiss": (own(*HOUSE), provider(), consumers()),
    "change_severity": (own(*TEAM, sms=urgent), own(*REST), reviewer(mail=never), authority(Role.LEAD, mail=urgent)),
    "ask": (own(*TEAM, sms=pressing),),
    "raise_concern": (own(*TEAM),),
    "answer": (reviewer(),),
    EventKind.ANSWERED: (reviewer(mail=never),),
    "attach": (own(*TEAM, mail=never), reviewer(mail=never)),
    "note": (own(*TEAM),),
    "reschedule": _WINDOW,
    "cancel": _WINDOW,
    "start": (own(*CREW, sms=upper_tiers), reviewer(sms=upper_tiers), consumers()),
    "complete": (own(*HOUSE), reviewer(mail=never), consumers()),
    "miss": (own(*HOUSE), reviewer()),
    "extend_window": _WINDOW,
    "ask_return": (own(*TEAM),),
    "recall_return": (own(*TEAM, mail=never),),
    EventKind.SIGNED: (own(*TEAM),),
    EventKind.IDENTIFIED: (authority(Role.LEAD, mail=never),),
    EventKind.NAMED: (own(*CREW, mail=never), reviewer(mail=never), provider(sms=urgent, when=running)),
}  # fmt: skip

#: What has no report: roles of the notice's entity, or of the authority, and their channels.
NOTICES: dict[str, tuple[tuple[Role, ...], frozenset[Channel]]] = {
    Notice.Kind.DRAFT_WAITS: (TEAM, frozenset({Channel.IN_APP, Channel.SMS})),
    Notice.Kind.TEAM_STALE: ((*TEAM, Role.IT_LEADER), frozenset({Channel.IN_APP, Channel.EMAIL})),
    Notice.Kind.TEAM_CHANGED: (HOUSE, frozenset({Channel.IN_APP, Channel.EMAIL})),
    Notice.Kind.NAFATH_AWAY: ((Role.LEAD,), frozenset({Channel.IN_APP, Channel.EMAIL, Channel.SMS})),
    Notice.Kind.CODE: (TEAM, frozenset({Channel.EMAIL, Channel.SMS})),  # to its one person
    Notice.Kind.CODE_ENTERED: ((Role.LEAD, *TEAM, Role.IT_LEADER), frozenset({Channel.IN_APP, Channel.EMAIL})),
    Notice.Kind.BREAK_GLASS: ((Role.LEAD, Role.ADMIN), frozenset({Channel.IN_APP, Channel.EMAIL, Channel.SMS})),
    # Of an entity its IT leader; of the authority, which keeps names and whoever belongs to several, its admins.
    Notice.Kind.CORRECTION_ASKED: ((Role.IT_LEADER, Role.ADMIN), frozenset({Channel.IN_APP, Channel.EMAIL})),
}


def key_of(event: ReportEvent) -> str:
    """The row of the tables that tells of this event."""
    if event.kind == EventKind.FILED:
        return f"FILED:{event.report.kind}"
    return event.move or event.kind


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
        for membership in _named(line, members, event.report):
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
    elif notice.kind == Notice.Kind.CORRECTION_ASKED:
        members = members.filter(entity=notice.entity_id)
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
        yield authority(Role.LEAD, sms=sms)
    if CONSUMERS in audience:
        yield consumers()


def asked_themselves(report: Report, event: ReportEvent) -> Q:
    """Consumers with a report of their own about the service: that report asks them whether it is back."""
    if event.move != "restore":
        return Q(pk__in=[])
    own_reports = Report.objects.open_outages().filter(provider_service__in=report.services.values("pk"))
    return Q(entity__in=own_reports.values("entity"))


def _members(event: ReportEvent, sides: set[Side]) -> QuerySet[Membership]:
    """Everybody who may act today for one of these sides."""
    report = event.report
    wanted = Q(pk__in=[])
    if Side.OWN in sides:
        wanted |= Q(entity=report.entity_id)
    if Side.AUTHORITY in sides:
        wanted |= Q(role__in=(Role.REVIEWER, Role.LEAD))
    if Side.PROVIDER in sides and report.provider_service:
        wanted |= Q(entity=report.provider_service.entity_id, role__in=TEAM)
    if Side.CONSUMER in sides:
        links = ServiceDependency.objects.hard().filter(
            provider__in=report.services.values("pk"), consumer__is_active=True
        )
        relying = Q(entity__in=links.values("consumer__entity"), role__in=TEAM) & ~Q(entity=report.entity_id)
        wanted |= relying & ~asked_themselves(report, event)
    return Membership.objects.usable().filter(wanted).select_related("user", "entity").order_by("pk")


def _named(line: Line, members: Iterable[Membership], report: Report) -> list[Membership]:
    """The members a line speaks of."""
    there = [each for each in members if side_of(report, each) == line.side]
    if line.assigned and report.reviewer_id and (owner := [e for e in there if e.user_id == report.reviewer_id]):
        return owner[:1]
    return [each for each in there if each.role in line.roles]


def _channels(line: Line, event: ReportEvent) -> frozenset[Channel]:
    conditions = {Channel.IN_APP: always, Channel.EMAIL: line.mail, Channel.SMS: line.sms}
    return frozenset(channel for channel, holds in conditions.items() if holds(event))


def _reachable(recipient: Recipient) -> Recipient:
    """Without the channels for which she has no address."""
    person = recipient.membership.user
    missing = {Channel.EMAIL: not person.email, Channel.SMS: not person.mobile}
    return Recipient(recipient.membership, frozenset(c for c in recipient.channels if not missing.get(c)))
