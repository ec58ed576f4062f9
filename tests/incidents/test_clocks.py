"""Clocks as the policy's first version has them."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from entities.permissions import Role
from incidents import actions
from incidents.calendar import RIYADH
from incidents.lifecycle import ClockKind, EventKind, ReportKind
from incidents.models import Clock, Policy, Report, ReportEvent
from incidents.models.report_query import NEVER
from tests.factories import a_person, a_report, a_reviewer, a_service

pytestmark = pytest.mark.django_db


def test_the_most_specific_rule_wins() -> None:
    rules = Policy.objects.in_force().rules
    assert rules.rule("C2", kind="OUT", severity=3, tier=1).minutes == 30  # type: ignore[union-attr]
    assert rules.rule("C2", kind="OUT", severity=3, tier=2).minutes == 240  # type: ignore[union-attr]
    assert rules.rule("C3", kind="OUT", severity=3, tier=3).calendar == "daytime"  # type: ignore[union-attr]
    assert rules.rule("M2", kind="MNT", severity=1, tier=0, emergency=True).minutes == 30  # type: ignore[union-attr]
    assert rules.rule("C3", kind="DEP", severity=1, tier=0) is None


@pytest.mark.parametrize("minutes", [0, 1, 7, 60, 90, 240, 4320])
def test_the_marks_of_a_clock_are_each_marks_own_moment_in_order(minutes: int) -> None:
    """They are worked out once for each length, and stand at each clock's own moments."""
    rules, length = Policy.objects.in_force().rules, timedelta(minutes=minutes, seconds=11)
    for kind in ClockKind.values:
        for start in (timezone.now(), timezone.now() - timedelta(days=400)):
            span = {"started_at": start, "due_at": start + length}
            own = [(mark.moment(**span), mark) for mark in rules.marks if mark.clock == kind]
            own.sort(key=lambda pair: (pair[0], pair[1].percent, pair[1].minutes))
            assert rules.marks_of(kind, **span) == own
            assert all(moment >= start for moment, _mark in own)


def test_filing_judges_the_first_notice_and_starts_what_is_owed_next() -> None:
    report = a_report()
    clocks = {clock.kind: clock for clock in report.clocks.all()}
    assert set(clocks) == {"C1", "C2", "C3"}
    assert clocks["C1"].met_at is not None
    assert clocks["C1"].breached_at is None
    assert clocks["C3"].due_at - clocks["C3"].started_at == timedelta(minutes=60 if report.severity == 1 else 120)
    assert report.next_clock == ClockKind.C2
    assert report.waits_on_authority


def test_a_late_first_notice_is_accepted_and_marked_late() -> None:
    now = timezone.now()
    report = a_report(started_at=now - timedelta(hours=9), detected_at=now - timedelta(hours=8))
    clock = report.clocks.get(kind=ClockKind.C1)
    assert clock.breached_at is not None
    assert clock.late_by > timedelta(hours=5)


def test_a_consumed_outage_owes_no_updates() -> None:
    assert {c.kind for c in a_report(ReportKind.CONSUMED_OUTAGE).clocks.all()} == {"C1", "C2"}


def test_a_maintenance_filed_too_late_is_judged_so() -> None:
    now = timezone.now()
    soon = a_report(ReportKind.MAINTENANCE, window_start=now + timedelta(hours=3), window_end=now + timedelta(hours=5))
    assert soon.clocks.get(kind=ClockKind.M1).breached_at is not None
    assert a_report(ReportKind.MAINTENANCE).clocks.get(kind=ClockKind.M1).breached_at is None


def test_an_update_meets_its_clock_and_starts_it_again() -> None:
    report = a_report()
    by = report.filed_by
    by.acting = by.memberships.get()
    actions.post_update(report, phase="identified", message="حُصر العطل في الشبكة", by=by)
    first, second = report.clocks.filter(kind=ClockKind.C3).order_by("id")
    assert first.met_at is not None
    assert second.met_at is None


def test_an_update_may_promise_sooner_never_later() -> None:
    report = a_report()
    by = report.filed_by
    by.acting = by.memberships.get()
    now = timezone.now()
    actions.post_update(report, phase="", message="نعمل عليه الآن", next_update_at=now + timedelta(days=3), by=by)
    running = report.clocks.running().get(kind=ClockKind.C3)
    assert running.due_at <= now + timedelta(hours=4, minutes=1)


def test_restoring_starts_the_final_report_and_undoing_cancels_it() -> None:
    report = a_report()
    by = report.filed_by
    by.acting = by.memberships.get()
    actions.restore(report, restored_at=timezone.now(), by=by)
    assert report.clocks.running().filter(kind=ClockKind.C6).exists()
    actions.undo_restore(report, by=by)
    assert not report.clocks.running().filter(kind=ClockKind.C6).exists()
    assert report.clocks.running().filter(kind=ClockKind.C3).exists()


def test_review_pauses_while_the_entity_completes() -> None:
    report = a_report()
    by, lead = report.filed_by, a_reviewer(Role.LEAD)
    by.acting = by.memberships.get()
    leader = a_person(Role.IT_LEADER, entity=report.entity)
    actions.restore(report, restored_at=timezone.now(), by=by)
    actions.save_final(report, columns={"executive_summary": "ملخص"}, timeline=[], actions=[], by=by)
    actions.countersign(report, by=leader)
    actions.submit_final(report, by=by)
    actions.send_back(report, note="أكملوا السبب", comments={"root_cause": "وضّحوا السبب الجذري"}, by=lead)
    review = report.clocks.get(kind=ClockKind.C7)
    assert review.paused_at is not None
    assert report.clocks.running().exclude(kind=ClockKind.C2).get().kind == ClockKind.C8
    due = review.due_at
    report.final_report.comments.update(answer="أُكمل")
    actions.countersign(report, by=leader)
    actions.submit_final(report, by=by)
    review.refresh_from_db()
    assert review.paused_at is None
    assert review.due_at > due


def test_closing_leaves_nothing_owed() -> None:
    report = a_report(ReportKind.CONSUMED_OUTAGE)
    by = report.filed_by
    by.acting = by.memberships.get()
    actions.restore(report, restored_at=timezone.now(), by=by)
    actions.move(report, "close", by=a_reviewer())
    report.refresh_from_db()
    assert not report.clocks.running().exists()
    assert report.next_due_at == NEVER


def test_raising_the_severity_leaves_at_least_a_quarter_of_an_hour() -> None:
    service = a_service(tier=2, users_per_day=100)
    report = a_report(by=a_person(entity=service.entity), service=service)
    long_ago = timezone.now() - timedelta(hours=3)
    report.clocks.unmet().update(started_at=long_ago, due_at=long_ago + timedelta(hours=9))
    actions.change_severity(report, severity=1, note="اتسع الأثر", by=a_reviewer())
    left = report.clocks.running().get(kind=ClockKind.C3).due_at - timezone.now()
    assert timedelta(minutes=14) < left <= timedelta(minutes=15)


# --- The sweep -----------------------------------------------------------------------------------------------


def _marks(report: Report, kind: str = "C3") -> list[str]:
    events = ReportEvent.objects.filter(report=report, kind=EventKind.REMINDED, clock__kind=kind).order_by("seq")
    return [event.mark for event in events]


def test_the_sweep_speaks_once_a_mark_however_often_it_runs() -> None:
    report = a_report()
    clock = report.clocks.get(kind=ClockKind.C3)
    for step in (clock.due_at - timedelta(minutes=9), clock.due_at, clock.due_at + clock.length * 0.26):
        actions.record_due_reminders(at=step)
        assert actions.record_due_reminders(at=step) == 0
    assert _marks(report) == ["before-10", "due", "plus-25"]


def test_a_sweep_that_slept_catches_up_with_the_latest_mark_alone() -> None:
    report = a_report()
    clock = report.clocks.get(kind=ClockKind.C3)
    actions.record_due_reminders(at=clock.due_at + clock.length * 0.6)
    assert _marks(report) == ["plus-50"]
    event = report.events.get(mark="plus-50", clock=clock)
    assert event.data["missed"] == ["before-10", "due", "plus-25"]
    clock.refresh_from_db()
    assert clock.breached_at == clock.due_at


def test_no_reminder_once_the_clock_is_met() -> None:
    report = a_report()
    actions.acknowledge(report, by=a_reviewer())
    clock = report.clocks.get(kind=ClockKind.C2)
    actions.record_due_reminders(at=clock.due_at + timedelta(days=1))
    assert _marks(report, "C2") == []


def test_a_paused_clock_is_silent() -> None:
    clock = a_report().clocks.get(kind=ClockKind.C2)
    Clock.objects.filter(pk=clock.pk).update(paused_at=timezone.now())
    actions.record_due_reminders(at=clock.due_at + timedelta(hours=1))
    assert _marks(clock.report, "C2") == []


def test_the_year_of_a_reference_is_riyadhs() -> None:
    from unittest import mock

    last_night = datetime(2026, 12, 31, 22, 30, tzinfo=RIYADH).astimezone(tz=None) + timedelta(hours=2)
    with mock.patch("django.utils.timezone.now", return_value=last_night):
        assert a_report().reference.startswith("OUT-2027-")


def test_the_migration_fills_what_the_authority_owes_from_the_running_clocks() -> None:
    owing, acknowledged, planned = a_report(), a_report(), a_report(ReportKind.MAINTENANCE)
    actions.acknowledge(acknowledged, seen=acknowledged.version, by=a_reviewer())
    true = dict(Report.objects.values_list("pk", "authority_due_at"))
    Report.objects.update(authority_clock="", authority_due_at=NEVER)
    import_module("incidents.migrations.0009_authority_due").fill(apps, None)
    assert dict(Report.objects.values_list("pk", "authority_due_at")) == true
    assert true[owing.pk] == owing.clocks.get(kind=ClockKind.C2).due_at
    assert true[acknowledged.pk] == NEVER
    assert Report.objects.get(pk=planned.pk).authority_clock == ClockKind.M2
