"""The reports of one incident have one ladder: the authority hears a mark once for all of them (docs/adr/0036).

So does the owner of the services that others report, of the answer it owes to each. What is said to an entity about its
own report stays as it is. Source: domain/lifecycle.md, Reminders.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Q

from incidents.lifecycle import ClockKind, EventKind
from incidents.models import ReportEvent
from notifications.audiences import Line, Side, key_of, never

#: The clocks whose marks climb to the authority while an outage goes on.
SHARED = frozenset({ClockKind.C2, ClockKind.C3, ClockKind.D1})
#: Who hears a mark once for all: the entities hear each of their own.
TOGETHER = frozenset({Side.AUTHORITY, Side.PROVIDER})
#: The next update is owed again and again: a mark of it speaks for the others for so long.
SAME_RUNG = timedelta(hours=1)


def is_shared(event: ReportEvent) -> bool:
    """A mark of the ladder that the report climbs together with others."""
    grouped = event.report.incident_id is not None
    return grouped and event.kind == EventKind.REMINDED and event.data.get("clock") in SHARED


class Said(NamedTuple):
    """A mark that was spoken of a report whose clock runs still: what was told of it stands, and is told for all."""

    event: int
    report: int
    severity: int
    reviewer: int | None
    owner: int | None  # of the consumed service
    at: datetime

    def speaks_for(self, event: ReportEvent) -> bool:
        """To the same reviewer, and of an outage that is at least as bad: a worse one may wake by SMS.

        An answer that is owed speaks for those that the same owner owes: the silence of another one is another matter.
        """
        report, clock = event.report, event.data["clock"]
        owner = report.provider_service.entity_id if report.provider_service else None
        return (
            self.event < event.pk
            and self.report != report.pk
            and self.severity <= report.severity
            and self.reviewer == report.reviewer_id
            and (clock != ClockKind.D1 or self.owner == owner)
            and (clock != ClockKind.C3 or self.at > event.recorded_at - SAME_RUNG)
        )


class Ladders:
    """Those that some events climb together with other reports, read at once."""

    def __init__(self, events: Iterable[ReportEvent]) -> None:
        self._said: defaultdict[tuple[int | None, str, str], list[Said]] = defaultdict(list)
        shared = [event for event in events if is_shared(event)]
        if not shared:
            return
        since = min(event.recorded_at for event in shared) - SAME_RUNG
        found = ReportEvent.objects.filter(
            Q(clock__kind__in=SHARED - {ClockKind.C3}) | Q(clock__kind=ClockKind.C3, recorded_at__gt=since),
            kind=EventKind.REMINDED,
            report__incident__in={event.report.incident_id for event in shared},
            mark__in={event.mark for event in shared},
            clock__met_at__isnull=True,
            clock__cancelled_at__isnull=True,
            clock__paused_at__isnull=True,
        )
        owner = "report__provider_service__entity"
        said = ("pk", "report", "report__severity", "report__reviewer", owner, "recorded_at")
        for incident, clock, mark, *rest in found.values_list("report__incident", "clock__kind", "mark", *said):
            self._said[incident, clock, mark].append(Said(*rest))

    def has_been_said(self, event: ReportEvent) -> bool:
        """The authority, and of D1 the owner, has heard this mark of another report of the incident."""
        key = (event.report.incident_id, event.data.get("clock", ""), event.mark)
        return is_shared(event) and any(said.speaks_for(event) for said in self._said[key])


def heard_together(lines: Iterable[Line], event: ReportEvent, *, said: bool, joins: bool) -> list[Line]:
    """The lines without what is heard from another report of the incident; filing is read in the portal.

    `said`: another report of the incident has said it. `joins`: the report stands under an incident, or the next sweep
    puts it there.
    """
    lines = list(lines)
    if said:
        return [line for line in lines if line.side not in TOGETHER]
    if key_of(event) == "FILED:DEP" and joins:
        return [replace(line, mail=never, sms=never) if line.side == Side.AUTHORITY else line for line in lines]
    return lines
