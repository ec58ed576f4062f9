"""IAM directly: a signed request in the address, and a form with the id_token that the browser posts back to us.

There is no code and no call of ours to a token endpoint (identity/nafath.md A.3): all hangs on the token's signature,
its nonce, and the state that waits in this browser's session.
"""

import hmac
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode

import jwt
import structlog
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.conf import settings

from entities import national_id
from nafath_auth.adapters.attempt import Attempt, Proof
from nafath_auth.adapters.oidc import OLDEST_SECONDS
from nafath_auth.adapters.trust import (
    LEEWAY_SECONDS,
    NafathRefused,
    NafathUnavailable,
    refuse,
    signing_key,
    verified_claims,
)
from nafath_auth.identity import IdentityUnreadable, from_claims

ALGORITHM = "RS256"
log = structlog.get_logger(__name__)


def authorization_url(attempt: Attempt, *, state: str, redirect_uri: str, language: str) -> str:
    """Where the browser goes, with a request that only we could sign.

    `max_age` is the moment of issue in Unix seconds, not an age: that is how IAM reads it. Raises NafathUnavailable.
    """
    client_id = settings.NAFATH_IAM_CLIENT_ID
    asked = {
        "client_id": client_id,
        "iss": client_id,
        "response_type": "id_token",
        "redirect_uri": redirect_uri,
        "scope": "openid",
        "nonce": attempt.nonce,
        "state": state,
        "ui_locales": language,
        "max_age": int(time.time()),
        **({"prompt": "login"} if attempt.since else {}),
    }
    try:
        signed = jwt.encode(asked, Path(settings.NAFATH_IAM_PRIVATE_KEY_PATH).read_text(), algorithm=ALGORITHM)
    except (OSError, ValueError, TypeError, jwt.PyJWTError) as error:
        log.error("nafath_private_key_unusable", error=type(error).__name__)
        raise NafathUnavailable("our own key cannot be read") from error
    address = settings.NAFATH_IAM_AUTHORIZE_URL
    return f"{address}{'&' if '?' in address else '?'}{urlencode({'client_id': client_id, 'request': signed})}"


def redeem(brought: Mapping[str, str], attempt: Attempt, *, redirect_uri: str) -> Proof:
    """The identity that the posted token proves. Raises NafathUnavailable and NafathRefused."""
    id_token = brought.get("id_token", "")
    if not id_token:
        refuse("callback: no id_token")
    claims = verified_claims(
        id_token,
        _key(id_token),
        algorithms=[ALGORITHM],
        issuer=settings.NAFATH_IAM_ISSUER,
        audience=settings.NAFATH_IAM_CLIENT_ID,
        required=["nonce"],
    )
    if not hmac.compare_digest(str(claims["nonce"]).encode(), attempt.nonce.encode()):
        refuse("nonce")
    if time.time() - int(claims["iat"]) > OLDEST_SECONDS + LEEWAY_SECONDS:
        refuse("iat: too old")
    told = [name for name in ("userid", "sub") if claims.get(name)]
    if len({national_id.normalise(str(claims[name])) for name in told}) != 1:
        refuse("sub and userid")
    try:
        return Proof(from_claims(claims, id_claim=told[0], now=int(time.time())), id_token)
    except IdentityUnreadable as unreadable:
        raise NafathRefused(str(unreadable)) from None


def addresses() -> Iterator[tuple[str, None]]:
    """Where people knock to sign in, and whence its keys come."""
    yield settings.NAFATH_IAM_AUTHORIZE_URL, None
    if not settings.NAFATH_IAM_CERT_PATH:
        yield settings.NAFATH_IAM_JWKS_URL, None


def sign_out_form(id_token: str, *, return_to: str, state: str) -> tuple[str, dict[str, str]]:
    """An address without a form: IAM knows by its own session who leaves, and no token stands in an address."""
    address = settings.NAFATH_IAM_LOGOUT_URL
    return f"{address}{'&' if '?' in address else '?'}slo=true", {}


def _key(id_token: str) -> jwt.PyJWK | RSAPublicKey:
    """The pinned certificate's key where there is one, else the published key that the token names."""
    if not settings.NAFATH_IAM_CERT_PATH:
        return signing_key(id_token, settings.NAFATH_IAM_JWKS_URL)
    try:
        key = x509.load_pem_x509_certificate(Path(settings.NAFATH_IAM_CERT_PATH).read_bytes()).public_key()
    except (OSError, ValueError) as error:
        log.error("nafath_certificate_unusable", error=type(error).__name__)
        raise NafathUnavailable("its certificate cannot be read") from error
    if not isinstance(key, RSAPublicKey):
        raise NafathUnavailable("its certificate holds no RSA key")
    return key
