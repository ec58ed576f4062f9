"""The sealed record of a closed report: a PDF made once a closing and a language, and served unchanged ever after."""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from entities.permissions import Permission
from incidents.errors import PaperRefused

if TYPE_CHECKING:
    from entities.models import User


def record_path(record: SealedRecord, _filename: str) -> str:
    """Beside the attachments, outside the web root; a view that asks who reads is the only way to it."""
    return f"records/{record.report_id}/{record.pk}.pdf"


class SealedRecordQuerySet(models.QuerySet["SealedRecord"]):
    def visible_to(self, user: User) -> Self:
        """The entity's own and the authority's: a provider reads a consumer's report, and not its record."""
        from incidents.models.report import Report

        if user.acting is None:
            return self.none()
        seen = self.filter(report__in=Report.objects.visible_to(user))
        return seen if user.may(Permission.BOARD_VIEW) else seen.filter(report__entity=user.acting.entity_id)


class SealedRecord(models.Model):
    """What was sealed: the history up to the event that closed the report. The database lets no row change or go."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.ForeignKey("incidents.Report", on_delete=models.PROTECT, related_name="records")
    language = models.CharField(max_length=2)
    event_count = models.PositiveIntegerField(help_text="The seq of the event that closed the report.")
    head_hash = models.CharField(max_length=64, help_text="The hash of that event.")
    closed_at = models.DateTimeField()
    file = models.FileField(upload_to=record_path, max_length=200)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now)

    objects = SealedRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("Sealed record")
        verbose_name_plural = _("Sealed records")
        constraints = [
            models.UniqueConstraint(fields=["report", "language", "event_count"], name="record_once_a_closing"),
        ]

    def __str__(self) -> str:
        return f"{self.report_id}:{self.event_count} {self.language}"

    def read(self) -> bytes:
        """The bytes as they were sealed. Raises PaperRefused when they are gone or are others."""
        try:
            with self.file.open("rb") as kept:
                content = bytes(kept.read())
        except OSError as gone:
            raise PaperRefused("missing") from gone
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise PaperRefused("changed")
        return content
