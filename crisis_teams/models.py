"""The crisis team of an entity: registered before any outage. Its people and their terms are Memberships."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from entities.models import Entity, Membership, User
from entities.permissions import Permission, Role

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: Who may file reports, while the term runs (s9190: the team's director or the alternate).
FILERS = (Role.DIRECTOR, Role.ALTERNATE)
#: T1, team freshness: contact data is confirmed every 90 days (domain/lifecycle.md).
FRESH_FOR = timedelta(days=90)
MAX_DECISION_BYTES = 10 * 1024 * 1024


def decision_path(team: CrisisTeam, filename: str) -> str:
    """Our own name, outside the web root; the sender's name is only a label."""
    return f"teams/{team.entity_id}/{uuid.uuid4()}{PurePath(filename).suffix.lower()}"


class CrisisTeamQuerySet(models.QuerySet["CrisisTeam"]):
    def visible_to(self, user: User) -> Self:
        """The authority sees every team, everyone else the one of her entity."""
        if user.acting is None or not user.may(Permission.TEAM_VIEW):
            return self.none()
        return self if user.acting.entity.is_authority else self.filter(entity=user.acting.entity_id)

    def active(self) -> Self:
        """Teams whose director or alternate can file today."""
        filers: QuerySet[Membership] = Membership.objects.usable().in_roles(*FILERS)
        return self.filter(Exists(filers.filter(entity=OuterRef("entity"))))

    def stale(self, *, at: datetime) -> Self:
        """Teams not confirmed (or, never confirmed, not registered) within the last 90 days."""
        since = Coalesce("confirmed_at", "created_at")
        return self.alias(since=since).filter(since__lte=at - FRESH_FOR, entity__is_active=True)


class CrisisTeam(models.Model):
    """One an entity: the decision that formed it, and when its contact data was last confirmed."""

    entity = models.OneToOneField(
        Entity, on_delete=models.PROTECT, related_name="crisis_team", verbose_name=_("Entity")
    )
    confirmed_at = models.DateTimeField(_("Contact data confirmed"), null=True, blank=True)
    confirmed_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Confirmed by"),
    )
    decision_reference = models.CharField(_("Decision number"), max_length=60, blank=True)
    decision_date = models.DateField(_("Decision date"), null=True, blank=True)
    decision_file = models.FileField(_("Decision"), upload_to=decision_path, max_length=200, blank=True)
    decision_name = models.CharField(_("File name"), max_length=150, blank=True)
    decision_type = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(_("Registered"), default=timezone.now, editable=False)

    objects = CrisisTeamQuerySet.as_manager()

    class Meta:
        verbose_name = _("Crisis team")
        verbose_name_plural = _("Crisis teams")
        ordering = ["entity__name_ar"]

    def __str__(self) -> str:
        return str(self.entity)

    @property
    def confirm_by(self) -> datetime | None:
        """When the last confirmation stops counting; None while there is none."""
        return self.confirmed_at + FRESH_FOR if self.confirmed_at else None
