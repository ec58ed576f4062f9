"""The next update may come later: a reviewer stretches C3, and says why (domain/lifecycle.md, Clocks)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import User
from incidents.actions.moves import conclude, take
from incidents.errors import MoveRefused
from incidents.lifecycle import ClockKind, EventKind
from incidents.models import Report, ReportEvent

#: How far ahead the next update may be put: our default.
FARTHEST_UPDATE = timedelta(days=7)


@transaction.atomic
def stretch_update(
    report: Report, *, until: datetime, note: str, seen: int | None = None, at: datetime | None = None, by: User
) -> ReportEvent:
    """Put the next update off until a named moment: C3 runs anew, with marks of its own. Raises MoveRefused.

    Later than it was owed, and at most seven days ahead. What was late before stays recorded as late; the update after
    the next is owed by the cadence again.
    """
    report, move = take(report, "stretch_update", seen=seen, by=by)
    clock = report.clocks.running().filter(kind=ClockKind.C3).first()
    if clock is None:
        raise MoveRefused(_("No update is owed now."))
    now = at or timezone.now()
    if until <= max(clock.due_at, now):
        raise MoveRefused(_("The new moment lies after the one it is owed by now, and in the future."))
    if until - now > FARTHEST_UPDATE:
        raise MoveRefused(_("An update is put off by at most seven days."))
    report.next_update_at = until
    return conclude(
        report, move, kind=EventKind.EXTENDED, at=at, note=note, due={ClockKind.C3: until}, by=by,
        data={"old": clock.due_at.isoformat(), "new": until.isoformat()},
    )  # fmt: skip
