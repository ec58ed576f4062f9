"""The table is the law: which statuses exist, and who may do what to a report where.

Buttons, refusals, tests and docs/lifecycle.md all ask this file. It imports no model. Source of every row:
domain/lifecycle.md. A deed without a target (an update, a question) leaves the status as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from entities.permissions import Permission as P


class ReportKind(models.TextChoices):
    """The three kinds; the value is the prefix of the reference."""

    OWN_OUTAGE = "OUT", _("Outage of an own service")
    MAINTENANCE = "MNT", _("Scheduled maintenance")
    CONSUMED_OUTAGE = "DEP", _("Outage of a consumed service")


class Status(models.TextChoices):
    """Where the case stands."""

    SUBMITTED = "SUBMITTED", _("Awaiting acknowledgement")
    ACTIVE = "ACTIVE", _("Being followed")
    RESTORED = "RESTORED", _("Restored")
    SCHEDULED = "SCHEDULED", pgettext_lazy("maintenance", "Scheduled")
    IN_PROGRESS = "IN_PROGRESS", pgettext_lazy("maintenance", "In progress")
    COMPLETED = "COMPLETED", pgettext_lazy("maintenance", "Completed")
    FINAL_REVIEW = "FINAL_REVIEW", _("Final report in review")
    REVISION = "REVISION", _("Sent back for completion")
    CLOSED = "CLOSED", _("Closed")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")
    CANCELLED = "CANCELLED", pgettext_lazy("maintenance", "Cancelled")
    NOT_REPORTABLE = "NOT_REPORTABLE", _("Not reportable")
    MERGED = "MERGED", pgettext_lazy("report", "Merged")


class Phase(models.TextChoices):
    """The technical state, set only by updates; out of RESTORED only by reopening."""

    INVESTIGATING = "investigating", _("Investigating")
    IDENTIFIED = "identified", _("Cause identified")
    MITIGATING = "mitigating", _("Being mitigated")
    MONITORING = "monitoring", _("Monitoring")
    RESTORED = "restored", _("Service restored")


class Severity(models.IntegerChoices):
    """S1 is the worst."""

    S1 = 1, _("Critical")
    S2 = 2, _("High")
    S3 = 3, _("Medium")
    S4 = 4, _("Low")


class ClockKind(models.TextChoices):
    """What may be owed by a moment."""

    C1 = "C1", _("First notice")
    C2 = "C2", _("Acknowledgement")
    C3 = "C3", _("Next update")
    C4 = "C4", _("Answer")
    C5 = "C5", _("Interim report")
    C6 = "C6", _("Final report")
    C7 = "C7", _("Review of the final report")
    C8 = "C8", _("Completion of the final report")
    C9 = "C9", _("Corrective action")
    M1 = "M1", _("Lead time")
    M2 = "M2", _("Note of the maintenance notice")
    M3 = "M3", _("Start of the work")
    M4 = "M4", _("End of the window")
    D1 = "D1", _("Answer to the report")
    D2 = "D2", _("Ruling on a disputed report")
    D3 = "D3", _("Confirmation of the return")


class Verdict(models.TextChoices):
    """What the owner of a service answers to a report about it (domain/reports.md 2.3)."""

    CONFIRMED = "confirmed", pgettext_lazy("verdict", "Confirmed")
    KNOWN = "known", pgettext_lazy("verdict", "Known already")
    PLANNED = "planned", pgettext_lazy("verdict", "Planned work")
    NOT_OURS = "not-ours", pgettext_lazy("verdict", "Not on our side")
    NOT_REPRODUCED = "not-reproduced", pgettext_lazy("verdict", "Cannot be reproduced")


class Ruling(models.TextChoices):
    """What the authority finds where the owner says that the fault is not on its side."""

    PROVIDER = "provider", pgettext_lazy("ruling", "On the owner's side")
    LOCAL = "local", pgettext_lazy("ruling", "On the reporting entity's side")


class EventKind(models.TextChoices):
    """What a row of the history tells."""

    FILED = "FILED", _("Report filed")
    MOVED = "MOVED", _("Status changed")
    UPDATED = "UPDATED", _("Update")
    SEVERITY = "SEVERITY", _("Severity changed")
    ASSIGNED = "ASSIGNED", _("Reviewer assigned")
    ASKED = "ASKED", _("Question")
    ANSWERED = "ANSWERED", _("Answer")
    ATTACHED = "ATTACHED", _("Attachment")
    RESCHEDULED = "RESCHEDULED", _("Rescheduled")
    WITHDRAWAL_ASKED = "WITHDRAWAL_ASKED", _("Withdrawal requested")
    EXTENDED = "EXTENDED", _("Extension granted")
    REMINDED = "REMINDED", _("Reminder")
    NAMED = "NAMED", _("Service found in the catalogue")
    IDENTIFIED = "IDENTIFIED", _("Identity confirmed")
    SIGNED = "SIGNED", _("Final report signed")
    WATCHED = "WATCHED", _("Watchdog")
    LINKED = "LINKED", _("Linked to an incident")
    UNLINKED = "UNLINKED", _("Taken out of an incident")
    ECHOED = "ECHOED", _("Word on the incident")
    FOLDED = "FOLDED", _("Another report merged into this one")
    UNFOLDED = "UNFOLDED", _("A merged report stands for itself again")


S, K, C = Status, ReportKind, ClockKind

OPEN = frozenset({S.SUBMITTED, S.ACTIVE})
ENDED = frozenset({S.CLOSED, S.WITHDRAWN, S.CANCELLED, S.NOT_REPORTABLE, S.MERGED})
#: As if it had never been filed: nothing happened, or another report tells of it.
NOT_COUNTED = frozenset({S.WITHDRAWN, S.NOT_REPORTABLE, S.MERGED})
PAPERWORK = frozenset({S.RESTORED, S.COMPLETED, S.FINAL_REVIEW, S.REVISION})
#: The service is back, and stays so as far as anybody knows.
RETURNED = frozenset({S.RESTORED, S.FINAL_REVIEW, S.REVISION, S.CLOSED})
#: What the history of a service is told from: its owner's reports, without those taken back.
TELL_OF_A_SERVICE = (K.OWN_OUTAGE, K.MAINTENANCE)
COUNTED = tuple(each for each in Status if each in OPEN | RETURNED | {S.SCHEDULED, S.IN_PROGRESS, S.COMPLETED})
#: The authority's own delays are shown as plainly as the entity's.
WAITS_ON_AUTHORITY = frozenset({C.C2, C.C7, C.M2, C.D2})
#: Owed by the owner of a service to whoever relies on it; everything else waits on the entity that reports.
WAITS_ON_PROVIDER = frozenset({C.D1})
#: Of these somebody may have to be telephoned; not of what the authority owes, nor of what is owed after the closing.
TELEPHONED = frozenset(ClockKind) - WAITS_ON_AUTHORITY - {C.C9}


@dataclass(frozen=True)
class Move:
    """One deed: from which statuses, to which, who may, and what it does to the clocks."""

    name: str
    label: str | Promise
    sources: frozenset[Status]
    target: Status | None
    permissions: frozenset[P]
    note: bool = False  # a reason must be given
    meets: tuple[ClockKind, ...] = ()
    starts: tuple[ClockKind, ...] = ()
    pauses: tuple[ClockKind, ...] = ()
    resumes: tuple[ClockKind, ...] = ()
    cancels: tuple[ClockKind, ...] = ()
    returns: bool = False  # back to where it stood: SUBMITTED while nobody has acknowledged
    lead_for_s1: bool = False
    sweep: bool = False  # the clock sweep may do it as well, or it alone
    by_provider: bool = False  # done by the owner of the service that the report is about, and by nobody else

    def target_from(self, status: Status, *, acknowledged: bool) -> Status:
        """Where the report stands after the deed."""
        if self.returns and not acknowledged:
            return S.SUBMITTED
        return self.target or status


def _move(
    name: str,
    label: str | Promise,
    sources: Iterable[Status],
    target: Status | None,
    *who: P,
    note: bool = False,
    meets: tuple[ClockKind, ...] = (),
    starts: tuple[ClockKind, ...] = (),
    pauses: tuple[ClockKind, ...] = (),
    resumes: tuple[ClockKind, ...] = (),
    cancels: tuple[ClockKind, ...] = (),
    returns: bool = False,
    lead_for_s1: bool = False,
    sweep: bool = False,
    by_provider: bool = False,
) -> Move:
    return Move(
        name, label, frozenset(sources), target, frozenset(who), note, meets, starts, pauses, resumes, cancels,
        returns, lead_for_s1, sweep, by_provider,
    )  # fmt: skip


ALL_CLOCKS = tuple(ClockKind)
STAYS = None

# The sweep's: a report that joins an incident by itself is acknowledged with it.
_ACKNOWLEDGE = (
    _move("acknowledge", _("Acknowledge"), {S.SUBMITTED}, S.ACTIVE, P.REPORT_TRIAGE, meets=(C.C2,), sweep=True),
    # Restored before anyone took it: the acknowledgement is still owed, and changes nothing else.
    _move("acknowledge", _("Acknowledge"), {S.RESTORED, S.FINAL_REVIEW}, STAYS, P.REPORT_TRIAGE, meets=(C.C2,), sweep=True),
)  # fmt: skip
# A slip of the finger: whoever acknowledged takes it back at once, and C2 runs on to its own due moment.
_UNDO_ACKNOWLEDGE = _move(
    "undo_acknowledge", _("Undo the acknowledgement"), {S.ACTIVE}, S.SUBMITTED, P.REPORT_TRIAGE, starts=(C.C2,)
)


def _following(live: frozenset[Status], paperwork: frozenset[Status]) -> tuple[Move, ...]:
    """What may be said about a report while it lives, whichever kind it is."""
    until_the_end = live | paperwork
    return (
        _move("assign", _("Assign"), until_the_end, STAYS, P.REPORT_TRIAGE),
        _move("change_severity", _("Change the severity"), live, STAYS, P.REPORT_TRIAGE, note=True),
        _move("ask", _("Ask"), until_the_end, STAYS, P.REPORT_TRIAGE, note=True, starts=(C.C4,)),
        _move("answer", _("Answer"), until_the_end, STAYS, P.REPORT_FILE, note=True),
        # By telephone, where the ladder has come to its top rung: what the call brought is said here.
        _move("record_call", _("Write down a call"), until_the_end, STAYS, P.REPORT_TRIAGE),
        _move("attach", _("Attach a file"), until_the_end, STAYS, P.REPORT_UPDATE, P.REPORT_TRIAGE),
    )


def _standing_still(sources: frozenset[Status], clock: ClockKind) -> tuple[Move, ...]:
    """A reviewer lets a deadline of the final report stand still, and run on; a long pause is spoken of every week."""
    return (
        _move("pause_final", _("Pause the deadline"), sources, STAYS, P.REPORT_TRIAGE, note=True, pauses=(clock,)),
        _move("resume_final", _("Resume the deadline"), sources, STAYS, P.REPORT_TRIAGE, resumes=(clock,)),
        _move("remind_pause", _("Remind of a long pause"), sources, STAYS, sweep=True),
    )


_FINAL = (
    _move("send_back", _("Send back"), {S.FINAL_REVIEW}, S.REVISION, P.REPORT_TRIAGE, note=True, pauses=(C.C7,), starts=(C.C8,)),
    _move("submit_final", _("Submit the final report"), {S.REVISION}, S.FINAL_REVIEW, P.REPORT_BIND, meets=(C.C8,), resumes=(C.C7,)),
    *_standing_still(frozenset({S.REVISION}), C.C8),
    _move("close", _("Accept and close"), {S.FINAL_REVIEW}, S.CLOSED, P.REPORT_TRIAGE, meets=(C.C7,), cancels=(C.C2, C.C4), starts=(C.C9,), lead_for_s1=True),
    _move("reopen_closed", _("Reopen the review"), {S.CLOSED}, S.FINAL_REVIEW, P.REPORT_LEAD, note=True, cancels=(C.C9,), starts=(C.C7,)),
    # Each corrective action has a clock of its own, which its deed alone touches.
    _move("report_action", _("Report an action done"), {S.CLOSED}, STAYS, P.REPORT_BIND, note=True),
    _move("verify_action", _("Verify an action"), {S.CLOSED}, STAYS, P.REPORT_TRIAGE),
    _move("return_action", _("Send an action back"), {S.CLOSED}, STAYS, P.REPORT_TRIAGE, note=True),
)  # fmt: skip
#: What the sweep sees while an outage goes on, whoever sleeps (domain/lifecycle.md, Reminders and escalation).
_WATCH = (
    _move("warn_reviewer", _("Tell the reviewer that the report goes back to the pool"), OPEN, STAYS, sweep=True),
    _move("return_to_pool", _("Back to the pool"), OPEN, STAYS, sweep=True),
    _move("watch", _("Tell of a long outage"), OPEN, STAYS, sweep=True),
    _move("ask_estimate", _("Ask for a new estimate"), OPEN, STAYS, sweep=True),
)
_WITHDRAW = (
    _move("withdraw", _("Withdraw"), OPEN | {S.RESTORED}, S.WITHDRAWN, P.REPORT_BIND, note=True, cancels=ALL_CLOCKS),
    _move("confirm_withdrawal", _("Confirm the withdrawal"), OPEN | {S.RESTORED}, S.WITHDRAWN, P.REPORT_TRIAGE, cancels=ALL_CLOCKS),
    _move("dismiss", _("Not reportable"), OPEN, S.NOT_REPORTABLE, P.REPORT_TRIAGE, note=True, cancels=ALL_CLOCKS),
)  # fmt: skip
# The same outage filed twice by one entity: one report goes on, the other names it. Taken back within a day.
_MERGE = (
    _move("merge", _("Merge into another report"), OPEN, S.MERGED, P.REPORT_TRIAGE, cancels=ALL_CLOCKS),
    _move("undo_merge", _("Take the merge back"), {S.MERGED}, S.ACTIVE, P.REPORT_TRIAGE, returns=True),
)


def _grouping(paperwork: frozenset[Status]) -> tuple[Move, ...]:
    """Under an incident, out of it again, and what the authority says to all that stand under it."""
    until_the_end = OPEN | paperwork
    return (
        _move("link", _("Link to an incident"), OPEN | {S.RESTORED}, STAYS, P.REPORT_LEAD, sweep=True),
        _move("unlink", _("Take out of the incident"), until_the_end, STAYS, P.REPORT_LEAD),
        _move("echo", _("Write to all reports of the incident"), until_the_end, STAYS, P.REPORT_LEAD, note=True),
    )


OWN_OUTAGE = (
    *_ACKNOWLEDGE,
    _UNDO_ACKNOWLEDGE,
    _move("update", _("Send an update"), OPEN, STAYS, P.REPORT_UPDATE, meets=(C.C3,), starts=(C.C3,)),
    _move("stretch_update", _("Put the next update off"), OPEN, STAYS, P.REPORT_TRIAGE, note=True, cancels=(C.C3,), starts=(C.C3,)),
    _move("restore", _("Service restored"), OPEN, S.RESTORED, P.REPORT_FILE, meets=(C.C3,), starts=(C.C5, C.C6)),
    _move("undo_restore", _("Undo the restoration"), {S.RESTORED}, S.ACTIVE, P.REPORT_FILE, cancels=(C.C5, C.C6), starts=(C.C3,), returns=True),
    _move("reopen", _("Reopen"), {S.RESTORED}, S.ACTIVE, P.REPORT_FILE, P.REPORT_TRIAGE, note=True, cancels=(C.C5, C.C6), starts=(C.C3,), returns=True),
    # What is known three days on, of a critical outage; the final report says all of it and more, so it meets C5 too.
    _move("owe_interim", _("Ask for an interim report"), OPEN, STAYS, sweep=True, starts=(C.C5,)),
    _move("submit_interim", _("Submit the interim report"), OPEN | {S.RESTORED}, STAYS, P.REPORT_FILE, note=True, meets=(C.C5,)),
    _move("submit_final", _("Submit the final report"), {S.RESTORED}, S.FINAL_REVIEW, P.REPORT_BIND, meets=(C.C5, C.C6), starts=(C.C7,)),
    _move("submit_final", _("Submit the final report"), OPEN, S.FINAL_REVIEW, P.REPORT_BIND, meets=(C.C3, C.C5, C.C6), starts=(C.C7,)),
    _move("ask_extension", _("Ask for an extension"), {S.RESTORED}, STAYS, P.REPORT_FILE, note=True),
    _move("extend_final", _("Grant an extension"), {S.RESTORED}, STAYS, P.REPORT_TRIAGE, note=True),
    _move("refuse_extension", _("Refuse the extension"), {S.RESTORED}, STAYS, P.REPORT_TRIAGE, note=True),
    *_standing_still(frozenset({S.RESTORED}), C.C6),
    *_FINAL,
    *_WITHDRAW,
    *_MERGE,
    *_WATCH,
    *_grouping(frozenset({S.RESTORED, S.FINAL_REVIEW, S.REVISION})),
    *_following(OPEN, frozenset({S.RESTORED, S.FINAL_REVIEW, S.REVISION})),
)  # fmt: skip

MAINTENANCE = (
    _move("note", _("Note the notice"), {S.SCHEDULED}, STAYS, P.REPORT_TRIAGE, meets=(C.M2,)),
    _move("raise_concern", _("Raise a concern"), {S.SCHEDULED}, STAYS, P.REPORT_TRIAGE, note=True, meets=(C.M2,), starts=(C.C4,)),
    _move("reschedule", _("Reschedule"), {S.SCHEDULED}, STAYS, P.REPORT_BIND, note=True, cancels=(C.M3,), starts=(C.M3,)),
    _move("cancel", _("Cancel the maintenance"), {S.SCHEDULED}, S.CANCELLED, P.REPORT_BIND, note=True, cancels=ALL_CLOCKS),
    _move("start", _("Start the work"), {S.SCHEDULED}, S.IN_PROGRESS, P.WINDOW_START, meets=(C.M2, C.M3), starts=(C.M4, C.C3), sweep=True),
    _move("miss", _("Window missed"), {S.SCHEDULED}, STAYS, sweep=True),
    _move("extend_window", _("Extend the window"), {S.IN_PROGRESS}, STAYS, P.REPORT_FILE, note=True, cancels=(C.M4,), starts=(C.M4,)),
    _move("update", _("Send an update"), {S.IN_PROGRESS}, STAYS, P.REPORT_UPDATE, meets=(C.C3,), starts=(C.C3,)),
    _move("stretch_update", _("Put the next update off"), {S.IN_PROGRESS}, STAYS, P.REPORT_TRIAGE, note=True, cancels=(C.C3,), starts=(C.C3,)),
    _move("complete", _("Work completed"), {S.IN_PROGRESS}, S.COMPLETED, P.REPORT_FILE, meets=(C.M4, C.C3), starts=(C.C6,)),
    _move("submit_final", _("Submit the final report"), {S.COMPLETED}, S.FINAL_REVIEW, P.REPORT_BIND, meets=(C.C6,), starts=(C.C7,)),
    _move("ask_extension", _("Ask for an extension"), {S.COMPLETED}, STAYS, P.REPORT_FILE, note=True),
    _move("extend_final", _("Grant an extension"), {S.COMPLETED}, STAYS, P.REPORT_TRIAGE, note=True),
    _move("refuse_extension", _("Refuse the extension"), {S.COMPLETED}, STAYS, P.REPORT_TRIAGE, note=True),
    *_standing_still(frozenset({S.COMPLETED}), C.C6),
    *_FINAL,
    *_following(frozenset({S.SCHEDULED, S.IN_PROGRESS}), frozenset({S.COMPLETED, S.FINAL_REVIEW, S.REVISION})),
)  # fmt: skip

CONSUMED_OUTAGE = (
    _ACKNOWLEDGE[0],
    _UNDO_ACKNOWLEDGE,
    _move("acknowledge", _("Acknowledge"), {S.RESTORED}, STAYS, P.REPORT_TRIAGE, meets=(C.C2,), sweep=True),
    _move("update", _("Send an update"), OPEN, STAYS, P.REPORT_UPDATE, meets=(C.D3,)),
    # The owner reports the same outage: the consumer reads so, and its team follows the owner's updates.
    _move("link_owner", _("Link to the owner's report"), OPEN, STAYS, sweep=True),
    # The owner's answer may change until it is ruled on; one that disputes the report gives the authority time anew.
    _move("verdict", _("Answer the report"), OPEN, STAYS, P.REPORT_FILE, meets=(C.D1,), cancels=(C.D2,), by_provider=True),
    _move("dispute", _("Dispute the report"), OPEN, STAYS, P.REPORT_FILE, note=True, meets=(C.D1,), cancels=(C.D2,), starts=(C.D2,), by_provider=True),
    _move("rule", _("Rule on the dispute"), OPEN | {S.RESTORED}, STAYS, P.REPORT_TRIAGE, note=True, meets=(C.D2,)),
    # The owner says that its service is back: the consumer confirms it, or says that it is still broken.
    _move("ask_return", _("Ask whether the service is back"), OPEN, STAYS, starts=(C.D3,), sweep=True),
    _move("recall_return", _("Take the question back"), OPEN, STAYS, cancels=(C.D3,), sweep=True),
    _move("restore", _("Service restored"), OPEN, S.RESTORED, P.REPORT_FILE, meets=(C.D3,), cancels=(C.D1,), sweep=True),
    _move("undo_restore", _("Undo the restoration"), {S.RESTORED}, S.ACTIVE, P.REPORT_FILE, starts=(C.D1,), returns=True),
    _move("reopen", _("Reopen"), {S.RESTORED}, S.ACTIVE, P.REPORT_FILE, P.REPORT_TRIAGE, note=True, starts=(C.D1,), returns=True),
    _move("close", _("Accept and close"), {S.RESTORED}, S.CLOSED, P.REPORT_TRIAGE, cancels=ALL_CLOCKS, sweep=True),
    *_WITHDRAW,
    *_MERGE,
    *_WATCH[:2],
    *_grouping(frozenset({S.RESTORED})),
    *_following(OPEN, frozenset({S.RESTORED})),
)  # fmt: skip

LIFECYCLES: dict[ReportKind, tuple[Move, ...]] = {
    K.OWN_OUTAGE: OWN_OUTAGE,
    K.MAINTENANCE: MAINTENANCE,
    K.CONSUMED_OUTAGE: CONSUMED_OUTAGE,
}


@dataclass(frozen=True)
class Filing:
    """What filing does: the first status, the clock that it meets at once, and those it starts."""

    status: Status
    judges: ClockKind
    starts: tuple[ClockKind, ...]


FILING: dict[ReportKind, Filing] = {
    K.OWN_OUTAGE: Filing(S.SUBMITTED, judges=C.C1, starts=(C.C2, C.C3)),
    K.MAINTENANCE: Filing(S.SCHEDULED, judges=C.M1, starts=(C.M2, C.M3)),
    K.CONSUMED_OUTAGE: Filing(S.SUBMITTED, judges=C.C1, starts=(C.C2, C.D1)),
}


class Lane(models.IntegerChoices):
    """The board's order: what breaks its promise first (domain/lifecycle.md)."""

    URGENT = 0, _("Open, critical and high")
    OPEN = 1, _("Open")
    PLANNED = 2, _("Maintenance")
    PAPERWORK = 3, _("Paperwork")
    ENDED = 4, _("Ended")


def lane_of(kind: str, status: str, severity: int) -> Lane:
    """Where on the board a report stands."""
    if status in ENDED:
        return Lane.ENDED
    if status in PAPERWORK:
        return Lane.PAPERWORK
    if kind == K.MAINTENANCE:
        return Lane.PLANNED
    return Lane.URGENT if severity <= Severity.S2 else Lane.OPEN


def allowed(
    kind: str, *, status: str, severity: int, permissions: Iterable[P], names: Iterable[str] | None = None
) -> list[Move]:
    """The moves somebody with these permissions may make now, in the table's order: the page's buttons."""
    held = frozenset(permissions)
    return [
        move
        for move in LIFECYCLES[K(kind)]
        if status in move.sources
        and held & move.permissions
        and not (move.lead_for_s1 and severity == Severity.S1 and P.REPORT_LEAD not in held)
        and (names is None or move.name in names)
    ]


def find(kind: str, name: str, *, status: str, severity: int, permissions: Iterable[P]) -> Move | None:
    """The one move of this name that may be made now, or None: the refusal."""
    return next(iter(allowed(kind, status=status, severity=severity, permissions=permissions, names={name})), None)


def sweeps(kind: str, name: str, *, status: str) -> Move | None:
    """The move of this name that the clock sweep may make now, or None."""
    return next(
        (move for move in LIFECYCLES[K(kind)] if move.name == name and move.sweep and status in move.sources), None
    )


def exists(kind: str, name: str) -> bool:
    """Whether the kind's table knows a deed of this name at all."""
    return any(move.name == name for move in LIFECYCLES[K(kind)])
