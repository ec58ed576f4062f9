"""Nafath is asked whether it answers; and what nobody comes back for is closed."""

from celery import shared_task
from django.utils import timezone

from nafath_auth import approval, break_glass, code_door, probe


@shared_task
def close_abandoned_sign_ins() -> None:
    """Close requests in the app that are over, remove unused codes and links; `manage.py purge` removes the rest."""
    now = timezone.now()
    approval.close_overdue(at=now)
    code_door.forget(at=now)
    break_glass.forget(at=now)


@shared_task
def probe_nafath() -> bool:
    """Whether Nafath answers; the breaker opens and closes by it. While it is open, each tick is a try of its own."""
    return probe.probe()
