"""What happened to a report, as the page tells it to one reader: the timeline, and what of it waits for an answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from incidents.actions.extension_requests import open_request
from incidents.lifecycle import ClockKind, EventKind
from incidents.models import Clock, ReportEvent
from incidents.timeline import FILTERS, OUTSIDE, Entry, tell

if TYPE_CHECKING:
    from incidents.case import Case

PAGE = 50  # rows of the timeline at a time


@dataclass(frozen=True)
class Question:
    """What was asked and has no answer yet, with its clock."""

    entry: Entry
    clock: Clock


class History:
    """A report's events, the part of them that is asked for; each is read once."""

    def __init__(self, case: Case) -> None:
        self.case = case

    @cached_property
    def _events(self) -> tuple[list[ReportEvent], bool]:
        condition = FILTERS[self.case.show][1] & (OUTSIDE if self.case.outside else Q())
        if self.case.before is not None:
            condition &= Q(seq__lt=self.case.before)
        found = list(self._with_actors(condition).order_by("-seq")[: PAGE + 1])
        return found[:PAGE], len(found) > PAGE

    def _with_actors(self, condition: Q) -> QuerySet[ReportEvent]:
        return self.case.report.events.filter(condition).with_actors()

    def _told(self, events: Iterable[ReportEvent]) -> list[Entry]:
        late = {clock.met_at: clock.late_by for clock in self.case.clocks if clock.met_at and clock.late_by}
        return [tell(event, self.case.report, outside=self.case.outside, late=late) for event in events]

    @cached_property
    def entries(self) -> list[Entry]:
        """The timeline, newest first."""
        return self._told(self._events[0])

    @property
    def older_than(self) -> int | None:
        """Where the next page of the timeline goes on; None where there is none."""
        events, more = self._events
        return events[-1].seq if more else None

    @cached_property
    def questions(self) -> list[Question]:
        """Open questions, the oldest first. They are mostly on the page already; older ones are asked for."""
        clocks = {clock.subject: clock for clock in self.case.running if clock.kind == ClockKind.C4}
        if self.case.outside or not clocks:
            return []
        found = [event for event in self._events[0] if event.seq in clocks]
        missing = set(clocks) - {event.seq for event in found}
        if missing:
            found += list(self._with_actors(Q(seq__in=missing)))
        found.sort(key=lambda event: event.seq)
        return [Question(entry, clocks[entry.seq]) for entry in self._told(found)]

    def changes_since(self, version: int) -> list[Entry]:
        """What people did since the page of that version was read, newest first."""
        deeds = max(0, self.case.report.version - version)
        return self._told(self._with_actors(Q(person__isnull=False)).order_by("-seq")[: min(deeds, PAGE)])

    @cached_property
    def extension_asked(self) -> Entry | None:
        """More time for the final report is asked for, and not answered yet; nothing for readers from outside."""
        clock = next((each for each in self.case.running if each.kind == ClockKind.C6), None)
        request = None if self.case.outside else open_request(self.case.report, clock)
        return self._told([request])[0] if request else None

    @cached_property
    def pause(self) -> Entry | None:
        """When it was paused, whom it waits for and why; nothing for readers from outside."""
        if self.case.outside or self.case.standing_still is None:
            return None
        last = self._with_actors(Q(data__move="pause_final")).order_by("-seq").first()
        return self._told([last])[0] if last else None

    def has_done(self, name: str, *, seen: int | None, once: str) -> bool:
        """Whether the reader has done this very deed: pressed twice, or sent again over a bad line.

        Its mark stands in the history, or it is the one deed since the version that was read.
        """
        if once and self.case.report.events.filter(data__once=once).exists():
            return True
        last = self.case.report.events.filter(person__isnull=False).order_by("-seq").first()
        self.case.report.refresh_from_db(fields=["version"])
        asked = {EventKind.WITHDRAWAL_ASKED: "withdraw"}
        return (
            last is not None
            and last.person == self.case.reader.public_id
            and (last.move or asked.get(EventKind(last.kind))) == name
            and self.case.report.version - 1 == seen
        )
