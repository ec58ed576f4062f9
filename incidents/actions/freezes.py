"""Freeze periods: kept, changed and removed by admins. A report that is filed keeps the severity it was given."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import AuditEvent, Sector, User
from entities.permissions import Permission
from incidents.errors import MoveRefused
from incidents.models import FreezePeriod
from incidents.models.freeze import forget_freezes


@transaction.atomic
def keep_freeze(
    *,
    name_ar: str,
    name_en: str,
    first_day: date,
    last_day: date,
    tiers: Iterable[int] = (),
    sectors: Iterable[Sector] = (),
    reason: str = "",
    freeze: FreezePeriod | None = None,
    by: User,
) -> FreezePeriod:
    """A new period, or another text of one that there is. Raises MoveRefused."""
    _refuse_all_but_admins(by)
    if last_day < first_day:
        raise MoveRefused(_("The last day lies before the first."))
    other = FreezePeriod.objects.filter(name_ar=name_ar, first_day=first_day).first()
    if other is not None and other != freeze:
        raise MoveRefused(_("There is a freeze period of this name from this day already."))
    kept = freeze or FreezePeriod()
    kept.name_ar, kept.name_en, kept.first_day, kept.last_day = name_ar, name_en, first_day, last_day
    kept.tiers, kept.reason = sorted(tiers), reason
    kept.confirmed_at, kept.confirmed_by = timezone.now(), by.public_id
    kept.save()
    kept.sectors.set(sectors)
    _changed("changed" if freeze else "confirmed", kept, by=by)
    return kept


@transaction.atomic
def remove_freeze(freeze: FreezePeriod, *, by: User) -> None:
    """The days are like others again. Raises MoveRefused."""
    _refuse_all_but_admins(by)
    _changed("removed", freeze, by=by)
    freeze.delete()


def _refuse_all_but_admins(by: User) -> None:
    if not by.may(Permission.ADMINISTER):
        raise MoveRefused(_("Only an admin keeps freeze periods."))


def _changed(done: str, freeze: FreezePeriod, *, by: User) -> None:
    transaction.on_commit(forget_freezes)
    said: dict[str, Any] = {"model": "freezeperiod", "pk": f"{freeze.first_day:%Y-%m-%d}", "done": done}
    AuditEvent.record(AuditEvent.Action.CONFIGURATION, by=by, **said)
