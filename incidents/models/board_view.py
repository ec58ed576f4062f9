"""A filter of the board under a name: a person's own, or one that a lead shows to all."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Case, Q, Value, When
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from entities.models import User
from entities.permissions import Permission

#: So many a person may keep.
MOST_VIEWS = 20
LONGEST_QUERY = 1000  # letters, as an address writes them: an Arabic one is six
#: So many stand above the board, those of others included.
SHOWN = 40


class BoardViewQuerySet(models.QuerySet["BoardView"]):
    def visible_to(self, user: User) -> Self:
        """One's own, and those that are shown to all who read the board."""
        if not user.may(Permission.BOARD_VIEW):
            return self.none()
        return self.filter(Q(person=user.pk) | Q(shared=True))

    def of_person(self, user: User) -> Self:
        return self.filter(person=user.pk)

    def of_the_board(self, user: User) -> models.QuerySet[BoardView, Any]:
        """What the board says of each, in one column, those of the longest standing first."""
        hers = Case(When(person=user.pk, then="is_default"), default=Value(False))
        said = JSONObject(name="name", query="query", default=hers)
        return self.order_by("pk").values(line=said)[:SHOWN]


class BoardView(models.Model):
    """`query` is what BoardFilter.query() says: read as a filter again, so it leads nowhere but to the board."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="board_views")
    name = models.CharField(_("Name"), max_length=40)
    query = models.CharField(max_length=LONGEST_QUERY, blank=True)
    is_default = models.BooleanField(_("Open the board with it"), default=False)
    shared = models.BooleanField(_("Show it to everyone who reads the board"), default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = BoardViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("Saved view")
        verbose_name_plural = _("Saved views")
        constraints = [
            models.UniqueConstraint(fields=["person", "name"], name="board_view_named_once"),
            models.UniqueConstraint(fields=["person"], condition=Q(is_default=True), name="board_view_default_once"),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(shared=True), name="board_view_shared")]

    def __str__(self) -> str:
        return self.name
