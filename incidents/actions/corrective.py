"""Corrective actions after the closing: reported done by the entity, verified or sent back by a reviewer (clock C9).

The clock stands still while the authority looks, so that its time is not the entity's. docs/adr/0044.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import User
from incidents.actions.moves import conclude, take
from incidents.actions.timekeeping import meet, resume
from incidents.actions.updates import find_once
from incidents.errors import MoveRefused
from incidents.lifecycle import ClockKind
from incidents.models import Clock, CorrectiveAction, Report, ReportEvent
from incidents.models.final_report import CorrectiveActionQuerySet


@transaction.atomic
def report_action(
    report: Report, *, action: int, note: str, once: str = "", at: datetime | None = None, by: User
) -> ReportEvent:
    """The entity says that an action is done, and what shows it: its clock stands still. Raises MoveRefused."""
    report, move = take(report, "report_action", by=by)
    if earlier := find_once(report, once):
        return earlier
    found, now = _find(report, action, CorrectiveAction.objects.to_do()), at or timezone.now()
    found.done_at, found.done_note = now, note
    found.save(update_fields=["done_at", "done_note"])
    if clock := _clock(report, found):
        clock.paused_at = now
        clock.save(update_fields=["paused_at"])
    return conclude(report, move, at=at, note=note, data=_said(found, once), by=by)


@transaction.atomic
def verify_action(
    report: Report, *, action: int, note: str = "", once: str = "", at: datetime | None = None, by: User
) -> ReportEvent:
    """A reviewer finds it done: meets its clock, late only by as much as it was done late. Raises MoveRefused."""
    report, move = take(report, "verify_action", by=by)
    if earlier := find_once(report, once):
        return earlier
    found, now = _find(report, action, CorrectiveAction.objects.to_verify()), at or timezone.now()
    found.verified_at = now
    found.save(update_fields=["verified_at"])
    if clock := _clock(report, found):
        meet(clock, at=now)
    return conclude(report, move, at=at, note=note, data=_said(found, once), by=by)


@transaction.atomic
def return_action(
    report: Report, *, action: int, note: str, once: str = "", at: datetime | None = None, by: User
) -> ReportEvent:
    """A reviewer finds it not done, and says what is lacking: its clock runs on. Raises MoveRefused."""
    report, move = take(report, "return_action", by=by)
    if earlier := find_once(report, once):
        return earlier
    found, now = _find(report, action, CorrectiveAction.objects.to_verify()), at or timezone.now()
    found.done_at, found.done_note = None, ""
    found.save(update_fields=["done_at", "done_note"])
    if clock := _clock(report, found):
        resume(clock, report=report, at=now)
    return conclude(report, move, at=at, note=note, data=_said(found, once), by=by)


def _find(report: Report, action: int, among: CorrectiveActionQuerySet) -> CorrectiveAction:
    """The report's row is locked, so nobody else changes its actions meanwhile."""
    found = among.filter(final_report__report=report, pk=action).first()
    if found is None:
        raise MoveRefused(_("This action stands otherwise by now. Look at it again, then decide."))
    return found


def _clock(report: Report, action: CorrectiveAction) -> Clock | None:
    return report.clocks.unmet().filter(kind=ClockKind.C9, subject=action.pk).first()


def _said(action: CorrectiveAction, once: str) -> dict[str, Any]:
    return {"action": action.title, "number": action.pk, **({"once": once} if once else {})}
