"""Mails that may be turned off say how, to people and to mail programs; the others do not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail, signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents import actions as reports
from incidents.models import Report
from notifications.models import Preference
from notifications.topics import Topic
from notifications.unsubscribing import LIFE, read_token, token_for
from tests.factories import a_person, a_report, a_reviewer
from tests.notifications.conftest import fan_out, heard, send_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def acknowledged() -> Report:
    """A receipt and an acknowledgement have been mailed to the director."""
    report = a_report()
    send_all()
    reports.acknowledge(report, by=a_reviewer())
    send_all()
    return report


def mailed(person: User) -> list[Any]:
    return [sent for sent in mail.outbox if sent.to == [person.email]]


def link_in(message: Any) -> str:
    return str(message.message()["List-Unsubscribe"]).strip("<>").removeprefix("http://localhost:8000")


def test_a_mail_that_may_be_turned_off_says_how(acknowledged: Report) -> None:
    receipt, told = mailed(acknowledged.filed_by)
    assert told.message()["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link_in(told) in told.body
    assert link_in(told) in str(told.alternatives[0][0])
    assert reverse("message_settings") in told.body
    assert receipt.message()["List-Unsubscribe"] is None
    assert "unsubscribe" not in receipt.body


def test_one_press_turns_the_topic_off_for_mail_without_a_session(acknowledged: Report) -> None:
    director, url = acknowledged.filed_by, link_in(mailed(acknowledged.filed_by)[1])
    program = Client(enforce_csrf_checks=True)
    for _press in range(2):
        answer = program.post(url, {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    assert Preference.objects.get().no_mail == [Topic.PROGRESS]
    reports.restore(acknowledged, restored_at=timezone.now(), by=a_person(Role.ALTERNATE, entity=acknowledged.entity))
    fan_out()
    assert heard(director, event__data__move="restore") == {"in_app"}


def test_looking_at_the_link_changes_nothing_and_names_nobody(acknowledged: Report, client: Client) -> None:
    director = acknowledged.filed_by
    page = client.get("/en" + link_in(mailed(director)[1])).content.decode()
    assert not Preference.objects.exists()
    assert "What others do to your entity" in page
    for word in (director.name_ar, director.name_en, director.email, director.mobile, director.national_id_last4):
        assert word not in page
    assert acknowledged.reference not in page


def test_what_was_chosen_before_stays(client: Client) -> None:
    person = a_person(Role.MEMBER)
    Preference.objects.create(
        person=person, no_mail=["early"], no_sms=["progress"], quiet_from="22:00", quiet_until="6:00"
    )
    client.post(reverse("unsubscribe", args=[token_for(person, Topic.ELSEWHERE)]))
    chosen = Preference.objects.get()
    assert (chosen.no_mail, chosen.no_sms) == (["early", "elsewhere"], ["progress"])
    assert chosen.quiet_from is not None


@pytest.mark.parametrize("wrong", ["x", "forged", "topic", "foreign salt"])
def test_a_token_that_is_not_ours_opens_nothing(client: Client, wrong: str) -> None:
    person = a_person(Role.MEMBER)
    good = token_for(person, Topic.PROGRESS)
    token = {
        "x": "x",
        "forged": good[:-2] + ("aa" if good[-2:] != "aa" else "bb"),
        "topic": signing.dumps([person.public_id.hex, "receipt"], salt="notifications.unsubscribe"),
        "foreign salt": signing.dumps([person.public_id.hex, "progress"]),
    }[wrong]
    assert client.post(reverse("unsubscribe", args=[token])).status_code == 404
    assert not Preference.objects.exists()


def test_a_token_ends_after_half_a_year(monkeypatch: pytest.MonkeyPatch) -> None:
    token = token_for(a_person(Role.MEMBER), Topic.PROGRESS)
    now = timezone.now().timestamp()
    monkeypatch.setattr("django.core.signing.time.time", lambda: now + LIFE.total_seconds() - 60)
    assert read_token(token) is not None
    monkeypatch.setattr("django.core.signing.time.time", lambda: now + (LIFE + timedelta(minutes=1)).total_seconds())
    assert read_token(token) is None


def test_a_person_who_is_gone_is_not_brought_back(client: Client) -> None:
    person = a_person(Role.MEMBER)
    User.objects.update(is_active=False)
    assert client.post(reverse("unsubscribe", args=[token_for(person, Topic.PROGRESS)])).status_code == 200
    assert not Preference.objects.exists()
