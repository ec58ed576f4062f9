"""Signed tokens, and what only looks like one: shared by the doors of OpenID Connect, IAM and the app."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from jwt.algorithms import RSAAlgorithm

OTHER, ANOTHER = "1000000040", "https://another.example"  # whom and whose a token names that lies


def signing_key() -> rsa.RSAPrivateKey:
    return private_key(settings.IDP_OIDC_PRIVATE_KEY)


def private_key(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("the simulator signs with RSA")
    return key


def kid() -> str:
    return hashlib.sha256(_public_pem()).hexdigest()[:16]


def public_keys() -> dict[str, Any]:
    """The published set."""
    key: dict[str, Any] = RSAAlgorithm.to_jwk(signing_key().public_key(), as_dict=True)
    return {"keys": [{**key, "kid": kid(), "use": "sig", "alg": "RS256"}]}


def signed(claims: dict[str, Any], wrong: str = "", *, key_id: str = "") -> str:
    """A token with these claims; `wrong` is a fault of push.FAULTS, `key_id` how its door publishes the key."""
    claims = claims | _lies(claims, wrong)
    head = {"kid": "nobody-knows-it" if wrong == "unknown_kid" else key_id or kid()}
    if wrong == "alg_none":
        return jwt.encode(claims, "", algorithm="none", headers=head)
    if wrong == "hs256":
        return _confused(claims, head)
    key = rsa.generate_private_key(65537, 2048) if wrong == "bad_signature" else signing_key()
    return jwt.encode(claims, key, algorithm="RS256", headers=head)


def _lies(claims: dict[str, Any], wrong: str) -> dict[str, Any]:
    """What such a fault says instead; nothing when it does not concern the claims."""
    now = int(time.time())
    match wrong:
        case "bad_issuer":
            return {"iss": ANOTHER}
        case "bad_audience":
            return {"aud": "another"}
        case "bad_nonce":
            return {"nonce": "another"}
        case "expired_token":
            return {"iat": now - 240, "nbf": now - 240, "exp": now - 120}
        case "other_subject":
            return {name: OTHER for name in ("sub", "nin", "iqamaNumber") if name in claims}
    return {}


def _confused(claims: dict[str, Any], head: dict[str, str]) -> str:
    """HS256 with the public key as its secret: whoever believes the token's header falls for it."""
    parts = [{"alg": "HS256", "typ": "JWT", **head}, claims]
    text = ".".join(_part(json.dumps(part).encode()) for part in parts)
    return f"{text}.{_part(hmac.digest(_public_pem(), text.encode(), 'sha256'))}"


def _part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _public_pem() -> bytes:
    return (
        signing_key()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
