"""The call list: who must be telephoned because the ladder has come to its top rung and nobody has answered.

Source: domain/lifecycle.md, Reminders and escalation (+100 %); docs/adr/0047. What a call brought stands in the
report's history; the row holds who is at it, and what was heard last.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from entities.models import Entity, User
from entities.permissions import Permission
from incidents.models.clock import Clock

#: Whoever took a call and said nothing of it for so long lets others take it.
TAKEN_FOR = timedelta(minutes=15)


class CallTaskQuerySet(models.QuerySet["CallTask"]):
    def visible_to(self, user: User) -> Self:
        """The authority's people only."""
        return self if user.may(Permission.BOARD_VIEW) else self.none()

    def unanswered(self) -> Self:
        """Nobody was reached, and what is owed is still owed: once its clock is met or ends, no call is."""
        clock = {f"clock__{name}__isnull": True for name in ("met_at", "cancelled_at", "paused_at")}
        return self.filter(reached_at__isnull=True, **clock)

    def owed(self, *, at: datetime) -> Self:
        """To be made now: a word that was promised on the telephone is waited for."""
        return self.unanswered().exclude(waits_until__gt=at)

    def for_page(self) -> Self:
        """With everything a line or a page shows, the worst and the longest overdue first."""
        found = self.select_related(
            "clock", "taken_by", "report__entity", "report__main_service", "report__policy",
            "report__provider_service__entity",
        )  # fmt: skip
        return found.order_by("report__severity", "opened_at", "pk")


class CallTask(models.Model):
    """One call that is owed about one clock. Closed by itself: its clock says whether anything is owed still."""

    class Outcome(models.TextChoices):
        """What a call brought."""

        REACHED = "reached", pgettext_lazy("call", "Reached")
        PROMISED = "promised", pgettext_lazy("call", "Reached, and promised a word soon")
        NO_ANSWER = "no-answer", pgettext_lazy("call", "No answer")
        WRONG_NUMBER = "wrong-number", pgettext_lazy("call", "Wrong number")

    report = models.ForeignKey("incidents.Report", on_delete=models.PROTECT, related_name="calls")
    clock = models.OneToOneField(Clock, on_delete=models.PROTECT, related_name="call")
    opened_at = models.DateTimeField(help_text="When the rung was reached.")
    taken_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField(null=True, help_text="Raised by each call she makes.")
    waits_until = models.DateTimeField(null=True, help_text="Until when a word was promised on the telephone.")
    reached_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1, help_text="Raised by every change: no two take one call.")

    objects = CallTaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("Call to make")
        verbose_name_plural = _("Calls to make")
        constraints = [
            models.CheckConstraint(
                condition=Q(taken_by__isnull=True, taken_at__isnull=True)
                | Q(taken_by__isnull=False, taken_at__isnull=False),
                name="call_taken_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["opened_at"], condition=Q(reached_at__isnull=True), name="call_unanswered"),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.opened_at:%Y-%m-%d %H:%M}"

    @property
    def entity(self) -> Entity:
        """Whom to ring: the service's owner where it owes the answer, else the entity that reports."""
        provider = self.report.provider_service
        return provider.entity if self.clock.waits_on_provider and provider else self.report.entity

    def holder(self, *, at: datetime) -> User | None:
        """Who is at it; somebody who has long said nothing is not."""
        return self.taken_by if self.taken_at and at - self.taken_at < TAKEN_FOR else None
