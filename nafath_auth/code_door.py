"""The door for the night when Nafath itself is down: a one-time code to the registered mobile and mail.

It opens only while the breaker is open, only for active directors and alternates, and only a session that files and
updates. Asking, and trying, does the same for a number that is nobody's: the same queries in the same order.
"""

import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Case, F, When
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext, ngettext

from entities import national_id
from entities.models import AuditEvent, Entity, Membership, Notice, Session, User
from entities.models.people import MembershipQuerySet
from entities.permissions import Role
from entities.row_security import as_system
from entities.sessions import end_sessions
from nafath_auth import breaker
from nafath_auth.models import CODE_TRIES, KEPT_FOR, DoorCode

COUNTED = timedelta(minutes=10)
MOST_A_PERSON, MOST_AN_ADDRESS = 3, 10  # codes in ten minutes
NOBODY = 0  # no membership's key: a stranger's is looked up like everybody's


class DoorClosed(Exception):
    """Nafath answers: one signs in there."""


class TooManyCodes(Exception):
    """For this number, or from this address: wait."""


class CodeRefused(Exception):
    """Not this code. `left` tries remain; none, and a new code must be asked for."""

    def __init__(self, left: int) -> None:
        super().__init__(left)
        self.left = left

    @property
    def sentence(self) -> str:
        if not self.left:
            return gettext("The code is not right, or no longer good. Ask for a new one.")
        return ngettext(
            "The code is not right. %(n)s try is left.", "The code is not right. %(n)s tries are left.", self.left
        ) % {"n": self.left}


def ask(number: str, *, address: str) -> DoorCode:
    """Begin with a (valid) number: whoever is registered with it and may file is sent a code once this commits.

    Raises DoorClosed and TooManyCodes, and then nothing was written.
    """
    if not breaker.is_open():
        raise DoorClosed
    now, digests = timezone.now(), national_id.digests(number)
    with transaction.atomic():
        breaker.one_by_one()  # of several that come at once each counts those before it
        lately = DoorCode.objects.filter(created_at__gt=now - COUNTED)
        of_person, of_address = lately.filter(nid_digest=digests[0]).count(), lately.filter(address=address).count()
        if of_person >= MOST_A_PERSON or of_address >= MOST_AN_ADDRESS:
            raise TooManyCodes
        membership = _filers().filter(user__national_id_digest__in=digests).first()
        entity = _entity_of(membership)
        asked = DoorCode.objects.create(
            nid_digest=digests[0],
            membership=membership,
            state_id=secrets.token_urlsafe(24),
            address=address,
            created_at=now,
        )
        kind, key = Notice.Kind.CODE, str(asked.pk)
        with as_system():  # nobody has signed in yet
            Notice.objects.create(kind=kind, key=f"code:{key}", entity=entity, data={"code": key}, at=now)
        _audit("asked" if membership else "asked_by_nobody", asked, membership, entity)
    return asked


def enter(asked: DoorCode, typed: str) -> User:
    """The person whose code it was, acting by it; once. Raises DoorClosed and CodeRefused.

    Every try counts, also one that is refused: so it is written down before the code is looked at.
    """
    if not breaker.is_open():
        raise DoorClosed
    now = timezone.now()
    mine = DoorCode.objects.filter(pk=asked.pk, state_id=asked.state_id)
    if not mine.live(at=now).update(tries=F("tries") + 1):
        raise CodeRefused(0)
    asked.refresh_from_db(fields=["tries"])
    right = hmac.compare_digest(code_of(asked.pk), typed)
    with transaction.atomic():
        membership = _filers().filter(pk=asked.membership_id or NOBODY).first()
        entity = _entity_of(membership)
        admitted = right and membership is not None and mine.filter(used_at__isnull=True).update(used_at=now)
        _audit("entered" if admitted else "wrong", asked, membership, entity)
        if admitted and membership is not None:
            return _acting(membership, asked, entity, at=now)
    raise CodeRefused(CODE_TRIES - asked.tries)


def asked_by(person_session: dict[str, str]) -> DoorCode | None:
    """The code that this very browser asked for, from what stands in its session."""
    key, state_id = person_session.get("id", ""), person_session.get("state_id", "")
    return DoorCode.objects.filter(pk=key, state_id=state_id).first() if key else None


def confirm(person: User) -> None:
    """She has just proved to Nafath who she is: what was done with her codes is hers, and their sessions end."""
    used = DoorCode.objects.filter(membership__user=person, used_at__isnull=False, confirmed_at__isnull=True)
    if used.update(confirmed_at=timezone.now()):
        rows = [row for row in Session.objects.filter(person=person) if row.get_decoded().get("by_code")]
        end_sessions(rows, why="by_code", by=person)


def forget(*, at: datetime) -> None:
    """Remove the rows that nobody entered with, a month later; the others stay beside what they marked."""
    DoorCode.objects.filter(created_at__lt=at - KEPT_FOR, used_at__isnull=True).delete()


def code_of(key: UUID) -> str:
    """The six digits of a row: computed under the portal's key, and so kept in no table, queue or copy of one."""
    digest = salted_hmac("nafath_auth.code_door", str(key), algorithm="sha256").digest()
    return f"{int.from_bytes(digest) % 10**6:06}"


def address_hash(address: str) -> str:
    """What the log keeps of an address: enough to tell two lines apart, not to find the house."""
    return salted_hmac("nafath_auth.address", address, algorithm="sha256").hexdigest()[:16]


def _filers() -> MembershipQuerySet:
    """Memberships that may enter by a code: what she used last first, if she files for several entities."""
    last = Case(When(pk=F("user__last_membership"), then=0), default=1)
    active = Membership.objects.usable().in_roles(Role.DIRECTOR, Role.ALTERNATE)
    return active.filter(status=Membership.Status.ACTIVE).select_related("user", "entity").order_by(last, "-pk")


def _entity_of(membership: Membership | None) -> Entity:
    """In whose chain it is written: nobody's number is the authority's matter. Asked in either case."""
    authority = Entity.objects.get(kind=Entity.Kind.REGULATOR)
    return membership.entity if membership else authority


def _acting(membership: Membership, asked: DoorCode, entity: Entity, *, at: datetime) -> User:
    membership.by_code = str(asked.pk)
    person = membership.user
    person.acting = membership
    kind, key = Notice.Kind.CODE_ENTERED, f"code-entered:{asked.pk}"
    with as_system():
        Notice.objects.create(kind=kind, key=key, entity=entity, data={"role": membership.role}, at=at)
    return person


def _audit(done: str, asked: DoorCode, membership: Membership | None, entity: Entity) -> None:
    person = membership.user.public_id if membership else None
    hashed = address_hash(asked.address)
    AuditEvent.record(AuditEvent.Action.CODE, entity=entity, person=person, code=done, address_hash=hashed)
