"""The reports of one incident have one ladder: the authority hears a mark once for all of them (docs/adr/0036).

What is said to an entity about its own report stays as it is. Source: domain/lifecycle.md, Reminders.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from incidents.lifecycle import ClockKind, EventKind
from incidents.models import ReportEvent
from notifications.audiences import Line, Side, key_of, never

#: The clocks whose marks climb to the authority while an outage goes on.
SHARED = frozenset({ClockKind.C2, ClockKind.C3})
#: The next update is owed again and again: a mark of it speaks for the others for so long.
SAME_RUNG = timedelta(hours=1)


def is_shared(event: ReportEvent) -> bool:
    """A mark of the ladder that the report climbs together with others."""
    grouped = event.report.incident_id is not None
    return grouped and event.kind == EventKind.REMINDED and event.data.get("clock") in SHARED


def heard_together(lines: Iterable[Line], event: ReportEvent, *, joins: bool) -> list[Line]:
    """The lines without what the authority hears from another report of the incident; filing is read in the portal.

    `joins`: the report stands under an incident, or the next sweep puts it there.
    """
    lines = list(lines)
    if is_shared(event) and _has_been_said(event):
        return [line for line in lines if line.side != Side.AUTHORITY]
    if key_of(event) == "FILED:DEP" and joins:
        return [replace(line, mail=never, sms=never) if line.side == Side.AUTHORITY else line for line in lines]
    return lines


def _has_been_said(event: ReportEvent) -> bool:
    """By a report whose clock runs still: what was told of it stands, and is told for all."""
    said = ReportEvent.objects.filter(
        kind=EventKind.REMINDED,
        report__incident=event.report.incident_id,
        report__severity__lte=event.report.severity,  # a worse one may wake by SMS: it speaks for itself
        mark=event.mark,
        clock__kind=event.data["clock"],
        clock__met_at__isnull=True,
        clock__cancelled_at__isnull=True,
        clock__paused_at__isnull=True,
        pk__lt=event.pk,
    )
    if event.data["clock"] == ClockKind.C3:
        said = said.filter(recorded_at__gt=event.recorded_at - SAME_RUNG)
    return said.exclude(report=event.report_id).exists()
