"""Out of the portal first, then out of Nafath."""

from __future__ import annotations

import re
from html import unescape

import jwt
import pytest
from django.core.cache import caches
from django.http import HttpResponse
from django.test import Client

from entities.models import AuditEvent, Entity
from tests.conftest import sign_in
from tests.factories import a_person
from tests.nafath_auth.conftest import Visitor, a_regular
from tests.nafath_auth.issuer import Issuer


def form_of(page: HttpResponse) -> tuple[str, dict[str, str]]:
    """Where the page's form leads, and what it takes along."""
    html = page.content.decode()
    form = html[html.index("data-onward") - 300 : html.rindex("</form>")]
    action = re.search(r'method="post" action="([^"]+)" data-onward', form)
    assert action
    return action[1], {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}


def test_signing_out_leaves_the_portal_and_goes_on_to_nafath(visitor: Visitor) -> None:
    person = a_regular()
    visitor.sign_in()
    address, sent = form_of(visitor.post("/en/accounts/sign-out/"))
    assert not visitor.is_signed_in
    assert address == "https://nafath.example/logout"
    assert sent["client_id"] == "portal"
    assert sent["post_logout_redirect_uri"] == "https://portal.example/en/accounts/signed-out/"
    assert jwt.decode(sent["id_token_hint"], options={"verify_signature": False})["aud"] == "portal"
    event = AuditEvent.objects.get(action=AuditEvent.Action.SIGN_OUT)
    assert (event.person, event.entity) == (person.public_id, person.memberships.get().entity)


def test_page_afterwards_believes_only_what_was_sent_along(visitor: Visitor) -> None:
    a_regular()
    visitor.sign_in()
    _address, sent = form_of(visitor.post("/accounts/sign-out/"))
    told = "وانتهت جلسة النفاذ"
    assert told in visitor.get("/accounts/signed-out/", {"state": sent["state"]}).content.decode()
    assert told not in visitor.get("/accounts/signed-out/", {"state": sent["state"] + "x"}).content.decode()
    assert told not in visitor.get("/accounts/signed-out/").content.decode()


def test_this_site_only_stays_here(visitor: Visitor) -> None:
    a_regular()
    visitor.sign_in()
    assert visitor.post("/accounts/sign-out/", {"scope": "portal"}).headers["Location"] == "/accounts/signed-out/"
    assert not visitor.is_signed_in


def test_asking_for_the_page_ends_nothing(client: Client, authority: Entity) -> None:
    sign_in(client, a_person())
    page = client.get("/accounts/sign-out/").content.decode()
    assert 'value="portal"' in page
    assert "_auth_user_id" in client.session


def test_signing_out_works_while_nafath_is_silent(visitor: Visitor, issuer: Issuer) -> None:
    a_regular()
    visitor.sign_in()
    caches["process"].clear()
    issuer.down = {"/.well-known/openid-configuration"}
    assert visitor.post("/accounts/sign-out/").headers["Location"] == "/accounts/signed-out/"
    assert not visitor.is_signed_in


def test_signing_out_works_after_the_secret_key_was_changed(visitor: Visitor, issuer: Issuer) -> None:
    a_regular()
    visitor.sign_in()
    session = visitor.session
    session["nafath_id_token"] = "written under another key"
    session.save()
    _address, sent = form_of(visitor.post("/accounts/sign-out/"))
    assert "id_token_hint" not in sent
    assert not visitor.is_signed_in


def test_whoever_was_refused_can_leave_nafath(visitor: Visitor) -> None:
    visitor.sign_in()
    address, sent = form_of(visitor.post("/accounts/sign-out/"))
    assert address == "https://nafath.example/logout"
    page = visitor.get("/accounts/signed-out/", {"state": sent["state"]}).content.decode()
    assert "قد تكون جلسة النفاذ ما زالت مفتوحة" in page
    assert not AuditEvent.objects.filter(action=AuditEvent.Action.SIGN_OUT).exists()


@pytest.mark.parametrize(("query", "sentence"), [("?idle=1", "وحُفظت المسودة"), ("", "تم تسجيل خروجك")])
def test_page_says_why_one_is_out(client: Client, authority: Entity, query: str, sentence: str) -> None:
    assert sentence in client.get(f"/accounts/signed-out/{query}").content.decode()
