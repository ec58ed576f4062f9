"""Tasks import actions, never back. Each asks the database for the time once."""

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from incidents import actions

HEARTBEAT = "heartbeat:sweep"


@shared_task
def record_due_reminders() -> int:
    """Every minute: due clocks become events; returns how many."""
    written = actions.record_due_reminders(at=timezone.now())
    cache.set(HEARTBEAT, timezone.now().timestamp(), None)
    return written
