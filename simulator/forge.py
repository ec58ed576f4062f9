"""Signed tokens, and what only looks like one: shared by the app's and IAM's doors."""

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from jwt.algorithms import RSAAlgorithm


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


def signed(claims: dict[str, Any], wrong: str = "") -> str:
    """A token with these claims; `wrong` is a fault of push.FAULTS that concerns its signature."""
    head = {"kid": "nobody-knows-it" if wrong == "unknown_kid" else kid()}
    if wrong == "alg_none":
        return jwt.encode(claims, "", algorithm="none", headers=head)
    if wrong == "hs256":
        return _confused(claims, head)
    key = rsa.generate_private_key(65537, 2048) if wrong == "bad_signature" else signing_key()
    return jwt.encode(claims, key, algorithm="RS256", headers=head)


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
