"""The call list: at the top rung somebody is telephoned, by one person, down the list, until somebody is reached."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import AuditEvent, User
from entities.permissions import Role
from incidents import actions
from incidents.calls import Call
from incidents.errors import CallRefused
from incidents.lifecycle import ClockKind, EventKind, Phase, ReportKind
from incidents.models import CallTask, Report
from incidents.models.call import TAKEN_FOR
from tests.factories import a_person, a_report, a_reviewer, a_service, a_team
from tests.incidents.pages import queries, text_of

pytestmark = pytest.mark.django_db
Outcome = CallTask.Outcome


@pytest.fixture
def person() -> User:
    return a_reviewer()


@pytest.fixture
def silent(report: Report) -> CallTask:
    """A report (S1) whose next update is late by twice its time, and its call."""
    clock = report.clocks.get(kind=ClockKind.C3)
    actions.record_due_reminders(at=clock.due_at + clock.length)
    return CallTask.objects.get(clock=clock)


def record(task: CallTask, outcome: str, *, by: User, member: Any = None, **more: Any) -> Any:
    member = member or Call(task, reader=by, at=timezone.now()).next.member  # type: ignore[union-attr]
    return actions.record_call(task, member=member, outcome=outcome, by=by, **more)


def owed(**away: float) -> list[CallTask]:
    return list(CallTask.objects.owed(at=timezone.now() + timedelta(**away)))


def test_the_top_rung_of_the_ladder_asks_for_a_call_and_no_rung_before_it_does(report: Report) -> None:
    clock = report.clocks.get(kind=ClockKind.C3)
    actions.record_due_reminders(at=clock.due_at + clock.length * 0.6)
    assert not CallTask.objects.exists()
    for _twice in range(2):
        actions.record_due_reminders(at=clock.due_at + clock.length)
    assert CallTask.objects.get().clock == clock


def test_the_owner_of_a_service_is_rung_where_it_owes_the_answer() -> None:
    provider = a_service(tier=0)
    a_person(Role.DIRECTOR, entity=provider.entity)
    a_team(provider.entity)
    report = a_report(ReportKind.CONSUMED_OUTAGE, provider_service=provider)
    clock = report.clocks.get(kind=ClockKind.D1)
    actions.record_due_reminders(at=clock.due_at + clock.length)
    assert CallTask.objects.get(clock=clock).entity == provider.entity


def test_what_the_authority_owes_rings_nobody(report: Report) -> None:
    clock = report.clocks.get(kind=ClockKind.C2)
    report.clocks.exclude(pk=clock.pk).delete()
    actions.record_due_reminders(at=clock.due_at + 20 * clock.length)
    assert not CallTask.objects.exists()


def test_a_call_is_owed_no_more_once_the_word_has_come(silent: CallTask, filer: User) -> None:
    assert owed() == [silent]
    actions.post_update(silent.report, phase=Phase.IDENTIFIED, message="عُرف السبب", by=filer)
    assert owed() == []


def test_one_person_takes_a_call_and_nobody_takes_it_twice(silent: CallTask, person: User) -> None:
    other = a_reviewer()
    taken = actions.take_call(silent, seen=silent.version, by=person)
    with pytest.raises(CallRefused, match=person.name):
        actions.take_call(taken, seen=taken.version, by=other)
    with pytest.raises(CallRefused):
        record(taken, Outcome.REACHED, by=other)
    assert actions.take_call(taken, seen=1, by=person).version == taken.version


def test_whoever_was_late_to_look_takes_no_call_that_another_has_worked_on(silent: CallTask, person: User) -> None:
    taken = actions.take_call(silent, seen=silent.version, by=person)
    actions.release_call(taken, by=person)
    with pytest.raises(CallRefused):
        actions.take_call(silent, seen=silent.version, by=a_reviewer())


def test_a_call_of_somebody_who_says_nothing_is_free_after_a_while(silent: CallTask, person: User) -> None:
    taken = actions.take_call(silent, seen=silent.version, at=timezone.now() - TAKEN_FOR, by=person)
    other = a_reviewer()
    assert actions.take_call(taken, seen=taken.version, by=other).taken_by == other


@pytest.mark.parametrize("outcome", [Outcome.NO_ANSWER, Outcome.WRONG_NUMBER])
def test_after_a_call_that_reached_nobody_the_next_of_the_list_is_rung(
    silent: CallTask, person: User, filer: User, outcome: str
) -> None:
    alternate = a_person(Role.ALTERNATE, entity=silent.report.entity)
    taken = actions.take_call(silent, seen=1, by=person)
    first = Call(taken, reader=person, at=timezone.now()).next
    assert first and first.member.user == filer
    event = record(taken, outcome, by=person, note="رنّ ولا أحد")
    call = Call(CallTask.objects.for_page().get(), reader=person, at=timezone.now())
    assert call.next and call.next.member.user == alternate
    assert call.mine and owed() == [silent]
    assert event.kind == EventKind.MOVED and event.data["called"] == str(filer.public_id)


def test_when_nobody_answers_the_list_begins_again_without_the_wrong_numbers(
    silent: CallTask, person: User, filer: User
) -> None:
    a_person(Role.ALTERNATE, entity=silent.report.entity)
    taken = actions.take_call(silent, seen=1, by=person)
    record(taken, Outcome.NO_ANSWER, by=person)
    record(taken, Outcome.WRONG_NUMBER, by=person)
    call = Call(CallTask.objects.for_page().get(), reader=person, at=timezone.now())
    assert call.next and call.next.member.user == filer


def test_the_head_contact_is_rung_last_and_only_where_her_number_is_registered(silent: CallTask, person: User) -> None:
    entity = silent.report.entity
    head = a_person(Role.HEAD_CONTACT, entity=entity)
    a_person(Role.IT_LEADER, entity=entity)
    a_person(Role.HEAD_CONTACT, entity=entity, mobile="")
    taken = actions.take_call(silent, seen=1, by=person)
    people = Call(taken, reader=person, at=timezone.now()).people
    assert [each.member.role for each in people] == [Role.DIRECTOR, Role.IT_LEADER, Role.HEAD_CONTACT]
    assert people[-1].member.user == head
    for _each in people[:-1]:
        record(taken, Outcome.NO_ANSWER, by=person)
    event = record(taken, Outcome.REACHED, by=person)
    assert event.data["called"] == str(head.public_id) and owed() == []


def test_the_silence_goes_on_after_any_call_until_the_word_comes(silent: CallTask, person: User) -> None:
    record(actions.take_call(silent, seen=1, by=person), Outcome.NO_ANSWER, by=person)
    silent.clock.refresh_from_db()
    assert silent.clock.met_at is None and silent.clock.cancelled_at is None


def test_whoever_is_reached_takes_the_call_off_the_list(silent: CallTask, person: User) -> None:
    record(actions.take_call(silent, seen=1, by=person), Outcome.REACHED, by=person)
    assert owed(hours=10) == []


def test_a_word_that_was_promised_is_waited_for_and_then_the_call_comes_back(silent: CallTask, person: User) -> None:
    record(actions.take_call(silent, seen=1, by=person), Outcome.PROMISED, minutes=30, by=person)
    assert owed() == [] and owed(minutes=29) == []
    assert owed(minutes=31) == [silent]
    silent.refresh_from_db()
    assert silent.taken_by is None


def test_the_same_press_twice_is_one_call(silent: CallTask, person: User) -> None:
    taken, once = actions.take_call(silent, seen=1, by=person), str(uuid.uuid4())
    first = record(taken, Outcome.NO_ANSWER, by=person, once=once)
    assert record(taken, Outcome.NO_ANSWER, by=person, once=once) == first


# --- The pages -----------------------------------------------------------------------------------------------------


def test_a_reviewer_takes_a_call_and_writes_down_what_it_brought(
    silent: CallTask, browser: Client, filer: User, person: User
) -> None:
    taken = browser.post(reverse("call_take", args=[silent.pk]), {"version": silent.version}, follow=True)
    form = taken.context["form"]
    sent = {
        "once": form["once"].value(),
        "member": form["member"].value(),
        "note": "سيرسل التحديث",
        "outcome": "promised-15",
    }
    answer = browser.post(reverse("call_record", args=[silent.pk]), sent, follow=True)
    assert answer.context["lines"] == []
    told = text_of(browser.get(reverse("report_detail", args=[silent.report.reference])))
    assert "سيرسل التحديث" in told
    event = silent.report.events.get(data__move="record_call")
    assert (event.data["outcome"], event.data["minutes"], event.data["as"]) == ("promised", 15, Role.DIRECTOR)
    assert filer.name_ar not in str(event.data) and filer.mobile not in str(event.data)


def test_numbers_are_masked_until_its_reviewer_asks_and_the_asking_is_written_down(
    silent: CallTask, browser: Client, person: User, filer: User
) -> None:
    member = filer.memberships.get()
    url, number = reverse("call_page", args=[silent.pk]), reverse("call_number", args=[silent.pk, member.pk])
    page = text_of(browser.get(url))
    assert filer.masked_mobile in page and filer.mobile not in page and filer.spoken_mobile not in page
    assert browser.post(number)["Location"].endswith(reverse("team_contact", args=[member.pk]))
    actions.assign(silent.report, reviewer=person, by=a_reviewer(Role.LEAD))
    assert filer.spoken_mobile in text_of(browser.post(number))
    assert AuditEvent.objects.get(action=AuditEvent.Action.REVEALED).data["reference"] == silent.report.reference


def test_a_second_taker_reads_who_is_at_it(silent: CallTask, browser: Client) -> None:
    other = a_reviewer()
    actions.take_call(silent, seen=1, by=other)
    answer = browser.post(reverse("call_take", args=[silent.pk]), {"version": 1})
    assert answer.status_code == 409 and other.name in text_of(answer)
    assert reverse("call_record", args=[silent.pk]) not in text_of(answer)


def test_the_board_and_the_roster_say_how_many_calls_are_owed(silent: CallTask, browser: Client) -> None:
    for name in ("board", "duty_roster"):
        page = browser.get(reverse(name))
        assert page.context["calls"] == 1 and reverse("call_list") in text_of(page)


def test_an_auditor_reads_the_list_and_makes_no_call(silent: CallTask, client_of: Callable[[User], Client]) -> None:
    auditor = client_of(a_person(Role.AUDITOR))
    assert reverse("call_take", args=[silent.pk]) not in text_of(auditor.get(reverse("call_list")))
    assert auditor.post(reverse("call_take", args=[silent.pk]), {"version": 1}).status_code == 403


def test_the_list_costs_as_many_queries_for_many_calls_as_for_one(browser: Client) -> None:
    def silence() -> None:
        report = a_report()
        clock = report.clocks.get(kind=ClockKind.C3)
        actions.record_due_reminders(at=clock.due_at + clock.length)

    silence()
    browser.get(reverse("call_list"))
    one = queries(browser, reverse("call_list"))
    for _ in range(4):
        silence()
    assert queries(browser, reverse("call_list")) == one <= 6
    task = CallTask.objects.first()
    assert task and queries(browser, reverse("call_page", args=[task.pk])) <= 7
