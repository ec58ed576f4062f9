"""Nafath over OpenID Connect: the authorization code flow with PKCE, every step of it checked by us.

allauth's own OpenID client sends no nonce, trusts a token from the token endpoint without its signature, takes the
algorithm from the token's header and keeps every claim (identity/nafath.md B.1). So only the state in the session
and the sign-in itself are allauth's; the protocol is here. The simulator and the real provider differ in settings.
"""

import hmac
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import structlog
from django.conf import settings

from nafath_auth.adapters.attempt import Attempt, Proof
from nafath_auth.adapters.trust import (
    LEEWAY_SECONDS,
    NafathRefused,
    NafathUnavailable,
    ask,
    published,
    refuse,
    signing_key,
    verified_claims,
)
from nafath_auth.identity import IdentityUnreadable, from_claims

DISCOVERY_SECONDS, OLDEST_SECONDS = 60 * 60, 5 * 60
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
log = structlog.get_logger(__name__)


def authorization_url(attempt: Attempt, *, state: str, redirect_uri: str, language: str) -> str:
    """Where the browser goes. Raises NafathUnavailable."""
    return _with_query(
        _discovery()["authorization_endpoint"],
        response_type="code",
        client_id=settings.NAFATH_OIDC_CLIENT_ID,
        redirect_uri=redirect_uri,
        scope=" ".join(settings.NAFATH_OIDC_SCOPES),
        state=state,
        nonce=attempt.nonce,
        code_challenge=attempt.challenge,
        code_challenge_method="S256",
        ui_locales=language,
        **({"prompt": "login", "max_age": "0"} if attempt.since else {}),
    )


def redeem(brought: Mapping[str, str], attempt: Attempt, *, redirect_uri: str) -> Proof:
    """Exchange the code for a verified identity. Raises NafathUnavailable and NafathRefused."""
    _check_sender(brought.get("iss"))
    if "code" not in brought:
        refuse("callback: no code")
    answer = ask(
        "POST",
        _discovery()["token_endpoint"],
        # client_secret_basic; RFC 6749 2.3.1 wants both percent-encoded: an id may be an address with a colon
        auth=(
            quote(settings.NAFATH_OIDC_CLIENT_ID, safe=""),
            quote(settings.NAFATH_OIDC_CLIENT_SECRET, safe=""),
        ),
        data={
            "grant_type": "authorization_code",
            "code": brought["code"],
            "redirect_uri": redirect_uri,
            "code_verifier": attempt.verifier,
        },
    )
    id_token = str(answer.get("id_token", ""))
    claims = _verified(id_token, attempt)
    claims = {**_userinfo(str(answer.get("access_token", "")), subject=claims["sub"]), **claims}
    try:
        identity = from_claims(claims, id_claim=settings.NAFATH_OIDC_ID_CLAIM, now=int(time.time()))
    except IdentityUnreadable as unreadable:
        raise NafathRefused(str(unreadable)) from None
    return Proof(identity, id_token)


def addresses() -> Iterator[tuple[str, None]]:
    """Where people and we knock to sign in. Raises NafathUnavailable when they cannot be learned."""
    found = _discovery()
    yield found["authorization_endpoint"], None
    yield found["token_endpoint"], None


def sign_out_form(id_token: str, *, return_to: str, state: str) -> tuple[str, dict[str, str]]:
    """Where the browser posts what, to end the session at Nafath too. Raises NafathUnavailable.

    A form and not an address (RP-Initiated Logout 1.0, 2): the token is written into no log and no history.
    """
    endpoint = settings.NAFATH_OIDC_SIGN_OUT_URL or _discovery().get("end_session_endpoint")
    if not endpoint:
        raise NafathUnavailable("it names no sign-out address")
    hint = {"id_token_hint": id_token} if id_token else {}
    return str(endpoint), {
        **hint,
        "client_id": settings.NAFATH_OIDC_CLIENT_ID,
        "post_logout_redirect_uri": return_to,
        "state": state,
    }


def _check_sender(issuer: str | None) -> None:
    """Who sends the browser back, where it says so or has promised to (RFC 9207, 2.4): a code goes to its own door."""
    promised = _discovery().get("authorization_response_iss_parameter_supported") is True
    if issuer != settings.NAFATH_OIDC_ISSUER and (promised or issuer is not None):
        refuse("callback: another issuer")


def _verified(id_token: str, attempt: Attempt) -> dict[str, Any]:
    """The claims of a token that is ours, fresh, and signed by Nafath. Raises NafathRefused otherwise."""
    client_id = settings.NAFATH_OIDC_CLIENT_ID
    claims = verified_claims(
        id_token,
        signing_key(id_token, _discovery()["jwks_uri"]),
        algorithms=settings.NAFATH_OIDC_ALGORITHMS,
        issuer=settings.NAFATH_OIDC_ISSUER,
        audience=client_id,
        required=["sub", "nonce"],
    )
    if not hmac.compare_digest(str(claims["nonce"]).encode(), attempt.nonce.encode()):
        refuse("nonce")
    if claims.get("azp", client_id) != client_id or ("azp" not in claims and len(_listed(claims["aud"])) > 1):
        refuse("azp")
    if time.time() - int(claims["iat"]) > OLDEST_SECONDS + LEEWAY_SECONDS:
        refuse("iat: too old")
    if attempt.since and not _proved_since(claims.get("auth_time"), attempt.since):
        refuse("auth_time: not proved anew")
    if settings.NAFATH_OIDC_REQUIRED_ACR and claims.get("acr") not in settings.NAFATH_OIDC_REQUIRED_ACR:
        refuse("acr")
    return claims


def _userinfo(access_token: str, *, subject: object) -> dict[str, Any]:
    """The names, where the provider tells them apart from the token; of the same person, or nothing at all."""
    address = _discovery().get("userinfo_endpoint")
    if not address:
        return {}
    told = ask("GET", address, headers={"Authorization": f"Bearer {access_token}"})
    if str(told.get("sub", "")) != str(subject):
        refuse("userinfo: another subject")
    return told


def _discovery() -> dict[str, Any]:
    """The provider's own description, held to what it must say. Raises NafathUnavailable."""
    issuer = settings.NAFATH_OIDC_ISSUER
    address = issuer.rstrip("/") + "/.well-known/openid-configuration"
    found = published("discovery", address, DISCOVERY_SECONDS)
    scheme = issuer.partition("://")[0]
    if found.get("issuer") != issuer or not all(str(found.get(name, "")).startswith(scheme) for name in ENDPOINTS):
        log.error("nafath_discovery_unusable", issuer=issuer)
        raise NafathUnavailable("its description names another issuer, or lacks an address")
    return found


def _proved_since(auth_time: object, since: int) -> bool:
    """Whether she proved who she is after we asked, and it says so (OpenID Connect Core 1.0, 2 and 3.1.2.1)."""
    return isinstance(auth_time, int) and auth_time >= since - LEEWAY_SECONDS


def _listed(audience: object) -> list[object]:
    return audience if isinstance(audience, list) else [audience]


def _with_query(address: str, **query: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"
