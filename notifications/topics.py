"""Which messages a person may turn off for mail and SMS, and which she may not, with the reason that her page shows.

The inbox always has everything. A row is found by what happened (`key_of`) and by the side a reader hears it from;
what stands in no row may not be turned off. Source: domain/lifecycle.md, Reminders; docs/adr/0026.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from entities.models import Membership
from incidents.lifecycle import EventKind, Severity
from incidents.models import ReportEvent
from notifications.models import Channel
from notifications.recipients import Side, key_of, side_of


class Topic(TextChoices):
    """What may be turned off."""

    PROGRESS = "progress", _("What others do to your entity's reports, and to those you review")
    ELSEWHERE = "elsewhere", _("Services that you rely on, and reports of other entities")
    EARLY = "early", _("Reminders ahead of time, at severity S3 and S4")


class Minimum(StrEnum):
    """What may not be turned off."""

    RECEIPT = "receipt"
    OWED = "owed"
    ESCALATION = "escalation"
    WINDOW = "window"
    ACCESS = "access"


@dataclass(frozen=True)
class Words:
    title: Promise
    sentence: Promise


#: By which channels a topic leaves the house at all.
CHANNELS: dict[Topic, tuple[Channel, ...]] = {
    Topic.PROGRESS: (Channel.EMAIL, Channel.SMS),
    Topic.ELSEWHERE: (Channel.EMAIL,),
    Topic.EARLY: (Channel.EMAIL, Channel.SMS),
}
EXPLAINED: dict[Topic, Promise] = {
    Topic.PROGRESS: _("Acknowledgements, restorations, notes, work that starts or ends, and reports that are closed."),
    Topic.ELSEWHERE: _("An outage or a maintenance of a service yours rely on, and what becomes of it."),
    Topic.EARLY: _("What falls due soon. You are still told when it is due, and when it is late."),
}
REASONS: dict[Minimum, Words] = {
    Minimum.RECEIPT: Words(
        _("Receipts of what your entity files"),
        _("They are the evidence that the report arrived, and when."),
    ),
    Minimum.OWED: Words(
        _("What is owed: questions, decisions, and reminders at S1 and S2"),
        _("A deadline runs from them, and your entity or the authority answers for it."),
    ),
    Minimum.ESCALATION: Words(
        _("What is due or overdue, at every severity"),
        _("Somebody has not acted in time; whoever is told next must hear of it."),
    ),
    Minimum.WINDOW: Words(
        _("Another window for your entity's maintenance, or none any more"),
        _("Your calendar holds the old one until the mail with the new one arrives."),
    ),
    Minimum.ACCESS: Words(
        _("Codes, emergency access, unsent drafts, and changes of the crisis team"),
        _("They show at once what somebody else may be doing in your name, or that nobody can be reached."),
    ),
}

_P, _M, _E = Topic.PROGRESS, Minimum, EventKind
#: For whoever reports, and for the authority where the next table says nothing else.
AT_HOME: dict[str, Topic | Minimum] = {
    "FILED:OUT": _M.RECEIPT, "FILED:MNT": _M.RECEIPT, "FILED:DEP": _M.RECEIPT,
    "acknowledge": _P, "undo_acknowledge": _P, "update": _P, "restore": _P, "complete": _P, "start": _P,
    "submit_final": _P, "close": _P, "withdraw": _P, "confirm_withdrawal": _P, "recall_return": _P,
    "attach": _P, "note": _P, _E.WITHDRAWAL_ASKED: _P, _E.ANSWERED: _P, _E.SIGNED: _P, _E.IDENTIFIED: _P, _E.NAMED: _P,
    "undo_restore": _M.OWED, "reopen": _M.OWED, "send_back": _M.OWED, "reopen_closed": _M.OWED, "assign": _M.OWED,
    "extend_final": _M.OWED, "dismiss": _M.OWED, "merge": _M.OWED, "undo_merge": _M.OWED,
    "change_severity": _M.OWED, "ask": _M.OWED, "answer": _M.OWED,
    "link_owner": _P, "raise_concern": _M.OWED, "ask_return": _M.OWED, "miss": _M.OWED, "ask_estimate": _M.OWED,
    "stretch_update": _M.OWED, "ask_extension": _P, "refuse_extension": _M.OWED, "pause_final": _M.OWED,
    "resume_final": _M.OWED,
    "verdict": _M.OWED, "dispute": _M.OWED, "rule": _M.OWED,
    "link": _P, "unlink": _P, "echo": _P,
    "warn_reviewer": _M.OWED, "return_to_pool": _M.OWED, "watch": _M.ESCALATION,
    "remind_pause": _M.OWED, "owe_interim": _M.OWED, "submit_interim": _P,
    "record_call": _P, "report_action": _P, "verify_action": _P, "return_action": _M.OWED,
    "reschedule": _M.WINDOW, "cancel": _M.WINDOW, "extend_window": _M.WINDOW,
}  # fmt: skip
AT_THE_AUTHORITY: dict[str, Topic | Minimum] = {
    "FILED:OUT": _M.OWED, "FILED:MNT": _M.OWED, "FILED:DEP": _M.OWED,
    "submit_final": _M.OWED, "report_action": _M.OWED, "ask_extension": _M.OWED, _E.WITHDRAWAL_ASKED: _M.OWED,
}  # fmt: skip
#: Somebody says that her own service is down.
AT_THE_PROVIDER: dict[str, Topic | Minimum] = {"FILED:DEP": _M.OWED, _E.NAMED: _M.OWED, "rule": _M.OWED}
#: Marks of a clock that is not due yet.
AHEAD = ("before", "at-")


def class_of(event: ReportEvent, membership: Membership) -> Topic | Minimum:
    """What the message about this event is to this member."""
    side, key = side_of(event.report, membership), key_of(event)
    if side == Side.PROVIDER and key in AT_THE_PROVIDER:
        return AT_THE_PROVIDER[key]
    if side == Side.PROVIDER and event.kind == EventKind.REMINDED:
        return _of_a_reminder(event)
    if side not in {Side.OWN, Side.AUTHORITY}:
        return Topic.ELSEWHERE
    if event.kind == EventKind.REMINDED:
        return _of_a_reminder(event)
    if side == Side.AUTHORITY and key in AT_THE_AUTHORITY:
        return AT_THE_AUTHORITY[key]
    return AT_HOME.get(key, Minimum.OWED)


def _of_a_reminder(event: ReportEvent) -> Topic | Minimum:
    if not event.mark.startswith(AHEAD):
        return Minimum.ESCALATION
    return Minimum.OWED if event.report.severity <= Severity.S2 else Topic.EARLY


def topic_of(event: ReportEvent | None, membership: Membership) -> Topic | None:
    """What she may turn this message off by; None when she may not, as of all that has no report."""
    found = class_of(event, membership) if event else None
    return found if isinstance(found, Topic) else None
