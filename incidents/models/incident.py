"""An incident: several reports with one cause, led by the authority as one case; and its situation reports.

The authority alone sees it. An entity reads on its own report that it is part of a wider incident, and whoever stands
on an incident's list of readers reads the situation reports that were sent.
"""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Count, Exists, Min, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from entities.models import DigitalService, Entity, Membership, User
from entities.models.naming import Bilingual
from entities.permissions import Permission
from incidents.lifecycle import ENDED, NOT_COUNTED, OPEN


class IncidentQuerySet(models.QuerySet["Incident"]):
    def visible_to(self, user: User) -> Self:
        """The authority's people only."""
        acting = user.acting
        return self if acting and acting.entity.is_authority and user.may(Permission.BOARD_VIEW) else self.none()

    def going_on(self) -> Self:
        return self.exclude(state=Incident.State.CLOSED)

    def gathering(self) -> Self:
        """Those that further reports join by themselves: until the services are back, or it is full."""
        return self.filter(state=Incident.State.OPEN, group_mode=True)

    def grouping(self, provider: int) -> Self:
        """The one that gathers, by itself, the reports on this provider's services."""
        return self.gathering().filter(provider=provider)

    def with_figures(self) -> Self:
        """How many reports stand under it, go on, await acknowledgement; the worst severity; what is due first."""
        live = Q(members__unlinked_at__isnull=True) & ~Q(members__report__status__in=NOT_COUNTED)
        going_on = live & Q(members__report__status__in=OPEN)
        return self.annotate(
            reports=Count("members", filter=live),
            down=Count("members", filter=going_on),
            unacknowledged=Count("members", filter=live & _UNACKNOWLEDGED),
            worst=Min("members__report__severity", filter=live),
            owed_at=Min("members__report__authority_due_at", filter=live & ~Q(members__report__status__in=ENDED)),
            next_at=Min("members__report__next_due_at", filter=going_on),
        )


_UNACKNOWLEDGED = Q(members__report__acknowledged_at__isnull=True) & ~Q(members__report__status__in=ENDED)


class Incident(Bilingual):
    """One case of the authority over reports that have one cause. Each of them is still its entity's to end."""

    class State(models.TextChoices):
        OPEN = "OPEN", pgettext_lazy("incident", "Open")
        RESTORED = "RESTORED", pgettext_lazy("incident", "Services restored")
        CLOSED = "CLOSED", pgettext_lazy("incident", "Closed")

    reference = models.CharField(_("Reference"), max_length=20, unique=True)
    cause = models.TextField(_("Cause, as far as it is known"), max_length=1000, blank=True)
    service = models.ForeignKey(
        DigitalService, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("Service it is suspected to come from"),
    )  # fmt: skip
    provider = models.ForeignKey(
        Entity, on_delete=models.PROTECT, null=True, related_name="+", help_text="Whose services the group is about."
    )
    state = models.CharField(_("Status"), max_length=8, choices=State.choices, default=State.OPEN)
    group_mode = models.BooleanField(_("Further reports join by themselves"), default=False)
    opened_at = models.DateTimeField(_("Opened at"))
    opened_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", help_text="Null: the clock sweep."
    )
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    restored_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    readers = models.ManyToManyField(
        Membership, through="IncidentReader", related_name="+", verbose_name=_("Who reads the situation reports")
    )

    objects = IncidentQuerySet.as_manager()

    class Meta:
        verbose_name = _("Incident")
        verbose_name_plural = _("Incidents")
        constraints = [
            models.UniqueConstraint(
                fields=["provider"],
                condition=Q(group_mode=True) & ~Q(state="CLOSED"),
                name="incident_groups_provider_once",
            ),
            models.CheckConstraint(condition=Q(state__in=["OPEN", "RESTORED", "CLOSED"]), name="incident_state_known"),
        ]
        indexes = [models.Index(fields=["id"], condition=~Q(state="CLOSED"), name="incident_going_on")]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_closed(self) -> bool:
        return self.state == self.State.CLOSED

    @property
    def gathers(self) -> bool:
        """Further reports on the provider join by themselves."""
        return self.group_mode and self.state == self.State.OPEN


class IncidentReportQuerySet(models.QuerySet["IncidentReport"]):
    def visible_to(self, user: User) -> Self:
        """Whoever sees the incident."""
        return self.filter(incident__in=Incident.objects.visible_to(user))

    def linked(self) -> Self:
        return self.filter(unlinked_at__isnull=True)


class IncidentReport(models.Model):
    """That a report stands under an incident, from when to when. The report's own history tells it as well."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="members")
    report = models.ForeignKey("incidents.Report", on_delete=models.PROTECT, related_name="incident_links")
    linked_at = models.DateTimeField()
    linked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    unlinked_at = models.DateTimeField(null=True)
    unlinked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    objects = IncidentReportQuerySet.as_manager()

    class Meta:
        constraints = [
            # A report may have stood under a closed incident before; `Report.incident` is the one that goes on.
            models.UniqueConstraint(
                fields=["incident", "report"], condition=Q(unlinked_at__isnull=True), name="incident_report_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident_id} · {self.report_id}"


class IncidentReaderQuerySet(models.QuerySet["IncidentReader"]):
    def visible_to(self, user: User) -> Self:
        """The authority sees the list; whoever stands on it knows that she does."""
        acting = user.acting
        if acting and acting.entity.is_authority and user.may(Permission.BOARD_VIEW):
            return self
        return self.filter(membership__user=user)


class IncidentReader(models.Model):
    """Somebody on the list to whom an incident's situation reports are sent."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="reader_rows")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")

    objects = IncidentReaderQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "membership"], name="incident_reader_once")]

    def __str__(self) -> str:
        return f"{self.incident_id} · {self.membership_id}"


class SituationReportQuerySet(models.QuerySet["SituationReport"]):
    def visible_to(self, user: User) -> Self:
        """The authority sees all; whoever stands on the list, what was sent."""
        acting = user.acting
        if acting is None:
            return self.none()
        if acting.entity.is_authority and user.may(Permission.BOARD_VIEW):
            return self
        listed = IncidentReader.objects.filter(
            incident=OuterRef("incident"), membership__user=user, membership__entity=acting.entity_id
        )
        return self.filter(Exists(listed), sent_at__isnull=False)


class SituationReport(models.Model):
    """How an incident stands, in both languages: written from the figures, edited by a lead, sent by her."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="situation_reports")
    number = models.PositiveIntegerField()
    at = models.DateTimeField(help_text="As of when its figures are.")
    text_ar = models.TextField(_("Text in Arabic"), max_length=4000)
    text_en = models.TextField(_("Text in English"), max_length=4000)
    edited_at = models.DateTimeField(null=True, help_text="Null: the figures may still be taken anew.")
    sent_at = models.DateTimeField(null=True)
    sent_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    objects = SituationReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("Situation report")
        verbose_name_plural = _("Situation reports")
        constraints = [models.UniqueConstraint(fields=["incident", "number"], name="situation_number_once")]

    def __str__(self) -> str:
        return f"{self.incident_id} · {self.number}"

    @property
    def seen(self) -> str:
        """What the draft's page sends back: empty until somebody has edited it, another with each edit."""
        return self.edited_at.isoformat() if self.edited_at else ""
