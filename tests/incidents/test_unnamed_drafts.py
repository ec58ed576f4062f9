"""How many drafts that name no service one person may have begun, and that nothing typed is lost at the limit."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from entities.models import DigitalService, Entity, User
from entities.permissions import Role
from incidents.forms.doors import DOORS
from incidents.models import Draft, Report
from incidents.models.draft import MOST_UNNAMED
from tests.factories import a_person, a_service
from tests.incidents.typed import a_director, minimal

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
AUTOSAVE = {"X-Autosave": "1"}
SAVE = "/reports/new/own-outage/draft/"
SAYS = f"you have {MOST_UNNAMED} drafts that name no service"


@pytest.fixture
def mona() -> User:
    return a_director()


@pytest.fixture
def entity(mona: User) -> Entity:
    assert mona.acting is not None
    return mona.acting.entity


@pytest.fixture
def service(entity: Entity) -> DigitalService:
    return a_service(entity=entity)


@pytest.fixture
def unnamed(mona: User, entity: Entity) -> list[Draft]:
    """As many as one person may have begun."""
    begun = {"entity": entity, "kind": "OUT", "text": {"summary": ["…"]}, "started_by": mona, "last_writer": mona}
    return [Draft.objects.create(**begun) for _n in range(MOST_UNNAMED)]


def typed(service: DigitalService) -> dict[str, Any]:
    return minimal("own-outage", service=service)


def nameless(**more: Any) -> dict[str, Any]:
    return {"key": str(uuid.uuid4()), "summary": "تعذّر الدخول", **more}


def test_one_draft_too_many_without_a_service_is_not_begun_and_she_is_shown_her_oldest(
    mona: User, unnamed: list[Draft], client_of: Browser
) -> None:
    answer = client_of(mona).post(f"/en{SAVE}", nameless(), headers=AUTOSAVE)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert SAYS in page
    assert [f"?draft={draft.key}" in page for draft in unnamed] == [True] + [False] * (MOST_UNNAMED - 1)
    assert "data-autosave-again" in page
    assert Draft.objects.count() == MOST_UNNAMED


def test_without_javascript_what_was_typed_stands_in_the_page_that_says_so(
    mona: User, unnamed: list[Draft], client_of: Browser
) -> None:
    form = nameless()
    answer = client_of(mona).post(f"/en{SAVE}", form)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert form["summary"] in page and form["key"] in page and "error-summary" not in page
    assert SAYS in page


def test_a_draft_that_names_its_service_is_kept_all_the_same_and_so_is_one_that_is_there(
    mona: User, unnamed: list[Draft], service: DigitalService, client_of: Browser
) -> None:
    browser = client_of(mona)
    assert browser.post(SAVE, typed(service), headers=AUTOSAVE).status_code == 200
    more = {"key": str(unnamed[0].key), "version": "1", "summary": "كلمة أخرى"}
    assert browser.post(SAVE, more, headers=AUTOSAVE).status_code == 200
    again = browser.post(SAVE, typed(service), headers=AUTOSAVE)  # the service has a draft: this one would name none
    assert again.status_code == 409
    assert Draft.objects.count() == MOST_UNNAMED + 1


def test_a_colleague_has_her_own_and_filing_needs_none(
    mona: User, entity: Entity, unnamed: list[Draft], service: DigitalService, client_of: Browser
) -> None:
    khalid = a_person(Role.ALTERNATE, entity=entity)
    assert client_of(khalid).post(SAVE, nameless(), headers=AUTOSAVE).status_code == 200
    client_of(mona).post(DOORS["own-outage"].url, typed(service))
    assert Report.objects.exists()


def test_whoever_deletes_one_has_room_again(mona: User, unnamed: list[Draft], client_of: Browser) -> None:
    browser = client_of(mona)
    browser.post(reverse("draft_discard", args=[unnamed[0].key]))
    assert browser.post(SAVE, nameless(), headers=AUTOSAVE).status_code == 200
