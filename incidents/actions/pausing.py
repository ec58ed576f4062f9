"""The final report's deadline stands still, with a cause and a reason, and the time is given back in full."""

from __future__ import annotations

from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from entities.models import User
from incidents.actions.moves import conclude, take
from incidents.errors import MoveRefused
from incidents.lifecycle import ClockKind
from incidents.models import Report, ReportEvent

#: What may stand still by a reviewer's word: the final report, and its completion (domain/lifecycle.md, Clocks).
PAUSABLE = (ClockKind.C6, ClockKind.C8)


class Cause(models.TextChoices):
    """Whom a pause waits for."""

    ENTITY = "entity", _("The entity")
    AUTHORITY = "authority", _("The authority")
    SUPPLIER = "supplier", _("A supplier")


@transaction.atomic
def pause_final(
    report: Report, *, cause: str, note: str, seen: int | None = None, at: datetime | None = None, by: User
) -> ReportEvent:
    """The clock stands still from now on, with its cause and reason on record. Raises MoveRefused."""
    report, move = take(report, "pause_final", seen=seen, by=by)
    if cause not in Cause.values or not report.clocks.running().filter(kind__in=PAUSABLE).exists():
        raise MoveRefused(_("No deadline of the final report is running."))
    return conclude(report, move, at=at, note=note, data={"cause": cause}, by=by)


@transaction.atomic
def resume_final(report: Report, *, seen: int | None = None, at: datetime | None = None, by: User) -> ReportEvent:
    """The clock runs on; its due moment moves by as long as it stood still. Raises MoveRefused."""
    report, move = take(report, "resume_final", seen=seen, by=by)
    clock = report.clocks.unmet().filter(kind__in=PAUSABLE, paused_at__isnull=False).first()
    if clock is None:
        raise MoveRefused(_("No deadline of the final report stands still."))
    return conclude(report, move, at=at, by=by)
