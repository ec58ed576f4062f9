"""The admins' desk: every page opens, a list costs the same for many rows, and what is frozen stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from crisis_teams.models import CrisisTeam
from entities.models import AuditEvent, Entity, Membership, Sector, User
from entities.permissions import Role
from incidents.models import Policy
from notifications import actions as notifications
from tests.factories import a_dependency, a_membership, a_person, a_report, a_sector, a_service, a_team, an_entity

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
OURS = {"entities", "crisis_teams", "incidents", "notifications"}
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


def a_world(rows: int) -> None:
    """So many rows in every list."""
    for n in range(rows):
        entity = an_entity(sector=a_sector(f"sector-{Sector.objects.count()}"))
        a_team(entity)
        service, other = a_service(entity=entity), a_service()
        a_dependency(service, other)
        a_report(by=a_person(Role.DIRECTOR, entity=entity), service=service)
        AuditEvent.record(AuditEvent.Action.TEAM, entity=entity, n=n)
    notifications.fan_out_new_events(at=timezone.now())


def page_of(model: Any, kind: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{kind}", args=args)


def test_only_our_own_rows_are_at_the_desk() -> None:
    assert {model._meta.app_label for model in MODELS} <= OURS


def test_a_list_asks_the_same_for_many_rows_as_for_few(client_of: Browser) -> None:
    browser = client_of(a_person(Role.ADMIN))

    def asked() -> dict[str, int]:
        counts = {}
        for model in MODELS:
            with CaptureQueriesContext(connection) as queries:
                assert browser.get(page_of(model, "changelist")).status_code == 200
            counts[model._meta.label] = len(queries)
        return counts

    a_world(2)
    asked()
    few = asked()
    a_world(4)
    assert asked() == few


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("role", [Role.ADMIN, Role.AUDITOR])
def test_every_page_opens(role: Role, language: str, client_of: Browser) -> None:
    a_world(1)
    browser = client_of(a_person(role))
    with translation.override(language):
        for model in MODELS:
            row = model._default_manager.first()
            pages = [page_of(model, "changelist"), *([page_of(model, "change", row.pk)] if row else [])]
            desk = admin.site._registry[model]
            if role == Role.ADMIN and type(desk).has_add_permission is admin.ModelAdmin.has_add_permission:
                pages.append(page_of(model, "add"))
            for url in pages:
                page = browser.get(url)
                assert page.status_code in {200, 302}, url
                assert b"<style" not in page.content, url
                assert b" style=" not in page.content, url


def test_an_admin_is_told_that_the_log_she_sees_is_not_all_of_it(client_of: Browser) -> None:
    AuditEvent.record(AuditEvent.Action.TEAM, entity=an_entity(code="with-a-team"))
    AuditEvent.record(AuditEvent.Action.SIGN_OUT, entity=an_entity(code="without"))
    said = {}
    with translation.override("en"):
        for role in (Role.ADMIN, Role.AUDITOR):
            answer = client_of(a_person(role)).get(page_of(AuditEvent, "changelist"))
            shown = {event.action for event in answer.context["cl"].result_list}
            said[role] = ("Changes of crisis teams only" in answer.content.decode(), shown >= {"TEAM"}, len(shown) > 1)
    assert said == {Role.ADMIN: (True, True, False), Role.AUDITOR: (False, True, True)}


# --- The auditor looks, and changes nothing ---------------------------------------------------------------------
def test_an_auditor_changes_nothing(client_of: Browser) -> None:
    a_world(1)
    browser = client_of(a_person(Role.AUDITOR))
    for model in MODELS:
        row = model._default_manager.first()
        if row is None:
            continue
        for url in (page_of(model, "change", row.pk), page_of(model, "delete", row.pk), page_of(model, "add")):
            assert browser.post(url, {"name_ar": "x"}).status_code in {302, 403}, url
    assert not AuditEvent.objects.filter(action=AuditEvent.Action.CATALOGUE).exists()
    assert browser.post(page_of(Policy, "changelist"), {"action": "copy", "_selected_action": ["1"]}).status_code in {
        200,
        302,
    }
    assert Policy.objects.count() == 1


def test_an_auditor_exports_the_catalogue_and_sees_no_address(client_of: Browser) -> None:
    person = a_person(mobile="+966500000012", email="person@example.sa")
    browser = client_of(a_person(Role.AUDITOR))
    assert browser.post(reverse("admin:entities_entity_export")).status_code == 200
    page = browser.get(page_of(User, "change", person.pk)).content.decode()
    assert "+966500000012" not in page
    assert "person@example.sa" not in page


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.ADMIN, Role.AUDITOR}])
def test_nobody_else_enters(role: Role, client_of: Browser) -> None:
    assert client_of(a_person(role)).get(reverse("admin:index")).status_code in {302, 403}


# --- What is frozen ---------------------------------------------------------------------------------------------
def test_codes_stay_as_they_are(client_of: Browser) -> None:
    browser, sector, entity = client_of(a_person(Role.ADMIN)), a_sector(), an_entity()
    browser.post(page_of(Sector, "change", sector.pk), {"code": "other", "name_ar": "قطاع", "name_en": ""})
    form = {"code": "other", "kind": "operator", "name_ar": "جهة", "sector": sector.pk, "is_active": "on"}
    browser.post(page_of(Entity, "change", entity.pk), form)
    before = (sector.code, entity.code, entity.kind)
    sector.refresh_from_db()
    entity.refresh_from_db()
    assert (sector.name_ar, entity.name_ar) == ("قطاع", "جهة")
    assert (sector.code, entity.code, entity.kind) == before


def test_the_authority_is_not_switched_off_and_not_made_twice(client_of: Browser) -> None:
    someone = a_person(Role.ADMIN)
    assert someone.acting is not None
    browser, authority = client_of(someone), someone.acting.entity
    browser.post(page_of(Entity, "change", authority.pk), {"name_ar": "الهيئة", "sector": authority.sector_id})
    authority.refresh_from_db()
    assert (authority.name_ar, authority.is_active) == ("الهيئة", True)
    form = {"code": "dga-2", "kind": "regulator", "name_ar": "x", "sector": authority.sector_id}
    assert browser.post(page_of(Entity, "add"), form).status_code == 200
    assert not Entity.objects.filter(code="dga-2").exists()


def test_a_membership_keeps_its_entity_and_its_role(client_of: Browser) -> None:
    person = a_person(role=None)
    membership = a_membership(person, role=Role.MEMBER)
    form = {
        "name_ar": person.name_ar, "name_en": "", "mobile": "", "email": "", "language": "ar", "is_active": "on",
        "memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 1, "memberships-0-id": membership.pk,
        "memberships-0-user": person.pk, "memberships-0-entity": an_entity().pk, "memberships-0-role": "ADMIN",
        "memberships-0-status": "SUSPENDED",
    }  # fmt: skip
    assert client_of(a_person(Role.ADMIN)).post(page_of(User, "change", person.pk), form).status_code == 302
    after = Membership.objects.get(pk=membership.pk)
    assert (after.entity, after.role, after.status) == (membership.entity, Role.MEMBER, "SUSPENDED")


# --- The policy -------------------------------------------------------------------------------------------------
def test_the_policy_is_looked_at_here_and_changed_on_its_own_page(client_of: Browser) -> None:
    browser, policy = client_of(a_person(Role.ADMIN)), Policy.objects.get()
    assert browser.get(page_of(Policy, "change", policy.pk)).headers["Location"] == "/policies/1/"
    assert browser.post(page_of(Policy, "add"), {"version": 9}).status_code == 403
    browser.post(page_of(Policy, "changelist"), {"action": "copy", "_selected_action": [policy.pk]})
    assert Policy.objects.count() == 1


@pytest.mark.parametrize("key", ["%20", "x", "9" * 30])
def test_a_policy_that_is_none_leads_to_the_list(client_of: Browser, key: str) -> None:
    response = client_of(a_person(Role.ADMIN)).get(f"/admin/incidents/policy/{key}/change/")
    assert (response.status_code, response["Location"]) == (302, "/policies/")


def test_the_teams_are_looked_at(client_of: Browser) -> None:
    team = a_team(an_entity())
    assert client_of(a_person(Role.ADMIN)).post(page_of(CrisisTeam, "change", team.pk), {}).status_code == 403
