"""Every way a token can be wrong ends without a session, on a page that does not say why."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from entities.models import AuditEvent
from entities.permissions import Role
from tests.factories import a_person
from tests.nafath_auth.conftest import Visitor
from tests.nafath_auth.issuer import CLIENT, ISSUER, KEY, Issuer, a_key

NUMBER = "1000000008"
Spoil = Callable[[Issuer], None]


def claim(**wrong: Any) -> Spoil:
    return lambda issuer: issuer.claims.update(wrong)


def moment(**seconds: int) -> Spoil:
    """A claim so many seconds from now: from the test's own now, not from when the file was read."""
    return lambda issuer: issuer.claims.update({name: int(time.time()) + off for name, off in seconds.items()})


def unsigned(issuer: Issuer) -> None:
    issuer.token = jwt.encode(
        jwt.decode(issuer.id_token(), options={"verify_signature": False}), None, algorithm="none"
    )


def signed_with_the_public_key(issuer: Issuer) -> None:
    """HS256, the published key being the shared secret: the classic confusion."""
    pem = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    head = _part({"alg": "HS256", "typ": "JWT", "kid": "first"})
    body = _part(jwt.decode(issuer.id_token(), options={"verify_signature": False}))
    signature = base64.urlsafe_b64encode(hmac.digest(pem, f"{head}.{body}".encode(), "sha256")).rstrip(b"=").decode()
    issuer.token = f"{head}.{body}.{signature}"


def signed_by_another(issuer: Issuer) -> None:
    issuer.token = issuer.id_token(key=a_key())


def not_a_token(issuer: Issuer) -> None:
    issuer.token = "not.a.token"


def no_token(issuer: Issuer) -> None:
    issuer.token = ""


def another_kid(issuer: Issuer) -> None:
    issuer.kid = "unheard-of"


def _part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


WRONG: dict[str, Spoil] = {
    "nonce": claim(nonce="another"),
    "nonce missing": claim(nonce=None),
    "nonce not ascii": claim(nonce="مرة"),
    "issuer": claim(iss="https://elsewhere.example"),
    "audience": claim(aud="another"),
    "audience missing": claim(aud=None),
    "several audiences, no azp": claim(aud=[CLIENT, "another"]),
    "azp": claim(azp="another"),
    "expired": moment(exp=-120),
    "never expires": claim(exp=None),
    "old": moment(iat=-600),
    "from the future": moment(iat=600),
    "iat missing": claim(iat=None),
    "iat is a word": claim(iat="now"),
    "no subject": claim(sub=None),
    "subject is no ID": claim(sub="1000000009"),
    "unsigned": unsigned,
    "HS256 with the public key": signed_with_the_public_key,
    "signed by another": signed_by_another,
    "not a token": not_a_token,
    "no token": no_token,
    "unknown key": another_kid,
    "userinfo of another": lambda issuer: issuer.userinfo.update(sub="1000000016"),
    "userinfo of nobody": lambda issuer: issuer.userinfo.update(sub=None),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_token_opens_nothing(visitor: Visitor, issuer: Issuer, wrong: str) -> None:
    a_person(number=NUMBER)
    sent = visitor.start()
    WRONG[wrong](issuer)
    answer = visitor.come_back(sent)
    assert answer.status_code == 400
    assert not visitor.is_signed_in
    event = AuditEvent.objects.get(action=AuditEvent.Action.SIGN_IN_REFUSED)
    assert event.data["reference"] in answer.content.decode()
    assert event.data["reason"] not in answer.content.decode()
    assert NUMBER not in json.dumps(event.data)


@pytest.mark.parametrize(
    "fine",
    [
        claim(aud=[CLIENT]),
        claim(aud=[CLIENT, "another"], azp=CLIENT),
        moment(exp=-10),
        claim(sub=int(NUMBER)),
        claim(amr="otp"),
        lambda issuer: issuer.description.update(userinfo_endpoint=None),
    ],
    ids=["listed audience", "azp", "within the leeway", "number", "amr is a word", "no userinfo"],
)
def test_unusual_but_right_token_opens(visitor: Visitor, issuer: Issuer, fine: Spoil) -> None:
    a_person(number=NUMBER)
    fine(issuer)
    visitor.come_back(visitor.start())
    assert visitor.is_signed_in


def test_required_assurance_is_held(visitor: Visitor, issuer: Issuer, settings: Any) -> None:
    a_person(number=NUMBER)
    settings.NAFATH_OIDC_REQUIRED_ACR = ["aal3"]
    assert visitor.sign_in().status_code == 400
    issuer.claims["acr"] = "aal3"
    assert visitor.sign_in().status_code == 302


PROMISED = {"authorization_response_iss_parameter_supported": True}


@pytest.mark.parametrize(
    ("description", "told", "status"),
    [
        (PROMISED, {"iss": ISSUER}, 302),
        (PROMISED, {"iss": "https://elsewhere.example"}, 400),
        (PROMISED, {}, 400),
        ({}, {"iss": ISSUER}, 302),
        ({}, {"iss": f"{ISSUER}/"}, 400),
    ],
    ids=["its own", "another's", "promised and missing", "unasked and right", "unasked and wrong"],
)
def test_answer_comes_from_the_issuer_it_names(
    visitor: Visitor, issuer: Issuer, description: dict[str, bool], told: dict[str, str], status: int
) -> None:
    """RFC 9207: a code that another issuer sent is taken to no door."""
    a_person(number=NUMBER)
    issuer.description = description
    answer = visitor.come_back(visitor.start(), query={"code": "c0de", **told})
    assert (answer.status_code, visitor.is_signed_in, bool(issuer.redeemed)) == (status, status == 302, status == 302)


def test_new_key_is_fetched_once(visitor: Visitor, issuer: Issuer) -> None:
    a_person(number=NUMBER)
    visitor.sign_in()
    visitor.post("/accounts/sign-out/", {"scope": "portal"})
    issuer.kid, issuer.published = "second", {"first": KEY, "second": KEY}
    visitor.sign_in()
    assert visitor.is_signed_in
    assert issuer.asked.count("/jwks") == 2


def test_unknown_key_is_looked_for_once_more_and_not_again(visitor: Visitor, issuer: Issuer) -> None:
    issuer.kid = "unheard-of"
    visitor.sign_in()
    assert issuer.asked.count("/jwks") == 2


def test_description_and_keys_are_kept(visitor: Visitor, issuer: Issuer) -> None:
    a_person(Role.DIRECTOR, number=NUMBER)
    for _ in range(3):
        visitor.sign_in()
        visitor.post("/accounts/sign-out/", {"scope": "portal"})
    assert issuer.asked.count("/.well-known/openid-configuration") == 1
    assert issuer.asked.count("/jwks") == 1


def test_code_is_redeemed_with_the_verifier_of_this_browser(visitor: Visitor, issuer: Issuer) -> None:
    a_person(number=NUMBER)
    sent = visitor.start()
    visitor.come_back(sent)
    digest = hashlib.sha256(issuer.redeemed["code_verifier"].encode()).digest()
    assert sent["code_challenge_method"] == "S256"
    assert sent["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert issuer.redeemed["redirect_uri"] == sent["redirect_uri"] == "https://portal.example/accounts/nafath/callback/"


@pytest.mark.parametrize(
    "description",
    [{"issuer": "https://elsewhere.example"}, {"token_endpoint": None}, {"jwks_uri": "http://nafath.example/jwks"}],
)
def test_description_that_cannot_be_trusted_is_an_outage(
    visitor: Visitor, issuer: Issuer, description: dict[str, Any]
) -> None:
    issuer.description = description
    assert visitor.post("/accounts/nafath/start/").headers["Location"] == "/accounts/sign-in/"
    assert visitor.session["sign_in_notice"] == "unavailable"
