"""A mobile and an e-mail are shown in part; in full to one who may, freshly signed in, with a reason, written down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import AuditEvent, Membership, User
from entities.permissions import Role
from incidents import actions
from incidents.lifecycle import Status
from incidents.models import Report
from tests.factories import a_membership, a_person, a_report, an_entity
from tests.test_urls import ROLES

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
MOBILE, SPOKEN, EMAIL = "+966512345678", "051 234 5678", "khalid@example.sa"


def khalid(**fields: Any) -> User:
    return a_person(Role.DIRECTOR, mobile=MOBILE, email=EMAIL, **fields)


def contact_of(person: User) -> str:
    assert person.acting
    return reverse("team_contact", args=[person.acting.pk])


def revealed() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=AuditEvent.Action.REVEALED).order_by("pk"))


def shows(answer: Any) -> bool:
    page = answer.content.decode()
    return SPOKEN in page or MOBILE in page or EMAIL in page


def stale(browser: Client) -> Client:
    session = browser.session
    session["nafath_at"] = timezone.now().timestamp() - 6 * 60
    session.save()
    return browser


def test_it_is_shown_once_it_is_asked_for_with_a_reason(client_of: ClientOf) -> None:
    person, reviewer = khalid(), a_person(Role.REVIEWER)
    assert person.acting
    browser = client_of(reviewer)
    asked = browser.get(contact_of(person))
    assert not shows(asked) and "05• ••• ••78" in asked.content.decode() and not revealed()
    answer = browser.post(contact_of(person), {"reason": "لم يرد على البريد"})
    assert SPOKEN in answer.content.decode() and EMAIL in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    (line,) = revealed()
    assert (line.person, line.role, line.entity) == (reviewer.public_id, "REVIEWER", person.acting.entity)
    assert line.data["of"] == str(person.public_id) and line.data["reason"] == "لم يرد على البريد"
    assert "5678" not in str(line.data) and EMAIL not in str(line.data)


def test_naming_somebody_by_her_number_shows_nothing_that_another_entity_registered(client_of: ClientOf) -> None:
    person, leader = khalid(), a_person(Role.IT_LEADER)
    assert leader.acting
    named = a_membership(person, entity=leader.acting.entity, role=Role.MEMBER, status=Membership.Status.INVITED)
    url, said = reverse("team_contact", args=[named.pk]), {"reason": "سبب"}
    refused = client_of(leader).post(url, said)
    assert refused.status_code == 422 and not shows(refused) and not revealed()
    assert shows(client_of(a_person(Role.REVIEWER)).post(url, said)), "the authority reaches everybody"
    Membership.objects.filter(pk=named.pk).update(status=Membership.Status.ACTIVE)  # she has come in for it
    assert shows(client_of(leader).post(url, said))


@pytest.mark.parametrize("reason", ["", "   "])
def test_without_a_reason_it_is_not(client_of: ClientOf, reason: str) -> None:
    answer = client_of(a_person(Role.REVIEWER)).post(contact_of(khalid()), {"reason": reason})
    assert answer.status_code == 422 and not shows(answer) and not revealed()


def test_without_a_fresh_sign_in_it_is_not(client_of: ClientOf) -> None:
    answer = stale(client_of(a_person(Role.REVIEWER))).post(contact_of(khalid()), {"reason": "سبب"})
    assert not shows(answer) and not revealed()


def test_a_number_is_no_reason(client_of: ClientOf) -> None:
    answer = client_of(a_person(Role.REVIEWER)).post(contact_of(khalid()), {"reason": "صاحب الهوية ١٠٠٠٠٠٠٠٠٨"})
    assert answer.status_code == 422 and not shows(answer) and not revealed()


@pytest.mark.parametrize("role", ROLES)
def test_nobody_of_another_entity_and_nobody_without_the_need(client_of: ClientOf, role: Role) -> None:
    may = {Role.REVIEWER, Role.LEAD, Role.ADMIN}
    answer = client_of(a_person(role)).post(contact_of(khalid()), {"reason": "سبب"})
    assert shows(answer) == (role in may)
    assert len(revealed()) == (role in may)


def test_one_s_own_team_is_shown_to_those_who_keep_it(client_of: ClientOf) -> None:
    person = khalid()
    assert person.acting
    entity = person.acting.entity
    for role, may in ((Role.IT_LEADER, True), (Role.ALTERNATE, True), (Role.MEMBER, False), (Role.HEAD_CONTACT, False)):
        answer = client_of(a_person(role, entity=entity)).post(contact_of(person), {"reason": "سبب"})
        assert shows(answer) == may, role


def test_of_whoever_has_left_nothing_is_shown(client_of: ClientOf) -> None:
    person = khalid()
    Membership.objects.filter(user=person).update(status="ENDED")
    assert client_of(a_person(Role.REVIEWER)).post(contact_of(person), {"reason": "سبب"}).status_code == 404


def test_it_is_limited_in_number(client_of: ClientOf, own_cache: None, one_window: None) -> None:
    browser, person = client_of(a_person(Role.REVIEWER)), khalid()
    answers = [browser.post(contact_of(person), {"reason": "سبب"}).status_code for _ in range(21)]
    assert answers == [200] * 20 + [429]
    assert len(revealed()) == 20


def test_no_page_shows_it_meanwhile(client_of: ClientOf) -> None:
    person = khalid()
    assert person.acting
    report = a_report(by=person)
    code = person.acting.entity.code
    addresses = ["/team/", f"/reports/{report.reference}/", f"/team/people/{person.acting.pk}/"]
    leader = client_of(a_person(Role.IT_LEADER, entity=person.acting.entity))
    assert not any(shows(leader.get(address)) for address in addresses)
    reviewer = client_of(a_person(Role.REVIEWER))
    assert not any(shows(reviewer.get(address)) for address in (f"/team/{code}/", f"/reports/{report.reference}/"))
    desk = client_of(a_person(Role.ADMIN)).get(f"/admin/entities/user/{person.pk}/change/")
    assert desk.status_code == 200 and not shows(desk) and "05• ••• ••78" in desk.content.decode()
    assert contact_of(person) in desk.content.decode()


# --- The reviewer of an open S1 or S2 outage --------------------------------------------------------------------
@pytest.fixture
def urgent() -> Report:
    an_entity(authority=True)
    report = a_report(by=khalid())
    actions.acknowledge(report, by=a_person(Role.REVIEWER))
    Report.objects.filter(pk=report.pk).update(severity=2)
    return Report.objects.get(pk=report.pk)


def call(report: Report, browser: Client) -> Any:
    return browser.post(reverse("report_contact", args=[report.reference, contact_pk(report)]))


def contact_pk(report: Report) -> int:
    return Membership.objects.get(user=report.filed_by).pk


def test_its_reviewer_sees_the_number_at_once_and_it_is_written_down(client_of: ClientOf, urgent: Report) -> None:
    reviewer = urgent.reviewer
    assert reviewer
    reviewer.acting = Membership.objects.get(user=reviewer)
    browser = stale(client_of(reviewer))
    page = browser.get(f"/reports/{urgent.reference}/")
    assert not shows(page) and f"/contacts/{contact_pk(urgent)}/" in page.content.decode()
    assert shows(call(urgent, browser))
    (line,) = revealed()
    assert line.data["reference"] == urgent.reference and line.data["of"] == str(urgent.filed_by.public_id)


@pytest.mark.parametrize("why_not", ["another reviewer", "S3", "restored"])
def test_anybody_else_is_led_to_the_reason(client_of: ClientOf, urgent: Report, why_not: str) -> None:
    reviewer = a_person(Role.REVIEWER) if why_not == "another reviewer" else urgent.reviewer
    assert reviewer
    reviewer.acting = Membership.objects.get(user=reviewer)
    if why_not == "S3":
        Report.objects.filter(pk=urgent.pk).update(severity=3)
    if why_not == "restored":
        Report.objects.filter(pk=urgent.pk).update(status=Status.RESTORED)
    answer = call(urgent, client_of(reviewer))
    assert answer.status_code == 302 and answer.headers["Location"].endswith("/contact/") and not revealed()


def test_whoever_is_not_of_that_team_is_not_found(client_of: ClientOf, urgent: Report) -> None:
    reviewer, stranger = urgent.reviewer, khalid()
    assert reviewer and stranger.acting
    reviewer.acting = Membership.objects.get(user=reviewer)
    address = reverse("report_contact", args=[urgent.reference, stranger.acting.pk])
    assert client_of(reviewer).post(address).status_code == 404


# --- The desk replaces, and does not show -------------------------------------------------------------------------
def test_the_desk_keeps_what_is_left_empty_and_replaces_what_is_typed(client_of: ClientOf) -> None:
    person, browser = khalid(), client_of(a_person(Role.ADMIN))
    form = {
        "name_ar": person.name_ar, "name_en": "", "mobile": "", "email": "new@example.sa", "language": "ar",
        "is_active": "on", "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0,
    }  # fmt: skip
    assert browser.post(f"/admin/entities/user/{person.pk}/change/", form).status_code == 302
    person.refresh_from_db()
    assert (person.mobile, person.email) == (MOBILE, "new@example.sa")
    changed = AuditEvent.objects.filter(action=AuditEvent.Action.MEMBERSHIP).latest("pk").data["fields"]
    assert "email" in changed and "mobile" not in changed
