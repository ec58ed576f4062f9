"""What reviewers write for themselves: a model of its own, never in an entity's page."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from entities.models import User
from entities.permissions import Permission


class ReviewerNoteQuerySet(models.QuerySet["ReviewerNote"]):
    def visible_to(self, user: User) -> Self:
        """The authority's people only."""
        return self if user.may(Permission.BOARD_VIEW) else self.none()


class ReviewerNote(models.Model):
    """A private note of the authority on a report."""

    report = models.ForeignKey("incidents.Report", on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(_("Note"), max_length=2000)
    at = models.DateTimeField(default=timezone.now)

    objects = ReviewerNoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("Reviewer's note")
        verbose_name_plural = _("Reviewers' notes")
        ordering = ["-at"]

    def __str__(self) -> str:
        return self.text[:60]
