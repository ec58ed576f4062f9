"""What must be read again is encrypted under the first of NID_ENCRYPTION_KEYS; the others open what is older.

A sealed text carries its key's name, as a digest of an ID does: which key it needs is told without opening it.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterator

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class NotReadable(Exception):
    """Its key is no longer among the settings, or it is not what was written."""


def encrypt(text: str, *, purpose: str) -> str:
    """The text sealed under the current key. What is sealed for one purpose is opened for no other."""
    name, cipher = next(_ciphers(purpose))
    return f"{name}:{cipher.encrypt(text.encode()).decode()}"


def decrypt(sealed: str, *, purpose: str) -> str:
    """The text again. Raises NotReadable."""
    cipher = dict(_ciphers(purpose)).get(key_of(sealed))
    if cipher is None:
        raise NotReadable("key")
    try:
        return cipher.decrypt(sealed.partition(":")[2].encode()).decode()
    except InvalidToken as error:
        raise NotReadable("text") from error


def key_of(sealed: str) -> str:
    """The name of the key that opens a sealed text."""
    return sealed.partition(":")[0]


def key_names() -> list[str]:
    """The names of the encryption keys, the current one first."""
    return [key_of(pair) for pair in settings.NID_ENCRYPTION_KEYS]


def _ciphers(purpose: str) -> Iterator[tuple[str, Fernet]]:
    for pair in settings.NID_ENCRYPTION_KEYS:
        name, _, secret = pair.partition(":")
        key = hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).digest()
        yield name, Fernet(urlsafe_b64encode(key))
