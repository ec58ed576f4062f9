"""The outbox of what has no report: draft nudges, team freshness, alarms. Any floor may write one."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from entities.models.catalogue import DigitalService
from entities.models.organisation import Entity


class Correctable(models.TextChoices):
    """What a person may ask to have corrected of what is registered of her."""

    NAME = "name", _("Name")
    MOBILE = "mobile", _("Mobile")
    EMAIL = "email", _("E-mail")
    MEMBERSHIP = "membership", _("Role, entity or term")
    OTHER = "other", _("Something else")


class NoticeQuerySet(models.QuerySet["Notice"]):
    def not_fanned_out(self) -> "NoticeQuerySet":
        return self.filter(fanned_out_at__isnull=True)


class Notice(models.Model):
    """Something people must hear that no report tells; `key` makes it once, whoever writes it how often."""

    class Kind(models.TextChoices):
        DRAFT_WAITS = "DRAFT_WAITS", _("A draft was not sent")
        TEAM_STALE = "TEAM_STALE", _("The crisis team must be confirmed")
        TEAM_CHANGED = "TEAM_CHANGED", _("The crisis team changed")
        NAFATH_AWAY = "NAFATH_AWAY", _("Nafath does not answer")
        CODE = "CODE", _("A one-time code")
        CODE_ENTERED = "CODE_ENTERED", _("A session was opened with a code")
        BREAK_GLASS = "BREAK_GLASS", _("Emergency access")
        POLICY_WAITS = "POLICY_WAITS", _("A version of the policy awaits a second admin")
        MESSAGES_MISSING = "MESSAGES_MISSING", _("What should have been told and was not")
        SILENT_OUTAGE = "SILENT_OUTAGE", _("An outage is suspected")
        SILENT_DENIED = "SILENT_DENIED", _("The owner sees nothing wrong")
        INCIDENT_OPENED = "INCIDENT_OPENED", _("An incident groups reports")
        SITUATION_WAITS = "SITUATION_WAITS", _("A situation report waits to be sent")
        SITUATION_SENT = "SITUATION_SENT", _("A situation report was sent")
        OUTSIDE_ASKED = "OUTSIDE_ASKED", _("An address outside the portal was asked to confirm itself")
        DEPENDENCY_DENIED = "DEPENDENCY_DENIED", _("A dependency was denied")
        CORRECTION_ASKED = "CORRECTION_ASKED", _("A correction of personal data is asked for")

    kind = models.CharField(max_length=20, choices=Kind.choices)
    key = models.CharField(max_length=120, unique=True)
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="notices")
    service = models.ForeignKey(DigitalService, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    data = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)
    fanned_out_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("Notice")
        verbose_name_plural = _("Notices")
        indexes = [models.Index(fields=["id"], condition=Q(fanned_out_at__isnull=True), name="notice_to_fan_out")]

    def __str__(self) -> str:
        return self.key
