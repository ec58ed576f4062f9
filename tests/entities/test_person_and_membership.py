"""Who asks and as what comes with one query, and a session that is not in order opens nothing by it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from entities.models import Membership
from tests.conftest import sign_in
from tests.factories import a_person, a_reviewer

pytestmark = pytest.mark.django_db


def opens(client: Client) -> bool:
    return client.get(reverse("calendar")).status_code == 200


def change(client: Client, **values: Any) -> None:
    session = client.session
    session.update(values)
    session.save()


def test_a_session_a_person_and_her_membership_are_two_questions() -> None:
    client = sign_in(Client(), a_person())
    with CaptureQueriesContext(connection) as asked:
        assert client.get(reverse("board_changes")).status_code == 403  # she is asked who she is, and no more
    tables = [each["sql"].split("FROM ")[1].split()[0] for each in asked if "FROM" in each["sql"]]
    assert tables[:2] == ['"entities_session"', '"entities_membership"']


def test_a_session_signed_with_the_key_of_before_goes_on(settings: Any) -> None:
    client = sign_in(Client(), a_person())
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-of-fifty-letters-that-is-long-enough-for-it"
    assert opens(client)


def test_a_session_signed_by_nobody_opens_nothing() -> None:
    client = sign_in(Client(), a_person())
    assert opens(client)
    change(client, **{HASH_SESSION_KEY: "made-up"})
    assert not opens(client)


def test_a_session_of_a_backend_that_is_gone_opens_nothing() -> None:
    client = sign_in(Client(), a_person())
    change(client, **{BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend"})
    assert not opens(client)


def test_a_membership_of_somebody_else_opens_nothing() -> None:
    client, other = sign_in(Client(), a_person()), a_reviewer()
    assert other.acting is not None
    change(client, membership_id=other.acting.pk)
    assert not opens(client)


def test_a_membership_that_has_ended_ends_the_session() -> None:
    person = a_person()
    client = sign_in(Client(), person)
    Membership.objects.filter(user=person).update(status=Membership.Status.SUSPENDED)
    assert not opens(client)
    assert client.session["sign_in_notice"] == "access"


def test_without_a_membership_a_person_is_still_known() -> None:
    person = a_person()
    client = sign_in(Client(), person)
    session = client.session
    del session["membership_id"]
    session.save()
    assert client.get(reverse("calendar")).headers["Location"] == reverse("choose_entity")
