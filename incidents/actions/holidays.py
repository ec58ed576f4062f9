"""The days off and the hours of Ramadan. Clocks that run already keep their due moments."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import AuditEvent, User
from entities.permissions import Permission
from incidents.errors import MoveRefused
from incidents.models import Holiday
from incidents.models.policy import forget_calendar
from incidents.rulebook.holidays import Period


@transaction.atomic
def set_days(
    *, kind: str, name_ar: str, name_en: str, first: date, days: int, replaces: Period | None = None, by: User
) -> None:
    """Confirm a period, in place of another one where it is moved. Raises MoveRefused."""
    _refuse_all_but_admins(by)
    if replaces is not None:
        _rows_of(replaces).delete()
    wanted = [first + timedelta(days=n) for n in range(days)]
    if taken := Holiday.objects.filter(kind=kind, day__in=wanted).order_by("day").first():
        raise MoveRefused(_("%(day)s is %(name)s already.") % {"day": f"{taken.day:%Y-%m-%d}", "name": taken.name})
    names = {"name_ar": name_ar, "name_en": name_en}
    rows = [
        Holiday(day=day, kind=kind, **names, confirmed_at=timezone.now(), confirmed_by=by.public_id) for day in wanted
    ]
    try:
        with transaction.atomic():
            Holiday.objects.bulk_create(rows)
    except IntegrityError as raced:
        raise MoveRefused(_("Somebody else has just entered one of these days: look again.")) from raced
    _changed("confirmed", first=first, days=days, by=by)


@transaction.atomic
def remove_days(period: Period, *, by: User) -> None:
    """The days are working days again. Raises MoveRefused."""
    _refuse_all_but_admins(by)
    _rows_of(period).delete()
    _changed("removed", first=period.first, days=period.days, by=by)


def _rows_of(period: Period) -> models.QuerySet[Holiday]:
    return Holiday.objects.filter(kind=period.kind, day__range=(period.first, period.last))


def _refuse_all_but_admins(by: User) -> None:
    if not by.may(Permission.ADMINISTER):
        raise MoveRefused(_("Only an admin changes the working calendar."))


def _changed(done: str, *, first: date, days: int, by: User) -> None:
    transaction.on_commit(forget_calendar)
    said: dict[str, Any] = {"model": "holiday", "pk": f"{first:%Y-%m-%d}", "rows": days, "done": done}
    AuditEvent.record(AuditEvent.Action.CONFIGURATION, by=by, **said)
