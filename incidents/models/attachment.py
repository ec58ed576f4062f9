"""Attachments: a second step after the text, each on its own, never served inline."""

from __future__ import annotations

import uuid
from pathlib import PurePath
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from entities.models import User

if TYPE_CHECKING:
    from incidents.models.report import Report

MAX_A_REPORT = 25
MAX_BYTES = 10 * 1024 * 1024
MAX_BYTES_AN_ENTITY = 2 * 1024**3
EXTENSIONS = ("pdf", "png", "jpg", "docx", "xlsx", "txt", "log", "csv")


def stored_path(attachment: Attachment, filename: str) -> str:
    """Our own name, outside the web root; the sender's name is only a label."""
    return f"reports/{attachment.report_id}/{attachment.pk}{PurePath(filename).suffix.lower()}"


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def visible_to(self, user: User) -> Self:
        """A file is seen by whoever sees its report."""
        from incidents.models.report import Report

        return self.filter(report__in=Report.objects.visible_to(user))

    def of(self, report: Report | OuterRef) -> Self:
        """Its own, and those of the reports that were merged into it."""
        return self.filter(Q(report=report) | Q(report__merged_into=report))


class Attachment(models.Model):
    """A file of a report, with the digest of its bytes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.ForeignKey("incidents.Report", on_delete=models.PROTECT, related_name="attachments")
    name = models.CharField(_("File name"), max_length=150)
    file = models.FileField(upload_to=stored_path, max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("Attachment")
        verbose_name_plural = _("Attachments")
        ordering = ["added_at"]

    def __str__(self) -> str:
        return self.name
