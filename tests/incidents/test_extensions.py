"""More time for what is owed: who grants it, how far, and who reads why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from entities.models import User
from incidents import actions
from incidents.errors import MoveRefused, StaleReport
from tests.factories import a_report, a_reviewer
from tests.incidents.finals import filer_of, restored, submitted
from tests.incidents.pages import chip, get, offered, people_of, send, text_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
WHY = "بانتظار قطعة من المورد"


def test_a_reviewer_puts_the_next_update_off_and_the_entity_reads_why(client_of: ClientOf) -> None:
    report, browser = a_report(), client_of(a_reviewer())
    first = report.clocks.running().get(kind="C3")
    response = send(browser, report, "report_stretch", note=WHY, until=chip(480))
    assert response.status_code == 302
    stretched = report.clocks.running().get(kind="C3")
    assert stretched.due_at > first.due_at
    first.refresh_from_db()
    assert first.cancelled_at, "the clock of before stays as it was, ended on record"
    assert WHY in text_of(get(client_of(people_of(report)["director"]), report))


def test_a_later_update_has_a_reason_and_a_moment_that_is_later(client_of: ClientOf) -> None:
    report, browser = a_report(), client_of(a_reviewer())
    before = report.clocks.running().get(kind="C3").due_at
    assert send(browser, report, "report_stretch", until=chip(480)).status_code == 422
    reviewer = a_reviewer()
    for until in (before - timedelta(minutes=1), timezone.now() + timedelta(days=8)):
        with pytest.raises(MoveRefused):
            actions.stretch_update(report, until=until, note=WHY, by=reviewer)
    assert report.clocks.running().get(kind="C3").due_at == before


def test_the_entity_does_not_stretch_its_own_clock(client_of: ClientOf) -> None:
    report = a_report()
    assert not offered(client_of(people_of(report)["director"]), report, "stretch_update")


def test_after_a_later_update_the_cadence_holds_again() -> None:
    report = a_report()
    length = report.clocks.running().get(kind="C3").length
    actions.stretch_update(report, until=timezone.now() + timedelta(days=2), note=WHY, by=a_reviewer())
    actions.post_update(report, phase="identified", message="حُصر العطل", by=people_of(report)["director"])
    assert report.clocks.running().get(kind="C3").length == length


# --- More time for the final report ---------------------------------------------------------------------------------


def test_the_entity_asks_and_the_reviewer_grants(client_of: ClientOf) -> None:
    report = restored()
    director, reviewer = client_of(filer_of(report)), client_of(a_reviewer())
    due_at = report.clocks.get(kind="C6").due_at
    assert send(director, report, "report_ask_extension", days="5", note=WHY).status_code == 302
    assert report.clocks.get(kind="C6").due_at == due_at, "asking alone gives nothing"
    assert "?do=refuse_extension#do" in text_of(get(reviewer, report))
    assert not offered(director, report, "ask_extension")
    assert send(reviewer, report, "report_extend", days="5", note="مقبول لظروف المورد").status_code == 302
    assert report.clocks.get(kind="C6").due_at == due_at + timedelta(days=5)
    assert "?do=refuse_extension" not in text_of(get(reviewer, report))
    assert not offered(director, report, "ask_extension"), "it is granted once"


def test_a_refusal_says_why_and_leaves_the_deadline(client_of: ClientOf) -> None:
    report = restored()
    director, reviewer = client_of(filer_of(report)), client_of(a_reviewer())
    assert not offered(reviewer, report, "refuse_extension"), "nothing is asked for yet"
    due_at = report.clocks.get(kind="C6").due_at
    actions.ask_extension(report, days=5, note=WHY, by=filer_of(report))
    assert send(reviewer, report, "report_refuse_extension", note="").status_code == 422
    assert send(reviewer, report, "report_refuse_extension", note="الوقت كافٍ للتقرير").status_code == 302
    assert report.clocks.get(kind="C6").due_at == due_at
    assert "الوقت كافٍ للتقرير" in text_of(get(director, report))
    assert offered(director, report, "ask_extension")


def test_a_grant_of_what_changed_since_it_was_read_is_not_given() -> None:
    report = restored()
    due_at, version = report.clocks.get(kind="C6").due_at, report.version
    actions.ask_extension(report, days=5, note=WHY, by=filer_of(report))
    with pytest.raises(StaleReport):
        actions.extend_final(report, days=5, note=WHY, seen=version, by=a_reviewer())
    assert report.clocks.get(kind="C6").due_at == due_at


def test_one_request_is_open_at_a_time_and_none_beyond_ten_days() -> None:
    report = restored()
    director = filer_of(report)
    with pytest.raises(MoveRefused):
        actions.ask_extension(report, days=11, note=WHY, by=director)
    actions.ask_extension(report, days=10, note=WHY, by=director)
    with pytest.raises(MoveRefused):
        actions.ask_extension(report, days=5, note=WHY, by=director)


# --- A deadline that stands still -----------------------------------------------------------------------------------


def test_a_pause_says_its_cause_and_is_given_back_in_full(client_of: ClientOf) -> None:
    report = restored()
    director, reviewer = client_of(filer_of(report)), client_of(a_reviewer())
    due_at = report.clocks.get(kind="C6").due_at
    assert not offered(director, report, "pause_final")
    assert send(reviewer, report, "report_pause_final", cause="", note=WHY).status_code == 422
    assert send(reviewer, report, "report_pause_final", cause="supplier", note=WHY).status_code == 302
    page = text_of(get(director, report))
    assert "ينتظر: المورد" in page and WHY in page
    actions.record_due_reminders(at=due_at + timedelta(days=1))
    assert not report.clocks.get(kind="C6").reminders.exists(), "who is told to wait is not reminded"
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        actions.resume_final(report, by=a_reviewer())
    clock = report.clocks.get(kind="C6")
    assert timedelta(days=3) <= clock.due_at - due_at < timedelta(days=3, minutes=1)
    assert clock.paused_at is None and clock.paused_seconds >= 3 * 24 * 3600


def test_a_final_report_sent_while_its_deadline_stands_still_is_in_time() -> None:
    report = restored()
    clock = report.clocks.get(kind="C6")
    actions.pause_final(report, cause="supplier", note=WHY, by=a_reviewer())
    with time_machine.travel(clock.due_at + timedelta(days=3), tick=False):
        submitted(report)
    met = report.clocks.get(kind="C6")
    assert (met.breached_at, met.paused_at, met.late_by) == (None, None, timedelta())
    assert met.due_at > clock.due_at + timedelta(days=12) and met.paused_seconds > 12 * 24 * 3600


def test_a_final_report_that_was_late_before_its_deadline_stood_still_is_late_by_that() -> None:
    report = restored()
    due_at = report.clocks.get(kind="C6").due_at
    with time_machine.travel(due_at + timedelta(hours=2), tick=False):
        actions.pause_final(report, cause="supplier", note=WHY, by=a_reviewer())
    with time_machine.travel(due_at + timedelta(days=3), tick=False):
        submitted(report)
    met = report.clocks.get(kind="C6")
    assert met.late_by == timedelta(hours=2) and met.breached_at is not None


def test_what_runs_is_paused_and_what_stands_still_resumed() -> None:
    report = restored()
    reviewer = a_reviewer()
    with pytest.raises(MoveRefused):
        actions.resume_final(report, by=reviewer)
    actions.pause_final(report, cause="authority", note=WHY, by=reviewer)
    with pytest.raises(MoveRefused):
        actions.pause_final(report, cause="authority", note=WHY, by=reviewer)
    with pytest.raises(MoveRefused):
        actions.pause_final(report, cause="entity", note=WHY, by=filer_of(report))


def test_a_reopened_outage_owes_no_final_report_paused_or_not() -> None:
    report = restored()
    actions.pause_final(report, cause="supplier", note=WHY, by=a_reviewer())
    actions.move(report, "reopen", note="عاد العطل", by=filer_of(report))
    clock = report.clocks.get(kind="C6")
    assert clock.cancelled_at is not None
    assert report.clocks.running().filter(kind="C3").exists()
