"""A reminder that an update is due says that one is begun and not sent: to the entity's people, and no word of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import User
from incidents import actions
from incidents.models import Clock, UpdateDraft
from notifications.messages import message_for
from notifications.models import Channel, Delivery
from notifications.stories import brief
from tests.incidents.pages import queries
from tests.notifications.conftest import fan_out
from tests.notifications.test_messages import LONGEST_SMS, ORIGIN, SECRET, text_of
from tests.notifications.test_recipients import Town

pytestmark = pytest.mark.django_db
NOT_SENT = "has not been sent"


@pytest.fixture
def town(settings: object) -> Town:
    """An outage whose next update is overdue by as much time again, and which the director has begun to write."""
    settings.PORTAL_ORIGIN = ORIGIN  # type: ignore[attr-defined]  # Django's settings
    town = Town().acknowledged()
    User.objects.update(language="en")
    actions.keep_typed(town.report, text={"message": [SECRET]}, once="", by=town.people["DIRECTOR"])
    UpdateDraft.objects.update(started_at=timezone.now() - timedelta(hours=2))
    clock = c3(town)
    for late in (0, 1):
        actions.record_due_reminders(at=clock.due_at + clock.length * late)
        fan_out()
    return town


def c3(town: Town) -> Clock:
    return town.report.clocks.running().get(kind="C3")


def reminder(town: Town, person: str, channel: str = Channel.EMAIL) -> Delivery:
    """The last of hers, as the sender reads it."""
    found = Delivery.objects.with_all_to_tell().filter(event__clock=c3(town), channel=channel)
    return found.filter(person=town.people[person]).order_by("event").last()  # type: ignore[return-value]  # there is one


def inbox(browser: Client) -> str:
    return browser.get(f"/en{reverse('inbox')}").content.decode()


@pytest.mark.parametrize("person", ["DIRECTOR", "ALTERNATE", "MEMBER", "IT_LEADER"])
def test_a_mail_says_since_when_an_update_is_begun_and_neither_by_whom_nor_what(town: Town, person: str) -> None:
    begun, message = UpdateDraft.objects.get(), message_for(reminder(town, person), at=timezone.now())
    assert f"begun at {brief(begun.started_at)} and {NOT_SENT}" in message.text
    assert NOT_SENT in message.html and f"/en/reports/{town.report.reference}/" in message.html
    assert SECRET not in text_of(message)
    assert begun.person.name_en not in text_of(message) and begun.person.name_ar not in text_of(message)


def test_the_authority_hears_nothing_of_it(town: Town, client_of: Callable[[User], Client]) -> None:
    assert NOT_SENT not in text_of(message_for(reminder(town, "REVIEWER"), at=timezone.now()))
    assert NOT_SENT not in inbox(client_of(town.people["REVIEWER"]))


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_sms_says_it_and_fits(town: Town, language: str) -> None:
    User.objects.update(language=language)
    Clock.objects.filter(pk=c3(town).pk).update(due_at=timezone.now() - timedelta(days=2))  # a date takes more room
    message = message_for(reminder(town, "DIRECTOR", Channel.SMS), at=timezone.now())
    assert len(message.text) <= LONGEST_SMS
    assert message.text.endswith(f"/reports/{town.report.reference}/")
    assert SECRET not in message.text


def test_an_english_sms_says_it_in_two_words(town: Town) -> None:
    assert "(begun, unsent)" in message_for(reminder(town, "DIRECTOR", Channel.SMS), at=timezone.now()).text


def test_the_inbox_names_who_types_it_to_those_who_may_send_it_and_says_it_once(
    town: Town, client_of: Callable[[User], Client]
) -> None:
    director = town.people["DIRECTOR"]
    theirs, leaders = inbox(client_of(town.people["ALTERNATE"])), inbox(client_of(town.people["IT_LEADER"]))
    assert theirs.count(NOT_SENT) == leaders.count(NOT_SENT) == 1
    assert f"An update that {director.name_en} began at" in theirs
    assert "An update that was begun at" in leaders
    assert SECRET not in theirs + leaders


def test_once_it_is_sent_or_thrown_away_nothing_is_said_of_it(town: Town, client_of: Callable[[User], Client]) -> None:
    late = reminder(town, "ALTERNATE")
    actions.post_update(town.report, phase="identified", message="عُرف السبب", by=town.people["DIRECTOR"])
    late = Delivery.objects.with_all_to_tell().get(pk=late.pk)
    assert NOT_SENT not in text_of(message_for(late, at=timezone.now()))
    assert NOT_SENT not in inbox(client_of(town.people["ALTERNATE"]))


def test_a_reminder_that_is_settled_says_nothing_of_what_is_typed_for_the_next(town: Town) -> None:
    late = reminder(town, "ALTERNATE")
    actions.post_update(town.report, phase="identified", message="عُرف السبب", by=town.people["DIRECTOR"])
    actions.keep_typed(town.report, text={"message": [SECRET]}, once="", by=town.people["DIRECTOR"])
    late = Delivery.objects.with_all_to_tell().get(pk=late.pk)
    assert NOT_SENT not in message_for(late, at=timezone.now()).text


def test_it_costs_no_query(town: Town, client_of: Callable[[User], Client]) -> None:
    browser = client_of(town.people["ALTERNATE"])
    inbox(browser)
    with_it = queries(browser, reverse("inbox"))
    UpdateDraft.objects.all().delete()
    assert queries(browser, reverse("inbox")) == with_it
