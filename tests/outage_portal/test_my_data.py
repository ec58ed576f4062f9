"""One's own data: whole to oneself, to nobody else, taken along after a fresh sign-in, corrected by those who may."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from entities.models import AuditEvent, Entity, Notice, User
from entities.permissions import Role
from notifications import following
from notifications.actions import fan_out_new_events
from notifications.models import Delivery
from notifications.paths import path_of
from notifications.stories import story_of
from tests.factories import a_membership, a_person, a_report, an_entity

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _authority(db: None) -> Entity:
    return an_entity(authority=True)


def mona(**fields: Any) -> User:
    return a_person(mobile="+966512345678", email="mona@example.sa", name_en="Mona Al-Shehri", **fields)


def reveal(person: User, *, to: User, **more: Any) -> AuditEvent:
    return AuditEvent.record(AuditEvent.Action.REVEALED, by=to, of=str(person.public_id), **more)


# --- The page ------------------------------------------------------------------------------------------------
def test_the_page_shows_what_is_kept_whole_to_its_person(client_of: ClientOf) -> None:
    person = mona()
    a_report(by=person)
    ended = a_membership(person, role=Role.MEMBER, status="ENDED", valid_to="2025-05-01")
    AuditEvent.record(AuditEvent.Action.SIGN_IN, by=person)
    reviewer = a_person(Role.REVIEWER, name_en="Noura Al-Qahtani")
    reveal(person, to=reviewer, reason="No answer by mail")
    page = client_of(person).get("/en/accounts/my-data/").content.decode()
    for word in ("051 234 5678", "mona@example.sa", "Mona Al-Shehri", f"••••••{person.national_id_last4}"):
        assert word in page
    assert ended.entity.name_en in page
    for word in ("Noura Al-Qahtani", "No answer by mail"):
        assert word in page
    assert person.national_id_digest not in page
    assert page.count(f" {timezone.localdate().year}, ") >= 3  # a day with its year: a list of twelve months, no clock


def test_another_person_s_lines_are_not_in_it(client_of: ClientOf) -> None:
    person, other = mona(), a_person()
    reveal(other, to=a_person(Role.REVIEWER, name_en="Noura"), reason="not about her")
    AuditEvent.record(AuditEvent.Action.SIGN_IN, by=other)
    page = client_of(person).get("/en/accounts/my-data/").content.decode()
    assert "not about her" not in page
    assert "Nobody in the last 12 months." in page and "None is written down." in page


def test_the_menu_leads_to_it(client_of: ClientOf) -> None:
    assert 'href="/en/accounts/my-data/"' in client_of(mona()).get("/en/guide/").content.decode()


# --- The copy ------------------------------------------------------------------------------------------------
def test_the_copy_says_the_same_for_a_machine_and_is_written_down(client_of: ClientOf) -> None:
    person = mona()
    report = a_report(by=person)
    AuditEvent.record(AuditEvent.Action.SIGN_IN, by=person)
    following.follow(report=report, by=person)
    answer = client_of(person).post("/accounts/my-data/copy/")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="my-data-')
    assert "no-store" in answer.headers["Cache-Control"]
    said = json.loads(answer.content)
    assert said["person"]["mobile"] == "+966512345678"
    assert [row["role"] for row in said["memberships"]] == ["DIRECTOR"]
    assert len(said["sign_ins"]) == 1 and len(said["sessions"]) == 1
    assert [row["reference"] for row in said["reports_filed"]] == [report.reference]
    assert [row["report"] for row in said["follows"]] == [report.reference]
    assert person.national_id_digest not in answer.content.decode()
    assert AuditEvent.objects.filter(action=AuditEvent.Action.OWN_DATA, person=person.public_id).count() == 1


def test_the_copy_waits_for_a_fresh_sign_in(client_of: ClientOf) -> None:
    browser = client_of(mona())
    session = browser.session
    session["nafath_at"] = timezone.now().timestamp() - 6 * 60
    session.save()
    answer = browser.post("/accounts/my-data/copy/")
    assert answer.status_code == 302 and b"mona@" not in answer.content
    assert not AuditEvent.objects.filter(action=AuditEvent.Action.OWN_DATA).exists()


def test_reading_it_writes_nothing_and_a_link_takes_no_copy(client_of: ClientOf) -> None:
    browser = client_of(mona())
    before = AuditEvent.objects.count()
    browser.get("/accounts/my-data/")
    assert AuditEvent.objects.count() == before
    assert browser.get("/accounts/my-data/copy/").status_code == 405


# --- The correction --------------------------------------------------------------------------------------------
def told() -> list[tuple[str, str]]:
    """Who hears of it, and where the message leads."""
    fan_out_new_events(at=timezone.now())
    found = Delivery.objects.in_app().select_related("person", "membership", "notice__entity").order_by("pk")
    return [(each.membership.role, path_of(each)) for each in found]


def ask(browser: Client, *what: str) -> Any:
    return browser.post("/accounts/my-data/correction/", {"what": what})


def test_the_entity_s_leader_hears_of_it_once_a_day(client_of: ClientOf) -> None:
    person = mona()
    assert person.acting
    a_person(Role.IT_LEADER, entity=person.acting.entity)
    a_person(Role.ADMIN)
    browser = client_of(person)
    for _press in range(2):
        assert ask(browser, "mobile", "email").status_code == 302
    assert told() == [("IT_LEADER", "/team/")]
    line = AuditEvent.objects.get(action=AuditEvent.Action.CORRECTION)
    assert (line.person, line.data) == (person.public_id, {"what": ["mobile", "email"]})


def test_a_name_is_the_authority_s_to_correct(client_of: ClientOf) -> None:
    person = mona()
    assert person.acting
    a_person(Role.IT_LEADER, entity=person.acting.entity)
    a_person(Role.ADMIN)
    ask(client_of(person), "name")
    assert told() == [("ADMIN", "/admin/entities/user/")]


@pytest.mark.parametrize("situation", ["nobody leads", "of several entities", "she leads herself"])
def test_where_the_entity_cannot_the_authority_hears_of_it(client_of: ClientOf, situation: str) -> None:
    person = mona(role=Role.IT_LEADER) if situation == "she leads herself" else mona()
    assert person.acting
    a_person(Role.ADMIN)
    if situation == "of several entities":
        a_person(Role.IT_LEADER, entity=person.acting.entity)
        a_membership(person, role=Role.MEMBER)
    ask(client_of(person), "mobile")
    assert [role for role, _path in told()] == ["ADMIN"]


def test_the_message_says_who_and_what_and_no_contact(client_of: ClientOf) -> None:
    person = mona()
    assert person.acting
    a_person(Role.IT_LEADER, entity=person.acting.entity)
    ask(client_of(person), "mobile", "membership")
    told()
    with translation.override("en"):
        story = story_of(Delivery.objects.with_story().in_app().get(), at=timezone.now() + timedelta(minutes=1))
    assert ("Person", "Mona Al-Shehri") in story.facts
    assert ("To correct", "Mobile, Role, entity or term") in story.facts
    assert "mona@" not in str(story) and "5678" not in str(story)


@pytest.mark.parametrize("what", [[], ["password"]])
def test_a_request_that_says_nothing_is_explained(client_of: ClientOf, what: list[str]) -> None:
    answer = ask(client_of(mona()), *what)
    assert answer.status_code == 422
    assert not Notice.objects.exists()
