"""The call list's verbs: one person takes a call, says what it brought, and goes on to the next of the team.

The silence is answered by whoever is reached, or by the update itself, and by no call that reached nobody.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import Membership, User
from entities.permissions import Permission
from incidents.actions.moves import conclude, take
from incidents.actions.updates import find_once
from incidents.errors import CallRefused
from incidents.models import CallTask, ReportEvent

Outcome = CallTask.Outcome


@transaction.atomic
def take_call(task: CallTask, *, seen: int, at: datetime | None = None, by: User) -> CallTask:
    """Take a call that nobody is at. Twice by one person is once. Raises CallRefused."""
    at = at or timezone.now()
    task = _lock(task, by=by)
    holder = task.holder(at=at)
    if holder == by:
        return task
    if holder is not None:
        raise CallRefused(_("%(name)s is at this call already.") % {"name": holder.name})
    if task.version != seen:
        raise CallRefused(_("Somebody else had this call meanwhile: read what it brought, then take it."))
    task.taken_by, task.taken_at, task.version = by, at, task.version + 1
    task.save(update_fields=["taken_by", "taken_at", "version"])
    return task


@transaction.atomic
def release_call(task: CallTask, *, at: datetime | None = None, by: User) -> CallTask:
    """Leave it to the others. Raises CallRefused where it is not hers."""
    task = _lock(task, by=by)
    if task.taken_by != by:
        raise CallRefused(_("This call is not yours."))
    task.taken_by, task.taken_at, task.version = None, None, task.version + 1
    task.save(update_fields=["taken_by", "taken_at", "version"])
    return task


@transaction.atomic
def record_call(
    task: CallTask,
    *,
    member: Membership,
    outcome: str,
    minutes: int = 0,
    note: str = "",
    once: str = "",
    at: datetime | None = None,
    by: User,
) -> ReportEvent:
    """What ringing one of the team brought, into the report's history. Raises MoveRefused.

    Reached: the call is done. Promised: it comes back after so many `minutes` unless the word has come. Nobody reached:
    it stays with the caller, for the next of the list.
    """
    now = at or timezone.now()
    report, move = take(task.report, "record_call", by=by)  # the report first: its lock is the history's
    if earlier := find_once(report, once):
        return earlier
    task = _lock(task, by=by)
    if task.taken_by != by:
        raise CallRefused(_("Take the call first: somebody else may be at it."))
    if (outcome == Outcome.PROMISED) != (minutes > 0):
        raise CallRefused(_("Say within how many minutes the word comes."))
    if outcome == Outcome.REACHED:
        task.reached_at = now
    elif outcome == Outcome.PROMISED:
        task.waits_until = now + timedelta(minutes=minutes)
    if outcome in {Outcome.REACHED, Outcome.PROMISED}:
        task.taken_by = task.taken_at = None
    else:
        task.taken_at = now
    task.version += 1
    task.save()
    data = {
        "call": task.pk,
        "clock": task.clock.kind,
        "called": str(member.user.public_id),
        "membership": member.pk,
        "as": member.role,
        "outcome": outcome,
        **({"minutes": minutes} if minutes else {}),
        **({"once": once} if once else {}),
    }
    return conclude(report, move, at=at, note=note, data=data, by=by)


def _lock(task: CallTask, *, by: User) -> CallTask:
    """The row afresh, while a call is owed. Raises CallRefused."""
    if not by.may(Permission.REPORT_TRIAGE):
        raise CallRefused(_("Reviewers and leads make the calls."))
    rows = CallTask.objects.unanswered().select_for_update(of=("self",), no_key=True)
    found = rows.select_related("clock", "taken_by").filter(pk=task.pk).first()
    if found is None:
        raise CallRefused(_("No call is owed here any more: somebody was reached, or what was owed has come."))
    return found
