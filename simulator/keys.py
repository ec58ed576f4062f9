"""The simulator's own secrets: made at its first run, kept beside its database, never in the repository."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def keep(path: Path, make: Callable[[], str]) -> str:
    """Read the secret in `path`, or make it there, readable by its owner alone."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(make())
    return path.read_text()


def new_secret_key() -> str:
    return secrets.token_urlsafe(50)


def new_signing_key() -> str:
    """An RSA key as PEM text; its public half is served at /.well-known/jwks.json."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
