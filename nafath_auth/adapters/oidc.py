"""Nafath over OpenID Connect: the authorization code flow with PKCE, every step of it checked by us.

allauth's own OpenID client sends no nonce, trusts a token from the token endpoint without its signature, takes the
algorithm from the token's header and keeps every claim (identity/nafath.md B.1). So only the state in the session
and the sign-in itself are allauth's; the protocol is here. The simulator and the real provider differ in settings.
"""

import hashlib
import hmac
import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import quote, urlencode

import jwt
import requests
import structlog
from django.conf import settings
from django.core.cache import caches

from nafath_auth.identity import IdentityUnreadable, VerifiedIdentity, from_claims

TIMEOUT = (2, 4)  # seconds to connect and to read (decisions.md, Connections)
DISCOVERY_SECONDS, KEYS_SECONDS = 60 * 60, 24 * 60 * 60
LEEWAY_SECONDS, OLDEST_SECONDS = 60, 5 * 60
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
log = structlog.get_logger(__name__)


class NafathUnavailable(Exception):
    """Nafath does not answer, or not in a way one can use: try again in a few minutes."""


class NafathRefused(Exception):
    """What came back proves nothing. `reason` is for the log and the auditors, never for the page."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Attempt:
    """The secrets of one sign-in; they wait in the session while the person is at Nafath."""

    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> "Attempt":
        return cls(nonce=secrets.token_urlsafe(32), verifier=secrets.token_urlsafe(64))

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True, repr=False, slots=True)
class Proof:
    """Who it is, and the token that says so: it is shown to Nafath once more when she signs out."""

    identity: VerifiedIdentity
    id_token: str


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
    )


def redeem(code: str, attempt: Attempt, *, redirect_uri: str) -> Proof:
    """Exchange the code for a verified identity. Raises NafathUnavailable and NafathRefused."""
    answer = _ask(
        "POST",
        _discovery()["token_endpoint"],
        # client_secret_basic; RFC 6749 2.3.1 wants both percent-encoded: an id may be an address with a colon
        auth=(
            quote(settings.NAFATH_OIDC_CLIENT_ID, safe=""),
            quote(settings.NAFATH_OIDC_CLIENT_SECRET, safe=""),
        ),
        data={
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": attempt.verifier,
        },
    )
    id_token = str(answer.get("id_token", ""))
    claims = _verified(id_token, nonce=attempt.nonce)
    claims = {**_userinfo(str(answer.get("access_token", "")), subject=claims["sub"]), **claims}
    try:
        identity = from_claims(claims, id_claim=settings.NAFATH_OIDC_ID_CLAIM, now=int(time.time()))
    except IdentityUnreadable as unreadable:
        raise NafathRefused(str(unreadable)) from None
    return Proof(identity, id_token)


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


def _verified(id_token: str, *, nonce: str) -> dict[str, Any]:
    """The claims of a token that is ours, fresh, and signed by Nafath. Raises NafathRefused otherwise."""
    client_id = settings.NAFATH_OIDC_CLIENT_ID
    try:
        claims = jwt.decode(
            id_token,
            _signing_key(jwt.get_unverified_header(id_token).get("kid")),
            algorithms=settings.NAFATH_OIDC_ALGORITHMS,  # never what the token's header asks for
            issuer=settings.NAFATH_OIDC_ISSUER,
            audience=client_id,
            leeway=LEEWAY_SECONDS,
            options={"require": ["iss", "sub", "aud", "exp", "iat", "nonce"], "verify_sub": False},
        )
    except jwt.PyJWTError as error:
        raise NafathRefused(f"id_token: {type(error).__name__}") from error
    if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        _refuse("nonce")
    if claims.get("azp", client_id) != client_id or ("azp" not in claims and len(_listed(claims["aud"])) > 1):
        _refuse("azp")
    if time.time() - int(claims["iat"]) > OLDEST_SECONDS + LEEWAY_SECONDS:
        _refuse("iat: too old")
    if settings.NAFATH_OIDC_REQUIRED_ACR and claims.get("acr") not in settings.NAFATH_OIDC_REQUIRED_ACR:
        _refuse("acr")
    return dict(claims)


def _userinfo(access_token: str, *, subject: object) -> dict[str, Any]:
    """The names, where the provider tells them apart from the token; of the same person, or nothing at all."""
    address = _discovery().get("userinfo_endpoint")
    if not address:
        return {}
    told = _ask("GET", address, headers={"Authorization": f"Bearer {access_token}"})
    if str(told.get("sub", "")) != str(subject):
        _refuse("userinfo: another subject")
    return told


def _signing_key(kid: str | None) -> jwt.PyJWK:
    """The published key of that name; the set is fetched once more when it is not among those we know."""
    address = _discovery()["jwks_uri"]
    for refetch in (False, True):
        for key in _published("keys", address, KEYS_SECONDS, refetch=refetch).get("keys", ()):
            if key.get("kid") == kid and key.get("use", "sig") == "sig":
                return jwt.PyJWK(key)
    _refuse("id_token: unknown key")


def _discovery() -> dict[str, Any]:
    """The provider's own description, held to what it must say. Raises NafathUnavailable."""
    issuer = settings.NAFATH_OIDC_ISSUER
    address = issuer.rstrip("/") + "/.well-known/openid-configuration"
    found = _published("discovery", address, DISCOVERY_SECONDS)
    scheme = issuer.partition("://")[0]
    if found.get("issuer") != issuer or not all(str(found.get(name, "")).startswith(scheme) for name in ENDPOINTS):
        log.error("nafath_discovery_unusable", issuer=issuer)
        raise NafathUnavailable("its description names another issuer, or lacks an address")
    return found


def _published(what: str, address: str, seconds: int, *, refetch: bool = False) -> dict[str, Any]:
    """A public document, kept in this process: it is needed when Redis is away, too."""
    cache, key = caches["process"], f"nafath:{what}:{address}"
    found: dict[str, Any] | None = None if refetch else cache.get(key)
    if found is None:
        try:
            found = _ask("GET", address)
        except NafathRefused as refusal:
            raise NafathUnavailable(refusal.reason) from refusal
        cache.set(key, found, seconds)
    return found


def _ask(method: str, address: str, **arguments: Any) -> dict[str, Any]:
    """One call. A 4xx to our own question is a refusal; silence, 5xx and what is not JSON are an outage."""
    try:
        answer = requests.request(method, address, timeout=TIMEOUT, allow_redirects=False, **arguments)
        if 400 <= answer.status_code < 500:
            _refuse(f"{address.rpartition('/')[2]}: {answer.status_code}")
        answer.raise_for_status()
        told = answer.json()
    except requests.RequestException as error:
        log.warning("nafath_unavailable", address=address, error=type(error).__name__)
        raise NafathUnavailable(type(error).__name__) from error
    if not isinstance(told, dict):
        raise NafathUnavailable("not an object")
    return told


def _listed(audience: object) -> list[object]:
    return audience if isinstance(audience, list) else [audience]


def _with_query(address: str, **query: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"


def _refuse(reason: str) -> NoReturn:
    raise NafathRefused(reason)
