"""The open stories: what a visitor of the demo finds on the board."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from incidents.lifecycle import EventKind, ReportKind, Status, Verdict
from incidents.models import Clock, Incident, Report
from outage_portal.seed.stories import last_friday
from outage_portal.seed.today import OPEN_STORIES
from tests.outage_portal.conftest import Told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("told")]
RIYADH = ZoneInfo("Asia/Riyadh")


def story(place: str, kind: str = ReportKind.OWN_OUTAGE) -> Report:
    entity, _dot, code = place.partition(".")
    return Report.objects.open().filter(entity__code=entity, main_service__code=code, kind=kind).get()


def minutes(delta: timedelta) -> int:
    return round(delta.total_seconds() / 60)


def test_the_board_is_about_as_full_as_the_look_book() -> None:
    assert OPEN_STORIES <= Report.objects.open().count() <= OPEN_STORIES + 6


def test_somebody_is_late_on_each_side(told: Told) -> None:
    late = Report.objects.late(at=told.now)
    assert late.filter(waits_on_authority=True).count() == 1
    assert late.filter(waits_on_authority=False).count() >= 1


def test_the_verification_fails_in_silence_and_six_consumers_say_so(told: Told) -> None:
    owner = story("demo-a.verification")
    consumers = Report.objects.filter(provider_service=owner.main_service, status=Status.ACTIVE)
    filed = sorted(consumers.values_list("submitted_at", flat=True))
    assert len(filed) == 6 and filed[-1] - filed[0] <= timedelta(minutes=18)
    assert filed[-1] < owner.submitted_at
    clock = Clock.objects.running().get(report=owner, kind="C3")
    assert minutes(told.now - clock.due_at) == 12
    assert list(owner.events.filter(clock=clock).values_list("mark", flat=True)) == ["before-10", "due"]


def test_the_friday_upgrade_overran_by_forty_minutes(told: Told) -> None:
    report = story("demo-h.admission", ReportKind.MAINTENANCE)
    start, end = (moment.astimezone(RIYADH) for moment in (report.window_start, report.window_end) if moment)
    assert (start.weekday(), start.hour, end.hour, end - start) == (4, 0, 12, timedelta(hours=12))
    assert report.status == Status.COMPLETED and report.actual_end is not None
    assert minutes(report.actual_end - end) == 40
    assert {"due", "plus-30m"} <= set(report.events.filter(clock__kind="M4").values_list("mark", flat=True))


@pytest.mark.parametrize("hour", range(0, 24 * 8, 5))
def test_the_friday_lies_behind_us_and_within_eight_days(hour: int) -> None:
    now = datetime(2026, 11, 18, tzinfo=RIYADH) + timedelta(hours=hour)
    friday = last_friday(now)
    assert friday.weekday() == 4 and friday.hour == 0
    assert timedelta(hours=12, minutes=40) < now - friday < timedelta(days=8)


def test_the_certificate_was_back_in_fifty_five_minutes() -> None:
    report = story("demo-f.municipal-licences")
    assert report.status == Status.RESTORED and report.restored_at and report.started_at
    assert report.restored_at - report.started_at == timedelta(minutes=55)
    assert Clock.objects.running().filter(report=report, kind="C6").exists()


def test_the_storage_fault_has_four_updates_and_a_log(told: Told) -> None:
    report = story("demo-c.laboratory")
    assert report.events.filter(kind=EventKind.UPDATED).count() == 4
    assert report.attachments.get().name.endswith(".log")
    assert minutes(report.next_due_at - told.now) == 44


def test_the_payment_failure_is_disputed_and_a_question_waits() -> None:
    report = story("demo-b.payments", ReportKind.CONSUMED_OUTAGE)
    assert report.next_clock == "C4" and not report.waits_on_authority
    assert report.provider_service is not None and report.provider_service.entity.code == "demo-e"
    assert report.notes.count() == 1


def test_a_final_report_came_back_twice() -> None:
    report = story("demo-b.establishments")
    assert report.status == Status.REVISION
    assert [event.move for event in report.events.all() if event.move in {"submit_final", "send_back"}] == [
        "submit_final", "send_back", "submit_final", "send_back",
    ]  # fmt: skip
    assert set(report.final_report.comments.values_list("round", flat=True)) == {1, 2}
    assert report.final_report.comments.filter(answer="").count() == 2


def test_the_entity_without_a_team_called_at_ten_past_two() -> None:
    report = story("demo-d.events")
    called = timezone.localtime(report.submitted_at)
    assert (called.hour, called.minute) == (2, 10)
    assert report.on_behalf_caller and report.entity_confirmed_at is None
    assert report.filed_by.name_en == "Reem Al-Anazi"


def test_the_acknowledgement_came_late() -> None:
    report = story("demo-h.student-record")
    clock = report.clocks.get(kind="C2")
    assert clock.met_at and clock.breached_at and minutes(clock.met_at - clock.started_at) == 47
    assert report.events.filter(clock=clock).exists()


def test_every_answer_of_a_services_owner_is_told_once_at_least(told: Told) -> None:
    answered = Report.objects.exclude(verdict="")
    given = set(answered.values_list("verdict", flat=True))
    assert {Verdict.KNOWN, Verdict.PLANNED, Verdict.NOT_OURS} <= given  # the year brings the others, by chance
    owner = story("demo-a.verification")
    assert answered.filter(verdict_reference=owner.reference).count() == 6
    waiting = Report.objects.unanswered().get()
    assert waiting.clocks.running().filter(kind="D1").exists()


def test_the_lead_leads_the_owner_and_the_six_as_one_incident() -> None:
    incident = Incident.objects.get()
    assert incident.acknowledged_by == incident.opened_by
    assert set(incident.grouped.values_list("main_service__code", flat=True)) == {"verification"}
    assert incident.grouped.count() == 7
    assert incident.situation_reports.get().sent_at is None
