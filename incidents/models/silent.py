"""A service whose owner says nothing while its consumers report it: the silent-outage alarm (A1, docs/adr/0035).

The row holds counts and no name of a consumer, so that its owner may read it. Which reports were counted is a table
of its own, for the authority alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from entities.models import DigitalService, Entity, Notice, User
from entities.permissions import Permission
from incidents.clocks import Alarm
from incidents.lifecycle import Severity
from incidents.models.policy import Policy


class AlarmRule(models.Model):
    """How many entities within how many minutes raise the alarm, for a tier; null means any."""

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="alarm_rules")
    tier = models.PositiveSmallIntegerField(_("Tier"), choices=DigitalService.Tier.choices, null=True, blank=True)
    consumers = models.PositiveSmallIntegerField(_("Entities"))
    minutes = models.PositiveIntegerField(_("Minutes"))

    class Meta:
        verbose_name = _("Alarm rule")
        verbose_name_plural = _("Alarm rules")
        constraints = [
            models.UniqueConstraint("policy", Coalesce("tier", Value(-1)), name="alarm_rule_once"),
            models.CheckConstraint(condition=Q(consumers__gte=2, minutes__gte=1), name="alarm_rule_of_several"),
        ]

    def __str__(self) -> str:
        return f"A1 T{self.tier if self.tier is not None else '*'}: {self.consumers}/{self.minutes}"

    @property
    def as_rule(self) -> Alarm:
        """The plain value that is asked."""
        return Alarm(self.tier, self.consumers, self.minutes)


class SilentOutageQuerySet(models.QuerySet["SilentOutage"]):
    def visible_to(self, user: User) -> Self:
        """The owner's own, and all of them for whoever sees the board."""
        if user.acting is None or not user.may(Permission.REPORT_VIEW):
            return self.none()
        if user.acting.entity.is_authority and user.may(Permission.BOARD_VIEW):
            return self
        return self.filter(entity=user.acting.entity_id)

    def of(self, entity: Entity) -> Self:
        return self.filter(entity=entity)

    def open(self) -> Self:
        return self.filter(closed_at__isnull=True)

    def for_page(self) -> Self:
        """With everything a line or a page shows, the worst and the oldest first."""
        found = self.select_related("service", "entity", "common", "common__entity", "notice")
        return found.order_by("severity", "opened_at", "pk")


class SilentOutage(models.Model):
    """An alarm about one service; while it is open there is no other on it."""

    class Closed(models.TextChoices):
        OWNER_FILED = "filed", _("The owner has reported the outage")
        PLANNED = "planned", _("The owner's maintenance covers it")
        ENDED = "ended", _("No consumer reports it any more")
        DISMISSED = "dismissed", _("Dismissed by the authority")
        RETIRED = "retired", _("The service is no longer active")

    service = models.ForeignKey(DigitalService, on_delete=models.PROTECT, related_name="silent_outages")
    entity = models.ForeignKey(
        Entity, on_delete=models.PROTECT, related_name="silent_outages", help_text="The service's owner."
    )
    opened_at = models.DateTimeField(_("Raised at"))
    since = models.DateTimeField(_("Since"), help_text="The earliest start that a consumer gives.")
    severity = models.PositiveSmallIntegerField(choices=Severity.choices, help_text="The worst of the reports.")
    minutes = models.PositiveIntegerField(help_text="The rule's window when the alarm was raised.")
    consumers = models.PositiveIntegerField(help_text="Distinct entities that report it.")
    relying = models.PositiveIntegerField(help_text="Distinct entities that rely on it.")
    symptoms = models.JSONField(default=list, blank=True, help_text="Codes with their counts, the most named first.")
    common = models.ForeignKey(
        DigitalService, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        help_text="What this service and other failing ones rely on.",
    )  # fmt: skip
    notice = models.OneToOneField(Notice, on_delete=models.SET_NULL, null=True, related_name="+")
    denied_at = models.DateTimeField(null=True, help_text="The owner sees nothing wrong.")
    denied_by = models.UUIDField(null=True)
    evidence = models.CharField(_("What your team has looked at"), max_length=500, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_because = models.CharField(max_length=10, choices=Closed.choices, blank=True)
    closed_by = models.UUIDField(null=True)
    reason = models.CharField(_("Reason"), max_length=500, blank=True)
    report = models.ForeignKey(
        "incidents.Report", on_delete=models.PROTECT, null=True, related_name="+", help_text="The owner's own."
    )
    reports = models.ManyToManyField(
        "incidents.Report", through="SilentOutageReport", related_name="silent_outages"
    )  # fmt: skip
    version = models.PositiveIntegerField(default=1, help_text="Raised by every change: the board's refresh sees it.")

    objects = SilentOutageQuerySet.as_manager()

    class Meta:
        verbose_name = _("Suspected outage")
        verbose_name_plural = _("Suspected outages")
        constraints = [
            models.UniqueConstraint(
                fields=["service"], condition=Q(closed_at__isnull=True), name="silent_outage_open_once"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_because="")
                | (Q(closed_at__isnull=False) & ~Q(closed_because="")),
                name="silent_outage_closed_because",
            ),
            models.CheckConstraint(
                condition=~Q(closed_because="dismissed") | ~Q(reason=""), name="silent_outage_dismissed_why"
            ),
        ]
        indexes = [
            models.Index(fields=["entity"], condition=Q(closed_at__isnull=True), name="silent_outage_open"),
            models.Index(fields=["service", "-closed_at"], name="silent_outage_of_service"),
        ]

    def __str__(self) -> str:
        return f"{self.service} {self.opened_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def told_at(self) -> datetime | None:
        """When the message to the owner's team was made; None: it waits in the outbox."""
        return self.notice.fanned_out_at if self.notice else None


class SilentOutageReport(models.Model):
    """A consumer's report that an alarm has counted."""

    alarm = models.ForeignKey(SilentOutage, on_delete=models.CASCADE, related_name="counted")
    report = models.ForeignKey("incidents.Report", on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alarm", "report"], name="silent_outage_counts_once")]

    def __str__(self) -> str:
        return f"{self.alarm_id} {self.report_id}"
