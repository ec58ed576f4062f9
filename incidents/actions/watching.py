"""The watchdogs of the clock sweep: a silent reviewer, an estimate that has passed, an outage that lasts, a long pause.

Source: domain/lifecycle.md, Reminders and escalation. Each asks again under the report's lock, so a second run, or a
person's own deed beside it, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from incidents.actions.moves import conclude, take_for_sweep
from incidents.actions.pausing import PAUSABLE
from incidents.defaults import ESTIMATE_AFTER, PAUSED_AGAIN, PAUSED_LONG, RETURN_AFTER_WARNING, WATCH_MARKS
from incidents.lifecycle import EventKind, Lane
from incidents.models import Clock, Report, ReportEvent
from incidents.models.report_query import ReportQuerySet

#: The mark at the service's own recovery time objective.
BEYOND_RTO = "rto"


# --- A silent reviewer ---------------------------------------------------------------------------------------------


def warn_reviewer(report: Report, *, at: datetime) -> ReportEvent | None:
    """Tell the reviewer that the report goes back to the pool in ten minutes, unless she does something."""
    found, move = take_for_sweep(report, "warn_reviewer")
    if found.reviewer is None or not Report.objects.to_warn(at=at).filter(pk=found.pk).exists():
        return None
    data = {"reviewer": str(found.reviewer.public_id), "returns_at": (at + RETURN_AFTER_WARNING).isoformat()}
    return conclude(found, move, at=at, data=data, by=None)


def return_to_pool(report: Report, *, at: datetime) -> ReportEvent | None:
    """Nobody follows the report any more: it is for whoever is on duty."""
    found, move = take_for_sweep(report, "return_to_pool")
    if found.reviewer is None or not Report.objects.to_return(at=at).filter(pk=found.pk).exists():
        return None
    data = {"reviewer": None, "before": str(found.reviewer.public_id)}
    found.reviewer = None
    return conclude(found, move, at=at, data=data, by=None)


# --- An outage that lasts ------------------------------------------------------------------------------------------


def to_ask_estimate(*, at: datetime) -> ReportQuerySet:
    """Outages whose expected restoration has passed."""
    return Report.objects.estimate_passed(at=at - ESTIMATE_AFTER)


def ask_estimate(report: Report, *, at: datetime) -> ReportEvent | None:
    """Ask for another estimate, once for each that was given."""
    found, move = take_for_sweep(report, "ask_estimate")
    if not to_ask_estimate(at=at).filter(pk=found.pk).exists():
        return None
    data = {"expected": found.expected_restoration_at and found.expected_restoration_at.isoformat()}
    mark = f"estimate-{found.expected_changes}"
    return conclude(found, move, kind=EventKind.WATCHED, mark=mark, at=at, data=data, by=None)


#: Name, length and tiers of each.
MARKS: tuple[tuple[str, timedelta | None, Iterable[int] | None], ...] = ((BEYOND_RTO, None, None), *WATCH_MARKS)


def beyond(mark: str, after: timedelta | None, tiers: Iterable[int] | None, at: datetime) -> ReportQuerySet:
    """Outages beyond a mark."""
    return Report.objects.to_watch(mark, after=after, tiers=tiers, at=at)


def watch(report: Report, *, at: datetime) -> ReportEvent | None:
    """Say once how long the outage lasts: of several marks that were missed, the latest alone speaks."""
    found, move = take_for_sweep(report, "watch")
    passed = [row for mark in MARKS for row in beyond(*mark, at).filter(pk=found.pk)]
    if not passed:
        return None
    passed.sort(key=lambda row: row.mark_at)  # type: ignore[attr-defined]  # annotated
    *missed, last = [str(row.mark) for row in passed]  # type: ignore[attr-defined]  # annotated
    return conclude(found, move, kind=EventKind.WATCHED, mark=last, at=at, data={"missed": missed}, by=None)


# --- A deadline that stands still ------------------------------------------------------------------------------------


def to_remind_pause(*, at: datetime) -> ReportQuerySet:
    """Final reports whose deadline a reviewer paused long ago, and of which nothing was said for a week."""
    still = Clock.objects.unmet().filter(report=OuterRef("pk"), kind__in=PAUSABLE, paused_at__lte=at - PAUSED_LONG)
    said = ReportEvent.objects.filter(report=OuterRef("pk"), data__move="remind_pause", at__gt=at - PAUSED_AGAIN)
    return Report.objects.filter(Exists(still), ~Exists(said), lane=Lane.PAPERWORK)


def remind_pause(report: Report, *, at: datetime) -> ReportEvent | None:
    """Ask whoever paused the deadline whether it should stand still any longer."""
    found, move = take_for_sweep(report, "remind_pause")
    clock = found.clocks.unmet().filter(kind__in=PAUSABLE, paused_at__isnull=False).first()
    pause = found.events.filter(data__move="pause_final").order_by("-seq").first()
    if clock is None or clock.paused_at is None or pause is None:
        return None
    if not to_remind_pause(at=at).filter(pk=found.pk).exists():
        return None
    days = (at - clock.paused_at).days
    data = {"before": str(pause.person), "since": clock.paused_at.isoformat(), "days": days}
    mark = f"pause-{pause.seq}-{days // PAUSED_AGAIN.days}"
    return conclude(found, move, kind=EventKind.WATCHED, mark=mark, at=at, data=data, by=None)
