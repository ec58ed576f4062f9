"""The watchdogs of the sweep: a silent reviewer, an estimate that has passed, an outage that lasts, a long pause."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from entities.models import DigitalService, User
from entities.permissions import Role
from incidents import actions
from incidents.lifecycle import EventKind, ReportKind
from incidents.models import Report, ReportEvent
from notifications.actions import fan_out_new_events
from notifications.models import Delivery
from tests.factories import a_person, a_report, a_reviewer, a_service
from tests.incidents.finals import restored

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def an_outage(*, tier: int = 0, rto: int | None = None, **columns: Any) -> Report:
    """Tier 0 and full: S1."""
    service = a_service(tier=tier, rto_minutes=rto)
    return a_report(by=a_person(entity=service.entity), service=service, **columns)


def given_to(reviewer: User, report: Report) -> Report:
    """A lead gives the report to a reviewer, who has not acknowledged it."""
    actions.assign(report, reviewer=reviewer, by=a_reviewer(Role.LEAD))
    return Report.objects.get(pk=report.pk)


def said(report: Report, move: str) -> list[ReportEvent]:
    return list(report.events.filter(data__move=move).order_by("seq"))


def sweep(at: datetime) -> None:
    """Twice: the second run changes nothing."""
    actions.act_by_itself(at=at)
    before = ReportEvent.objects.count()
    assert actions.act_by_itself(at=at) == 0
    assert ReportEvent.objects.count() == before


# --- A silent reviewer -----------------------------------------------------------------------------------------


def test_a_silent_reviewer_is_told_and_ten_minutes_later_the_report_is_back_in_the_pool() -> None:
    reviewer = a_reviewer()
    report, at = given_to(reviewer, an_outage()), timezone.now()
    sweep(at + 19 * MINUTE)
    assert said(report, "warn_reviewer") == []
    sweep(at + 21 * MINUTE)
    [warned] = said(report, "warn_reviewer")
    assert (warned.person, warned.role) == (None, "SYS")
    assert warned.data["reviewer"] == str(reviewer.public_id)
    sweep(at + 30 * MINUTE)
    assert Report.objects.get(pk=report.pk).reviewer == reviewer
    sweep(at + 31 * MINUTE)
    [returned] = said(report, "return_to_pool")
    assert returned.data["before"] == str(reviewer.public_id)
    report = Report.objects.get(pk=report.pk)
    assert report.reviewer is None
    assert report.clocks.running().filter(kind="C2").exists(), "the acknowledgement is owed all the same"


def test_a_sweep_that_slept_tells_her_first_all_the_same() -> None:
    report, at = given_to(a_reviewer(), an_outage()), timezone.now()
    sweep(at + 3 * HOUR)
    assert len(said(report, "warn_reviewer")) == 1
    assert said(report, "return_to_pool") == []


@pytest.mark.parametrize("deed", ["note", "question", "acknowledgement"])
def test_whatever_she_does_on_the_report_resets_her_silence(deed: str) -> None:
    reviewer = a_reviewer()
    report, at = given_to(reviewer, an_outage()), timezone.now()
    sweep(at + 21 * MINUTE)
    spoke = at + 25 * MINUTE
    match deed:
        case "note":
            actions.add_note(report, text="أتصل بالجهة", at=spoke, by=reviewer)
        case "question":
            actions.ask(report, text="متى تعود الخدمة؟", at=spoke, by=reviewer)
        case _:
            actions.acknowledge(report, at=spoke, by=reviewer)
    sweep(at + 40 * MINUTE)
    assert said(report, "return_to_pool") == []
    sweep(spoke + 21 * MINUTE)
    assert len(said(report, "warn_reviewer")) == (1 if deed == "acknowledgement" else 2)


def test_what_does_not_wait_on_the_authority_stays_with_its_reviewer() -> None:
    reviewer = a_reviewer()
    report = an_outage()
    actions.acknowledge(report, by=reviewer)
    sweep(timezone.now() + 9 * HOUR)
    assert said(report, "warn_reviewer") == []
    actions.withdraw(report, note="بلاغ مكرر", at=timezone.now(), by=_director(report))
    sweep(timezone.now() + 21 * MINUTE)
    assert len(said(report, "warn_reviewer")) == 1, "a wish to withdraw waits for her"


def test_a_small_outage_stays_with_its_reviewer() -> None:
    report = given_to(a_reviewer(), an_outage(tier=3, impact="minor"))
    sweep(timezone.now() + 5 * HOUR)
    assert said(report, "warn_reviewer") == []


def test_a_report_that_became_hers_or_urgent_lately_is_not_hers_to_answer_yet() -> None:
    report, lead, at = an_outage(tier=3, impact="minor"), a_reviewer(Role.LEAD), timezone.now()
    actions.assign(report, reviewer=a_reviewer(), by=lead)
    actions.change_severity(report, severity=1, note="اتسع الأثر", at=at + 5 * HOUR, by=lead)
    sweep(at + 5 * HOUR + 19 * MINUTE)
    assert said(report, "warn_reviewer") == []
    sweep(at + 5 * HOUR + 21 * MINUTE)
    assert len(said(report, "warn_reviewer")) == 1


def _director(report: Report) -> User:
    person = report.filed_by
    person.acting = person.memberships.select_related("entity").get()
    return person


# --- An estimate that has passed -------------------------------------------------------------------------------


def test_an_estimate_that_passed_is_asked_for_anew_once_for_each_that_was_given() -> None:
    at = timezone.now()
    report = an_outage(expected_restoration_at=at + HOUR)
    sweep(at + HOUR + 9 * MINUTE)
    assert said(report, "ask_estimate") == []
    sweep(at + HOUR + 11 * MINUTE)
    sweep(at + 2 * HOUR)
    [asked] = said(report, "ask_estimate")
    assert (asked.kind, asked.mark) == (EventKind.WATCHED, "estimate-0")
    columns = {"expected_restoration_at": at + 3 * HOUR}
    actions.post_update(
        report, phase="identified", message="حُصر العطل", columns=columns, at=at + 2 * HOUR, by=_director(report)
    )
    sweep(at + 4 * HOUR)
    assert [event.mark for event in said(report, "ask_estimate")] == ["estimate-0", "estimate-1"]


def test_nobody_is_asked_for_an_estimate_of_what_is_over() -> None:
    at = timezone.now()
    report = an_outage(expected_restoration_at=at + HOUR)
    actions.restore(report, restored_at=at, by=_director(report))
    sweep(at + 2 * HOUR)
    assert said(report, "ask_estimate") == []


# --- An outage that lasts --------------------------------------------------------------------------------------


def marks(report: Report) -> list[str]:
    return [event.mark for event in said(report, "watch")]


def test_an_outage_is_told_of_at_its_rto_and_at_each_mark_once() -> None:
    report = an_outage(rto=120)
    began = report.began_at
    for hours in (1.9, 2.1, 3, 4.1, 6, 12.1, 13, 24.1, 40):
        sweep(began + hours * HOUR)
    assert marks(report) == ["rto", "4h", "12h", "24h"]
    assert {event.kind for event in said(report, "watch")} == {EventKind.WATCHED}


def test_the_four_hours_are_for_the_upper_tiers() -> None:
    report = an_outage(tier=2)
    sweep(report.began_at + 5 * HOUR)
    assert marks(report) == []
    sweep(report.began_at + 13 * HOUR)
    assert marks(report) == ["12h"]


def test_a_stretch_that_was_missed_collapses_into_one_event() -> None:
    report = an_outage(rto=300)
    sweep(report.began_at + 13 * HOUR)
    [event] = said(report, "watch")
    assert (event.mark, event.data["missed"]) == ("12h", ["4h", "rto"])


def test_an_rto_beyond_the_last_mark_still_speaks() -> None:
    report = an_outage(rto=30 * 60)
    sweep(report.began_at + 25 * HOUR)
    sweep(report.began_at + 31 * HOUR)
    assert marks(report) == ["24h", "rto"]


def test_an_objective_that_is_raised_after_its_mark_is_not_told_again() -> None:
    report = an_outage(tier=2, rto=60)
    sweep(report.began_at + 2 * HOUR)
    DigitalService.objects.filter(pk=report.main_service_id).update(rto_minutes=180)
    sweep(report.began_at + 4 * HOUR)
    assert marks(report) == ["rto"]


def test_what_is_over_or_is_a_consumers_report_is_not_watched() -> None:
    over = an_outage(rto=60)
    actions.restore(over, restored_at=timezone.now(), by=_director(over))
    consumed = a_report(ReportKind.CONSUMED_OUTAGE)
    sweep(timezone.now() + 30 * HOUR)
    assert marks(over) == marks(consumed) == []


def test_a_service_without_an_rto_has_no_such_mark() -> None:
    report = an_outage(rto=None)
    sweep(report.began_at + 3.9 * HOUR)
    assert marks(report) == []


# --- A deadline that stands still ------------------------------------------------------------------------------


def test_whoever_paused_a_deadline_is_asked_after_two_weeks_and_then_every_week() -> None:
    at, report, paused_by = timezone.now(), restored(), a_reviewer()
    actions.pause_final(report, cause="supplier", note="بانتظار تقرير المورد", by=paused_by)
    another = given_to(a_reviewer(), report)
    for days in (13.9, 14.1, 15, 20.9, 21.2, 27, 28.3):
        sweep(at + timedelta(days=days))
    asked = said(report, "remind_pause")
    assert [event.data["days"] for event in asked] == [14, 21, 28]
    assert {event.kind for event in asked} == {EventKind.WATCHED}
    fan_out_new_events(at=timezone.now())
    heard = Delivery.objects.filter(event=asked[0], channel="email")
    assert {delivery.person for delivery in heard} == {paused_by}, "and not the one who follows it now"
    actions.resume_final(report, by=a_reviewer())
    assert another.clocks.running().filter(kind="C6").exists()
    sweep(at + timedelta(days=40))
    assert len(said(report, "remind_pause")) == 3


def test_a_pause_that_is_made_anew_is_counted_anew() -> None:
    at, report = timezone.now(), restored()
    actions.pause_final(report, cause="supplier", note="بانتظار المورد", by=a_reviewer())
    sweep(at + timedelta(days=15))
    actions.resume_final(report, by=a_reviewer())
    actions.pause_final(report, cause="supplier", note="بانتظار المورد", by=a_reviewer())
    Report.objects.get(pk=report.pk).clocks.filter(kind="C6").update(paused_at=at + timedelta(days=16))
    sweep(at + timedelta(days=29))
    assert len(said(report, "remind_pause")) == 1
    sweep(at + timedelta(days=31))
    assert len(said(report, "remind_pause")) == 2
