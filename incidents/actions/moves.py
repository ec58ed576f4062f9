"""The one way a filed report changes: lock the row, ask the table, write event, clocks and status together."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import User
from incidents.actions.timekeeping import apply_move, refresh_board
from incidents.errors import MoveRefused, StaleReport
from incidents.lifecycle import ClockKind, EventKind, Move, Phase, Status, exists, sweeps
from incidents.models import Report, ReportEvent
from incidents.models.report_query import REOPEN_WITHIN

UNDO_ACKNOWLEDGEMENT_WITHIN = timedelta(seconds=60)


def lock(report: Report) -> Report:
    """The report afresh, its row locked; before any row that points at it, or the foreign keys' locks deadlock.

    Raises MoveRefused: PostgreSQL locks no row for who may not write it, such as a provider a consumer's report.
    """
    rows = Report.objects.select_for_update(of=("self",), no_key=True).select_related("policy")
    try:
        return rows.get(pk=report.pk)
    except Report.DoesNotExist as hidden:
        raise MoveRefused(not_now(report)) from hidden


def take(report: Report, name: str, *, seen: int | None = None, by: User) -> tuple[Report, Move]:
    """Lock the report and find the move in the table.

    Raises StaleReport when `seen` is not the report's version any more, MoveRefused when the table says no.
    """
    report = lock(report)
    if seen is not None and report.version != seen:
        raise StaleReport(_("This report changed while you were reading it. Look at it again, then decide."))
    move = report.moves_for(by).get(name)
    if move is None:
        raise MoveRefused(_refusal(report, name))
    return report, move


def take_for_sweep(report: Report, name: str) -> tuple[Report, Move]:
    """Lock the report for a deed that the table gives to the clock sweep. Raises MoveRefused: it has moved on."""
    report = lock(report)
    move = sweeps(report.kind, name, status=report.status)
    if move is None:
        raise MoveRefused(_refusal(report, name))
    return report, move


def _refusal(report: Report, name: str) -> str:
    if not exists(report.kind, name):
        return _("This is not possible for this kind of report.")
    return not_now(report)


def not_now(report: Report) -> str:
    """Why a deed that the page offered is none any more."""
    return _("This is not possible now: the report is “%(status)s”, or your role does not allow it.") % {
        "status": report.get_status_display()
    }


def conclude(
    report: Report,
    move: Move,
    *,
    kind: EventKind = EventKind.MOVED,
    at: datetime | None,
    note: str = "",
    data: dict[str, Any] | None = None,
    due: dict[str, datetime] | None = None,
    mark: str = "",
    by: User | None,
) -> ReportEvent:
    """Write what `take` allowed: the event, the clocks, the status, the board's columns; saves the report.

    `by` None is the clock sweep.
    """
    if move.note and not note.strip():
        raise MoveRefused(_("Say why, in a few words."))
    before = Status(report.status)
    after = move.target_from(before, acknowledged=report.acknowledged_at is not None)
    content = {
        "move": move.name,
        "from": before.value,
        "to": after.value,
        **({"note": note} if note else {}),
        **(data or {}),
    }
    event = report.record(kind, by=by, at=at or timezone.now(), mark=mark, data=content)
    report.status = after
    if after == Status.CLOSED and before != Status.CLOSED:
        report.closed_at = event.recorded_at
    elif before == Status.CLOSED and after != Status.CLOSED:
        report.closed_at = None
    apply_move(report, move, event=event, due=due)
    refresh_board(report)
    report.save()
    return event


@transaction.atomic
def move(
    report: Report,
    name: str,
    *,
    note: str = "",
    seen: int | None = None,
    at: datetime | None = None,
    by: User,
) -> ReportEvent:
    """A move that needs nothing but its row in the table and, where the table asks, a reason.

    Raises MoveRefused (StaleReport when `seen` is not the report's version).
    """
    if name not in PLAIN:
        raise MoveRefused(_("This is not possible for this kind of report."))
    report, allowed = take(report, name, seen=seen, by=by)
    _refuse_when_too_late(report, name, at=at or timezone.now())
    if name == "reopen":
        report.restored_at = report.restored_recorded_at = report.restored_by = None
        report.phase = Phase.INVESTIGATING
    # A concern is a question: it is answered like one.
    kind = EventKind.ASKED if name == "raise_concern" else EventKind.MOVED
    return conclude(report, allowed, kind=kind, at=at, note=note, by=by)


def _refuse_when_too_late(report: Report, name: str, *, at: datetime) -> None:
    """Reopening an outage has 24 hours, reopening a closed review 90 days (domain/lifecycle.md, Type 1)."""
    if name == "reopen" and report.restored_recorded_at and at - report.restored_recorded_at > REOPEN_WITHIN:
        raise MoveRefused(_("A restored outage is reopened within 24 hours. File a new report instead."))
    if name == "reopen_closed" and report.closed_at and at - report.closed_at > REVIEW_AGAIN_WITHIN:
        raise MoveRefused(_("A closed report is reopened within 90 days."))


REVIEW_AGAIN_WITHIN = timedelta(days=90)
#: Moves without an action of their own.
PLAIN: Iterable[str] = frozenset({"dismiss", "reopen", "cancel", "note", "raise_concern", "close", "reopen_closed"})


@transaction.atomic
def acknowledge(report: Report, *, seen: int | None = None, at: datetime | None = None, by: User) -> ReportEvent:
    """Take the report: meets C2, and its reviewer owns it. Raises MoveRefused."""
    report, allowed = take(report, "acknowledge", seen=seen, by=by)
    if report.acknowledged_at is not None:
        raise MoveRefused(_("This report has been acknowledged already."))
    before = report.reviewer
    report.acknowledged_at = at or timezone.now()
    report.reviewer = before or by
    data = {"reviewer": str(by.public_id), "before": str(before.public_id) if before else None}
    return conclude(report, allowed, at=at, data=data, by=by)


@transaction.atomic
def undo_acknowledge(report: Report, *, seen: int | None = None, at: datetime | None = None, by: User) -> ReportEvent:
    """Take an acknowledgement back: whoever gave it, within a minute (the page offers it for 30 s). Raises MoveRefused.

    C2 runs as if it had never been met: from its own start, on which its marks are counted, to its own due moment.
    """
    report, allowed = take(report, "undo_acknowledge", seen=seen, by=by)
    given = report.events.filter(data__move="acknowledge").last()
    now = at or timezone.now()
    if given is None or given.person != by.public_id or now - given.recorded_at > UNDO_ACKNOWLEDGEMENT_WITHIN:
        raise MoveRefused(_("An acknowledgement is taken back by whoever gave it, within a minute."))
    report.acknowledged_at = None
    if given.data.get("before") is None and report.reviewer_id == by.pk:
        report.reviewer = None
    met = report.clocks.filter(kind=ClockKind.C2).order_by("pk").last()
    event = conclude(report, allowed, at=at, due={ClockKind.C2: met.due_at} if met else None, by=by)
    if met:
        report.clocks.running().filter(kind=ClockKind.C2).update(started_at=met.started_at)
        refresh_board(report)
        report.save()
    return event
