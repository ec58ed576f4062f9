"""A draft: the raw text of a form, saved as it is typed. Nobody but the entity knows of it."""

from __future__ import annotations

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from entities.models import DigitalService, Entity, User
from entities.permissions import Permission
from incidents.lifecycle import ReportKind

#: So many drafts that name no service may one person have begun; those that do are one a service.
MOST_UNNAMED = 10


class DraftQuerySet(models.QuerySet["Draft"]):
    def visible_to(self, user: User) -> Self:
        """The entity's own people who draft; the authority does not know of a draft."""
        if user.acting is None or not user.may(Permission.REPORT_DRAFT):
            return self.none()
        return self.filter(entity=user.acting.entity_id)

    def unnamed(self, *, entity: Entity, by: User) -> Self:
        """Those that somebody began for the entity and that name no service."""
        return self.filter(entity=entity, started_by=by, service__isnull=True)


class Draft(models.Model):
    """Unsent: no reference, no event, no clock. Filing it creates the report with its key and deletes it."""

    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="drafts")
    kind = models.CharField(max_length=3, choices=ReportKind.choices)
    key = models.UUIDField(default=uuid.uuid4)
    text = models.JSONField(default=dict)
    service = models.ForeignKey(DigitalService, on_delete=models.SET_NULL, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    last_writer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("Draft")
        verbose_name_plural = _("Drafts")
        ordering = ["-updated_at"]
        constraints = [
            models.UniqueConstraint(fields=["entity", "kind", "key"], name="draft_key_once"),
            models.UniqueConstraint(
                fields=["entity", "kind", "service"],
                condition=Q(service__isnull=False),
                name="draft_once_a_service",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
