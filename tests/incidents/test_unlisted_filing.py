"""A service that is not in the list: named and filed at once, by nobody seen but whoever may see the report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from entities.models import DigitalService, ServiceDependency, User
from entities.permissions import Role
from incidents.forms.doors import DOORS
from incidents.forms.services import UNLISTED, find_services
from incidents.lifecycle import ReportKind
from incidents.models import Draft, Report
from tests.factories import a_person, a_reviewer, a_service, valid_id
from tests.incidents.typed import a_director, minimal

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
DOOR, PAIR = DOORS["consumed-outage"], DOORS["because-of-another"]
TYPED = {"provider_service": UNLISTED, "unlisted_name": "منصة القياس", "unlisted_owner": "جهة القياس"}


@pytest.fixture
def director() -> User:
    return a_director()


@pytest.fixture
def browser(director: User, client_of: Browser) -> Client:
    return client_of(director)


def said(by: User, slug: str = "consumed-outage", **more: Any) -> dict[str, Any]:
    assert by.acting is not None
    return minimal(slug, service=a_service(entity=by.acting.entity), **{**TYPED, **more})


def test_a_service_outside_the_catalogue_is_filed_at_once(browser: Client, director: User) -> None:
    page = browser.post(DOOR.url, said(director), follow=True)
    report = Report.objects.get()
    assert page.redirect_chain == [(reverse("receipt", args=[report.reference]), 302)]
    service = report.provider_service
    assert service is not None
    assert (service.listed, service.name, service.owner_name) == (False, "منصة القياس", "جهة القياس")
    assert report.main_service == service
    assert "منصة القياس" in report.summary
    assert Report.objects.matching("جهه القياس").get() == report
    assert not ServiceDependency.objects.exists()  # nobody relies on a name


def test_the_pair_names_one_service(browser: Client, director: User) -> None:
    browser.post(PAIR.url, said(director, "because-of-another"))
    consumed = Report.objects.get(kind=ReportKind.CONSUMED_OUTAGE)
    own = Report.objects.get(kind=ReportKind.OWN_OUTAGE)
    assert own.upstream_service == consumed.provider_service == DigitalService.objects.unlisted().get()


@pytest.mark.parametrize("door", [DOOR, PAIR])
def test_sent_twice_it_is_filed_once(door: Any, browser: Client, director: User) -> None:
    typed = said(director, door.slug)
    first = browser.post(door.url, typed)
    again = browser.post(door.url, typed)
    assert first.status_code == again.status_code == 302
    assert first["Location"] == again["Location"]
    assert DigitalService.objects.unlisted().count() == 1


def test_the_owner_may_be_left_out(browser: Client, director: User) -> None:
    browser.post(DOOR.url, said(director, unlisted_owner=""))
    page = browser.get("/en" + reverse("report_detail", args=[Report.objects.get().reference])).content.decode()
    assert "Owner not known yet" in page
    assert "not in the catalogue" in page


@pytest.mark.parametrize("name", ["", "   ", "س" * 121])
def test_without_a_usable_name_the_field_says_so(name: str, browser: Client, director: User) -> None:
    page = browser.post(DOOR.url, said(director, unlisted_name=name))
    assert page.status_code == 422
    assert page.context["form"].errors.keys() == {"unlisted_name"}
    assert not DigitalService.objects.unlisted().exists()


def test_a_national_id_is_no_name(browser: Client, director: User) -> None:
    page = browser.post(DOOR.url, said(director, unlisted_owner=valid_id()))
    assert page.context["form"].errors.keys() == {"unlisted_owner"}


def test_words_under_a_service_of_the_list_count_for_nothing(browser: Client, director: User) -> None:
    provider = a_service()
    browser.post(DOOR.url, said(director, provider_service=provider.pk, unlisted_name="س" * 300))
    assert Report.objects.get().provider_service == provider
    assert not DigitalService.objects.unlisted().exists()


def test_an_unlisted_row_is_not_picked_by_its_number(browser: Client, director: User, client_of: Browser) -> None:
    browser.post(DOOR.url, said(director))
    theirs = DigitalService.objects.unlisted().get()
    stranger = a_director()
    page = client_of(stranger).post(DOOR.url, said(stranger, provider_service=theirs.pk, unlisted_name=""))
    assert page.status_code == 422
    assert "منصة القياس" not in page.content.decode()


def test_a_draft_keeps_the_typed_names_and_writes_no_service(browser: Client, director: User) -> None:
    typed = said(director)
    browser.post(reverse("draft_save", args=[DOOR.slug]), typed, headers={"X-Autosave": "1"})
    draft = Draft.objects.get()
    assert (draft.text["unlisted_name"], draft.text["unlisted_owner"]) == (["منصة القياس"], ["جهة القياس"])
    assert not DigitalService.objects.unlisted().exists()
    page = browser.get(f"{DOOR.url}?draft={draft.key}").content.decode()
    assert 'value="منصة القياس"' in page
    browser.post(DOOR.url, typed)
    assert not Draft.objects.exists()
    assert DigitalService.objects.unlisted().count() == 1


def test_the_preview_weighs_it_and_writes_nothing(browser: Client, director: User) -> None:
    page = browser.post("/en" + reverse("preview", args=[DOOR.slug]), said(director)).content.decode()
    assert "looks for the owner" in page
    assert not DigitalService.objects.unlisted().exists()


def test_the_search_keeps_the_answer_not_in_the_list(browser: Client) -> None:
    query = {"field": "provider_service", "provider_service_q": "شيء", "provider_service": UNLISTED}
    page = browser.get(reverse("provider_search"), query).content.decode()
    assert 'value="unlisted"' in page
    assert "checked" in page


def test_nobody_finds_it_in_a_picker(browser: Client, director: User) -> None:
    browser.post(DOOR.url, said(director))
    stranger = a_person(Role.DIRECTOR)
    assert stranger.acting is not None
    assert find_services("القياس", entity=stranger.acting.entity, own=False) == []
    assert not DigitalService.objects.visible_to(stranger).unlisted().exists()


def test_a_stranger_does_not_see_the_report(browser: Client, director: User, client_of: Browser) -> None:
    browser.post(DOOR.url, said(director))
    url = reverse("report_detail", args=[Report.objects.get().reference])
    assert client_of(a_person(Role.DIRECTOR)).get(url).status_code == 404


def test_the_board_says_that_it_is_in_no_catalogue(browser: Client, director: User, client_of: Browser) -> None:
    browser.post(DOOR.url, said(director))
    page = client_of(a_reviewer()).get("/en" + reverse("board")).content.decode()
    assert "منصة القياس" in page
    assert "not in the catalogue" in page


def test_naming_a_service_costs_a_filing_two_queries_more(browser: Client, director: User) -> None:
    """Fifteen are a filing's; two keep the service."""
    browser.post(DOOR.url, said(director))  # the policy is read, and the row for an unknown owner is there
    typed = said(director, confirmed="1", unlisted_name="منصة أخرى")
    with CaptureQueriesContext(connection) as queries:
        assert browser.post(DOOR.url, typed).status_code == 302
    framing = ("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT")
    asked = [query["sql"] for query in queries.captured_queries if not query["sql"].startswith(framing)]
    assert len(asked) <= 17, "\n".join(sql[:120] for sql in asked)


def test_the_same_name_twice_is_asked_about(browser: Client, director: User) -> None:
    browser.post(DOOR.url, said(director))
    assert browser.post(DOOR.url, said(director)).status_code == 409
