"""The list of addresses outside the portal: kept by leads, confirmed and left by whoever owns an address.

What waits to be mailed is a notice, written in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from entities.models import AuditEvent, Notice, Sector, User
from entities.permissions import Permission
from entities.row_security import as_system
from incidents.errors import MoveRefused
from incidents.models import OutsideReader

Why = OutsideReader.Why
#: So many stand at once.
MOST = 200
#: One address is asked so often a week, and not sooner again than this: nobody's mailbox is filled from here.
MOST_ASKED, WEEK = 5, timedelta(days=7)
ASK_AFTER = timedelta(minutes=10)
_STANDS = gettext_lazy("This address stands on the list already.")


@transaction.atomic
def add_outside_reader(
    *, address: str, office: str, language: str, sectors: Iterable[Sector], at: datetime | None = None, by: User
) -> OutsideReader:
    """Write an address down, and ask its owner by mail whether it may be. Raises MoveRefused."""
    at, address = at or timezone.now(), address.lower()
    _refuse_unless_lead(by)
    _refuse_what_outlasts(by)
    if OutsideReader.objects.standing().count() >= MOST:
        raise MoveRefused(_("There are too many addresses: remove one first."))
    if OutsideReader.objects.standing().filter(address=address).exists():
        raise MoveRefused(_STANDS)
    _refuse_to_pester(address, at=at)
    reader = OutsideReader(address=address, office=office, language=language, added_by=by, added_at=at, asked_at=at)
    try:
        with transaction.atomic():
            reader.save(force_insert=True)
    except IntegrityError as error:
        raise MoveRefused(_STANDS) from error
    reader.sectors.set(sectors)
    _ask(reader, at=at, by=by)
    return reader


@transaction.atomic
def ask_outside_reader(reader: OutsideReader, *, at: datetime | None = None, by: User) -> OutsideReader:
    """Mail the question once more to an address whose owner has not answered. Raises MoveRefused."""
    at = at or timezone.now()
    _refuse_unless_lead(by)
    reader = _held(reader.pk)
    if reader.ended_at is not None or reader.confirmed_at is not None:
        raise MoveRefused(_("There is nothing to ask of this address any more."))
    _refuse_to_pester(reader.address, at=at)
    reader.asked, reader.asked_at = reader.asked + 1, at
    reader.save(update_fields=["asked", "asked_at"])
    _ask(reader, at=at, by=by)
    return reader


@transaction.atomic
def remove_outside_reader(reader: OutsideReader, *, by: User) -> OutsideReader:
    """Nothing is sent to it from now on, what waits included; twice is once. Raises MoveRefused."""
    _refuse_unless_lead(by)
    return _end(_held(reader.pk), why=Why.REMOVED, by=by)


@transaction.atomic
def confirm_outside_reader(key: UUID) -> bool:
    """Its owner says yes, by the link that was mailed to it; False where it stands no longer on the list.

    Nobody is signed in there: the system looks the link up.
    """
    with as_system():
        reader = OutsideReader.objects.standing().select_for_update(of=("self",), no_key=True).filter(pk=key).first()
        if reader is not None and reader.confirmed_at is None:
            reader.confirmed_at = timezone.now()
            reader.save(update_fields=["confirmed_at"])
            _audit(reader, "confirmed")
    return reader is not None


@transaction.atomic
def leave_outside_list(key: UUID) -> None:
    """Its owner wants nothing more, by the link that every mail brings; once or several times, it is the same."""
    with as_system():
        reader = OutsideReader.objects.select_for_update(of=("self",), no_key=True).filter(pk=key).first()
        if reader is not None:
            _end(reader, why=Why.LEFT)


@transaction.atomic
def note_refusal(reader: OutsideReader, *, is_dead: bool, at: datetime) -> None:
    """Its mail server has refused a mail for good; `is_dead`: often enough for nothing more to be tried."""
    OutsideReader.objects.filter(pk=reader.pk).update(refused_at=at)
    held = OutsideReader.objects.select_for_update(of=("self",), no_key=True).filter(pk=reader.pk).first()
    if is_dead and held is not None:
        _end(held, why=Why.REFUSED)


def _held(key: UUID) -> OutsideReader:
    return OutsideReader.objects.select_for_update(of=("self",), no_key=True).get(pk=key)


def _ask(reader: OutsideReader, *, at: datetime, by: User) -> None:
    if by.acting is None:
        raise MoveRefused(_("A lead keeps the list of addresses."))
    Notice.objects.create(
        kind=Notice.Kind.OUTSIDE_ASKED,
        key=f"outside:{reader.pk}:{reader.asked}",
        entity=by.acting.entity,
        data={"outside": str(reader.pk)},
        at=at,
    )
    _audit(reader, "asked", by=by)


def _end(reader: OutsideReader, *, why: str, by: User | None = None) -> OutsideReader:
    if reader.ended_at is None:
        reader.ended_at, reader.ended_why = timezone.now(), why
        reader.save(update_fields=["ended_at", "ended_why"])
        _audit(reader, why, by=by)
    return reader


def _refuse_unless_lead(by: User) -> None:
    if not by.may(Permission.REPORT_LEAD):
        raise MoveRefused(_("A lead keeps the list of addresses."))


def _refuse_what_outlasts(by: User) -> None:
    """An address is written to long after the session that something else than Nafath has opened."""
    if by.acting is not None and by.acting.is_narrow:
        raise MoveRefused(_("An address outlasts your emergency access: sign in with Nafath to add one."))


def _refuse_to_pester(address: str, *, at: datetime) -> None:
    """Whatever became of its rows: taking one out and writing it down again asks no sooner, and no oftener."""
    lately = OutsideReader.objects.filter(address=address, asked_at__gt=at - WEEK)
    if lately.filter(asked_at__gt=at - ASK_AFTER).exists():
        raise MoveRefused(_("This address was asked a few minutes ago: wait for the answer."))
    if (lately.aggregate(times=Sum("asked"))["times"] or 0) >= MOST_ASKED:
        raise MoveRefused(_("Its owner was asked often enough: call the office."))


def _audit(reader: OutsideReader, done: str, *, by: User | None = None) -> None:
    """By its key: the log holds no address."""
    said: dict[str, Any] = {"model": "outsidereader", "pk": str(reader.pk), "done": done}
    AuditEvent.record(AuditEvent.Action.CONFIGURATION, by=by, **said)
