"""A report by telephone: who called, when, and that the call was returned; C1 is judged by the call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import DigitalService, User
from entities.permissions import Role
from incidents.forms.moments import chip_value
from incidents.lifecycle import ClockKind
from incidents.models import Report
from tests.factories import a_person, a_reviewer, a_service, an_entity
from tests.incidents.typed import a_director, minimal

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


@pytest.fixture
def caller() -> User:
    return a_director()


@pytest.fixture
def service(caller: User) -> DigitalService:
    assert caller.acting is not None
    return a_service(entity=caller.acting.entity)


def address(service: DigitalService, slug: str = "own-outage") -> str:
    return reverse("phoned_report", kwargs={"entity_code": service.entity.code, "slug": slug})


def call(
    caller: User, service: DigitalService, *, ago: timedelta = timedelta(minutes=20), **more: Any
) -> dict[str, Any]:
    assert caller.acting is not None
    at = timezone.now() - ago
    said = minimal("own-outage", service=service, started_at=chip_value(at - timedelta(minutes=10)))
    heard = {"caller": caller.acting.pk, "called_at": chip_value(at), "called_back": "on"}
    return {**said, **heard, "on_behalf": service.entity.code, **more}


def test_a_reviewer_finds_the_entity_and_its_doors(client_of: Browser) -> None:
    entity = an_entity(name_ar="وزارة الصحة")
    browser = client_of(a_reviewer())
    assert f"?entity={entity.code}" in browser.get(reverse("record_phoned"), {"q": "وزاره الصحه"}).content.decode()
    page = browser.get(reverse("record_phoned"), {"entity": entity.code}).content.decode()
    assert reverse("phoned_report", kwargs={"entity_code": entity.code, "slug": "maintenance"}) in page
    assert browser.get(reverse("record_phoned"), {"entity": "nobody"}).status_code == 404


def test_a_call_is_recorded_at_its_own_time(caller: User, service: DigitalService, client_of: Browser) -> None:
    reviewer = a_reviewer()
    response = client_of(reviewer).post(address(service), call(caller, service, ago=timedelta(hours=2)))
    report = Report.objects.get()
    assert response["Location"] == reverse("receipt", args=[report.reference])
    assert report.entity == service.entity
    assert report.filed_by == reviewer
    assert caller.name in report.on_behalf_caller
    assert timezone.now() - report.submitted_at > timedelta(hours=1, minutes=59)
    assert report.clocks.get(kind=ClockKind.C1).breached_at is None
    assert report.clocks.get(kind=ClockKind.C2).started_at > timezone.now() - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"caller": ""}, "caller"),
        ({"caller": "999999"}, "caller"),
        ({"called_back": ""}, "called_back"),
        ({"called_at": ""}, "called_at"),
        ({"called_at": chip_value(timezone.now() - timedelta(hours=73))}, "called_at"),
        ({"called_at": chip_value(timezone.now() + timedelta(hours=1))}, "called_at"),
    ],
)
def test_a_call_that_cannot_be_is_refused_and_nothing_is_lost(
    change: dict[str, str], field: str, caller: User, service: DigitalService, client_of: Browser
) -> None:
    said = {**call(caller, service, summary="وصف كتبته عن الهاتف"), **change}
    page = client_of(a_reviewer()).post(address(service), said)
    assert page.status_code == 422
    assert f"id_{field}_error" in page.content.decode()
    assert "وصف كتبته عن الهاتف" in page.content.decode()
    assert not Report.objects.exists()


def test_an_outage_after_the_call_is_refused(caller: User, service: DigitalService, client_of: Browser) -> None:
    said = call(caller, service, ago=timedelta(hours=2), started_at=chip_value(timezone.now()))
    assert client_of(a_reviewer()).post(address(service), said).status_code == 422


def test_the_same_call_is_recorded_once(caller: User, service: DigitalService, client_of: Browser) -> None:
    said = call(caller, service)
    browser = client_of(a_reviewer())
    assert browser.post(address(service), said)["Location"] == browser.post(address(service), said)["Location"]
    assert Report.objects.count() == 1


def test_numbers_are_shown_masked(caller: User, service: DigitalService, client_of: Browser) -> None:
    page = client_of(a_reviewer()).get(address(service)).content.decode()
    assert caller.masked_mobile in page
    assert caller.mobile.removeprefix("+966") not in page


def test_a_reviewers_search_looks_in_the_entity_that_called(
    caller: User, service: DigitalService, client_of: Browser
) -> None:
    query = {"field": "services", "services_q": service.name_ar, "on_behalf": service.entity.code}
    found = client_of(a_reviewer()).get(reverse("service_search"), query).content.decode()
    assert f'value="{service.pk}"' in found


def test_an_entitys_director_cannot_write_for_another_one(service: DigitalService, client_of: Browser) -> None:
    stranger = a_director()
    query = {"field": "services", "services_q": service.name_ar, "on_behalf": service.entity.code}
    browser = client_of(stranger)
    assert f'value="{service.pk}"' not in browser.get(reverse("service_search"), query).content.decode()
    assert browser.get(address(service)).status_code == 403


def test_a_pair_and_a_forged_kind_have_no_telephone(service: DigitalService, client_of: Browser) -> None:
    browser = client_of(a_reviewer())
    assert browser.get(address(service, "because-of-another")).status_code == 404
    assert browser.get(address(service, "no-such-door")).status_code == 404


def test_auditors_and_admins_record_nothing(service: DigitalService, client_of: Browser) -> None:
    for role in (Role.AUDITOR, Role.ADMIN):
        assert client_of(a_person(role)).get(reverse("record_phoned")).status_code == 403
