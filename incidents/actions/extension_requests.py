"""The entity asks for more time for its final report; a reviewer grants it (`extend_final`) or says why not."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from entities.models import User
from incidents.actions.final import EXTENSION_DAYS
from incidents.actions.moves import conclude, take
from incidents.errors import MoveRefused
from incidents.lifecycle import ClockKind
from incidents.models import Clock, Report, ReportEvent

_DEEDS = ("ask_extension", "extend_final", "refuse_extension")


def open_request(report: Report, clock: Clock | None) -> ReportEvent | None:
    """What the entity asked for while this C6 runs, if nobody has answered it yet. One query, none without a clock."""
    if clock is None or clock.extended:
        return None
    since = report.events.filter(data__move__in=_DEEDS, recorded_at__gte=clock.started_at)
    last = since.order_by("-seq").first()
    return last if last is not None and last.move == "ask_extension" else None


@transaction.atomic
def ask_extension(
    report: Report, *, days: int, note: str, seen: int | None = None, at: datetime | None = None, by: User
) -> ReportEvent:
    """Ask for at most ten days more, with a reason; C6 runs on. Raises MoveRefused, also while one is open."""
    report, move = take(report, "ask_extension", seen=seen, by=by)
    clock = _owed(report)
    if clock is None or clock.extended or not 1 <= days <= EXTENSION_DAYS:
        raise MoveRefused(_("One extension of at most 10 days is granted, while the final report is owed."))
    if open_request(report, clock):
        raise MoveRefused(_("The extension has been asked for already; the authority answers."))
    return conclude(report, move, at=at, note=note, data={"days": days}, by=by)


@transaction.atomic
def refuse_extension(
    report: Report, *, note: str, seen: int | None = None, at: datetime | None = None, by: User
) -> ReportEvent:
    """The final report stays owed as it was, and the entity reads why. Raises MoveRefused: none is asked for."""
    report, move = take(report, "refuse_extension", seen=seen, by=by)
    if open_request(report, _owed(report)) is None:
        raise MoveRefused(_("No extension is asked for now."))
    return conclude(report, move, at=at, note=note, by=by)


def _owed(report: Report) -> Clock | None:
    return report.clocks.running().filter(kind=ClockKind.C6).first()
