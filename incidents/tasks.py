"""Tasks import actions, never back. Each asks the database for the time once."""

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

import crisis_teams.actions
from incidents import actions

HEARTBEAT = "heartbeat:sweep"


@shared_task
def record_due_reminders() -> int:
    """Every minute: what nobody must be awake for is done, and due clocks become events; returns how many."""
    now = timezone.now()
    actions.group_by_itself(at=now)
    actions.act_by_itself(at=now)
    actions.link_to_owners(at=now)
    actions.watch_silence(at=now)
    written = actions.record_due_reminders(at=now)
    actions.remind_unsent_drafts(at=now)
    actions.settle_incidents(at=now)
    actions.prepare_situations(at=now)
    actions.audit_readings(at=now)
    actions.confirm_identities(at=now)
    crisis_teams.actions.remind_stale_teams(at=now)
    cache.set(HEARTBEAT, timezone.now().timestamp(), None)
    return written
