"""The authority's own words on reports. No entity reads them, and the report's history does not tell of them."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from entities.models import User
from entities.permissions import Permission

LONGEST, LONGEST_KEY = 30, 60  # letters
#: So many are offered by the filter; a report carries at most MOST_ON_A_REPORT.
OFFERED = 100
MOST_ON_A_REPORT = 10


class TagQuerySet(models.QuerySet["Tag"]):
    def visible_to(self, user: User) -> Self:
        """The authority's people only."""
        return self if user.may(Permission.BOARD_VIEW) else self.none()

    def of_the_board(self) -> models.QuerySet[Tag, Any]:
        """The words of those that some report carries, as `Gathered` reads them."""
        used = self.filter(Exists(ReportTag.objects.filter(tag=OuterRef("pk"))))
        return used.order_by("label").values(line=F("label"))[:OFFERED]


class Tag(models.Model):
    """One word, or a few, in the spelling in which it was first written. `key` is its spelling for the search."""

    label = models.CharField(_("Tag"), max_length=LONGEST)
    key = models.CharField(max_length=LONGEST_KEY, unique=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = TagQuerySet.as_manager()

    class Meta:
        verbose_name = _("Tag")
        verbose_name_plural = _("Tags")

    def __str__(self) -> str:
        return self.label


class ReportTagQuerySet(models.QuerySet["ReportTag"]):
    def visible_to(self, user: User) -> Self:
        """The authority's people only."""
        return self if user.may(Permission.BOARD_VIEW) else self.none()


class ReportTag(models.Model):
    """That a report carries a tag."""

    report = models.ForeignKey("incidents.Report", on_delete=models.PROTECT, related_name="tag_links")
    tag = models.ForeignKey(Tag, on_delete=models.PROTECT, related_name="links", verbose_name=_("Tag"))
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ReportTagQuerySet.as_manager()

    class Meta:
        verbose_name = _("Tag on a report")
        verbose_name_plural = _("Tags on reports")
        constraints = [models.UniqueConstraint(fields=["report", "tag"], name="report_tagged_once")]

    def __str__(self) -> str:
        return f"{self.report_id} · {self.tag_id}"
