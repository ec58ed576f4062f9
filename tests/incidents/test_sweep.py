"""The sweep takes many clocks at once: chains stay whole, everything is told, and nobody is made to wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents import actions
from incidents.actions import reminders
from incidents.clocks import Mark, Rules
from incidents.lifecycle import EventKind
from incidents.models import Clock, Report, ReportEvent
from tests.factories import a_report

pytestmark = pytest.mark.django_db

LATER = timedelta(hours=30)


def _reminded(report: Report) -> int:
    return report.events.filter(kind=EventKind.REMINDED).count()


def test_several_clocks_of_one_report_in_one_run_follow_each_other_in_its_history() -> None:
    report = a_report()
    due = Clock.objects.due(at=timezone.now() + LATER).count()
    assert actions.record_due_reminders(at=timezone.now() + LATER) == due > 1
    report.refresh_from_db()
    newest = report.events.latest("seq")
    assert (report.event_count, report.head_hash) == (newest.seq, newest.hash)
    call_command("verify_history")


def test_more_clocks_than_a_batch_holds_are_all_told_in_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminders, "BATCH", 2)
    reports = [a_report() for _ in range(3)]
    actions.record_due_reminders(at=timezone.now() + LATER)
    assert not Clock.objects.due(at=timezone.now() + LATER).exists()
    assert {_reminded(report) for report in reports} == {2}


def test_a_hundred_clocks_cost_the_queries_of_one() -> None:
    a_report()
    with CaptureQueriesContext(
        connection,
    ) as one:
        actions.record_due_reminders(at=timezone.now() + LATER)
    for _ in range(5):
        a_report()
    with CaptureQueriesContext(connection) as many:
        actions.record_due_reminders(at=timezone.now() + LATER)
    assert len(many) == len(one)


def test_what_the_sweep_writes_is_kept_as_the_orm_keeps_it() -> None:
    """The rows go in by one JSON parameter: moments, texts and the dictionary come back as they were."""
    report, at = a_report(), timezone.now() + LATER
    clock = report.clocks.running().earliest("due_at")
    actions.record_due_reminders(at=at)
    event = ReportEvent.objects.get(clock=clock)
    assert event.at == at
    assert event.fanned_out_at is None and event.person is None
    assert event.data["due_at"] == clock.due_at.isoformat()
    assert ReportEvent.objects.filter(data__clock=clock.kind, at=at, report=report).exists()
    clock.refresh_from_db()
    assert clock.breached_at == clock.due_at
    assert Clock.objects.filter(pk=clock.pk, breached_at=clock.due_at).exists()


def test_the_marks_of_a_clock_are_computed_once_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    a_report()
    due, asked, marks_of = Clock.objects.due(at=timezone.now() + LATER).count(), [], Rules.marks_of

    def counted(rules: Rules, clock: str, **moments: datetime) -> list[tuple[datetime, Mark]]:
        asked.append(clock)
        return marks_of(rules, clock, **moments)

    monkeypatch.setattr(Rules, "marks_of", counted)
    actions.record_due_reminders(at=timezone.now() + LATER)
    assert len(asked) == due


@contextmanager
def _somebody_at_work_on(report: Report) -> Iterator[None]:
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM incidents_report WHERE id = %s FOR NO KEY UPDATE", [report.pk])
            yield
            cursor.execute("ROLLBACK")
    finally:
        other.close()


@pytest.mark.wide
@pytest.mark.django_db(transaction=True)
def test_a_report_that_somebody_holds_is_left_for_the_next_run() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("one writer: nobody holds a row of SQLite")
    held, free = a_report(), a_report()
    at = timezone.now() + LATER
    with _somebody_at_work_on(held):
        actions.record_due_reminders(at=at)
        assert (_reminded(held), _reminded(free)) == (0, 2)
    actions.record_due_reminders(at=at)
    assert _reminded(held) == 2
