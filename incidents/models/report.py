"""A report: one table for the three kinds. Columns of one kind are nullable and held by a constraint."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Case, F, Q, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from entities.chain import GENESIS
from entities.models import DigitalService, Entity, User
from entities.permissions import Permission, Role
from incidents.lifecycle import (
    COUNTED,
    ENDED,
    PAPERWORK,
    TELL_OF_A_SERVICE,
    ClockKind,
    Lane,
    Move,
    Phase,
    ReportKind,
    Ruling,
    Severity,
    Status,
    Verdict,
    allowed,
)  # fmt: skip
from incidents.models.event import ReportEvent
from incidents.models.policy import Policy
from incidents.models.report_query import NEVER, ReportQuerySet
from incidents.severity import Impact, MaintenanceImpact

if TYPE_CHECKING:
    from incidents.models.clock import Clock


def ended(report: str = "") -> Case:
    """When the outage or the work of a report was over, as SQL; `report` leads to it: "report__".

    No COALESCE: PostgreSQL does not hold it for leakproof, and uses no index on it behind row security.
    """
    back = f"{report}restored_at"
    return Case(When(**{f"{back}__isnull": False}, then=F(back)), default=F(f"{report}actual_end"))


class Report(models.Model):
    """What an entity files. Its history is `events`; nothing here changes without one."""

    # --- Every kind -------------------------------------------------------------------------------
    reference = models.CharField(_("Reference"), max_length=20, unique=True)
    kind = models.CharField(_("Kind"), max_length=3, choices=ReportKind.choices)
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="reports")
    key = models.UUIDField(default=uuid.uuid4)
    fingerprint = models.CharField(max_length=64, help_text="Digest of the text as filed: a repeat is told apart.")
    status = models.CharField(_("Status"), max_length=15, choices=Status.choices)
    phase = models.CharField(_("Phase"), max_length=15, choices=Phase.choices, default=Phase.INVESTIGATING)
    severity = models.PositiveSmallIntegerField(_("Severity"), choices=Severity.choices)
    severity_suggested = models.PositiveSmallIntegerField(choices=Severity.choices)
    severity_reasons = models.JSONField(_("Reason of the severity"), default=list, blank=True)
    tier = models.PositiveSmallIntegerField(choices=DigitalService.Tier.choices)
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="reports")
    main_service = models.ForeignKey(
        DigitalService, on_delete=models.PROTECT, related_name="+", help_text="The service the board names."
    )
    services = models.ManyToManyField(DigitalService, through="AffectedService", related_name="reports")
    filed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reporter_capacity = models.CharField(_("Capacity"), max_length=20, choices=Role.choices)
    on_behalf_caller = models.CharField(_("Caller"), max_length=200, blank=True)
    entity_confirmed_at = models.DateTimeField(null=True, blank=True)
    unconfirmed_at = models.DateTimeField(
        null=True, blank=True, help_text="A deed came by a code, and its person has not signed in with Nafath since."
    )
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    acknowledged_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(_("Filed at"))
    restored_at = models.DateTimeField(_("Restored at"), null=True, blank=True)
    restored_recorded_at = models.DateTimeField(null=True, blank=True)
    restored_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    withdrawal_reason = models.CharField(max_length=1000, blank=True, help_text="Asked for, not yet confirmed.")
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged_from",
        help_text="The report of the same entity that tells of the outage instead.",
    )  # fmt: skip
    merged_at = models.DateTimeField(null=True, blank=True)
    related = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="related_from")
    internal_ref = models.CharField(_("Internal ticket no."), max_length=64, blank=True)
    summary = models.CharField(_("Brief description"), max_length=500)
    started_at = models.DateTimeField(_("Outage started at"), null=True, blank=True)
    started_at_est = models.BooleanField(default=True)
    detected_at = models.DateTimeField(_("Detected at"), null=True, blank=True)
    symptom = models.JSONField(_("Symptoms"), default=list, blank=True)
    users_affected = models.PositiveIntegerField(_("Users affected"), null=True, blank=True)
    users_affected_est = models.BooleanField(default=True)
    expected_restoration_at = models.DateTimeField(_("Expected restoration"), null=True, blank=True)
    expected_changes = models.PositiveSmallIntegerField(default=0)
    next_update_at = models.DateTimeField(_("Next update by"), null=True, blank=True)
    workaround = models.CharField(_("Workaround / alternative channel"), max_length=500, blank=True)

    # --- Own outage -----------------------------------------------------------------------------------
    impact_level = models.CharField(_("Impact"), max_length=8, choices=Impact.choices, blank=True)
    cyber_suspected = models.CharField(
        _("Cyber suspected?"),
        max_length=7,
        choices=[("no", _("No")), ("yes", _("Yes")), ("unknown", _("Not known yet"))],
        blank=True,
    )
    nca_ref = models.CharField(_("NCA reference"), max_length=40, blank=True)
    detection_source = models.CharField(_("How discovered"), max_length=40, blank=True)
    channels = models.JSONField(_("Channels affected"), default=list, blank=True)
    beneficiaries = models.JSONField(_("Beneficiary groups"), default=list, blank=True)
    regions = models.JSONField(_("Regions affected"), default=list, blank=True)
    suspected_cause = models.CharField(_("Suspected cause"), max_length=40, blank=True)
    origin = models.CharField(_("Origin"), max_length=40, blank=True)
    upstream_service = models.ForeignKey(
        DigitalService, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    supplier_name = models.CharField(_("Supplier involved"), max_length=120, blank=True)
    data_impact = models.JSONField(_("Data impact"), default=list, blank=True)
    related_maintenance = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="outages",
        verbose_name=_("Related maintenance"),
    )  # fmt: skip
    bcp_activated = models.CharField(_("Continuity plan activated"), max_length=10, blank=True)
    public_message = models.CharField(_("Message to beneficiaries"), max_length=280, blank=True)
    actions_taken = models.TextField(_("Actions so far"), max_length=1000, blank=True)
    help_needed = models.CharField(_("Help needed from the authority"), max_length=500, blank=True)

    # --- Maintenance ----------------------------------------------------------------------------------
    title = models.CharField(_("Title"), max_length=120, blank=True)
    work_kind = models.CharField(_("Kind of work"), max_length=40, blank=True)
    reason = models.TextField(_("Reason"), max_length=500, blank=True)
    window_start = models.DateTimeField(_("Window start"), null=True, blank=True)
    window_end = models.DateTimeField(_("Window end"), null=True, blank=True)
    expected_outage_minutes = models.PositiveIntegerField(
        _("Expected downtime (min)"), null=True, blank=True, validators=[MaxValueValidator(72 * 60)]
    )
    is_emergency = models.BooleanField(_("Emergency"), default=False)
    emergency_reason = models.CharField(_("Reason of the emergency"), max_length=500, blank=True)
    rollback_plan = models.CharField(_("Rollback plan"), max_length=500, blank=True)
    alternative_channel = models.CharField(_("Alternative channel"), max_length=300, blank=True)
    beneficiaries_notice = models.CharField(_("Public notice"), max_length=500, blank=True)
    risk_level = models.CharField(_("Risk"), max_length=10, blank=True)
    tested_in_staging = models.BooleanField(_("Tested before"), null=True, blank=True)
    change_ref = models.CharField(_("Change no."), max_length=64, blank=True)
    onsite_contact = models.CharField(_("Contact during the window"), max_length=200, blank=True)
    auto_start = models.BooleanField(_("Starts by itself"), default=False)
    extended_until = models.DateTimeField(_("Extended until"), null=True, blank=True)
    missed_at = models.DateTimeField(null=True, blank=True, help_text="The window passed, and nobody started it.")
    overrun_key = models.UUIDField(null=True, blank=True, help_text="Key of the outage draft that an overrun brought.")
    actual_start = models.DateTimeField(null=True, blank=True)
    actual_end = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, blank=True)

    # --- Consumed outage ---------------------------------------------------------------------------------
    provider_service = models.ForeignKey(
        DigitalService, on_delete=models.PROTECT, null=True, blank=True, related_name="consumed_reports"
    )
    integration = models.CharField(_("Integration path"), max_length=40, blank=True)
    error_sample = models.TextField(_("Error sample"), max_length=2000, blank=True)
    checked_locally = models.CharField(_("Local checks done"), max_length=300, blank=True)
    provider_contacted = models.CharField(_("Provider contacted"), max_length=300, blank=True)
    share_identity = models.BooleanField(_("Show our name to the provider"), default=True)
    owner_reference = models.CharField(
        max_length=20, blank=True, help_text="The owner's report of the same outage, by its reference alone."
    )
    return_asked_for = models.DateTimeField(
        null=True, blank=True, help_text="When the owner recorded the return that the consumer was asked about."
    )
    verdict = models.CharField(_("Owner's answer"), max_length=20, choices=Verdict.choices, blank=True, default="")
    verdict_at = models.DateTimeField(null=True, blank=True)
    verdict_reference = models.CharField(
        max_length=20, blank=True, default="", help_text="The owner's own report: named, and seen by its own readers."
    )
    ruling = models.CharField(_("Ruling"), max_length=20, choices=Ruling.choices, blank=True, default="")
    still_down_at = models.DateTimeField(
        null=True, blank=True, help_text="Asked whether the service is back, the consumer said no."
    )

    # --- What the board reads, kept true by `record`, the clocks and the incident's deeds ---------------------
    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.PROTECT, null=True, blank=True, related_name="grouped", db_index=False,
        help_text="The incident it stands under while that goes on; the links stand in IncidentReport.",
    )  # fmt: skip
    lane = models.PositiveSmallIntegerField(choices=Lane.choices)
    next_clock = models.CharField(max_length=2, choices=ClockKind.choices, blank=True)
    next_due_at = models.DateTimeField(default=NEVER)
    next_started_at = models.DateTimeField(null=True)
    waits_on_authority = models.BooleanField(default=False)
    authority_clock = models.CharField(max_length=2, choices=ClockKind.choices, blank=True)
    authority_due_at = models.DateTimeField(default=NEVER, help_text="What the authority owes first.")
    search_text = models.CharField(max_length=1000, default="")
    version = models.PositiveIntegerField(default=0, help_text="Raised by every human deed.")
    event_count = models.PositiveIntegerField(default=0)
    head_hash = models.CharField(max_length=64, default=GENESIS)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("Report")
        verbose_name_plural = _("Reports")
        constraints = [
            models.UniqueConstraint(fields=["entity", "kind", "key"], name="report_key_once"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="report_status_known"),
            models.CheckConstraint(
                condition=Q(status="MERGED", merged_into__isnull=False, merged_at__isnull=False)
                | (~Q(status="MERGED") & Q(merged_into__isnull=True, merged_at__isnull=True)),
                name="report_merged_into_another",
            ),
            models.CheckConstraint(condition=Q(severity__range=(1, 4)), name="report_severity_1_to_4"),
            models.CheckConstraint(
                condition=~Q(kind="OUT")
                | (Q(started_at__isnull=False, detected_at__isnull=False) & ~Q(impact_level="")),
                name="report_own_outage_whole",
            ),
            models.CheckConstraint(
                condition=~Q(kind="MNT") | Q(window_start__isnull=False, window_end__gt=F("window_start")),
                name="report_maintenance_whole",
            ),
            models.CheckConstraint(
                condition=~Q(kind="DEP") | Q(started_at__isnull=False, provider_service__isnull=False),
                name="report_consumed_outage_whole",
            ),
            models.CheckConstraint(
                condition=Q(restored_at__isnull=True)
                | Q(started_at__isnull=True)
                | Q(restored_at__gte=F("started_at")),
                name="report_restored_after_start",
            ),
        ]
        indexes = [
            models.Index(fields=["lane", "next_due_at", "id"], condition=Q(lane__lt=Lane.ENDED), name="report_board"),
            models.Index(  # the board's numbers, read from it alone
                fields=["lane", "status", "severity"],
                include=["incident", "entity", "provider_service", "kind", "window_start", "authority_due_at", "id"],
                condition=Q(lane__lt=Lane.ENDED),
                name="report_counted",
            ),
            models.Index(fields=["authority_due_at"], condition=Q(lane__lt=Lane.ENDED), name="report_on_authority"),
            models.Index(fields=["entity", "-submitted_at"], name="report_of_entity"),
            models.Index(fields=["main_service", "started_at"], name="report_around"),
            models.Index(fields=["id"], condition=Q(unconfirmed_at__isnull=False), name="report_unconfirmed"),
            models.Index(fields=["window_start"], condition=Q(kind="MNT"), name="report_windows"),
            models.Index(
                fields=["provider_service", "submitted_at"], condition=Q(kind="DEP"), name="report_on_provider"
            ),
            models.Index(  # standings.py: with a null end what goes on or is planned
                "entity",
                ended(),
                condition=Q(kind__in=TELL_OF_A_SERVICE, status__in=COUNTED),
                name="report_spells",
            ),
            models.Index(fields=["owner_reference"], condition=~Q(owner_reference=""), name="report_of_owners"),
            models.Index(fields=["incident"], condition=Q(incident__isnull=False), name="report_of_incident"),
        ]

    def __str__(self) -> str:
        return self.reference

    # --- Reading ----------------------------------------------------------------------------------------
    @property
    def is_open(self) -> bool:
        """Not ended and not yet paperwork."""
        return self.status not in ENDED and self.status not in PAPERWORK

    @property
    def is_followed_up(self) -> bool:
        """Closed, with corrective actions that nobody has verified."""
        return self.status == Status.CLOSED and self.lane == Lane.PAPERWORK

    def is_late(self, *, at: datetime) -> bool:
        """Something is owed and overdue, by whomever: a clock, or the start of a window."""
        return self.lane != Lane.ENDED and self.next_due_at < at

    def is_late_on_authority(self, *, at: datetime) -> bool:
        """What the authority owes is overdue."""
        return self.lane != Lane.ENDED and self.authority_due_at < at

    @property
    def began_at(self) -> datetime:
        """When the outage or the work began, or will."""
        began = self.actual_start or self.window_start if self.kind == ReportKind.MAINTENANCE else self.started_at
        return began or self.submitted_at

    @property
    def agreed_end(self) -> datetime | None:
        """Until when the work may last: the window's end, or the extension that was declared."""
        return self.extended_until or self.window_end

    @property
    def ended_at(self) -> datetime | None:
        return self.actual_end if self.kind == ReportKind.MAINTENANCE else self.restored_at

    def moves_for(self, user: User) -> dict[str, Move]:
        """The deeds this person may do now, by name: the page's buttons."""
        by_provider = self.is_answered_by(user)
        if user.acting is None or not (by_provider or self.is_in_reach_of(user)):
            return {}
        moves = allowed(self.kind, status=self.status, severity=self.severity, permissions=user.acting.permissions)
        return {move.name: move for move in moves if move.by_provider == by_provider}

    def is_in_reach_of(self, user: User) -> bool:
        """Her own entity's report, or she follows for the authority: a provider reads a consumer's, no more.

        Reviewers do not move the authority's own report unless they are lead (decisions.md, Roles).
        """
        if user.acting is None:
            return False
        if user.acting.entity_id != self.entity_id:
            # The authority's own director files for the authority, and never speaks for another entity.
            return user.acting.entity.is_authority and user.may(Permission.REPORT_TRIAGE)
        return user.acting.role != Role.REVIEWER or self.filed_by_id == user.pk

    def is_answered_by(self, user: User) -> bool:
        """The report is about a service of her entity's, and she files for it: she gives its answer, no more."""
        acting = user.acting
        if acting is None or not user.may(Permission.REPORT_FILE) or acting.entity_id == self.entity_id:
            return False
        return self.provider_service is not None and self.provider_service.entity_id == acting.entity_id

    # --- Writing -----------------------------------------------------------------------------------------
    def record(
        self,
        kind: str,
        *,
        by: User | None,
        at: datetime,
        clock: Clock | None = None,
        mark: str = "",
        data: dict[str, Any] | None = None,
    ) -> ReportEvent:
        """Append to the history. The caller holds this row's lock, and saves the report afterwards.

        `by` None is the system (role SYS). `recorded_at` is now; only the seed lets it be `at`.
        """
        marks = by.acting.marks if by and by.acting else {}
        if "by_code" in marks:
            self.unconfirmed_at = self.unconfirmed_at or timezone.now()
        event = ReportEvent.after(
            self.pk,
            (self.event_count, self.head_hash),
            kind=kind,
            at=at,
            by=by,
            clock=clock.pk if clock else None,
            mark=mark,
            data={**(data or {}), **marks},
        )
        event.report, event.clock = self, clock
        event.save(force_insert=True)
        self.event_count, self.head_hash = event.seq, event.hash
        if by is not None:
            self.version += 1
        return event


class AffectedService(models.Model):
    """A service that a report is about, with its own impact."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="affected")
    service = models.ForeignKey(DigitalService, on_delete=models.PROTECT, related_name="+")
    impact = models.CharField(_("Impact"), max_length=20, choices=[*Impact.choices, *MaintenanceImpact.choices])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "service"], name="affected_service_once")]

    def __str__(self) -> str:
        return f"{self.service} · {self.impact}"
