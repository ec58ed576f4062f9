"""IAM's form: what it must prove, in whose browser, and what a forged one leaves behind."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import responses
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID
from django.core.cache import caches
from django.http import HttpResponse
from django.test import Client

from entities.models import AuditEvent, Entity, Session
from nafath_auth.adapters import iam
from nafath_auth.adapters.attempt import Attempt
from tests.conftest import sign_in
from tests.factories import a_person
from tests.nafath_auth.conftest import a_regular
from tests.nafath_auth.issuer import KEY, Issuer, a_key
from tests.test_urls import PATTERNS

HOST, CLIENT, NUMBER = "https://iam.example", "https://portal.example", "1000000008"
FORM = "/accounts/nafath/form/"
OURS = a_key()


class Iam(Issuer):
    """Its tokens and keys as the OpenID provider's of the tests, under IAM's own names."""

    def __init__(self) -> None:
        super().__init__()
        self.claims = {"iss": f"{HOST}/userauth", "aud": CLIENT, "userid": int(NUMBER), "acr": None, "amr": None}
        self.claims["auth_time"] = None


@pytest.fixture
def gate(authority: Entity, settings: Any, tmp_path: Path) -> Iterator[Iam]:
    key = tmp_path / "ours.pem"
    key.write_bytes(
        OURS.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    settings.NAFATH_ADAPTER, settings.PORTAL_ORIGIN = "iam", CLIENT
    settings.NAFATH_IAM_AUTHORIZE_URL, settings.NAFATH_IAM_JWKS_URL = f"{HOST}/authorize", f"{HOST}/jwks"
    settings.NAFATH_IAM_CLIENT_ID, settings.NAFATH_IAM_ISSUER = CLIENT, f"{HOST}/userauth"
    settings.NAFATH_IAM_PRIVATE_KEY_PATH, settings.NAFATH_IAM_LOGOUT_URL = str(key), f"{HOST}/logout"
    caches["process"].clear()
    provider = Iam()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add("GET", f"{HOST}/authorize", json={})
        mock.add_callback("GET", f"{HOST}/jwks", provider._behind("/jwks", provider._keys))
        yield provider
    caches["process"].clear()


def begin(browser: Client, gate: Iam) -> str:
    """Press the button; the state that was sent along, which is the nonce too."""
    answer = browser.post("/accounts/nafath/start/")
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    asked = jwt.decode(query["request"][0], OURS.public_key(), algorithms=["RS256"])
    assert query["client_id"] == [CLIENT] == [asked["client_id"]] == [asked["iss"]]
    assert asked["redirect_uri"] == CLIENT + FORM
    assert asked["state"] == asked["nonce"]
    assert abs(asked["max_age"] - time.time()) < 5
    gate.nonce = asked["nonce"]
    return gate.nonce


def bring(browser: Client, **fields: str) -> HttpResponse:
    """The form from IAM's page comes without our session; the GET after it has both cookies."""
    posted = Client(enforce_csrf_checks=True).post(
        FORM, "&".join(f"{k}={v}" for k, v in fields.items()), content_type="application/x-www-form-urlencoded"
    )
    assert posted.status_code == 303
    cookie = posted.cookies["nafath_form"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == posted.headers["Location"]
    assert cookie.value not in posted.headers["Location"]
    assert "session" not in posted.cookies
    browser.cookies["nafath_form"] = cookie.value
    answer = browser.get(posted.headers["Location"])
    assert isinstance(answer, HttpResponse)
    return answer


def is_in(browser: Client) -> bool:
    return "_auth_user_id" in browser.session


def unsigned(gate: Iam) -> str:
    return jwt.encode(jwt.decode(gate.id_token(), options={"verify_signature": False}), None, algorithm="none")


def by_the_public_key(gate: Iam) -> str:
    pem = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    claims = jwt.decode(gate.id_token(), options={"verify_signature": False})
    text = ".".join(_part(json.dumps(p).encode()) for p in ({"alg": "HS256", "typ": "JWT", "kid": "first"}, claims))
    return f"{text}.{_part(hmac.digest(pem, text.encode(), 'sha256'))}"


def unheard_of(gate: Iam) -> str:
    gate.kid = "unheard-of"
    return gate.id_token()


def _part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def with_claims(**wrong: Any) -> Callable[[Iam], str]:
    def spoil(gate: Iam) -> str:
        gate.claims.update({k: int(time.time()) + v if k in ("exp", "nbf", "iat") else v for k, v in wrong.items()})
        return gate.id_token()

    return spoil


WRONG: dict[str, Callable[[Iam], str]] = {
    "nonce": with_claims(nonce="another"),
    "nonce missing": with_claims(nonce=None),
    "audience": with_claims(aud="another"),
    "issuer": with_claims(iss="https://elsewhere.example"),
    "expired": with_claims(exp=-120),
    "not yet": with_claims(nbf=120),
    "too old": with_claims(iat=-400),
    "sub is another than userid": with_claims(userid=1000000016),
    "nobody": with_claims(userid=None, sub=None),
    "no number": with_claims(userid="x", sub="x"),
    "alg none": unsigned,
    "hs256": by_the_public_key,
    "another key": lambda gate: gate.id_token(key=a_key()),
    "unknown kid": unheard_of,
    "no token": lambda gate: "",
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_does_not_prove_it_lets_nobody_in(gate: Iam, client: Client, wrong: str) -> None:
    a_regular()
    state = begin(client, gate)
    answer = bring(client, state=state, id_token=WRONG[wrong](gate))
    assert answer.status_code == 400
    assert not is_in(client)
    assert AuditEvent.objects.filter(action=AuditEvent.Action.SIGN_IN_REFUSED).count() == 1


def test_unknown_key_is_looked_for_once_more(gate: Iam, client: Client) -> None:
    a_regular()
    bring(client, State=begin(client, gate), Id_token=unheard_of(gate))
    assert gate.asked.count("/jwks") == 3  # asked by the probe, kept at the first look, fetched once more


def test_capitals_or_not_she_is_in_and_it_is_good_once(gate: Iam, client: Client) -> None:
    person = a_regular()
    sent = {"State": begin(client, gate), "Id_token": gate.id_token()}
    assert bring(client, **sent).status_code == 302
    assert client.session["_auth_user_id"] == str(person.pk)
    assert not Session.objects.exclude(person=person).filter(session_key=client.cookies["nafath_form"].value).exists()
    other = Client()
    assert bring(other, **sent).status_code == 400
    assert not is_in(other)


def test_second_browser_cannot_finish_it(gate: Iam, client: Client) -> None:
    a_regular()
    sent = {"state": begin(client, gate), "id_token": gate.id_token()}
    other = Client()
    assert bring(other, **sent).status_code == 400
    assert not is_in(other)
    assert not AuditEvent.objects.exists()  # stale, and no line of the log


def test_turning_back_is_no_failure(gate: Iam, client: Client) -> None:
    assert bring(client, state=begin(client, gate), error="access_denied").headers["Location"] == "/accounts/sign-in/"
    assert not AuditEvent.objects.exists()


def test_form_too_large_or_of_another_kind_is_not_read(gate: Iam, client: Client) -> None:
    assert client.post(FORM, {"state": "x"}).status_code == 415  # multipart
    urlencoded = "application/x-www-form-urlencoded"
    assert client.post(FORM, "state=" + "x" * 17000, content_type=urlencoded).status_code == 413
    assert Session.objects.count() == 0


def test_key_of_a_session_is_no_key_of_a_form(gate: Iam, client: Client) -> None:
    sign_in(client, a_person())
    key = client.session.session_key
    other = Client()
    other.cookies["nafath_form"] = key or ""
    assert other.get("/accounts/nafath/form/finish/").status_code == 400
    assert Session.objects.filter(pk=key).exists()


def test_pinned_certificate_goes_before_the_published_keys(
    gate: Iam, client: Client, settings: Any, tmp_path: Path
) -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "iam")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, KEY.public_key(), 1, now, now + timedelta(days=1)).sign(
        KEY, hashes.SHA256()
    )
    path = tmp_path / "iam.crt"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    settings.NAFATH_IAM_CERT_PATH = str(path)
    a_regular()
    bring(client, state=begin(client, gate), id_token=gate.id_token())
    assert is_in(client) and gate.asked == []


def test_fresh_sign_in_asks_for_it(gate: Iam) -> None:
    address = iam.authorization_url(Attempt.new(again=True), state="s", redirect_uri="r", language="ar")
    signed = parse_qs(urlsplit(address).query)["request"][0]
    assert jwt.decode(signed, options={"verify_signature": False})["prompt"] == "login"


@pytest.mark.parametrize("said", ["false", "False", "0"])
def test_single_sign_out_ends_the_callers_own_session_and_no_more(gate: Iam, client: Client, said: str) -> None:
    person = a_person()
    other = sign_in(Client(), person)
    sign_in(client, person)
    assert client.get("/accounts/nafath/sign-out/", {"slo": said}).headers["Location"] == "/accounts/signed-out/"
    assert not is_in(client) and is_in(other)
    assert AuditEvent.objects.filter(action=AuditEvent.Action.SIGN_OUT).count() == 1
    assert client.get("/accounts/nafath/sign-out/", {"slo": said}).headers["Location"] == "/accounts/signed-out/"


def test_single_sign_out_without_its_word_ends_nothing(gate: Iam, client: Client) -> None:
    sign_in(client, a_person())
    assert client.get("/accounts/nafath/sign-out/").headers["Location"] == "/accounts/sign-out/"
    posted = client.post("/accounts/nafath/sign-out/")
    assert (posted.status_code, posted.headers["Location"]) == (303, "/accounts/nafath/sign-out/?slo=false")
    assert is_in(client)


def test_leaving_leads_to_iam_without_the_token(gate: Iam, client: Client) -> None:
    sign_in(client, a_person())
    assert client.post("/accounts/sign-out/").headers["Location"] == f"{HOST}/logout?slo=true"


def test_doors_of_iam_are_closed_to_the_other_ways(gate: Iam, client: Client, settings: Any) -> None:
    assert client.get("/accounts/nafath/callback/").status_code == 404
    settings.NAFATH_ADAPTER = "oidc"
    assert client.post(FORM).status_code == 404
    assert client.get("/accounts/nafath/form/finish/").status_code == 404
    assert client.get("/accounts/nafath/sign-out/?slo=false").status_code == 404


def test_who_needs_no_csrf_token_is_known_by_name() -> None:
    exempt = {name for name, pattern in PATTERNS.items() if getattr(pattern.callback, "csrf_exempt", False)}
    # Posted by Nafath, the SMS gateway, or a mail program (RFC 8058): what they bring is signed.
    by_mail = {"unsubscribe", "outside_confirm", "outside_leave"}
    assert exempt == by_mail | {"nafath_push_callback", "nafath_form", "nafath_single_sign_out", "sms_receipt"}
