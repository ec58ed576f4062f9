"""The window of a maintenance: started, moved, completed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import User
from incidents.actions.filing import judge
from incidents.actions.moves import conclude, take
from incidents.errors import MoveRefused
from incidents.lifecycle import ClockKind, EventKind
from incidents.models import Report, ReportEvent


@transaction.atomic
def start_window(report: Report, *, at: datetime | None = None, by: User) -> ReportEvent:
    """The work begins: starts M4 and the updates' cadence. Raises MoveRefused."""
    report, move = take(report, "start", by=by)
    report.actual_start = at or timezone.now()
    return conclude(report, move, at=at, by=by)


@transaction.atomic
def complete(
    report: Report,
    *,
    outcome: str,
    actual_end: datetime | None = None,
    message: str = "",
    at: datetime | None = None,
    by: User,
) -> ReportEvent:
    """The work is over: meets M4, starts C6; a final report is owed here too. Raises MoveRefused."""
    report, move = take(report, "complete", by=by)
    now = at or timezone.now()
    end = actual_end or now
    if report.actual_start and end < report.actual_start:
        raise MoveRefused(_("The work cannot have ended before it started."))
    report.actual_end, report.outcome = min(end, now), outcome
    data = {"outcome": outcome, "actual_end": report.actual_end.isoformat(), "message": message}
    return conclude(report, move, at=at, data=data, by=by)


@transaction.atomic
def reschedule(
    report: Report,
    *,
    window_start: datetime,
    window_end: datetime,
    note: str,
    at: datetime | None = None,
    by: User,
) -> ReportEvent:
    """Another window, before the first one began; told old and new, its lead time judged again. Raises MoveRefused."""
    report, move = take(report, "reschedule", by=by)
    if window_end <= window_start or window_start <= (at or timezone.now()):
        raise MoveRefused(_("The new window must start in the future and end after its start."))
    if report.window_start is None or report.window_end is None:
        raise MoveRefused(_("This report has no window."))
    old = [report.window_start.isoformat(), report.window_end.isoformat()]
    report.window_start, report.window_end = window_start, window_end
    data = {"old": old, "new": [window_start.isoformat(), window_end.isoformat()]}
    event = conclude(report, move, kind=EventKind.RESCHEDULED, at=at, note=note, data=data, by=by)
    judge(report, ClockKind.M1, at=event.recorded_at)
    return event
