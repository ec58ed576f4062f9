"""What follows a report: who owns it, how bad it is, questions and answers, private notes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import User
from entities.permissions import Permission
from incidents.actions.moves import conclude, lock, take
from incidents.actions.timekeeping import due_moment, meet, next_mark_at, refresh_board
from incidents.actions.updates import find_once
from incidents.errors import MoveRefused
from incidents.lifecycle import ClockKind, EventKind, Severity
from incidents.models import Report, ReportEvent, ReviewerNote

#: Raising a severity never leaves less than this (domain/lifecycle.md, Clocks).
LEAST_NOTICE = timedelta(minutes=15)
URGENT = timedelta(minutes=60)


@transaction.atomic
def assign(
    report: Report, *, reviewer: User | None, seen: int | None = None, at: datetime | None = None, by: User
) -> ReportEvent:
    """Give the report to a reviewer; None puts it back into the pool. Raises MoveRefused, also if she has it."""
    report, move = take(report, "assign", seen=seen, by=by)
    if report.reviewer == reviewer:
        raise MoveRefused(_("Nothing changes: the report is with the same reviewer already."))
    report.reviewer = reviewer
    data = {"reviewer": str(reviewer.public_id) if reviewer else None}
    return conclude(report, move, kind=EventKind.ASSIGNED, at=at, data=data, by=by)


@transaction.atomic
def change_severity(
    report: Report, *, severity: int, note: str, seen: int | None = None, at: datetime | None = None, by: User
) -> ReportEvent:
    """Override the severity with a reason: C3 and later clocks move forward only, both values kept."""
    report, move = take(report, "change_severity", seen=seen, by=by)
    before = report.severity
    if before == severity:
        raise MoveRefused(_("The severity is already “%(severity)s”.") % {"severity": Severity(before).label})
    report.severity = severity
    now = at or timezone.now()
    for clock in report.clocks.unmet().filter(kind__in=[ClockKind.C2, ClockKind.C3]):
        due = due_moment(report, clock.kind, start=clock.started_at)
        if due is not None:
            raised = severity < before
            clock.due_at = max(due, now + LEAST_NOTICE) if raised else due
            clock.next_mark_at = next_mark_at(clock, report=report, after=now)
            clock.save(update_fields=["due_at", "next_mark_at"])
    _owe_no_interim(report, at=now)
    data = {"before": before, "after": severity}
    return conclude(report, move, kind=EventKind.SEVERITY, at=at, note=note, data=data, by=by)


def _owe_no_interim(report: Report, *, at: datetime) -> None:
    """An interim report is owed of what is critical: where its rule counts no longer, the clock ends on record."""
    if due_moment(report, ClockKind.C5, start=at) is None:
        report.clocks.unmet().filter(kind=ClockKind.C5).update(cancelled_at=at, next_mark_at=None)


@transaction.atomic
def ask(
    report: Report, *, text: str, urgent: bool = False, once: str = "", at: datetime | None = None, by: User
) -> ReportEvent:
    """Ask the entity: urgent within 60 minutes, else with its next update (C4). Raises MoveRefused."""
    report, move = take(report, "ask", by=by)
    if earlier := find_once(report, once):
        return earlier
    due = {} if urgent else _with_the_next_update(report, at=at or timezone.now())
    data = {"urgent": urgent, **({"once": once} if once else {})}
    return conclude(report, move, kind=EventKind.ASKED, at=at, note=text, data=data, due=due, by=by)


def _with_the_next_update(report: Report, *, at: datetime) -> dict[str, datetime]:
    clock = report.clocks.running().filter(kind=ClockKind.C3).first()
    due = clock.due_at if clock else at + timedelta(days=1)
    return {ClockKind.C4: max(due, at + URGENT)}


@transaction.atomic
def answer(
    report: Report, *, question: int, text: str, once: str = "", at: datetime | None = None, by: User
) -> ReportEvent:
    """Answer the question with this seq: meets its C4. Raises MoveRefused."""
    report, move = take(report, "answer", by=by)
    if earlier := find_once(report, once):
        return earlier
    if not report.events.filter(seq=question, kind=EventKind.ASKED).exists():
        raise MoveRefused(_("There is no such question on this report."))
    data = {"question": question, **({"once": once} if once else {})}
    event = conclude(report, move, kind=EventKind.ANSWERED, at=at, note=text, data=data, by=by)
    if clock := report.clocks.unmet().filter(kind=ClockKind.C4, subject=question).first():
        meet(clock, at=event.recorded_at)
        refresh_board(report)
        report.save()
    return event


@transaction.atomic
def add_note(report: Report, *, text: str, at: datetime | None = None, by: User) -> ReviewerNote:
    """A private note of the authority; the entity never sees it, and the history does not tell of it.

    The same words of the same person are one note, however often they are sent.
    """
    if not by.may(Permission.REPORT_TRIAGE):
        raise MoveRefused(_("Only the authority's reviewers write notes."))
    note, _created = ReviewerNote.objects.get_or_create(
        report=lock(report), author=by, text=text, defaults={"at": at or timezone.now()}
    )
    return note
