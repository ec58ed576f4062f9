"""Who else of the authority reads a report's page: told among themselves, never to an entity, lost without harm."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import redis
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from entities.models import User
from incidents import presence
from incidents.models import Report
from tests.factories import a_report, a_reviewer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rested(own_cache: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(presence._away, "until", 0.0)


@pytest.fixture
def person() -> User:
    return a_reviewer()


def beacon(browser: Client, report: Report, here: str = "") -> tuple[int, str]:
    response = browser.post(
        reverse("report_presence", args=[report.reference]), {"here": here}, headers={"X-Background": "1"}
    )
    return response.status_code, response.content.decode()


def test_two_reviewers_on_one_page_see_each_other(
    browser: Client, report: Report, person: User, client_of: Callable[[User], Client]
) -> None:
    noura = a_reviewer()
    assert beacon(browser, report) == (204, "")
    status, page = beacon(client_of(noura), report)
    assert status == 200 and person.name_ar in page
    status, page = beacon(browser, report)
    assert noura.name_ar in page and person.name_ar not in page
    assert beacon(browser, report, here=str(noura.public_id)) == (204, ""), "what is shown is not said again"
    assert beacon(browser, a_report()) == (204, ""), "another page"


def test_whoever_has_not_been_heard_of_for_a_while_is_gone(
    browser: Client, report: Report, client_of: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    noura = a_reviewer()
    beacon(client_of(noura), report)
    key = f"presence:{report.pk}"
    cache.set(key, {pk: moment - presence.GONE_AFTER for pk, moment in cache.get(key).items()})
    status, page = beacon(browser, report, here=str(noura.public_id))
    assert status == 200 and noura.name_ar not in page


def test_a_cache_that_is_away_shows_nobody_and_is_left_alone(
    browser: Client, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    class Away:
        def get(self, key: str) -> None:
            asked.append(key)
            raise redis.ConnectionError

    monkeypatch.setattr(presence, "cache", Away())
    assert beacon(browser, report) == beacon(browser, report) == (204, "")
    assert len(asked) == 1


def test_an_entity_has_neither_the_beacon_nor_its_address(
    report: Report, filer: User, client_of: Callable[[User], Client], browser: Client
) -> None:
    page = reverse("report_detail", args=[report.reference])
    assert 'id="presence"' in browser.get(page).content.decode()
    theirs = client_of(filer)
    assert 'id="presence"' not in theirs.get(page).content.decode()
    assert beacon(theirs, report)[0] == 403


def test_a_beacon_is_no_activity(browser: Client, report: Report) -> None:
    session = browser.session
    session["seen_at"] -= 300
    session.save()
    beacon(browser, report)
    assert browser.session["seen_at"] == session["seen_at"]
