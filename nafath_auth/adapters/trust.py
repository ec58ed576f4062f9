"""What every way to Nafath stands on: the two errors, one careful call, published keys, and one check of a token."""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import jwt
import requests
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.core.cache import caches

from entities import tracing
from nafath_auth import breaker

TIMEOUT = (2, 4)  # seconds to connect and to read (decisions.md, Connections)
KEYS_SECONDS, LEEWAY_SECONDS = 24 * 60 * 60, 60
log = structlog.get_logger(__name__)


class NafathUnavailable(Exception):
    """Nafath does not answer, or not in a way one can use: try again in a few minutes."""


class NafathRefused(Exception):
    """What came back proves nothing. `reason` is for the log and the auditors, never for the page."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def refuse(reason: str) -> NoReturn:
    raise NafathRefused(reason)


def verified_claims(
    token: str,
    key: jwt.PyJWK | RSAPublicKey,
    *,
    algorithms: Sequence[str],
    issuer: str | Sequence[str],
    audience: str,
    required: Sequence[str],
) -> dict[str, Any]:
    """The claims of a token that is for us and signed with that key. The algorithm is never the token's own wish.

    Raises NafathRefused; its reason names the kind of fault and nothing of the token.
    """
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=algorithms,
            issuer=issuer,
            audience=audience,
            leeway=LEEWAY_SECONDS,
            options={"require": ["iss", "aud", "exp", "iat", *required], "verify_sub": False},
        )
    except jwt.PyJWTError as error:
        raise NafathRefused(f"token: {type(error).__name__}") from error
    return claims


def signing_key(token: str, address: str, *, headers: Mapping[str, str] | None = None) -> jwt.PyJWK:
    """The published key that the token names; the set is fetched once more when it is not among those we know.

    The address is ours: a `jwks_uri` or `jku` in a token is never followed. Raises NafathRefused and NafathUnavailable.
    """
    try:
        kid = jwt.get_unverified_header(token).get("kid")
        for refetch in (False, True):
            for key in published("keys", address, KEYS_SECONDS, refetch=refetch, headers=headers).get("keys", ()):
                if key.get("kid") == kid and key.get("use", "sig") == "sig":
                    return jwt.PyJWK(key)
    except jwt.PyJWTError as error:
        raise NafathRefused(f"token: {type(error).__name__}") from error
    refuse("token: unknown key")


def published(
    what: str, address: str, seconds: int, *, refetch: bool = False, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """A public document, kept in this process: it is needed when Redis is away, too."""
    cache, key = caches["process"], f"nafath:{what}:{address}"
    found: dict[str, Any] | None = None if refetch else cache.get(key)
    if found is None:
        try:
            found = ask("GET", address, headers=headers)
        except NafathRefused as refusal:
            raise NafathUnavailable(refusal.reason) from refusal
        cache.set(key, found, seconds)
    return found


def ask(method: str, address: str, **arguments: Any) -> dict[str, Any]:
    """One call. A 4xx to our own question is a refusal; silence, 5xx and what is not JSON are an outage."""
    answer = call(method, address, **arguments)
    if 400 <= answer.status_code < 500:
        refuse(f"{address.rpartition('/')[2]}: {answer.status_code}")
    return told(answer)


def call(method: str, address: str, *, timeout: tuple[float, float] = TIMEOUT, **arguments: Any) -> requests.Response:
    """Whatever it answers, in time and at that very address; silence and 5xx count. Raises NafathUnavailable."""
    try:
        with tracing.calling("nafath", method, address) as span:
            answer = requests.request(method, address, timeout=timeout, allow_redirects=False, **arguments)
            span.answered(answer.status_code)
    except requests.RequestException as error:
        breaker.failed()
        unavailable(address, error)
    if answer.status_code >= 500:
        breaker.failed()
    return answer


def told(answer: requests.Response) -> dict[str, Any]:
    """The JSON object of an answer. Raises NafathUnavailable."""
    try:
        answer.raise_for_status()
        found = answer.json()
    except requests.RequestException as error:
        unavailable((answer.url or "").partition("?")[0], error)
    if not isinstance(found, dict):
        raise NafathUnavailable("not an object")
    return found


def unavailable(address: str, error: Exception) -> NoReturn:
    log.warning("nafath_unavailable", address=address, error=type(error).__name__)
    raise NafathUnavailable(type(error).__name__) from error
