"""What the clock sweep does by itself, once, and asks the table for (domain/lifecycle.md, the rows of Sys)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError, OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from entities.prepared import Prepared
from incidents import actions
from incidents.actions import by_itself
from incidents.errors import MoveRefused
from incidents.forms.doors import text_of
from incidents.forms.outages import OwnOutageForm
from incidents.lifecycle import ClockKind, EventKind, Phase, ReportKind, Status
from incidents.models import Draft, Report
from incidents.models.report_query import ReportQuerySet
from tests.factories import a_person, a_report, a_reviewer, a_service
from tests.incidents.pages import chip, form, get
from tests.incidents.pages import text_of as page_text

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
HOUR = timedelta(hours=1)


def works(**columns: Any) -> Report:
    """A maintenance whose window lies in an hour, two hours long."""
    at = timezone.now()
    window = {"window_start": at + HOUR, "window_end": at + 3 * HOUR}
    return a_report(ReportKind.MAINTENANCE, emergency_reason="ثغرة تُستغل الآن", **{**window, **columns})


def moves_of(report: Report) -> list[str]:
    return [event.move for event in report.events.order_by("seq") if event.move]


def fresh(report: Report) -> Report:
    return Report.objects.get(pk=report.pk)


def director_of(report: Report) -> User:
    person = report.filed_by
    person.acting = person.memberships.select_related("entity").get()
    return person


# --- The window begins -------------------------------------------------------------------------------------------


def test_a_maintenance_has_a_clock_until_its_start_that_speaks_a_day_three_hours_and_a_quarter_before() -> None:
    at = timezone.now()
    report = works(window_start=at + timedelta(days=2), window_end=at + timedelta(days=2, hours=2))
    actions.move(report, "note", by=a_reviewer())
    report.refresh_from_db()
    assert (report.next_clock, report.next_due_at) == (ClockKind.M3, report.window_start)
    for hours in (23, 24, 44, 45, 47, 47.75, 47.9, 48, 49):
        actions.record_due_reminders(at=at + hours * HOUR)
    said = report.events.filter(kind=EventKind.REMINDED, data__clock="M3").values_list("mark", flat=True)
    assert list(said) == ["before-24h", "before-3h", "before-15", "due"]


def test_another_window_starts_the_clock_anew() -> None:
    report = works()
    later = timezone.now() + timedelta(days=9)
    actions.reschedule(
        report, window_start=later, window_end=later + HOUR, note="تعارض مع إصدار آخر", by=director_of(report)
    )
    clock = report.clocks.running().get(kind=ClockKind.M3)
    assert clock.due_at == later


def test_a_window_that_starts_by_itself_is_started_at_its_hour_and_once() -> None:
    report = works(auto_start=True)
    assert actions.act_by_itself(at=report.window_start - timedelta(minutes=1)) == 0
    late = report.window_start + timedelta(minutes=4)
    assert actions.act_by_itself(at=late) == 1
    assert actions.act_by_itself(at=late) == 0
    report = fresh(report)
    assert (report.status, report.actual_start) == (Status.IN_PROGRESS, report.window_start)
    event = report.events.get(data__move="start")
    assert (event.person, event.role) == (None, "SYS")
    assert set(report.clocks.running().values_list("kind", flat=True)) >= {ClockKind.M4, ClockKind.C3}
    assert report.clocks.get(kind=ClockKind.M3).met_at is not None


def test_a_window_that_somebody_starts_is_left_to_her() -> None:
    report = works()
    assert actions.act_by_itself(at=report.window_start + timedelta(minutes=4)) == 0
    assert fresh(report).status == Status.SCHEDULED


# --- The window passes --------------------------------------------------------------------------------------------


def test_a_window_that_passes_without_a_start_is_missed_once_and_may_be_chosen_anew() -> None:
    report = works()
    assert actions.act_by_itself(at=report.window_end - timedelta(minutes=1)) == 0
    passed = report.window_end + timedelta(minutes=1)
    assert [actions.act_by_itself(at=passed) for _run in range(3)] == [1, 0, 0]
    assert moves_of(report)[-1] == "miss"
    assert fresh(report).status == Status.SCHEDULED
    later = passed + timedelta(days=2)
    actions.reschedule(report, window_start=later, window_end=later + HOUR, note="نافذة أخرى", by=director_of(report))
    assert fresh(report).missed_at is None
    assert actions.act_by_itself(at=later + 2 * HOUR) == 1


def test_the_page_says_that_the_window_passed_and_what_to_do(client_of: ClientOf) -> None:
    report = works()
    actions.act_by_itself(at=report.window_end)
    page = page_text(get(client_of(director_of(report)), report))
    assert "انقضت النافذة" in page
    assert reverse("report_reschedule", args=[report.reference]) in page


# --- The work overruns --------------------------------------------------------------------------------------------


def overrunning(**columns: Any) -> tuple[Report, datetime]:
    """A maintenance at work, and the moment at which its overrun becomes an outage."""
    report = works(**columns)
    actions.start_window(report, at=report.window_start, by=director_of(report))
    assert report.window_end is not None
    return report, report.window_end + timedelta(minutes=30)


def test_after_half_an_hour_of_overrun_an_outage_report_lies_ready_and_files_as_it_is() -> None:
    report, moment = overrunning()
    assert actions.act_by_itself(at=moment - timedelta(minutes=1)) == 0
    assert [actions.act_by_itself(at=moment) for _run in range(2)] == [1, 0]
    draft = Draft.objects.get(entity=report.entity)
    assert (draft.kind, draft.key, draft.service) == (
        ReportKind.OWN_OUTAGE,
        fresh(report).overrun_key,
        report.main_service,
    )
    form = OwnOutageForm(text_of(draft), entity=report.entity, at=moment).unjudged()
    assert form.cleaned_data["services"] == [report.main_service]
    assert form.cleaned_data["impact_level"] == "full"
    assert form.cleaned_data["started_at"] == report.window_end.replace(second=0, microsecond=0)
    assert form.answers().columns["related_maintenance"] == report


def test_the_draft_is_told_on_the_maintenance_page_and_becomes_its_outage(client_of: ClientOf) -> None:
    report, moment = overrunning()
    actions.act_by_itself(at=moment)
    director = director_of(report)
    draft = Draft.objects.get(entity=report.entity)
    address = f"{reverse('file_own_outage')}?draft={draft.key}"
    assert address in page_text(get(client_of(director), report))
    outage = a_report(by=director, service=report.main_service, key=draft.key, related_maintenance=report)
    page = page_text(get(client_of(director), report))
    assert outage.reference in page
    assert address not in page
    assert report.reference in page_text(get(client_of(director), outage))


def test_the_authority_does_not_hear_of_the_draft(client_of: ClientOf) -> None:
    report, moment = overrunning()
    actions.act_by_itself(at=moment)
    assert str(fresh(report).overrun_key) not in page_text(get(client_of(a_reviewer()), report))


def test_an_outage_that_is_reported_already_needs_no_draft() -> None:
    report, moment = overrunning()
    a_report(by=director_of(report), service=report.main_service)
    actions.act_by_itself(at=moment)
    assert not Draft.objects.exists()


def test_a_colleagues_draft_on_the_service_is_left_as_it_is() -> None:
    report, moment = overrunning()
    director = director_of(report)
    mine = Draft.objects.create(
        entity=report.entity, kind="OUT", service=report.main_service, text={"summary": ["x"]},
        started_by=director, last_writer=director,
    )  # fmt: skip
    actions.act_by_itself(at=moment)
    assert list(Draft.objects.values_list("key", "text")) == [(mine.key, {"summary": ["x"]})]


def test_completing_takes_the_untouched_draft_away_and_keeps_one_that_was_written_in() -> None:
    for version, left in ((1, False), (2, True)):
        report, moment = overrunning()
        actions.act_by_itself(at=moment)
        Draft.objects.filter(key=fresh(report).overrun_key).update(version=version)
        actions.complete(report, outcome="success", at=moment, by=director_of(report))
        assert Draft.objects.filter(entity=report.entity).exists() == left


def test_a_declared_extension_moves_the_clock_and_leaves_the_window_as_it_was_agreed() -> None:
    report, moment = overrunning()
    until = moment + HOUR
    actions.extend_window(report, until=until, note="استغرق الترحيل أطول", at=moment, by=director_of(report))
    report = fresh(report)
    assert report.window_end == moment - timedelta(minutes=30)
    assert report.clocks.running().get(kind=ClockKind.M4).due_at == until
    assert actions.act_by_itself(at=until + timedelta(minutes=29)) == 0
    assert actions.act_by_itself(at=until + timedelta(minutes=30)) == 1


@pytest.mark.parametrize("until", [timedelta(minutes=-5), timedelta(hours=80)])
def test_an_extension_into_the_past_or_beyond_three_days_is_refused(until: timedelta) -> None:
    report, moment = overrunning()
    with pytest.raises(MoveRefused):
        actions.extend_window(report, until=moment + until, note="سبب واضح", at=moment, by=director_of(report))


# --- The consumed service is back ----------------------------------------------------------------------------------


class Neighbours:
    """A provider with its outage, and a consumer that reported it too."""

    def __init__(self) -> None:
        self.service = a_service(tier=0)
        self.owner = a_person(Role.DIRECTOR, entity=self.service.entity)
        self.consumer = a_person(Role.DIRECTOR)
        self.outage = a_report(by=self.owner, service=self.service)
        self.report = a_report(ReportKind.CONSUMED_OUTAGE, by=self.consumer, provider=self.service)
        self.now = timezone.now()

    def comes_back(self) -> Neighbours:
        actions.restore(self.outage, restored_at=self.now, at=self.now, by=self.owner)
        return self

    def asked(self) -> Neighbours:
        self.comes_back()
        assert actions.act_by_itself(at=self.now) == 1
        return self

    @property
    def mine(self) -> Report:
        return fresh(self.report)


def test_a_consumer_is_asked_once_whether_the_service_is_back() -> None:
    there = Neighbours()
    assert actions.act_by_itself(at=there.now) == 0
    there.comes_back()
    assert [actions.act_by_itself(at=there.now) for _run in range(3)] == [1, 0, 0]
    assert moves_of(there.mine) == ["ask_return"]
    assert there.mine.status == Status.SUBMITTED
    assert there.report.clocks.running().filter(kind=ClockKind.D3).exists()


def test_a_day_of_silence_restores_by_the_owners_word_and_says_so(client_of: ClientOf) -> None:
    there = Neighbours().asked()
    due = there.report.clocks.get(kind=ClockKind.D3).due_at
    assert actions.act_by_itself(at=due - timedelta(minutes=1)) == 0
    assert [actions.act_by_itself(at=due) for _run in range(2)] == [1, 0]
    mine = there.mine
    assert (mine.status, mine.phase) == (Status.RESTORED, Phase.RESTORED)
    assert mine.restored_at == fresh(there.outage).restored_at
    event = mine.events.get(data__move="restore")
    assert (event.person, event.data["automatic"]) == (None, True)
    assert "لم يؤكدها أحد" in page_text(get(client_of(there.consumer), mine))


def test_still_down_is_an_answer_and_nobody_is_asked_again_about_the_same_return() -> None:
    there = Neighbours().asked()
    actions.post_update(there.report, phase="investigating", message="ما زال التكامل متعطلًا", by=there.consumer)
    assert not there.report.clocks.running().filter(kind=ClockKind.D3).exists()
    assert actions.act_by_itself(at=there.now + timedelta(days=3)) == 0
    assert there.mine.status == Status.SUBMITTED


def test_a_consumer_who_confirms_is_not_restored_again() -> None:
    there = Neighbours().asked()
    actions.restore(there.report, restored_at=timezone.now(), by=there.consumer)
    assert actions.act_by_itself(at=there.now + timedelta(hours=23)) == 0
    assert there.mine.restored_by == there.consumer


def test_a_service_that_goes_down_again_takes_the_question_back_and_brings_it_again() -> None:
    there = Neighbours().asked()
    actions.undo_restore(there.outage, at=there.now + timedelta(minutes=5), by=there.owner)
    assert actions.act_by_itself(at=there.now + timedelta(minutes=6)) == 1
    assert not there.report.clocks.running().filter(kind=ClockKind.D3).exists()
    again = there.now + timedelta(minutes=50)
    actions.restore(there.outage, restored_at=again, at=again, by=there.owner)
    assert actions.act_by_itself(at=again) == 1
    assert moves_of(there.mine) == ["ask_return", "recall_return", "ask_return"]


def test_another_service_of_the_owner_asks_nobody() -> None:
    there = Neighbours()
    other = a_report(by=there.owner, service=a_service(entity=there.service.entity))
    actions.restore(other, restored_at=there.now, at=there.now, by=there.owner)
    assert actions.act_by_itself(at=there.now) == 0


def test_a_restored_consumed_outage_closes_with_the_owners_once_a_day_has_passed() -> None:
    there = Neighbours().comes_back()
    actions.restore(there.report, restored_at=there.now, at=there.now, by=there.consumer)
    Report.objects.filter(pk=there.outage.pk).update(status=Status.CLOSED)
    assert actions.act_by_itself(at=there.now + timedelta(hours=23)) == 0
    assert [actions.act_by_itself(at=there.now + timedelta(hours=24)) for _run in range(2)] == [1, 0]
    assert there.mine.status == Status.CLOSED
    assert not there.report.clocks.running().exists()
    assert moves_of(there.mine)[-1] == "close"


def test_a_deed_that_somebody_else_did_meanwhile_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Found by the query, moved by a person before the lock: the table refuses, and the sweep goes on."""
    first, second = works(), works()
    actions.move(first, "cancel", note="لم تعد لازمة", by=director_of(first))
    both = Report.objects.filter(pk__in=[first.pk, second.pk])
    monkeypatch.setattr(ReportQuerySet, "to_miss", lambda self, at: both)
    monkeypatch.setattr(by_itself, "FOUND", Prepared())  # the question is another one here
    assert actions.act_by_itself(at=first.window_end + HOUR) == 1
    assert moves_of(fresh(first)) == ["cancel"]


def test_a_report_that_is_broken_is_logged_and_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = works(), works()
    monkeypatch.setattr(by_itself, "take_for_sweep", breaking_at(first, IntegrityError("twice")))
    assert actions.act_by_itself(at=first.window_end + HOUR) == 1
    assert (moves_of(fresh(first)), moves_of(fresh(second))) == ([], ["miss"])
    [record] = [record for record in caplog.records if record.message == "deed_not_done"]
    assert (record.reference, record.deed) == (first.reference, "_miss")  # type: ignore[attr-defined]  # its extras


def test_deeds_leave_the_reminders_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands that are due at once must not use a sweep's time up before anybody is reminded."""
    report, said = works(), list[str]()
    with monkeypatch.context() as patch:
        patch.setattr(by_itself, "LASTS", -1.0)
        patch.setattr(by_itself.logger, "warning", lambda event, extra: said.append(f"{event}: {extra['deed']}"))
        assert actions.act_by_itself(at=report.window_end + HOUR) == 0
    assert said == ["deeds_left: _miss"]
    assert actions.act_by_itself(at=report.window_end + HOUR) == 1


@pytest.mark.parametrize("away", [OperationalError, SoftTimeLimitExceeded])
def test_a_database_that_is_away_ends_the_run(monkeypatch: pytest.MonkeyPatch, away: type[Exception]) -> None:
    report = works()
    monkeypatch.setattr(by_itself, "take_for_sweep", breaking_at(report, away()))
    with pytest.raises(away):
        actions.act_by_itself(at=report.window_end + HOUR)


def breaking_at(broken: Report, error: Exception) -> Callable[[Report, str], Any]:
    """`take_for_sweep`, which breaks on one report."""
    take_for_sweep = by_itself.take_for_sweep

    def take(report: Report, name: str) -> Any:
        if report.pk == broken.pk:
            raise error
        return take_for_sweep(report, name)

    return take


def test_a_consumer_who_is_asked_finds_both_answers_first_and_gives_either_in_one_press(client_of: ClientOf) -> None:
    there = Neighbours().asked()
    browser, url = client_of(there.consumer), f"/reports/{there.mine.reference}/"
    page = browser.get(url)
    assert page_text(page).index('id="return"') < page_text(page).index('id="composer"')
    answer = reverse("report_update", args=[there.mine.reference])
    browser.post(answer, form(page, answer))
    assert not there.report.clocks.running().filter(kind=ClockKind.D3).exists()
    assert there.mine.events.get(kind=EventKind.UPDATED).data["message"] == "لا تزال الخدمة متوقفة لدينا."
    assert 'id="return"' not in page_text(browser.get(url))


def test_nobody_else_is_asked_in_the_consumers_place(client_of: ClientOf) -> None:
    there = Neighbours().asked()
    for reader in (there.owner, a_reviewer()):
        assert 'id="return"' not in page_text(client_of(reader).get(f"/reports/{there.mine.reference}/"))


def test_the_answer_that_it_is_back_restores_from_the_same_place(client_of: ClientOf) -> None:
    there = Neighbours().asked()
    browser, answer = client_of(there.consumer), reverse("report_restore", args=[there.mine.reference])
    page = browser.get(f"/reports/{there.mine.reference}/")
    browser.post(answer, {**form(page, answer), "restored_at": chip(0)})
    assert there.mine.status == Status.RESTORED
