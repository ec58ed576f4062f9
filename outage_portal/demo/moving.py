"""Time passes at once: whatever is still owed comes nearer. What has happened keeps its hour, because it is hashed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from incidents.lifecycle import Status
from incidents.models import CallTask, Clock, Draft, Report, UpdateDraft
from incidents.models.report_query import NEVER
from incidents.tasks import record_due_reminders
from notifications.models import Delivery
from notifications.tasks import deliver_due, fan_out

STEP = timedelta(minutes=5)


@dataclass(frozen=True)
class Moved:
    """What a stretch of time brought."""

    reminders: int
    messages: int


def move_time(by: timedelta) -> Moved:
    """Let time pass in steps of five minutes, each with the ticks of the background work, so that every mark speaks."""
    reminders, before, left = 0, Delivery.objects.count(), by
    while left > timedelta():
        step = min(STEP, left)
        _bring_nearer(step)
        reminders += record_due_reminders()
        fan_out()
        left -= step
    deliver_due()
    return Moved(reminders, Delivery.objects.count() - before)


@transaction.atomic
def _bring_nearer(by: timedelta) -> None:
    reports = Report.objects.unsettled()
    _shift(Clock.objects.unmet(), by, "started_at", "due_at", "next_mark_at", "paused_at")
    _shift(reports, by, "expected_restoration_at", "next_update_at", "next_started_at")
    _shift(reports.filter(next_due_at__lt=NEVER), by, "next_due_at")
    works = reports.filter(status__in=[Status.SCHEDULED, Status.IN_PROGRESS])
    _shift(works, by, "window_start", "window_end", "extended_until")
    _shift(reports.filter(authority_due_at__lt=NEVER), by, "authority_due_at")
    _shift(CallTask.objects.unanswered(), by, "opened_at", "taken_at", "waits_until")
    _shift(UpdateDraft.objects.all(), by, "started_at", "updated_at")
    _shift(Draft.objects.all(), by, "created_at", "updated_at")


def _shift(rows: QuerySet[Any], by: timedelta, *columns: str) -> None:
    rows.update(**{column: F(column) - by for column in columns})
