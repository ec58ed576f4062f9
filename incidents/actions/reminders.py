"""The sweep: due clocks become events, which travel the same pipe as everything else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan
from django.utils import timezone

from incidents.actions.typing import being_typed
from incidents.lifecycle import ClockKind, EventKind
from incidents.models import CallTask, Clock, Report, ReportEvent
from incidents.models.bulk import Among, insert, rewrite
from incidents.models.clock import ClockQuerySet
from incidents.models.policy import rules_of

#: Clocks a transaction. Its reports stay locked for some tenths of a second; who comes to one of them waits so long.
BATCH = 2000


class Due(NamedTuple):
    """What the sweep reads of a clock, under the names of its columns."""

    pk: int
    report: int
    policy: int
    kind: str
    started_at: datetime
    due_at: datetime
    breached_at: datetime | None

    def reading(self, spoken: Container[str], *, at: datetime) -> tuple[list[str], datetime | None]:
        """The marks that have come and were not spoken, and when the clock speaks next."""
        marks = rules_of(self.policy).marks_of(self.kind, started_at=self.started_at, due_at=self.due_at)
        missed = [mark.code for moment, mark in marks if moment <= at and mark.code not in spoken]
        return missed, next((moment for moment, _mark in marks if moment > at), None)

    def calls(self, missed: Iterable[str]) -> bool:
        """Whether one of these marks is the ladder's top rung: somebody has to be telephoned."""
        return not rules_of(self.policy).calls(self.kind).isdisjoint(missed)

    def breach(self, at: datetime) -> datetime | None:
        return self.breached_at or (self.due_at if at >= self.due_at else None)

    def event(self, missed: list[str], *, head: tuple[int, str], at: datetime, now: datetime) -> dict[str, Any]:
        """The row of the event: the latest of several missed marks speaks for them all."""
        data = {"clock": self.kind, "due_at": self.due_at.isoformat(), "missed": missed[:-1]}
        about: dict[str, Any] = {"clock": self.pk, "mark": missed[-1], "data": data}
        return ReportEvent.row_after(self.report, head, kind=EventKind.REMINDED, at=at, recorded_at=now, **about)


def record_due_reminders(*, at: datetime, clocks: ClockQuerySet | None = None) -> int:
    """Write one event for each clock with a mark that has come; returns how many. `clocks`: of these alone.

    That an update is due soon is said to nobody while one is being typed (domain/lifecycle.md, Reminders).
    A missed run is caught up: of several missed marks the latest alone speaks (its audience holds the others').
    A double run writes nothing: (clock, mark) is unique, and the clock's next mark has moved on. A report that
    somebody is at work on is left for the next run.
    """
    due = (Clock.objects.all() if clocks is None else clocks).due(at=at).order_by("next_mark_at", "pk")
    written, rest = 0, due
    while batch := list(rest.values_list("pk", "report_id", "next_mark_at")[:BATCH]):
        keys, reports, moments = zip(*batch, strict=True)
        written += _remind(keys, reports, at=at)
        rest = due.filter(TupleGreaterThan(Tuple("next_mark_at", "pk"), (moments[-1], keys[-1])))
    return written


@transaction.atomic
def _remind(keys: Iterable[int], reports: Iterable[int], *, at: datetime) -> int:
    heads = _locked(reports)
    # Read under the locks: some may have been met while we waited.
    rows = (
        Clock.objects.due(at=at).filter(Among(F("pk"), keys)).order_by("next_mark_at", "pk").values_list(*Due._fields)
    )
    clocks = [due for row in rows if (due := Due(*row)).report in heads]
    spoken: defaultdict[int, set[str]] = defaultdict(set)
    for clock, mark in ReportEvent.objects.filter(Among(F("clock_id"), keys)).values_list("clock", "mark"):
        spoken[clock].add(mark)
    events, following, calls, now = [], {}, [], timezone.now()
    ahead = {due.report for due in clocks if due.kind == ClockKind.C3 and at < due.due_at}
    typed = being_typed(ahead, at=at) if ahead else set()
    for due in clocks:
        missed, following[due.pk] = due.reading(spoken[due.pk], at=at)
        if missed and not (due.kind == ClockKind.C3 and at < due.due_at and due.report in typed):
            event = due.event(missed, head=heads[due.report], at=at, now=now)
            heads[due.report] = (event["seq"], event["hash"])
            events.append(event)
            if due.calls(missed):
                calls.append(due)
    insert(ReportEvent, events)
    rewrite(Clock, ("next_mark_at", "breached_at"), {due.pk: (following[due.pk], due.breach(at)) for due in clocks})
    rewrite(Report, ("event_count", "head_hash"), {event["report_id"]: heads[event["report_id"]] for event in events})
    _call(calls, at=at)
    return len(events)


def _call(clocks: Iterable[Due], *, at: datetime) -> None:
    """A call task for each that has none: a policy may have two such rungs on one clock."""
    wanted = {due.pk: due for due in clocks}
    if not wanted:
        return
    known = set(CallTask.objects.filter(clock__in=wanted).values_list("clock", flat=True))
    empty = dict.fromkeys(("taken_by_id", "taken_at", "waits_until", "reached_at"))
    rows = [{"report_id": due.report, "clock_id": pk, "opened_at": at, "version": 1} for pk, due in wanted.items()]
    insert(CallTask, [row | empty for row in rows if row["clock_id"] not in known])


def _locked(reports: Iterable[int]) -> dict[int, tuple[int, str]]:
    """The heads of the histories of those that nobody else holds, locked always in the same order."""
    rows = Report.objects.filter(Among(F("pk"), set(reports))).order_by("pk")
    rows = rows.select_for_update(of=("self",), no_key=True, skip_locked=True)
    return {pk: (count, digest) for pk, count, digest in rows.values_list("pk", "event_count", "head_hash")}
