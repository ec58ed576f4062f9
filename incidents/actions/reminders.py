"""The sweep: due clocks become events, which travel the same pipe as everything else."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from incidents.actions.timekeeping import next_mark_at
from incidents.lifecycle import EventKind
from incidents.models import Clock, Report, ReportEvent
from incidents.models.clock import ClockQuerySet

BATCH = 500


def record_due_reminders(*, at: datetime, clocks: ClockQuerySet | None = None) -> int:
    """Write one event for each clock with a mark that has come; returns how many. `clocks`: of these alone.

    A missed run is caught up: of several missed marks the latest alone speaks (its audience holds the others').
    A double run writes nothing: (clock, mark) is unique, and the clock's next mark has moved on.
    """
    written = 0
    while True:
        ids = list(
            (Clock.objects.all() if clocks is None else clocks)
            .due(at=at)
            .order_by("next_mark_at")
            .values_list("pk", flat=True)[:BATCH]
        )
        if not ids:
            return written
        for clock_id in ids:
            written += _remind(clock_id, at=at)


@transaction.atomic
def _remind(clock_id: int, *, at: datetime) -> int:
    found = Clock.objects.due(at=at).filter(pk=clock_id).first()
    if found is None:
        return 0
    report = (
        Report.objects.select_for_update(of=("self",), no_key=True).select_related("policy").get(pk=found.report_id)
    )
    clock = Clock.objects.due(at=at).filter(pk=clock_id).first()  # met while we waited for the row?
    if clock is None:
        return 0
    marks = report.policy.rules.marks_of(clock.kind, started_at=clock.started_at, due_at=clock.due_at)
    spoken = set(ReportEvent.objects.filter(clock=clock).values_list("mark", flat=True))
    missed = [mark for moment, mark in marks if moment <= at and mark.code not in spoken]
    clock.next_mark_at = next_mark_at(clock, report=report, after=at)
    if at >= clock.due_at:
        clock.breached_at = clock.breached_at or clock.due_at
    clock.save(update_fields=["next_mark_at", "breached_at"])
    if not missed:
        return 0
    data = {"clock": clock.kind, "due_at": clock.due_at.isoformat(), "missed": [m.code for m in missed[:-1]]}
    report.record(EventKind.REMINDED, by=None, at=at, clock=clock, mark=missed[-1].code, data=data)
    report.save(update_fields=["event_count", "head_hash"])
    return 1
