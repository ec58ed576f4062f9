"""From the button to the first page, and every way back to the button."""

from __future__ import annotations

import time
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import Resolver404, resolve

from entities.models import AuditEvent, Membership
from entities.permissions import Role
from tests.conftest import sign_in
from tests.factories import a_membership, a_person
from tests.nafath_auth.conftest import Visitor, a_regular
from tests.nafath_auth.issuer import Issuer

NUMBER = "1000000008"


def test_page_has_one_button_and_no_field_to_fill(client: Client, authority: Any) -> None:
    page = client.get("/accounts/sign-in/").content.decode()
    assert page.count('action="/accounts/nafath/start/"') == 1
    assert 'type="text"' not in page
    assert 'type="password"' not in page
    assert "محاكاة" in page


def test_page_of_the_real_provider_speaks_of_no_simulator(client: Client, authority: Any, settings: Any) -> None:
    settings.NAFATH_ADAPTER = "oidc"
    assert "محاكاة" not in client.get("/accounts/sign-in/").content.decode()


def test_button_is_a_post(client: Client) -> None:
    assert client.get("/accounts/nafath/start/").status_code == 405


def test_button_needs_its_own_token(authority: Any) -> None:
    assert Client(enforce_csrf_checks=True).post("/accounts/nafath/start/").status_code == 403


def test_first_page_after_signing_in_is_home(visitor: Visitor) -> None:
    person = a_regular()
    answer = visitor.sign_in()
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert visitor.session["_auth_user_id"] == str(person.pk)


def test_session_holds_the_proof_and_the_membership(visitor: Visitor) -> None:
    person = a_person(number=NUMBER)
    visitor.sign_in()
    session, now = visitor.session, time.time()
    assert session["membership_id"] == person.memberships.get().pk
    assert session["memberships"] == 1
    assert now - 10 < session["nafath_at"] < now
    assert now - 5 < session["started_at"] == session["seen_at"] <= now


def test_session_key_changes_when_somebody_enters(visitor: Visitor) -> None:
    a_person(number=NUMBER)
    sent = visitor.start()
    before = visitor.session.session_key
    visitor.come_back(sent)
    assert visitor.session.session_key != before


def test_entrance_is_audited_in_the_entitys_chain(visitor: Visitor) -> None:
    person = a_person(number=NUMBER)
    visitor.sign_in()
    event = AuditEvent.objects.get(action=AuditEvent.Action.SIGN_IN)
    membership = person.memberships.get()
    assert (event.person, event.role, event.entity) == (person.public_id, Role.DIRECTOR, membership.entity)


def test_invitation_becomes_a_membership_at_the_first_entrance(visitor: Visitor) -> None:
    person = a_person(None, number=NUMBER)
    membership = a_membership(person, role=Role.DIRECTOR, status=Membership.Status.INVITED)
    visitor.sign_in()
    membership.refresh_from_db()
    assert membership.status == Membership.Status.ACTIVE
    assert AuditEvent.objects.filter(action=AuditEvent.Action.MEMBERSHIP, entity=membership.entity).count() == 1


@pytest.mark.parametrize(("language", "home"), [("ar", "/"), ("en", "/en/")])
def test_person_is_led_into_her_language(visitor: Visitor, language: str, home: str) -> None:
    a_regular(language=language)
    for prefix in ("", "/en"):
        assert visitor.sign_in(prefix=prefix).headers["Location"] == home
        visitor.post("/accounts/sign-out/", {"scope": "portal"})


@pytest.mark.parametrize("wanted", ["/team/", "/en/reports/OUT-2026-000123/?tab=2#end"])
def test_page_that_was_wanted_is_reached(visitor: Visitor, wanted: str) -> None:
    a_regular()
    assert visitor.sign_in(next=wanted).headers["Location"] == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "\t//evil.example",
        "javascript:alert(1)",
        "https:evil.example",
        "http://portal.example@evil.example/",
        "evil.example",
        "/" + "a" * 3000,
    ],
)
def test_page_of_another_host_is_never_reached(visitor: Visitor, wanted: str) -> None:
    a_regular()
    assert visitor.sign_in(next=wanted).headers["Location"] == "/"
    assert visitor.get("/accounts/sign-in/", {"next": wanted}).headers["Location"] == "/"


def test_page_that_was_wanted_survives_the_sign_in_page(client: Client, authority: Any) -> None:
    page = client.get("/accounts/sign-in/", {"next": "/team/"}).content.decode()
    assert '<input type="hidden" name="next" value="/team/">' in page


@pytest.mark.parametrize(
    "query",
    [
        "?process=connect",
        "?process=redirect",
        "?scope=admin",
        "?auth_params=prompt%3Dnone%26nonce%3Dx",
        "?action=reauthenticate",
    ],
)
def test_request_does_not_choose_how_one_signs_in(visitor: Visitor, query: str) -> None:
    a_person(number=NUMBER)
    sent = visitor.start(query=query)
    assert sent["scope"] == "openid profile"
    assert "prompt" not in sent
    assert len(sent["nonce"]) > 40
    visitor.come_back(sent)
    assert visitor.is_signed_in


def test_nobody_is_connected_to_the_identity_of_another(visitor: Visitor) -> None:
    """Signed in as one, back from Nafath as another: the other enters, and no account changes hands."""
    one, other = a_person(number=NUMBER), a_person(number="1000000016")
    visitor.sign_in(NUMBER)
    visitor.sign_in("1000000016", query="?process=connect")
    assert visitor.session["_auth_user_id"] == str(other.pk)
    assert one.socialaccount_set.count() == other.socialaccount_set.count() == 1


def test_languages_of_the_page_and_of_nafath_are_the_same(visitor: Visitor) -> None:
    assert visitor.start()["ui_locales"] == "ar"
    sent = visitor.start(prefix="/en")
    assert sent["ui_locales"] == "en"
    assert sent["redirect_uri"] == "https://portal.example/en/accounts/nafath/callback/"


def test_callback_is_good_once(visitor: Visitor) -> None:
    a_person(number=NUMBER)
    sent = visitor.start()
    visitor.come_back(sent)
    visitor.post("/accounts/sign-out/", {"scope": "portal"})
    assert visitor.come_back(sent).status_code == 400
    assert not visitor.is_signed_in


def test_callback_pressed_again_by_the_same_person_goes_on(visitor: Visitor) -> None:
    a_regular()
    sent = visitor.start()
    visitor.come_back(sent)
    assert visitor.come_back(sent).headers["Location"] == "/"


def test_callback_in_another_browser_opens_nothing(visitor: Visitor) -> None:
    a_person(number=NUMBER)
    sent = visitor.start()
    stranger = Visitor()
    assert stranger.come_back(sent).status_code == 400
    assert not stranger.is_signed_in
    assert not AuditEvent.objects.exists()  # a stranger's links do not fill the log


def test_callback_after_ten_minutes_opens_nothing(visitor: Visitor) -> None:
    a_person(number=NUMBER)
    sent = visitor.start()
    with time_machine.travel(time.time() + 11 * 60, tick=True):
        assert visitor.come_back(sent).status_code == 400
    assert not visitor.is_signed_in


@pytest.mark.parametrize("query", [{}, {"error": "server_error", "error_description": "<b>call me</b>"}])
def test_callback_without_a_code_repeats_nothing_it_was_told(visitor: Visitor, query: dict[str, str]) -> None:
    answer = visitor.come_back(visitor.start(), query=query)
    assert answer.status_code == 400
    assert "call me" not in answer.content.decode()


def test_person_who_turns_back_finds_the_button_again(visitor: Visitor) -> None:
    answer = visitor.come_back(visitor.start(), query={"error": "access_denied"})
    assert "أُلغي الدخول" in visitor.get(answer.headers["Location"]).content.decode()
    assert not AuditEvent.objects.exists()


def test_silent_nafath_is_said_with_the_telephone_of_the_operations_room(
    visitor: Visitor, issuer: Issuer, settings: Any
) -> None:
    issuer.down = {"/.well-known/openid-configuration"}
    answer = visitor.post("/accounts/nafath/start/", {"next": "/team/"})
    assert answer.headers["Location"] == "/accounts/sign-in/?next=%2Fteam%2F"
    page = visitor.get(answer.headers["Location"]).content.decode()
    assert "غير متاحة حاليًا" in page
    assert settings.SUPPORT_PHONE in page
    assert 'value="/team/"' in page
    assert "socialaccount_states" not in visitor.session


@pytest.mark.parametrize("path", ["/token", "/jwks", "/userinfo"])
def test_nafath_falling_silent_half_way_is_no_error_page(visitor: Visitor, issuer: Issuer, path: str) -> None:
    a_person(number=NUMBER)
    sent = visitor.start()
    issuer.down = {path}
    answer = visitor.come_back(sent)
    assert "غير متاحة حاليًا" in visitor.get(answer.headers["Location"]).content.decode()
    assert not visitor.is_signed_in


def test_signed_in_person_needs_no_sign_in_page(client: Client, authority: Any) -> None:
    sign_in(client, a_person())
    assert client.get("/accounts/sign-in/").headers["Location"] == "/"


@pytest.mark.parametrize(("ended", "sentence"), [("idle", "لعدم النشاط"), ("access", "تغيّرت صلاحية الدخول")])
def test_session_that_was_ended_is_explained_once(client: Client, authority: Any, ended: str, sentence: str) -> None:
    person = a_person()
    sign_in(client, person)
    if ended == "idle":
        session = client.session
        session["seen_at"] -= 16 * 60
        session.save()
    else:
        person.memberships.update(status=Membership.Status.ENDED)
    answer = client.get("/team/")
    assert answer.headers["Location"] == "/accounts/sign-in/?next=/team/"
    assert sentence in client.get("/accounts/sign-in/").content.decode()
    assert sentence not in client.get("/accounts/sign-in/").content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "login/",
        "signup/",
        "password/reset/",
        "email/",
        "3rdparty/",
        "3rdparty/signup/",
        "nafath/login/",
        "social/login/error/",
    ],
)
def test_allauths_own_pages_are_not_there(path: str) -> None:
    with pytest.raises(Resolver404):
        resolve(f"/accounts/{path}")


def test_guide_names_nafaths_support(client: Client, authority: Any, settings: Any) -> None:
    settings.NAFATH_SUPPORT_PHONE = "8001234567"
    for path in ("/guide/sign-in/", "/en/guide/sign-in/"):
        assert "8001234567" in client.get(path).content.decode()
