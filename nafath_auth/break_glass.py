"""The emergency door of the authority: a one-time link that a second person confirms and that the leads hear of.

It does not ask whether Nafath answers: two people have decided that. Source: docs/adr/0024.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.crypto import get_random_string, salted_hmac
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from entities.models import AuditEvent, Entity, Membership, Notice, Session, User
from entities.permissions import Permission
from entities.row_security import as_system
from entities.sessions import end_sessions
from entities.text import EASILY_TOLD
from nafath_auth.code_door import NOBODY, address_hash
from nafath_auth.models import KEPT_FOR, BreakGlass

KEY_LENGTH = 20  #: of 30 letters and digits: 98 bits


class Step(models.TextChoices):
    """What happened to an emergency access, or at its door."""

    ASKED = "asked", _("An emergency access was asked for")
    CONFIRMED = "confirmed", _("A second person confirmed the emergency access")
    REFUSED = "refused", _("The emergency access was refused")
    USED = "used", _("A session was opened by an emergency access")
    SAME_PERSON = "same_person", _("The same person tried to confirm the emergency access")
    WRONG = "wrong", _("Somebody tried an emergency link that does not exist")
    UNCONFIRMED = "unconfirmed", _("An emergency link was tried before a second person confirmed it")
    EXPIRED = "expired", _("An emergency link was tried after its ten minutes")
    AGAIN = "again", _("An emergency link was tried a second time")
    AFTER_REFUSAL = "after_refusal", _("An emergency link was tried after it was refused")
    NOT_ENTITLED = "not_entitled", _("An emergency link was tried for somebody who may not use one any more")


class BreakGlassRefused(Exception):
    """Not this person, or not any more; the message is a sentence for whoever asks."""


@transaction.atomic
def ask(person: User, *, reason: str, account: str, by: User) -> tuple[BreakGlass, str]:
    """Begin; the key of the link is told once, to the caller. `account` marks who runs the command.

    Raises BreakGlassRefused when the person is not pre-registered for it, or may not act for the authority today.
    """
    entitled(person)
    key = get_random_string(KEY_LENGTH, EASILY_TOLD)
    asked = BreakGlass.objects.create(
        reference=get_random_string(6, EASILY_TOLD),
        person=person,
        reason=reason,
        key_digest=digest_of(key),
        asked_by=by,
        created_at=timezone.now(),
    )
    _tell(Step.ASKED, asked, by=by, reason=reason, account_hash=account)
    return asked, key


def confirm(reference: str, *, account: str = "", by: User) -> BreakGlass:
    """A second person says yes. Raises BreakGlassRefused."""
    now, asked = timezone.now(), _decided_by(reference, by)
    if by.pk in (asked.person_id, asked.asked_by_id):
        _tell(Step.SAME_PERSON, asked, by=by, account_hash=account)
        raise BreakGlassRefused(gettext("Another person must confirm it: neither who asked, nor whose access it is."))
    with transaction.atomic():
        pending = BreakGlass.objects.pending(at=now).filter(pk=asked.pk)
        if not pending.update(confirmed_by=by, confirmed_at=now):
            raise BreakGlassRefused(gettext("It does not wait for a confirmation any more."))
        _tell(Step.CONFIRMED, asked, by=by, account_hash=account)
    return asked


@transaction.atomic
def refuse(reference: str, *, account: str = "", by: User) -> BreakGlass:
    """Whoever may confirm says no, or takes it back: a session that it has opened ends. Raises BreakGlassRefused."""
    asked = _decided_by(reference, by)
    if not BreakGlass.objects.filter(pk=asked.pk, refused_at__isnull=True).update(
        refused_by=by, refused_at=timezone.now()
    ):
        raise BreakGlassRefused(gettext("It has been refused already."))
    _end(asked.person, only=asked.reference, by=by)
    _tell(Step.REFUSED, asked, by=by, account_hash=account)
    return asked


def enter(typed: str, *, address: str, opens: Callable[[User], None]) -> User:
    """The person whose link it is, acting by it; once. Raises BreakGlassRefused, the same for whatever is wrong.

    `opens` writes her session while the access is locked: whoever refuses it meanwhile waits, and finds the session.
    """
    now = timezone.now()
    with as_system(), transaction.atomic():  # nobody has signed in yet
        found = BreakGlass.objects.filter(key_digest=digest_of(typed)).select_related("person").first()
        membership = _membership(found.person) if found else None
        mine = BreakGlass.objects.live(at=now).filter(pk=found.pk, confirmed_at__isnull=False) if found else None
        if found and membership and mine and mine.update(used_at=now):
            person = _acting(membership, found)
            opens(person)
            _tell(Step.USED, found, by=person, address_hash=address_hash(address))
            return person
        _tell(_why_not(found, membership, at=now), found, address_hash=address_hash(address))
    raise BreakGlassRefused(gettext("This link opens nothing."))


def entitled(person: User) -> Membership:
    """The membership that an emergency access acts in. Raises BreakGlassRefused with what is missing."""
    membership = _membership(person)
    if membership:
        return membership
    of_authority = person.memberships.filter(entity__kind=Entity.Kind.REGULATOR)
    if not person.is_active:
        raise BreakGlassRefused(gettext("This person is not active."))
    if not of_authority.exists():
        raise BreakGlassRefused(gettext("This person does not act for the authority."))
    if not of_authority.filter(may_break_glass=True).exists():
        raise BreakGlassRefused(gettext("This person is not pre-registered for emergency access."))
    raise BreakGlassRefused(
        gettext("The membership cannot be used today: it is suspended, ended, outside its term, or was never used.")
    )


def over(person: User) -> None:
    """She has just come in by Nafath: what an emergency access opened for her ends."""
    _end(person, by=person)


def forget(*, at: datetime) -> None:
    """Remove the rows that nobody entered with, a month later; the others stay as proof of the session."""
    BreakGlass.objects.filter(created_at__lt=at - KEPT_FOR, used_at__isnull=True).delete()


def digest_of(key: str) -> str:
    """What is kept of a key, however it was typed: nothing to be read back, and useless without SECRET_KEY."""
    plain = "".join(filter(str.isalnum, key)).upper()
    return salted_hmac("nafath_auth.break_glass", plain, algorithm="sha256").hexdigest()


def may_decide(person: User) -> bool:
    """Leads and admins of the authority, in a session that Nafath has opened."""
    acting = person.acting
    there = acting is not None and acting.entity.is_authority and not acting.is_narrow
    return there and (person.may(Permission.REPORT_LEAD) or person.may(Permission.ADMINISTER))


def _decided_by(reference: str, by: User) -> BreakGlass:
    if not may_decide(by):
        raise BreakGlassRefused(gettext("Leads and admins of the authority decide on it, signed in with Nafath."))
    asked = BreakGlass.objects.filter(reference=reference).select_related("person").first()
    if asked is None:
        raise BreakGlassRefused(gettext("There is no emergency access with this reference."))
    return asked


def _membership(person: User) -> Membership | None:
    """Hers, that is pre-registered; the one used last, if there are several."""
    held = Membership.objects.for_break_glass().filter(user=person).select_related("user", "entity")
    last = held.filter(pk=person.last_membership_id or NOBODY).first()
    return last or held.order_by("-pk").first()


def _acting(membership: Membership, asked: BreakGlass) -> User:
    membership.by_break_glass = asked.reference
    person = membership.user
    person.acting = membership
    return person


def _why_not(found: BreakGlass | None, membership: Membership | None, *, at: datetime) -> Step:
    if found is None:
        return Step.WRONG
    found.refresh_from_db()  # another browser may have been first
    if found.used_at:
        return Step.AGAIN
    if found.refused_at:
        return Step.AFTER_REFUSAL
    if not found.is_live(at=at):
        return Step.EXPIRED
    return Step.UNCONFIRMED if membership else Step.NOT_ENTITLED


def _end(person: User, *, only: str = "", by: User) -> None:
    opened = [(row, row.get_decoded().get("by_break_glass")) for row in Session.objects.filter(person=person)]
    end_sessions([row for row, mark in opened if mark and only in ("", mark)], why="by_break_glass", by=by)


def _tell(step: Step, asked: BreakGlass | None, *, by: User | None = None, **said: str) -> None:
    """One line in the authority's log and a notice to its leads and admins: attempts are told of once an hour."""
    authority = Entity.objects.filter(kind=Entity.Kind.REGULATOR).first()
    if authority is None:
        return
    now, whose = timezone.now(), _membership(asked.person) if asked else None
    about: dict[str, Any] = {"step": step.value, **{name: text for name, text in said.items() if text}}
    if asked:
        about["reference"] = asked.reference
    if whose:
        about["membership"] = whose.pk
    AuditEvent.record(AuditEvent.Action.BREAK_GLASS, entity=authority, by=by, **about)
    kind, data = Notice.Kind.BREAK_GLASS, {"step": step.value, "reference": asked.reference if asked else ""}
    with as_system():
        Notice.objects.get_or_create(
            key=f"break-glass:{step}:{asked.reference if asked else ''}:{now:%Y%m%d%H}",
            defaults={"kind": kind, "entity": authority, "data": data, "at": now},
        )
