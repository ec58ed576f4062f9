"""The language a person is greeted and written to in: hers to choose, on every page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from entities.models import User
from entities.permissions import Role
from tests.factories import a_person
from tests.nafath_auth.conftest import Visitor, a_regular

pytestmark = pytest.mark.django_db
CHOOSE = "/accounts/language/"


def test_choosing_a_language_keeps_the_page_and_the_choice(client_of: Callable[[User], Client]) -> None:
    person = a_person(Role.DIRECTOR)
    answer = client_of(person).post(CHOOSE, {"language": "en", "next": "/en/reports/?page=2"})
    person.refresh_from_db()
    assert (answer.status_code, answer.headers["Location"]) == (302, "/en/reports/?page=2")
    assert person.language == "en"


def test_choosing_leads_home_when_the_page_is_of_another_host(client_of: Callable[[User], Client]) -> None:
    answer = client_of(a_person(Role.DIRECTOR)).post(CHOOSE, {"language": "en", "next": "//evil.example/"})
    assert answer.headers["Location"] == "/en/"


@pytest.mark.parametrize("language", ["", "fr", "en-gb", "٢"])
def test_a_language_the_portal_does_not_speak_changes_nothing(
    client_of: Callable[[User], Client], language: str
) -> None:
    person = a_person(Role.DIRECTOR)
    assert client_of(person).post(CHOOSE, {"language": language}).status_code == 404
    person.refresh_from_db()
    assert person.language == "ar"


def test_who_first_comes_by_the_english_door_is_greeted_in_english(visitor: Visitor) -> None:
    person = a_person(Role.DIRECTOR, number=visitor.issuer.number)
    answer = visitor.sign_in(prefix="/en")
    person.refresh_from_db()
    assert (person.language, answer.headers["Location"]) == ("en", "/en/accounts/first-sign-in/")


def test_a_choice_made_is_not_changed_by_the_door(visitor: Visitor) -> None:
    person = a_regular(number=visitor.issuer.number)
    answer = visitor.sign_in(prefix="/en")
    person.refresh_from_db()
    assert (person.language, answer.headers["Location"]) == ("ar", "/")
