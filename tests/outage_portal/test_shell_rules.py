"""What holds on every page: headers, languages, health, and the admins' door."""

from __future__ import annotations

from collections.abc import Callable
from unittest import mock

import pytest
from django.db import OperationalError
from django.test import Client

from entities.models import AuditEvent, DigitalService, User
from entities.permissions import Role
from incidents.models import ClockRule, Policy
from tests.factories import a_person, a_report, a_service, an_entity

pytestmark = pytest.mark.django_db


def test_the_policy_of_every_page_lets_nothing_in_from_elsewhere(client: Client) -> None:
    policy = client.get("/")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_a_signed_in_page_is_kept_by_no_cache(client_of: Callable[[User], Client]) -> None:
    assert client_of(a_person()).get("/guide/")["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("path", "language", "direction"), [("/guide/", "ar", "rtl"), ("/en/guide/", "en", "ltr")])
def test_the_path_decides_the_language_not_the_browser(
    client: Client, path: str, language: str, direction: str
) -> None:
    page = client.get(path, headers={"Accept-Language": "en" if language == "ar" else "ar"}).content.decode()
    assert f'<html lang="{language}" dir="{direction}">' in page


def test_the_language_switch_keeps_the_page(client: Client) -> None:
    assert 'href="/en/guide/?x=1"' in client.get("/guide/?x=1").content.decode()
    assert 'href="/guide/?x=1"' in client.get("/en/guide/?x=1").content.decode()


def test_health_asks_nothing_and_readiness_asks_the_database(client: Client) -> None:
    with mock.patch("outage_portal.views.connection.cursor", side_effect=OperationalError("away")):
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 503
    assert client.get("/readyz").status_code == 200


# --- The guide ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/guide/", "/en/guide/"])
def test_the_guide_says_what_the_policy_says(client: Client, path: str) -> None:
    before = client.get(path).content.decode()
    new = Policy.objects.get()
    new.pk, new.version = None, 2
    new.published_at = new.effective_from
    new.save()
    for rule in ClockRule.objects.filter(policy__version=1):
        rule.pk, rule.policy = None, new
        rule.minutes = 37 if rule.clock == "C1" and rule.severity == 1 else rule.minutes
        rule.save()
    after = client.get(path).content.decode()
    assert "37" not in before.split('id="clocks"')[1]
    assert "37" in after.split('id="clocks"')[1]


# --- Django admin ---------------------------------------------------------------------------------------------


def test_the_admins_desk_has_no_password_and_no_door_of_its_own(
    client: Client, client_of: Callable[[User], Client]
) -> None:
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith("/accounts/sign-in/")
    assert b'type="password"' not in response.content
    assert client_of(a_person(Role.LEAD)).get("/admin/", follow=True).status_code == 403


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_an_admin_finds_every_desk_open(client_of: Callable[[User], Client], prefix: str) -> None:
    from django.contrib import admin
    from django.urls import reverse
    from django.utils import translation

    a_report()
    browser = client_of(a_person(Role.ADMIN))
    with translation.override("en" if prefix else "ar"):
        urls = [reverse("admin:index")] + [
            reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            for model in admin.site._registry
        ]
    for url in urls:
        response = browser.get(url, {"q": "خدمة"} if url != urls[0] else {})
        assert response.status_code == 200, url
        assert b"<style" not in response.content, url


def test_renaming_an_entity_keeps_the_search_true_and_is_audited(client_of: Callable[[User], Client]) -> None:
    admin_person, entity = a_person(Role.ADMIN), an_entity()
    service = a_service(entity=entity)
    form = {
        "name_ar": "أمانة المدينة",
        "name_en": "City",
        "abbreviation": "",
        "sector": entity.sector_id,
        "is_active": "on",
    }
    response = client_of(admin_person).post(f"/admin/entities/entity/{entity.pk}/change/", form)
    assert response.status_code == 302, response.content.decode()
    assert DigitalService.objects.matching("امانه المدينه").get() == service
    line = AuditEvent.objects.get(action=AuditEvent.Action.CATALOGUE)
    assert (line.entity, line.person) == (entity, admin_person.public_id)


def test_an_admin_registers_a_person_whose_number_is_kept_nowhere(client_of: Callable[[User], Client]) -> None:
    form = {
        "national_id": "١٠٠٠٠٠٠٠٠٨", "name_ar": "سعد المطيري", "name_en": "", "mobile": "0500000001", "email": "",
        "language": "ar", "is_active": "on", "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0,
    }  # fmt: skip
    response = client_of(a_person(Role.ADMIN)).post("/admin/entities/user/add/", form)
    assert response.status_code == 302, response.content.decode()
    person = User.objects.get(name_ar="سعد المطيري")
    assert person.national_id_last4 == "0008"
    assert "1000000008" not in person.national_id_digest
    assert not person.has_usable_password()


def test_history_is_looked_at_and_never_changed_at_the_desk(client_of: Callable[[User], Client]) -> None:
    report = a_report()
    browser = client_of(a_person(Role.ADMIN))
    assert browser.post(f"/admin/incidents/report/{report.pk}/change/", {"status": "CLOSED"}).status_code == 403
    assert browser.post(f"/admin/incidents/report/{report.pk}/delete/", {"post": "yes"}).status_code == 403
    assert browser.get("/admin/incidents/report/add/").status_code == 403


def test_a_published_policy_is_closed(client_of: Callable[[User], Client]) -> None:
    policy = Policy.objects.get()
    response = client_of(a_person(Role.ADMIN)).post(f"/admin/incidents/policy/{policy.pk}/change/", {"version": 9})
    assert response.status_code == 403
