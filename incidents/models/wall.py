"""The screens of the operations room: each opened by a link that a lead makes, shown the board without names."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from entities.models import Membership, User
from entities.permissions import Permission
from incidents.models.calendar_token import digest_of

#: A link opens one device, and soon; the device shows the wall for a shift and a half (decisions.md, Sessions).
LINK_LASTS, SCREEN_LASTS = timedelta(minutes=30), timedelta(hours=12)


class WallScreenQuerySet(models.QuerySet["WallScreen"]):
    def visible_to(self, user: User) -> Self:
        """Leads, who make and revoke them."""
        return self if user.may(Permission.REPORT_LEAD) else self.none()

    def standing(self) -> Self:
        return self.filter(revoked_at__isnull=True)

    def linked_by(self, token: str, *, at: datetime) -> Self:
        """The screen that this link still opens."""
        return self.standing().filter(link_digest=digest_of(token), link_until__gt=at)

    def showing(self, key: str, *, at: datetime) -> Self:
        """The screen that a device shows with this key."""
        return self.standing().filter(key_digest=digest_of(key), key_until__gt=at)


class WallScreen(models.Model):
    """Link and key are kept as digests. It sees what `reader` sees, as long as she is a lead, and changes nothing."""

    name = models.CharField(_("Name of the screen"), max_length=60)
    reader = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    link_digest = models.CharField(max_length=64, blank=True)
    link_until = models.DateTimeField(null=True)
    key_digest = models.CharField(max_length=64, blank=True)
    key_until = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = WallScreenQuerySet.as_manager()

    class Meta:
        verbose_name = _("Wall screen")
        verbose_name_plural = _("Wall screens")
        constraints = [
            models.UniqueConstraint(fields=["link_digest"], condition=~models.Q(link_digest=""), name="wall_link_once"),
            models.UniqueConstraint(fields=["key_digest"], condition=~models.Q(key_digest=""), name="wall_key_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """Some device shows the wall with it now."""
        return self.revoked_at is None and self.key_until is not None and self.key_until > timezone.now()
