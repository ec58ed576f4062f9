"""Clocks are rows: written only together with the event that starts or meets them, never recomputed in silence."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import DurationField, ExpressionWrapper, F, Q, Value
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from entities.permissions import Permission
from incidents.lifecycle import WAITS_ON_AUTHORITY, WAITS_ON_PROVIDER, ClockKind

if TYPE_CHECKING:
    from entities.models import User


class ClockQuerySet(models.QuerySet["Clock"]):
    def visible_to(self, user: User) -> Self:
        """A clock is seen by whoever sees its report; the authority sees every report, so none is looked up."""
        from incidents.models.report import Report

        if user.may(Permission.BOARD_VIEW):
            return self
        return self.filter(report__in=Report.objects.visible_to(user))

    def running(self) -> Self:
        """Neither met, nor cancelled, nor paused."""
        return self.filter(met_at__isnull=True, cancelled_at__isnull=True, paused_at__isnull=True)

    def unmet(self) -> Self:
        """Running or paused."""
        return self.filter(met_at__isnull=True, cancelled_at__isnull=True)

    def late_by_half(self, *, at: datetime) -> Self:
        """Overdue by half of their length or more."""
        # due + (due - start) <= at + (at - due): moments, because SQLite halves no stretch of time.
        now: Any = (
            Value(at, output_field=models.DateTimeField()) if isinstance(at, datetime) else at
        )  # or one of `Asked`
        twice_due = F("due_at") + ExpressionWrapper(F("due_at") - F("started_at"), output_field=DurationField())
        twice_now = now + ExpressionWrapper(now - F("due_at"), output_field=DurationField())
        moments = (ExpressionWrapper(each, output_field=models.DateTimeField()) for each in (twice_due, twice_now))
        return self.filter(LessThanOrEqual(*moments), due_at__lte=at)

    def due(self, *, at: datetime) -> Self:
        """Running clocks with a reminder mark that has come: the sweep's rows."""
        return self.running().filter(next_mark_at__lte=at)


class Clock(models.Model):
    """Something owed by a moment."""

    report = models.ForeignKey("incidents.Report", on_delete=models.PROTECT, related_name="clocks")
    kind = models.CharField(max_length=2, choices=ClockKind.choices)
    subject = models.PositiveIntegerField(default=0, help_text="The seq of C4's question; the key of C9's action.")
    policy = models.ForeignKey("incidents.Policy", on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True)
    paused_seconds = models.PositiveIntegerField(default=0)
    met_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    extended = models.BooleanField(default=False)
    next_mark_at = models.DateTimeField(null=True, help_text="When the sweep must look again.")

    objects = ClockQuerySet.as_manager()

    class Meta:
        verbose_name = _("Clock")
        verbose_name_plural = _("Clocks")
        constraints = [
            models.UniqueConstraint(
                fields=["report", "kind", "subject"],
                condition=Q(met_at__isnull=True, cancelled_at__isnull=True),
                name="clock_runs_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_mark_at", "id"],  # thousands are due at the same moment: read in order, not sorted again
                condition=Q(met_at__isnull=True, cancelled_at__isnull=True, paused_at__isnull=True),
                name="clock_to_sweep",
            ),
            models.Index(fields=["started_at"], name="clock_started"),  # a month of them: rulebook/preview.py
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.due_at:%Y-%m-%d %H:%M}"

    @property
    def length(self) -> timedelta:
        """From start to due: what a percent of the clock means."""
        return max(self.due_at - self.started_at, timedelta(minutes=1))

    @property
    def waits_on_authority(self) -> bool:
        return self.kind in WAITS_ON_AUTHORITY

    @property
    def waits_on_provider(self) -> bool:
        """The owner of a service owes it to whoever relies on it."""
        return self.kind in WAITS_ON_PROVIDER

    @property
    def is_over(self) -> bool:
        """Met, or owed no more."""
        return self.met_at is not None or self.cancelled_at is not None

    @property
    def late_by(self) -> timedelta:
        """How late it was met; zero when in time or not met yet."""
        return max(self.met_at - self.due_at, timedelta()) if self.met_at else timedelta()
