"""Who hears of what, as a table: what happened -> lines of (side, roles, by which channels, when).

Every line is heard in the portal; mail and SMS have their conditions. Whoever did a deed does not hear of it, except by
the receipt of filing and by what her calendar must take over. `recipients` finds the people of a line. Source:
domain/lifecycle.md, "What follows" and Reminders.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from entities.models import Notice
from entities.permissions import AUTHORITY_ROLES, Role
from incidents.lifecycle import OPEN, EventKind, Severity
from incidents.models import ReportEvent
from notifications.models import Channel


class Side(StrEnum):
    """From where a reader looks at a report."""

    OWN = "own"
    AUTHORITY = "authority"
    PROVIDER = "provider"
    CONSUMER = "consumer"


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
    """Some people of one side.

    `on_duty`: of the roles those whom the duty roster names now, or all while it names nobody. `assigned`: the report's
    reviewer, while it has one. `former`: whoever followed the report before, or paused its deadline.
    """

    side: Side
    roles: tuple[Role, ...]
    mail: Condition = always
    sms: Condition = never
    when: Condition = always
    receipt: bool = False
    assigned: bool = False
    on_duty: bool = False
    former: bool = False


TEAM = (Role.DIRECTOR, Role.ALTERNATE)
CREW = (*TEAM, Role.MEMBER)
HOUSE = (*CREW, Role.IT_LEADER)
AUTHORITY = tuple(sorted(AUTHORITY_ROLES))
REST = (Role.MEMBER, Role.IT_LEADER)


def own(*roles: Role, mail: Condition = always, sms: Condition = never, receipt: bool = False) -> Line:
    return Line(Side.OWN, roles, mail=mail, sms=sms, receipt=receipt)


def authority(*roles: Role, mail: Condition = always, sms: Condition = never) -> Line:
    return Line(Side.AUTHORITY, roles, mail=mail, sms=sms)


def on_duty(*roles: Role, mail: Condition = always, sms: Condition = never) -> Line:
    return Line(Side.AUTHORITY, roles, mail=mail, sms=sms, on_duty=True)


def reviewer(mail: Condition = always, sms: Condition = never) -> Line:
    return Line(Side.AUTHORITY, (Role.REVIEWER,), mail=mail, sms=sms, assigned=True, on_duty=True)


def provider(mail: Condition = always, sms: Condition = never, when: Condition = always) -> Line:
    return Line(Side.PROVIDER, TEAM, mail=mail, sms=sms, when=when)


def consumers(when: Condition = always) -> Line:
    return Line(Side.CONSUMER, TEAM, when=when)


#: Whoever is on duty is woken; the others find it in the portal.
_TRIAGE = (on_duty(Role.REVIEWER, Role.LEAD, mail=urgent, sms=urgent), authority(Role.REVIEWER, Role.LEAD, mail=never))
_TRIAGE_WORKS = (on_duty(Role.REVIEWER, mail=emergency, sms=emergency), authority(Role.REVIEWER, mail=never))

#: Whoever got a window for her calendar hears of every change of it, and so does the one who made the change.
_WINDOW = (
    own(*HOUSE, receipt=True), reviewer(), Line(Side.AUTHORITY, (Role.REVIEWER,), when=emergency), consumers(),
)  # fmt: skip

#: By the deed's name in the lifecycle table, or the event's kind where no deed stands behind it; filing by kind.
AUDIENCES: dict[str, tuple[Line, ...]] = {
    "FILED:OUT": (own(*TEAM, sms=always, receipt=True), own(*REST, receipt=True), *_TRIAGE, consumers()),
    "FILED:MNT": (own(*HOUSE, receipt=True), *_TRIAGE_WORKS, consumers()),
    "FILED:DEP": (own(*TEAM, sms=always, receipt=True), own(*REST, receipt=True), *_TRIAGE, provider(sms=urgent)),
    "acknowledge": (own(*CREW),),
    "undo_acknowledge": (own(*CREW, mail=never),),
    "assign": (reviewer(mail=urgent),),
    "update": (own(*CREW, mail=never), reviewer(mail=never), provider(mail=never, when=shared), consumers(when=shared)),
    "stretch_update": (own(*CREW), reviewer(mail=never), consumers()),
    "restore": (own(*HOUSE), reviewer(), provider(), consumers()),
    "undo_restore": (own(*CREW), reviewer(), provider(), consumers()),
    "reopen": (own(*HOUSE), reviewer(sms=urgent), provider(), consumers()),
    "owe_interim": (own(*HOUSE), reviewer(mail=never)),
    "submit_interim": (own(*HOUSE, mail=never), reviewer()),
    "submit_final": (own(*HOUSE, mail=never), reviewer(), consumers(when=combined)),
    "send_back": (own(*HOUSE),),
    "close": (own(*HOUSE), provider(mail=never)),
    "report_action": (own(*HOUSE, mail=never), reviewer()),
    "verify_action": (own(*HOUSE),),
    "return_action": (own(*HOUSE),),
    "reopen_closed": (own(*HOUSE), reviewer()),
    "record_call": (reviewer(mail=never),),
    "ask_extension": (own(*HOUSE, mail=never), reviewer()),
    "extend_final": (own(*HOUSE),),
    "refuse_extension": (own(*HOUSE),),
    "pause_final": (own(*HOUSE),),
    "resume_final": (own(*HOUSE),),
    "withdraw": (own(*HOUSE), reviewer(), provider(), consumers()),
    EventKind.WITHDRAWAL_ASKED: (own(*CREW, mail=never), reviewer()),
    "confirm_withdrawal": (own(*HOUSE), reviewer(mail=never), provider(), consumers()),
    "dismiss": (own(*HOUSE), provider(), consumers()),
    "merge": (own(*HOUSE), reviewer(mail=never), provider(mail=never)),
    "undo_merge": (own(*HOUSE), reviewer(), provider(mail=never)),
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
    "link_owner": (own(*CREW, mail=never),),
    "ask_return": (own(*TEAM),),
    "recall_return": (own(*TEAM, mail=never),),
    "warn_reviewer": (reviewer(sms=always),),
    "return_to_pool": (
        on_duty(Role.REVIEWER, Role.LEAD, sms=always), Line(Side.AUTHORITY, (), former=True),
        authority(Role.REVIEWER, mail=never),
    ),
    "watch": (on_duty(Role.LEAD, sms=urgent), own(Role.IT_LEADER)),
    "ask_estimate": (own(*TEAM),),
    "remind_pause": (Line(Side.AUTHORITY, (), former=True), reviewer(mail=never)),
    "verdict": (own(*TEAM), reviewer(mail=never)),
    "dispute": (own(*TEAM), reviewer(sms=urgent)),
    "rule": (own(*HOUSE), provider()),
    "link": (own(*CREW, mail=never),),
    "unlink": (own(*CREW, mail=never),),
    "echo": (own(*CREW),),
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
    Notice.Kind.POLICY_WAITS: ((Role.ADMIN,), frozenset({Channel.IN_APP, Channel.EMAIL})),
    Notice.Kind.MESSAGES_MISSING: ((Role.ADMIN,), frozenset({Channel.IN_APP, Channel.EMAIL})),
    # To the owner's crisis team; by SMS only where it would be critical or high.
    Notice.Kind.SILENT_OUTAGE: (HOUSE, frozenset({Channel.IN_APP, Channel.EMAIL, Channel.SMS})),
    Notice.Kind.SILENT_DENIED: ((Role.REVIEWER, Role.LEAD), frozenset({Channel.IN_APP, Channel.EMAIL})),
    # Whoever is on duty; of a situation report the leads, and then whoever stands on the incident's list.
    Notice.Kind.INCIDENT_OPENED: ((Role.REVIEWER, Role.LEAD), frozenset({Channel.IN_APP, Channel.EMAIL, Channel.SMS})),
    Notice.Kind.SITUATION_WAITS: ((Role.LEAD,), frozenset({Channel.IN_APP, Channel.EMAIL})),
    Notice.Kind.SITUATION_SENT: ((*AUTHORITY, Role.HEAD_CONTACT), frozenset({Channel.IN_APP, Channel.EMAIL})),
    Notice.Kind.OUTSIDE_ASKED: ((), frozenset()),  # to nobody of the portal
    Notice.Kind.DEPENDENCY_DENIED: ((*TEAM, Role.IT_LEADER), frozenset({Channel.IN_APP, Channel.EMAIL})),
    # Of an entity its IT leader; of the authority, which keeps names and whoever belongs to several, its admins.
    Notice.Kind.CORRECTION_ASKED: ((Role.IT_LEADER, Role.ADMIN), frozenset({Channel.IN_APP, Channel.EMAIL})),
}


def key_of(event: ReportEvent) -> str:
    """The row of the tables that tells of this event."""
    if event.kind == EventKind.FILED:
        return f"FILED:{event.report.kind}"
    return event.move or event.kind
