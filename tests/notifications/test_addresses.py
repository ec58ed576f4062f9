"""An address that was refused three times in a row is told to its owner; one that works again is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from notifications.addresses import LAST, failing, failing_channels
from notifications.models import Channel, Delivery, State
from tests.factories import a_person, a_report
from tests.notifications.conftest import fan_out, to

pytestmark = pytest.mark.django_db


@pytest.fixture
def director() -> User:
    """Three receipts wait for her by mail and by SMS."""
    person = a_person(Role.DIRECTOR)
    for _n in range(3):
        a_report(by=person)
    fan_out()
    return person


def end(person: User, channel: Channel, **as_: Any) -> None:
    to(person, channel=channel).update(**as_)


def test_three_refusals_in_a_row_mean_that_the_address_does_not_work(
    director: User, client_of: Callable[[User], Client]
) -> None:
    end(director, Channel.EMAIL, state=State.FAILED, last_error="smtp-550")
    end(director, Channel.SMS, state=State.SENT)
    assert failing_channels(director) == [Channel.EMAIL]
    for name in ("my_data", "message_settings"):
        page = client_of(director).get("/en" + reverse(name)).content.decode()
        assert "E-mails to you were returned" in page
        assert "SMS to you were refused" not in page


@pytest.mark.parametrize("code", ["sms-400", "sms-422", "malformed"])
def test_what_the_gateway_says_of_the_number_counts(director: User, code: str) -> None:
    end(director, Channel.SMS, state=State.FAILED, last_error=code)
    assert failing_channels(director) == [Channel.SMS]


def test_no_number_of_messages_to_others_hides_a_failing_address(director: User) -> None:
    """Nor does one cut off the rows of many people: the newest of each are read, and no more."""
    end(director, Channel.EMAIL, state=State.FAILED, last_error="smtp-550")
    busy = a_person(Role.DIRECTOR)
    for _n in range(4):
        a_report(by=busy)
    fan_out()
    end(busy, Channel.EMAIL, state=State.SENT)
    with CaptureQueriesContext(connection) as asked:
        assert failing([busy.pk, director.pk]) == {director.pk: [Channel.EMAIL]}
    (question,) = (query["sql"] for query in asked if "ROW_NUMBER" in query["sql"])
    assert f"<= {LAST}" in question


def test_one_that_arrived_since_is_enough(director: User) -> None:
    end(director, Channel.EMAIL, state=State.FAILED, last_error="smtp-550")
    newest = to(director, channel=Channel.EMAIL).latest("created_at")
    Delivery.objects.filter(pk=newest.pk).update(state=State.SENT, created_at=timezone.now())
    assert failing_channels(director) == []


@pytest.mark.parametrize("code", ["sms-503", "sms-away", "sms-401", "sms-408", "sms-425", "sms-429", "KeyError"])
def test_a_gateway_that_was_away_says_nothing_of_the_address(director: User, code: str) -> None:
    end(director, Channel.SMS, state=State.FAILED, last_error=code)
    assert failing_channels(director) == []


def test_what_is_a_month_old_is_forgotten(director: User) -> None:
    old = timezone.now() - timedelta(days=31)
    end(director, Channel.EMAIL, state=State.FAILED, last_error="malformed", created_at=old)
    assert failing_channels(director) == []
