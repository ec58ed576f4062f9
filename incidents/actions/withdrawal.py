"""Withdrawing a report: at once for S3 and S4, confirmed by a reviewer for S1 and S2."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import User
from incidents.actions.moves import conclude, take
from incidents.errors import MoveRefused
from incidents.lifecycle import EventKind, Severity
from incidents.models import Report, ReportEvent


@transaction.atomic
def withdraw(
    report: Report, *, note: str, seen: int | None = None, at: datetime | None = None, by: User
) -> ReportEvent:
    """Withdraw, or for S1–S2 ask the reviewer to confirm it; all clocks run until then. Raises MoveRefused."""
    report, move = take(report, "withdraw", seen=seen, by=by)
    if not note.strip():
        raise MoveRefused(_("Say why, in a few words."))
    if report.severity > Severity.S2:
        return conclude(report, move, at=at, note=note, by=by)
    if report.withdrawal_reason:
        raise MoveRefused(_("The withdrawal has been asked for already; the authority confirms it."))
    report.withdrawal_reason = note
    event = report.record(EventKind.WITHDRAWAL_ASKED, by=by, at=at or timezone.now(), data={"note": note})
    report.save()
    return event


@transaction.atomic
def confirm_withdrawal(report: Report, *, seen: int | None = None, at: datetime | None = None, by: User) -> ReportEvent:
    """A reviewer confirms what the entity asked for. Raises MoveRefused."""
    report, move = take(report, "confirm_withdrawal", seen=seen, by=by)
    if not report.withdrawal_reason:
        raise MoveRefused(_("The entity has not asked for a withdrawal."))
    return conclude(report, move, at=at, note=report.withdrawal_reason, by=by)
