"""What a person turns off does not come by mail or SMS; what she may not turn off does, and the inbox has it all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from entities.models import Notice, User
from entities.permissions import Role
from incidents import actions as reports
from incidents.lifecycle import EventKind
from incidents.models import Report
from notifications.models import Preference
from notifications.recipients import AUDIENCES, NOTICES
from notifications.topics import AT_HOME, CHANNELS, Minimum, Topic
from tests.factories import a_dependency, a_person, a_report, a_reviewer, a_service
from tests.notifications.conftest import colleague, fan_out, heard

pytestmark = pytest.mark.django_db


def off(person: User, *topics: Topic) -> None:
    Preference.objects.create(person=person, no_mail=list(topics), no_sms=list(topics))


def everything_off(person: User) -> None:
    off(person, *Topic)


@pytest.fixture
def report() -> Report:
    return a_report()


# --- The table ------------------------------------------------------------------------------------------------------


def test_whatever_is_told_is_classified() -> None:
    assert set(AUDIENCES) <= set(AT_HOME), "say in notifications/topics.py whether it may be turned off, and why not"
    assert set(NOTICES) == set(Notice.Kind.values)


def test_what_is_owed_filed_or_decided_may_not_be_turned_off() -> None:
    for key in ("FILED:OUT", "ask", "send_back", "change_severity", "reschedule", "assign"):
        assert isinstance(AT_HOME[key], Minimum), key
    assert EventKind.REMINDED not in AT_HOME  # by severity, and by the mark


# --- At fan-out -----------------------------------------------------------------------------------------------------


def test_what_others_do_stays_in_the_inbox_alone(report: Report) -> None:
    director = report.filed_by
    everything_off(director)
    reports.acknowledge(report, by=a_reviewer())
    fan_out()
    assert heard(director, event__data__move="acknowledge") == {"in_app"}
    assert heard(director, event__kind=EventKind.FILED) == {"email", "sms"}  # the receipt


def test_each_way_out_is_chosen_for_itself(report: Report) -> None:
    Preference.objects.create(person=report.filed_by, no_sms=[Topic.PROGRESS])
    reports.acknowledge(report, by=a_reviewer())
    fan_out()
    assert heard(report.filed_by, event__data__move="acknowledge") == {"in_app", "email"}


def test_a_consumer_who_wants_no_mail_of_others_finds_them_in_her_inbox() -> None:
    provided, own = a_service(), a_service()
    consumer = a_person(Role.DIRECTOR, entity=own.entity)
    a_dependency(own, provided)
    off(consumer, Topic.ELSEWHERE)
    a_report(by=a_person(Role.DIRECTOR, entity=provided.entity), service=provided)
    fan_out()
    assert heard(consumer) == {"in_app"}


def test_a_provider_cannot_silence_that_her_own_service_is_said_to_be_down() -> None:
    provided = a_service(tier=0)
    provider = a_person(Role.DIRECTOR, entity=provided.entity)
    everything_off(provider)
    a_report("DEP", provider=provided)
    fan_out()
    assert "email" in heard(provider)


def test_questions_and_severity_come_whatever_was_chosen(report: Report) -> None:
    director, reviewer = report.filed_by, a_reviewer()
    everything_off(director)
    reports.ask(report, text="متى تعود؟", by=reviewer)
    fan_out()
    assert heard(director, event__kind=EventKind.ASKED) >= {"in_app", "email"}


@pytest.mark.parametrize(("impact", "tier", "told"), [("full", 0, True), ("minor", 3, False)])
def test_reminders_ahead_of_time_may_be_turned_off_for_lesser_outages(impact: str, tier: int, told: bool) -> None:
    director = a_person(Role.DIRECTOR)
    service = a_service(entity=director.acting.entity, tier=tier)  # type: ignore[union-attr]  # acts as the director
    report = a_report(by=director, service=service, impact=impact)
    everything_off(director)
    clock = report.clocks.get(kind="C3")
    assert clock.next_mark_at is not None
    reports.record_due_reminders(at=clock.next_mark_at)
    reports.record_due_reminders(at=clock.due_at)
    fan_out()
    assert ("email" in heard(director, event__clock=clock, event__mark="before-10")) is told
    assert "email" in heard(director, event__clock=clock, event__mark="due")


def test_the_settings_of_all_are_read_at_once(report: Report, django_assert_max_num_queries: Any) -> None:
    for _n in range(4):
        off(colleague(report, Role.MEMBER), Topic.PROGRESS)
    with django_assert_max_num_queries(15):
        fan_out()


def test_quiet_hours_are_given_whole_or_not_at_all(report: Report) -> None:
    for start, end in (("22:00", None), ("22:00", "22:00")):
        with pytest.raises(IntegrityError), transaction.atomic():
            Preference.objects.create(person=report.filed_by, quiet_from=start, quiet_until=end)


# --- The page -------------------------------------------------------------------------------------------------------


def everything(**chosen: Any) -> dict[str, Any]:
    return {"language": "ar", **{topic.value: list(CHANNELS[topic]) for topic in Topic}, **chosen}


def test_she_chooses_on_a_page_that_says_what_always_comes_and_why(client_of: Callable[[User], Client]) -> None:
    person = a_person(Role.MEMBER)
    page = client_of(person).get("/en" + reverse("message_settings")).content.decode()
    assert "Receipts of what your entity files" in page
    assert "They are the evidence" in page
    answer = client_of(person).post(
        reverse("message_settings"),
        everything(elsewhere=[], early=["email"], quiet_from="٢٢:٠٠", quiet_until="6", language="en"),
    )
    assert answer.status_code == 302
    chosen = Preference.objects.get(person=person)
    assert (chosen.no_mail, chosen.no_sms) == (["elsewhere"], ["early"])
    assert (f"{chosen.quiet_from}", f"{chosen.quiet_until}") == ("22:00:00", "06:00:00")
    person.refresh_from_db()
    assert person.language == "en"
    again = client_of(person).get("/en" + reverse("message_settings")).content.decode()
    assert 'value="22:00"' in again


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [("22:00", "", "Enter both times"), ("25:00", "06:00", "between 00:00 and 23:59"), ("7", "07:00", "must differ")],
)
def test_an_hour_that_cannot_be_is_told_beside_its_field(
    client_of: Callable[[User], Client], start: str, end: str, said: str
) -> None:
    person = a_person(Role.MEMBER)
    answer = client_of(person).post(
        "/en" + reverse("message_settings"), everything(quiet_from=start, quiet_until=end, early=[])
    )
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert f'value="{start}"' in answer.content.decode()
    assert not Preference.objects.exists()


def test_the_inbox_and_the_menu_lead_there(client_of: Callable[[User], Client]) -> None:
    page = client_of(a_person(Role.MEMBER)).get(reverse("inbox")).content.decode()
    assert page.count(f'href="{reverse("message_settings")}"') == 2


def test_nobody_changes_the_settings_of_another(client_of: Callable[[User], Client]) -> None:
    person, other = a_person(Role.MEMBER), a_person(Role.MEMBER)
    client_of(other).post(reverse("message_settings"), everything(elsewhere=[], person=person.pk))
    assert [row.person for row in Preference.objects.all()] == [other]
