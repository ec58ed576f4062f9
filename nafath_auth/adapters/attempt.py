"""What a sign-in takes along to Nafath and what it brings back, where the browser itself goes there."""

import hashlib
import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass

from nafath_auth.identity import VerifiedIdentity


@dataclass(frozen=True, slots=True)
class Attempt:
    """The secrets of one sign-in; they wait in the session while the person is at Nafath.

    `since`: she must prove who she is anew, after this moment (Unix seconds); 0 where an older proof will do.
    """

    nonce: str
    verifier: str
    since: int = 0

    @classmethod
    def new(cls, *, again: bool = False) -> "Attempt":
        since = int(time.time()) if again else 0
        return cls(nonce=secrets.token_urlsafe(32), verifier=secrets.token_urlsafe(64), since=since)

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True, repr=False, slots=True)
class Proof:
    """Who it is, and the token that says so: it is shown to Nafath once more when she signs out."""

    identity: VerifiedIdentity
    id_token: str

    @property
    def transaction(self) -> str:
        """Nafath's number of it; where it gives none, what tells this token from every other."""
        return self.identity.transaction or hashlib.sha256(self.id_token.encode()).hexdigest()
