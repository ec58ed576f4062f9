"""An update as it is typed: kept for whoever types it, until it is sent. The authority does not know of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from entities.models import User
from entities.permissions import Permission

#: Whoever typed something so lately is at it still: nobody reminds her that an update is due soon.
AT_IT = timedelta(minutes=15)


class UpdateDraftQuerySet(models.QuerySet["UpdateDraft"]):
    def visible_to(self, user: User) -> Self:
        """Those of one's own entity, for whoever sends its updates."""
        if user.acting is None or not user.may(Permission.REPORT_UPDATE):
            return self.none()
        return self.filter(report__entity=user.acting.entity_id)

    def open(self, *, at: datetime) -> Self:
        """Somebody is typing, or was just now."""
        return self.filter(updated_at__gt=at - AT_IT)


class UpdateDraft(models.Model):
    """One person's words on one report; sending them deletes the row."""

    report = models.ForeignKey("incidents.Report", on_delete=models.CASCADE, related_name="update_drafts")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    text = models.JSONField(default=dict, help_text="The raw fields of the form.")
    started_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = UpdateDraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("Draft of an update")
        verbose_name_plural = _("Drafts of updates")
        constraints = [models.UniqueConstraint(fields=["report", "person"], name="update_draft_once_a_person")]

    def __str__(self) -> str:
        return f"{self.report_id} {self.updated_at:%Y-%m-%d %H:%M}"
