"""Folding one report into another of the same entity: filed twice, or in two halves (domain/lifecycle.md, Type 1).

Nothing is moved or copied. The folded report names the one it went into; its files and followers are read through that
link, so that taking it back gives everything back. Reports of several entities are grouped under an incident instead.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import User
from incidents.actions.moves import conclude, lock, take
from incidents.actions.timekeeping import next_mark_at, refresh_board, start_clock
from incidents.errors import MoveRefused
from incidents.lifecycle import OPEN, EventKind
from incidents.models import Report, ReportEvent

UNDO_MERGE_WITHIN = timedelta(hours=24)


@transaction.atomic
def merge(
    report: Report, *, into: Report, note: str = "", seen: int | None = None, at: datetime | None = None, by: User
) -> ReportEvent:
    """Fold the report into an open one of the same entity and kind: its clocks stop, the other's go on.

    Raises MoveRefused (StaleReport when `seen` is not the report's version).
    """
    for each in sorted((report, into), key=lambda row: row.pk):  # two reviewers folding crosswise wait, and no more
        lock(each)
    report, move = take(report, "merge", seen=seen, by=by)
    target = lock(into)
    _refuse_what_cannot_fold(report, target, by=by)
    now = at or timezone.now()
    report.merged_into, report.merged_at = target, now
    event = conclude(report, move, at=now, note=note, data={"into": target.reference}, by=by)
    told = {"folded": report.reference} | ({"note": note} if note else {})
    target.record(EventKind.FOLDED, by=by, at=now, data=told)
    target.save()
    return event


def _refuse_what_cannot_fold(report: Report, target: Report, *, by: User) -> None:
    if target.pk == report.pk:
        raise MoveRefused(_("A report is not folded into itself."))
    if (target.entity_id, target.kind) != (report.entity_id, report.kind) or not target.is_in_reach_of(by):
        raise MoveRefused(_("Only reports of one entity and of one kind are merged. Group others under an incident."))
    if target.provider_service_id != report.provider_service_id:
        raise MoveRefused(_("The two are about different services of others: each owner answers for its own."))
    if target.status not in OPEN:
        raise MoveRefused(
            _("%(reference)s is not open any more: choose another report.") % {"reference": target.reference}
        )
    if report.merged_from.exists():
        raise MoveRefused(_("Other reports were merged into this one: it stays, and takes the other in."))
    if report.incident_id not in (None, target.incident_id):
        raise MoveRefused(_("This report stands under an incident, the other does not: link the other first."))


@transaction.atomic
def undo_merge(report: Report, *, seen: int | None = None, at: datetime | None = None, by: User) -> ReportEvent:
    """Take a merge back within 24 hours: the report stands for itself, and each clock runs to its own due moment.

    Raises MoveRefused (StaleReport when `seen` is not the report's version).
    """
    if report.merged_into_id is not None:
        for key in sorted((report.pk, report.merged_into_id)):
            lock(Report(pk=key))
    report, move = take(report, "undo_merge", seen=seen, by=by)
    now = at or timezone.now()
    if report.merged_into is None or report.merged_at is None or now - report.merged_at > UNDO_MERGE_WITHIN:
        raise MoveRefused(_("A merge is taken back within 24 hours."))
    target, merged = lock(report.merged_into), report.events.filter(data__move="merge").last()
    report.merged_into = report.merged_at = None
    event = conclude(report, move, at=now, data={"into": target.reference}, by=by)
    _run_again(report, event, stopped_at=merged.recorded_at if merged else now)
    target.record(EventKind.UNFOLDED, by=by, at=now, data={"folded": report.reference})
    target.save()
    return event


def _run_again(report: Report, event: ReportEvent, *, stopped_at: datetime) -> None:
    """The clocks that the merge stopped, from their own start to their own due moment."""
    for stopped in report.clocks.filter(cancelled_at=stopped_at, met_at__isnull=True).order_by("pk"):
        clock = start_clock(report, stopped.kind, event=event, due_at=stopped.due_at, subject=stopped.subject)
        if clock is not None:
            clock.started_at, clock.paused_seconds = stopped.started_at, stopped.paused_seconds
            clock.next_mark_at = next_mark_at(clock, report=report, after=event.recorded_at)
            clock.save(update_fields=["started_at", "paused_seconds", "next_mark_at"])
    refresh_board(report)
    report.save()
