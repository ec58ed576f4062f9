"""The circuit breaker: what opens it, what closes it, and that nobody waits for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import responses
import time_machine
from django.test import Client
from django.utils import timezone

from entities.models import AuditEvent, Breaker, Entity, Notice
from entities.permissions import Role
from nafath_auth import breaker
from nafath_auth.tasks import probe_nafath
from tests.conftest import sign_in
from tests.factories import a_person
from tests.nafath_auth.conftest import Visitor
from tests.nafath_auth.issuer import ISSUER, Issuer
from tests.nafath_auth.night import nafath_down

START = "/accounts/nafath/start/"
STATE = "/accounts/nafath/state/"


def test_three_failures_in_a_short_while_open_it_and_the_leads_are_told(authority: Entity) -> None:
    for _ in range(2):
        breaker.failed()
    assert not breaker.is_open()
    breaker.failed()
    breaker.failed()
    assert breaker.is_open()
    assert [notice.data["change"] for notice in Notice.objects.filter(kind="NAFATH_AWAY")] == ["opened"]
    assert AuditEvent.objects.get(action="CONFIGURATION").data["nafath"] == "opened"


def test_failures_far_apart_open_nothing(authority: Entity) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(5):
            breaker.failed()
            clock.shift(timedelta(minutes=2))
    assert not breaker.is_open()


def test_probe_finds_a_nafath_that_its_kept_description_hides(issuer: Issuer, authority: Entity) -> None:
    assert probe_nafath()
    issuer.down = {"/authorize"}  # the description is kept for an hour
    assert not any(probe_nafath() for _ in range(3))
    assert breaker.is_open()
    issuer.down = set()
    assert probe_nafath()
    assert not breaker.is_open()
    assert [notice.data["change"] for notice in Notice.objects.order_by("pk")] == ["opened", "closed"]


def test_door_that_answers_does_not_hide_the_one_that_does_not(issuer: Issuer, authority: Entity) -> None:
    issuer.down = {"/token"}
    assert not any(probe_nafath() for _ in range(3))
    assert breaker.is_open()


def test_error_of_its_own_is_no_answer(issuer: Issuer, authority: Entity) -> None:
    assert probe_nafath()
    with responses.RequestsMock() as mock:
        mock.get(f"{ISSUER}/authorize", status=503)
        assert not probe_nafath()
    assert Breaker.objects.get().failures == 1


def test_press_asks_when_the_last_answer_is_old_and_only_then(visitor: Visitor) -> None:
    visitor.start()
    asked = visitor.issuer.asked.count("/authorize")
    visitor.start()
    assert visitor.issuer.asked.count("/authorize") == asked == 1
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        visitor.issuer.down = {"/authorize"}
        assert visitor.post(START).headers["Location"] == "/accounts/sign-in/"
    assert "غير متاحة" in visitor.get("/accounts/sign-in/").content.decode()


def test_open_one_answers_at_once_and_lets_one_through_after_a_while(visitor: Visitor) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        nafath_down()
        Breaker.objects.update(tried_at=timezone.now())
        assert visitor.post(START).headers["Location"] == "/accounts/sign-in/"
        assert visitor.issuer.asked == []
        clock.shift(breaker.HALF_OPEN_AFTER)
        assert visitor.post(START).headers["Location"].startswith(ISSUER)
    assert not breaker.is_open()


def test_open_one_lets_one_through_and_not_two(authority: Entity) -> None:
    nafath_down()
    assert (breaker.takes_turn(), breaker.takes_turn()) == (True, False)


def test_whole_sign_in_closes_it(visitor: Visitor) -> None:
    a_person(number="1000000008")
    visitor.start()
    sent = visitor.start()
    nafath_down()
    visitor.come_back(sent)
    assert visitor.is_signed_in
    assert not breaker.is_open()


def test_lead_opens_and_closes_it_with_a_reason(authority: Entity) -> None:
    lead = a_person(Role.LEAD)
    browser = sign_in(Client(), lead)
    assert browser.post(STATE, {"do": "open", "reason": ""}).status_code == 422
    assert not breaker.is_open()
    browser.post(STATE, {"do": "open", "reason": "الناس لا يصلون إلى نفاذ"})
    assert breaker.is_open()
    breaker.answered()
    assert breaker.is_open()  # what it answers us is not what it answers people
    browser.post(STATE, {"do": "close", "reason": "عادت الخدمة"})
    assert not breaker.is_open()
    lines = AuditEvent.objects.filter(action="CONFIGURATION").order_by("seq")
    assert [(line.data["nafath"], line.person) for line in lines] == [
        ("held_open", lead.public_id), ("closed_by_hand", lead.public_id),
    ]  # fmt: skip
    assert lines[0].data["reason"] == "الناس لا يصلون إلى نفاذ"


def test_forgotten_hand_lets_go(authority: Entity) -> None:
    breaker.hold_open(reason="x", by=a_person(Role.LEAD))
    with time_machine.travel(timezone.now() + breaker.HELD_FOR + timedelta(seconds=1)):
        assert not breaker.is_open()


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.ADMIN, Role.DIRECTOR])
def test_nobody_else_opens_it(authority: Entity, role: Role) -> None:
    assert sign_in(Client(), a_person(role)).post(STATE, {"do": "open", "reason": "x"}).status_code == 403
    assert not breaker.is_open()


def test_readiness_names_it_and_stays_200(client: Client, authority: Entity) -> None:
    nafath_down()
    answer = client.get("/readyz")
    assert (answer.status_code, "nafath" in answer.json()["degraded"]) == (200, True)


@pytest.mark.parametrize(("prefix", "words"), [("", "نفاذ لا يجيب الآن"), ("/en", "Nafath is not answering now")])
def test_sign_in_page_says_so_and_offers_two_doors(
    client: Client, authority: Entity, prefix: str, words: str, settings: Any
) -> None:
    page = client.get(f"{prefix}/accounts/sign-in/").content.decode()
    assert f'href="{prefix}/accounts/code/"' not in page
    nafath_down()
    page = client.get(f"{prefix}/accounts/sign-in/").content.decode()
    assert f'href="{prefix}/accounts/code/"' in page
    assert settings.SUPPORT_PHONE in page
    assert words in page or prefix == ""  # the Arabic words come with the catalogue


def test_while_it_is_open_idle_time_ends_no_session_but_its_hours_do(authority: Entity) -> None:
    browser = sign_in(Client(), a_person(Role.DIRECTOR))
    with time_machine.travel(timezone.now(), tick=False) as clock:
        nafath_down()
        clock.shift(timedelta(hours=7))
        assert browser.get("/").status_code == 200
        assert browser.get("/accounts/stay/").json() == {"left": 15 * 60, "extends": True}
        clock.shift(timedelta(minutes=50))
        assert len(browser.get("/accounts/sessions/").context["sessions"]) == 1
        clock.shift(timedelta(minutes=11))
        assert "/accounts/sign-in/" in browser.get("/reports/").headers["Location"]


def test_closed_it_costs_a_request_no_query(authority: Entity, django_assert_num_queries: Any) -> None:
    browser = sign_in(Client(), a_person(Role.DIRECTOR))
    browser.get("/accounts/stay/")
    with django_assert_num_queries(3):  # the session, the person with her membership; whether Nafath is away
        browser.get("/accounts/stay/")
