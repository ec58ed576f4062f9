"""The change of keys: what is encrypted moves to the current one now, a digest at its person's next sign-in.

The ID is stored nowhere, so no command can digest it again: a digest's old key stays as long as somebody needs it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from entities import encryption
from entities.models import Session, User
from entities.sessions import SessionStore
from nafath_auth.approval import SEALED
from nafath_auth.models import NafathTransaction
from nafath_auth.sessions import FOR_SIGN_OUT

CHUNK = 500


@dataclass(frozen=True)
class Sealed:
    """One encrypted text, and how it is put back: False when its row has changed meanwhile."""

    text: str
    purpose: str
    put: Callable[[str], bool]


@dataclass(frozen=True)
class Moved:
    """What became of the encrypted texts: by the name of the key that each still needs, and how many were moved."""

    needed: Counter[str]
    moved: int
    unreadable: int


def move_encrypted(*, dry_run: bool) -> Moved:
    """Encrypt under the current key what is under an older one; a row that changes meanwhile waits for the next run."""
    current = encryption.key_names()[0]
    needed: Counter[str] = Counter()
    moved = unreadable = 0
    for sealed in _all_sealed():
        name = encryption.key_of(sealed.text)
        if name != current:
            try:
                text = encryption.decrypt(sealed.text, purpose=sealed.purpose)
            except encryption.NotReadable:
                unreadable += 1
            else:
                if dry_run or sealed.put(encryption.encrypt(text, purpose=sealed.purpose)):
                    moved += 1
                    name = name if dry_run else current
        needed[name] += 1
    return Moved(needed, moved, unreadable)


def people_by_key() -> Counter[str]:
    """How many people the portal knows by a digest of each key."""
    known = User.objects.values_list("national_id_digest", flat=True)
    return Counter(digest.partition(":")[0] for digest in known.iterator(CHUNK))


def digest_key_names() -> list[str]:
    """The names of the digest keys, the current one first."""
    return [pair.partition(":")[0] for pair in settings.NID_DIGEST_KEYS]


def _all_sealed() -> Iterator[Sealed]:
    yield from _in_requests("nid_encrypted")
    yield from _in_requests("identity_encrypted")
    yield from _in_sessions()


def _in_requests(field: str) -> Iterator[Sealed]:
    """Sign-ins that wait for the app: seconds old, so usually none."""
    rows = NafathTransaction.objects.exclude(**{field: None}).values_list("pk", field)
    for key, stored in rows.iterator(CHUNK):
        before = bytes(stored)
        same = NafathTransaction.objects.filter(pk=key, **{field: before})
        yield Sealed(before.decode(), SEALED, lambda text, same=same: bool(same.update(**{field: text.encode()})))  # type: ignore[misc]  # bound in the loop


def _in_sessions() -> Iterator[Sealed]:
    """The token with which each open session signs out at Nafath."""
    for session in Session.objects.filter(expire_date__gt=timezone.now(), person__isnull=False).iterator(CHUNK):
        said = session.get_decoded()
        if said.get("nafath_id_token"):
            yield Sealed(said["nafath_id_token"], FOR_SIGN_OUT, lambda text, row=session: _put_in_session(row, text))  # type: ignore[misc]  # bound in the loop


def _put_in_session(session: Session, text: str) -> bool:
    told = SessionStore().encode({**session.get_decoded(), "nafath_id_token": text})
    same = Session.objects.filter(pk=session.pk, session_data=session.session_data)
    return bool(same.update(session_data=told))
