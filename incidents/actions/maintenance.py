"""The window of a maintenance: started, moved, extended, completed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import User
from incidents.actions.filing import judge
from incidents.actions.moves import conclude, take
from incidents.errors import MoveRefused
from incidents.lifecycle import ClockKind, EventKind
from incidents.models import Draft, Report, ReportEvent

#: domain/reports.md 2.2.
LONGEST_WINDOW = timedelta(hours=72)


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
    # The outage draft that an overrun brought: nobody has touched it, and now nobody will need it.
    if report.overrun_key:
        Draft.objects.filter(entity=report.entity_id, key=report.overrun_key, version=1).delete()
    data = {"outcome": outcome, "actual_end": report.actual_end.isoformat(), "message": message}
    return conclude(report, move, at=at, data=data, by=by)


@transaction.atomic
def reschedule(
    report: Report,
    *,
    window_start: datetime,
    window_end: datetime,
    note: str,
    conflicts: Sequence[dict[str, Any]] = (),
    conflict_reason: str = "",
    at: datetime | None = None,
    by: User,
) -> ReportEvent:
    """Another window, before the first one began; told old and new, its lead time judged again. Raises MoveRefused.

    `conflicts`: what stands in the way of the new window and was acknowledged, for the history (incidents.radar).
    """
    report, move = take(report, "reschedule", by=by)
    if window_end <= window_start or window_start <= (at or timezone.now()):
        raise MoveRefused(_("The new window must start in the future and end after its start."))
    if report.window_start is None or report.window_end is None:
        raise MoveRefused(_("This report has no window."))
    old = [report.window_start.isoformat(), report.window_end.isoformat()]
    report.window_start, report.window_end, report.missed_at = window_start, window_end, None
    data: dict[str, Any] = {"old": old, "new": [window_start.isoformat(), window_end.isoformat()]}
    if conflicts:
        data |= {"conflicts": list(conflicts), "conflict_reason": conflict_reason}
    event = conclude(report, move, kind=EventKind.RESCHEDULED, at=at, note=note, data=data, by=by)
    judge(report, ClockKind.M1, at=event.recorded_at)
    return event


@transaction.atomic
def extend_window(
    report: Report, *, until: datetime, note: str, seen: int | None = None, at: datetime | None = None, by: User
) -> ReportEvent:
    """The work goes on beyond its window, until a declared moment: M4 runs anew. Raises MoveRefused.

    The window itself stays as it was agreed: the overrun is counted from its end.
    """
    report, move = take(report, "extend_window", seen=seen, by=by)
    agreed = report.agreed_end
    if agreed is None or report.window_start is None:
        raise MoveRefused(_("This report has no window."))
    if until <= max(agreed, at or timezone.now()):
        raise MoveRefused(_("The new end lies after the agreed one, and in the future."))
    if until - report.window_start > LONGEST_WINDOW:
        raise MoveRefused(_("A window lasts at most 72 hours. File longer work as several windows."))
    report.extended_until = until
    data = {"old": agreed.isoformat(), "new": until.isoformat()}
    return conclude(report, move, at=at, note=note, data=data, by=by)
