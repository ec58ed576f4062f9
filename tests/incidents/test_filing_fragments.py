"""What the page asks for while a form is filled: severity and who is told, services, and the form alone for htmx."""

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

from entities.models import DigitalService, User
from entities.models.graph import Blast
from incidents.blast import Reach, reach_of
from incidents.forms.doors import DOORS
from incidents.lifecycle import ReportKind
from tests.factories import a_dependency, a_report, a_service, an_entity
from tests.incidents.typed import a_director, in_days, minimal

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
PAIR = "because-of-another"


@pytest.fixture
def director() -> User:
    return a_director()


@pytest.fixture
def browser(director: User, client_of: Browser) -> Client:
    return client_of(director)


def said(slug: str, by: User, **more: Any) -> dict[str, Any]:
    assert by.acting is not None
    provider = a_service(tier=0) if slug in {PAIR, "consumed-outage"} else None
    return minimal(slug, service=a_service(entity=by.acting.entity), provider=provider, **more)


# --- Fragments ------------------------------------------------------------
def test_the_preview_says_severity_reason_reach_and_deadlines_and_writes_nothing(
    browser: Client, director: User
) -> None:
    assert director.acting is not None
    service = a_service(entity=director.acting.entity, tier=0)
    for _ in range(3):
        a_dependency(a_service(users_per_day=1000), service)
    form = minimal("own-outage", service=service, cyber_suspected="")
    with CaptureQueriesContext(connection) as queries:
        page = browser.post("/en" + reverse("preview", args=["own-outage"]), form).content.decode()
    assert "Critical" in page
    assert "a national shared service" in page.lower()
    assert "3 entities are told" in page
    assert "3,000" in page
    assert 'hx-swap-oob="true"' in page
    writes = ("INSERT", "UPDATE", "DELETE")
    assert not any(query["sql"].startswith(writes) for query in queries.captured_queries)


def test_the_preview_of_an_empty_form_asks_for_the_service(browser: Client) -> None:
    for slug in DOORS:
        assert browser.post(reverse("preview", args=[slug]), {}).status_code == 200


def test_the_preview_warns_of_a_short_lead_time_and_asks_the_reason(browser: Client, director: User) -> None:
    form = said("maintenance", director, window_start_date=in_days(1))
    page = browser.post(reverse("preview", args=["maintenance"]), form).content.decode()
    assert 'name="emergency_reason"' in page


@pytest.mark.parametrize(
    ("days", "reason", "state"),
    [
        (40, "", "In time: these works are announced at least"),
        (1, "", "and asks for a reason."),
        (1, "ثغرة تُستغل الآن", "with the reason you wrote."),
    ],
)
def test_the_preview_says_how_the_works_stand_to_their_lead_time(
    browser: Client, director: User, days: int, reason: str, state: str
) -> None:
    form = said("maintenance", director, window_start_date=in_days(days), emergency_reason=reason)
    page = browser.post("/en" + reverse("preview", args=["maintenance"]), form).content.decode()
    assert state in page
    assert "2 hours after the start: 04:00" in page, "an end without a day is told from the start on"


def test_the_preview_names_another_window_at_that_time(browser: Client, director: User) -> None:
    form = said("maintenance", director)
    assert director.acting is not None
    start = timezone.now() + timedelta(days=20)
    window = {"window_start": start, "window_end": start + timedelta(days=2)}
    service = DigitalService.objects.get(pk=form["services"][0])
    other = a_report(ReportKind.MAINTENANCE, by=director, service=service, **window)
    assert other.reference in browser.post(reverse("preview", args=["maintenance"]), form).content.decode()
    later = {**form, "window_start_date": in_days(30)}
    assert other.reference not in browser.post(reverse("preview", args=["maintenance"]), later).content.decode()


def test_a_search_finds_ones_own_services_in_any_spelling_and_keeps_the_chosen(browser: Client, director: User) -> None:
    assert director.acting is not None
    mine = a_service(entity=director.acting.entity, name_ar="إصدار الرخصة")
    chosen = a_service(entity=director.acting.entity, name_ar="ناجز")
    theirs = a_service(name_ar="إصدار الرخصة المهنية")
    query = {"field": "services", "services_q": "اصدار الرخصه", "services": chosen.pk}
    page = browser.get(reverse("service_search"), query).content.decode()
    assert f'value="{mine.pk}"' in page
    assert f'value="{chosen.pk}"' in page
    assert f'value="{theirs.pk}"' not in page
    assert "checked" in page


def test_a_search_for_what_nobody_has_leads_to_naming_it(browser: Client) -> None:
    page = browser.get(reverse("provider_search"), {"field": "provider_service", "provider_service_q": "لا شيء كهذا"})
    assert 'value="unlisted"' in page.content.decode()


@pytest.mark.parametrize("field", ["", "key", "summary", "provider_service", "__class__"])
def test_a_search_for_another_field_is_404(field: str, browser: Client) -> None:
    assert browser.get(reverse("service_search"), {"field": field}).status_code == 404


def test_only_those_who_stop_without_it_are_counted_as_told() -> None:
    service, other = a_service(), an_entity()
    a_dependency(a_service(entity=other, users_per_day=7), service, strength="hard")
    a_dependency(a_service(entity=other, users_per_day=5), service, strength="soft")
    a_dependency(a_service(users_per_day=3), service, strength="soft")
    assert reach_of([service]) == Reach(Blast(services=3, entities=2, users=15, stops=1), told=1)
