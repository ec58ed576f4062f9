"""A form that another site's page posts to us, carried over to a GET of our own.

The browser sends no session cookie along with such a POST (SameSite=Lax), but does with the GET that follows. What
was posted waits for it two minutes, encrypted, in a row of the session table that is nobody's session; its key
travels in a cookie and never in an address.
"""

import json
from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from django.utils.crypto import salted_hmac

from entities.sessions import SessionStore

COOKIE, SECONDS = "nafath_form", 120
_FIELD = "nafath_form"


def put(fields: dict[str, str]) -> str:
    """Keep it; the key for the cookie."""
    row = SessionStore()
    row[_FIELD] = _cipher().encrypt(json.dumps(fields).encode()).decode()
    row.set_expiry(SECONDS)
    row.save(must_create=True)
    return str(row.session_key)


def take(key: str) -> dict[str, str]:
    """What was kept, once; nothing when it is over, or the key is that of something else."""
    row = SessionStore(key or None)
    sealed = row.get(_FIELD)
    if sealed is None:
        return {}
    row.delete()
    try:
        found: dict[str, str] = json.loads(_cipher().decrypt(str(sealed)))
    except InvalidToken:
        return {}
    return found


def _cipher() -> Fernet:
    key = salted_hmac("nafath_auth.carried", "", algorithm="sha256").digest()
    return Fernet(urlsafe_b64encode(key))
