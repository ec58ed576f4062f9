"""What one shift leaves to the next, in both languages: written from the board, edited by whoever hands over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from entities.models import User
from entities.permissions import Permission
from incidents.models.duty import DutyShift

#: Afterwards it stands as it was read.
EDITED_WITHIN = timedelta(hours=24)


class HandoverNoteQuerySet(models.QuerySet["HandoverNote"]):
    def visible_to(self, user: User) -> Self:
        """The authority's people only."""
        return self if user.may(Permission.BOARD_VIEW) else self.none()

    def newest_first(self) -> Self:
        return self.select_related("author").order_by("-at", "-pk")


class HandoverNote(models.Model):
    """`shift` is the author's, if she had one: the roster may lose it, the note stays."""

    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    shift = models.ForeignKey(DutyShift, on_delete=models.SET_NULL, null=True, related_name="handover_notes")
    since = models.DateTimeField(help_text="From when on it tells what has changed.")
    at = models.DateTimeField(help_text="As of when its figures are.")
    text_ar = models.TextField(_("Text in Arabic"), max_length=8000)
    text_en = models.TextField(_("Text in English"), max_length=8000)
    edited_at = models.DateTimeField(null=True, help_text="Null: it may still be drawn up anew.")

    objects = HandoverNoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("Handover note")
        verbose_name_plural = _("Handover notes")
        indexes = [models.Index(fields=["-at"], name="handover_newest")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"

    @property
    def text(self) -> str:
        """In the reader's language."""
        return self.text_en if get_language() == "en" else self.text_ar

    def is_open_to(self, user: User, *, at: datetime) -> bool:
        """Whether she may edit it: whoever wrote it, or a lead, for a day."""
        hers = self.author_id == user.pk and user.may(Permission.REPORT_TRIAGE)
        return (hers or user.may(Permission.REPORT_LEAD)) and at - self.at < EDITED_WITHIN
