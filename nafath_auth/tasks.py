"""What nobody comes back for is closed: a number is encrypted while it is needed, a proven identity five minutes."""

from celery import shared_task
from django.utils import timezone

from nafath_auth import approval


@shared_task
def close_abandoned_sign_ins() -> None:
    """Close requests in the app that are over, and remove the rows of a month ago."""
    now = timezone.now()
    approval.close_overdue(at=now)
    approval.forget(at=now)
