"""A request in the Nafath app, from the ID form to the open door. Every change of state is one conditional update."""

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from entities import encryption, national_id
from nafath_auth.adapters import push
from nafath_auth.adapters.push import Asked, PushUnavailable, Trouble
from nafath_auth.adapters.trust import NafathRefused
from nafath_auth.identity import VerifiedIdentity
from nafath_auth.models import IDENTITY_FOR, PENDING, NafathTransaction, State

FIRST_QUESTION = timedelta(seconds=10)  # the status lags behind the app
BETWEEN_QUESTIONS = timedelta(seconds=5)
COUNTED = timedelta(minutes=10)
MOST_A_PERSON = 3  # requests in ten minutes; of an address, NAFATH_PUSH_MOST_AN_ADDRESS
ENDS = {"REJECTED": State.REJECTED, "EXPIRED": State.EXPIRED}
SEALED = "nafath_auth.push"  #: what the number and the identity in a row are encrypted for
log = structlog.get_logger(__name__)


def begin(number: str, *, state_id: str, client_ip: str, language: str, window: timedelta) -> NafathTransaction:
    """Put a request into the app of the person with this (valid) number. Raises PushUnavailable.

    There is one pending request a person, and it belongs to one browser: a second one is never shown it.
    """
    now = timezone.now()
    close_overdue(at=now)
    digest = national_id.digest(number)
    lately = NafathTransaction.objects.filter(created_at__gt=now - COUNTED)
    if (
        lately.filter(nid_digest=digest).count() >= MOST_A_PERSON
        or lately.filter(client_ip=client_ip).count() >= settings.NAFATH_PUSH_MOST_AN_ADDRESS
    ):
        raise PushUnavailable(Trouble.TOO_MANY)
    try:
        with transaction.atomic():
            begun = NafathTransaction.objects.create(
                nid_digest=digest,
                nid_encrypted=encryption.encrypt(number, purpose=SEALED).encode(),
                state_id=state_id,
                client_ip=client_ip,
                created_at=now,
                expires_at=now + window,
            )
    except IntegrityError as pending:
        raise PushUnavailable(Trouble.BUSY) from pending
    try:
        asked = push.request(number, request_id=begun.pk, language=language, client_ip=client_ip)
    except PushUnavailable as trouble:
        _move(begun, State.FAILED, reference=trouble.reference)
        raise
    return _move(begun, State.WAITING, trans_id=asked.trans_id, random=asked.random, expires_at=timezone.now() + window)


def look(begun: NafathTransaction) -> NafathTransaction:
    """How it stands now, for the screen of its browser; Nafath is asked when it is time to."""
    now = timezone.now()
    close_overdue(at=now)
    begun.refresh_from_db()
    if begun.state != State.WAITING or now < begun.created_at + FIRST_QUESTION:
        return begun
    if begun.asked_at and now < begun.asked_at + BETWEEN_QUESTIONS:
        return begun
    mine = NafathTransaction.objects.filter(pk=begun.pk, state=State.WAITING, asked_at=begun.asked_at)
    if not mine.update(asked_at=now) or begun.nid_encrypted is None:
        return begun  # another tab has just asked
    try:
        number = encryption.decrypt(bytes(begun.nid_encrypted).decode(), purpose=SEALED)
        told = push.status(number, Asked(begun.trans_id, begun.random), client_ip=begun.client_ip)
    except encryption.NotReadable:
        told = ""  # its key was taken away: the callback alone can end it well
    except PushUnavailable as trouble:
        gone = trouble.trouble in (Trouble.EXPIRED, Trouble.UNKNOWN)
        return _move(begun, State.EXPIRED, reference=trouble.reference) if gone else begun
    if told == "COMPLETED":
        return _move(begun, State.APPROVED, approved_at=timezone.now())
    return _move(begun, ENDS[told]) if told in ENDS else begun


def receive(*, request_id: UUID, trans_id: str, token: str) -> bool:
    """Take what Nafath brings; False when no such request exists. Only here a request becomes verified.

    What comes twice, or late, changes nothing. Raises NafathRefused when the token does not prove that the person
    whose number was typed approved this request, and NafathUnavailable when its key cannot be had.
    """
    close_overdue(at=timezone.now())
    found = NafathTransaction.objects.filter(pk=request_id, trans_id=trans_id).exclude(trans_id="").first()
    if found is None:
        return False
    if not found.is_pending:
        return True
    identity = push.verify(token, trans_id=found.trans_id)
    if found.nid_digest not in national_id.digests(identity.national_id):
        raise NafathRefused("another person than the one whose number was typed")
    close_overdue(at=timezone.now())  # fetching the key may have taken seconds
    sealed = encryption.encrypt(json.dumps(asdict(identity)), purpose=SEALED).encode()
    _move(found, State.VERIFIED, identity_encrypted=sealed)
    return True


@transaction.atomic
def consume(begun: NafathTransaction) -> VerifiedIdentity:
    """The proven identity, once. Raises NafathRefused when it is not there, has been taken, or is too old."""
    now = timezone.now()
    mine = NafathTransaction.objects.filter(
        pk=begun.pk, state=State.VERIFIED, state_id=begun.state_id, decided_at__gt=now - IDENTITY_FOR
    )
    sealed = mine.values_list("identity_encrypted", flat=True).first()
    if sealed is None or not mine.update(state=State.CONSUMED, consumed_at=now, identity_encrypted=None):
        raise NafathRefused("push: not verified, or used")
    try:
        told = json.loads(encryption.decrypt(bytes(sealed).decode(), purpose=SEALED))
    except encryption.NotReadable as gone:
        raise NafathRefused("push: its key is gone") from gone
    return VerifiedIdentity(**{**told, "amr": tuple(told["amr"])})


def close_overdue(*, at: datetime) -> None:
    """End what nobody can approve or claim any more: an approval without its token fails."""
    overdue = NafathTransaction.objects.overdue(at=at)
    overdue.filter(state=State.APPROVED).update(state=State.FAILED, decided_at=at, nid_encrypted=None)
    overdue.update(state=State.EXPIRED, decided_at=at, nid_encrypted=None)
    NafathTransaction.objects.unclaimed(at=at).update(state=State.EXPIRED, identity_encrypted=None)


def _move(begun: NafathTransaction, state: State, **fields: object) -> NafathTransaction:
    """To the next state, if it is pending still; whoever is second changes nothing."""
    if state not in PENDING:
        fields |= {"nid_encrypted": None, "decided_at": timezone.now()}
    NafathTransaction.objects.pending().filter(pk=begun.pk).update(state=state, **fields)
    begun.refresh_from_db()
    return begun
