"""Whether a service that the portal stands on answers: one row a service, the same for every process.

It stands on the ground floor because the length of a session depends on it; `nafath_auth.breaker` moves it.
"""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

NAFATH = "nafath"


class BreakerQuerySet(models.QuerySet["Breaker"]):
    def open(self, *, at: datetime) -> Self:
        return self.filter(Q(opened_at__isnull=False) | Q(held_until__gt=at))


class Breaker(models.Model):
    """Open while the service does not answer, or while a lead reviewer says that it does not answer people."""

    name = models.CharField(max_length=20, primary_key=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text="Since `failing_since`, without a success.")
    failing_since = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True, help_text="The last try that was let through while it was open.")
    answered_at = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True, help_text="Opened by hand; a forgotten hand lets go by itself.")

    objects = BreakerQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name}: {'open' if self.is_open(at=timezone.now()) else 'closed'}"

    def is_held(self, *, at: datetime) -> bool:
        return self.held_until is not None and self.held_until > at

    def is_open(self, *, at: datetime) -> bool:
        return self.opened_at is not None or self.is_held(at=at)


def nafath_is_away() -> bool:
    """Whether people cannot sign in anew. One query: it is asked only where the answer changes something."""
    return Breaker.objects.open(at=timezone.now()).filter(pk=NAFATH).exists()
