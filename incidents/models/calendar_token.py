"""The private address of a person's calendar feed: a digest of it, good for one membership, until it is removed."""

from __future__ import annotations

import hashlib
import secrets
from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from entities.models import Membership, User

LENGTH = 32  # bytes


class CalendarTokenQuerySet(models.QuerySet["CalendarToken"]):
    def visible_to(self, user: User) -> Self:
        """One's own, of the membership one acts in."""
        return self.filter(membership=user.acting.pk) if user.acting else self.none()

    def named(self, token: str) -> Self:
        """Whose token this is; nobody's where it was replaced or revoked."""
        return self.filter(digest=digest_of(token))


class CalendarToken(models.Model):
    """A calendar program brings it in place of a sign-in. It shows what the membership may see, and changes nothing."""

    membership = models.OneToOneField(Membership, on_delete=models.CASCADE, related_name="calendar_token")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = CalendarTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("Calendar feed")
        verbose_name_plural = _("Calendar feeds")

    def __str__(self) -> str:
        return f"calendar feed {self.pk}"


def new_token() -> str:
    return secrets.token_urlsafe(LENGTH)


def digest_of(token: str) -> str:
    """The token is random and long, so a plain digest finds it and gives nothing away."""
    return hashlib.sha256(token.encode()).hexdigest()
