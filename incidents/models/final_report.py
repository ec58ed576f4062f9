"""The final report: cause, impact, lessons and corrective actions. Owed for own outages and maintenance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from entities.models import User


class FinalReportQuerySet(models.QuerySet["FinalReport"]):
    def visible_to(self, user: User) -> Self:
        """Seen by whoever sees its report."""
        from incidents.models.report import Report

        return self.filter(report__in=Report.objects.visible_to(user))


class FinalReport(models.Model):
    """Saved in parts while it is written; complete only once submitted (its form says what is owed)."""

    class Basis(models.TextChoices):
        ACTUAL = "actual", _("Actual figures")
        ESTIMATE = "estimate", _("Estimated figures")
        BOTH = "both", _("Some actual, some estimated")

    class Outcome(models.TextChoices):
        SUCCESS = "success", _("Success")
        PARTIAL = "partial", _("Partial success")
        ROLLED_BACK = "rolled_back", _("Rolled back")

    report = models.OneToOneField("incidents.Report", on_delete=models.PROTECT, related_name="final_report")
    executive_summary = models.TextField(_("Executive summary"), max_length=1500, blank=True)
    started_at = models.DateTimeField(_("Started at"), null=True, blank=True)
    detected_at = models.DateTimeField(_("Detected at"), null=True, blank=True)
    responded_at = models.DateTimeField(_("First technical action at"), null=True, blank=True)
    mitigated_at = models.DateTimeField(_("Mitigated at"), null=True, blank=True)
    restored_at = models.DateTimeField(_("Restored at"), null=True, blank=True)
    root_cause_fixed_at = models.DateTimeField(_("Root cause fixed at"), null=True, blank=True)
    downtime_minutes = models.PositiveIntegerField(_("Downtime (minutes)"), null=True, blank=True)
    downtime_reason = models.CharField(_("Why the downtime was corrected"), max_length=300, blank=True)
    downtime_basis = models.CharField(_("Basis of figures"), max_length=10, choices=Basis.choices, blank=True)
    users_affected_final = models.PositiveIntegerField(_("Users affected"), null=True, blank=True)
    transactions_failed = models.PositiveIntegerField(_("Transactions failed"), null=True, blank=True)
    transactions_delayed = models.PositiveIntegerField(_("Transactions delayed"), null=True, blank=True)
    complaints_count = models.PositiveIntegerField(_("Complaints"), null=True, blank=True)
    cause_l1 = models.CharField(_("Root-cause class"), max_length=40, blank=True)
    cause_l2 = models.CharField(_("Detailed cause"), max_length=40, blank=True)
    direct_cause = models.TextField(_("Direct cause"), max_length=500, blank=True)
    root_cause = models.TextField(_("Root cause"), max_length=3000, blank=True)
    contributing_factors = models.JSONField(_("Contributing factors"), default=list, blank=True)
    resolution = models.TextField(_("Resolution"), max_length=2000, blank=True)
    permanent_fix = models.CharField(
        _("Permanent fix"),
        max_length=10,
        blank=True,
        choices=[("done", _("Done")), ("planned", _("Planned"))],
    )
    permanent_fix_on = models.DateField(_("Permanent fix planned for"), null=True, blank=True)
    monitoring_gap = models.TextField(_("Detection gap"), max_length=1000, blank=True)
    bcp_result = models.TextField(_("Continuity result"), max_length=1000, blank=True)
    third_parties = models.TextField(_("Third parties"), max_length=1000, blank=True)
    downstream_confirmed = models.BooleanField(_("Entities affected downstream confirmed"), default=False)
    recurring = models.BooleanField(_("Recurring"), null=True, blank=True)
    went_well = models.TextField(_("What went well"), max_length=1500, blank=True)
    went_wrong = models.TextField(_("What went wrong"), max_length=1500, blank=True)
    lucky = models.TextField(_("Where we were lucky"), max_length=1500, blank=True)
    lessons = models.TextField(_("Lessons learned"), max_length=1500, blank=True)
    lessons_shareable = models.BooleanField(_("The lesson may be shared anonymously"), default=False)
    outcome = models.CharField(_("Outcome"), max_length=12, choices=Outcome.choices, blank=True)
    actual_start = models.DateTimeField(_("Actual start"), null=True, blank=True)
    actual_end = models.DateTimeField(_("Actual end"), null=True, blank=True)
    rollback_used = models.BooleanField(_("Rollback used"), null=True, blank=True)
    unexpected_effects = models.TextField(_("Unexpected effects"), max_length=1000, blank=True)
    overrun_reason = models.TextField(_("Reason of the overrun"), max_length=1000, blank=True)
    attested_by = models.ForeignKey("entities.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    attested_at = models.DateTimeField(null=True, blank=True)
    countersigned_by = models.ForeignKey(
        "entities.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    countersigned_at = models.DateTimeField(null=True, blank=True)
    attested_transaction = models.CharField(max_length=100, blank=True, help_text="Nafath's number of the proof.")
    countersigned_transaction = models.CharField(max_length=100, blank=True, help_text="Nafath's number of the proof.")
    version = models.PositiveIntegerField(default=0)

    objects = FinalReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("Final report")
        verbose_name_plural = _("Final reports")

    def __str__(self) -> str:
        return str(self.report)


class CorrectiveActionQuerySet(models.QuerySet["CorrectiveAction"]):
    def to_do(self) -> Self:
        """Not reported done, or sent back."""
        return self.filter(done_at__isnull=True)

    def to_verify(self) -> Self:
        """Reported done, and not looked at yet."""
        return self.filter(done_at__isnull=False, verified_at__isnull=True)


class TimelineRow(models.Model):
    """One line of the detailed timeline; prefilled from the history."""

    final_report = models.ForeignKey(FinalReport, on_delete=models.CASCADE, related_name="timeline")
    at = models.DateTimeField(_("Time"))
    text = models.CharField(_("What happened"), max_length=300)
    from_history = models.BooleanField(default=False)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.text


class CorrectiveAction(models.Model):
    """What will be done so that it does not happen again."""

    class Kind(models.TextChoices):
        PREVENT = "prevent", _("Prevent")
        DETECT = "detect", _("Detect earlier")
        MITIGATE = "mitigate", _("Mitigate")
        PROCESS = "process", _("Improve a process")

    final_report = models.ForeignKey(FinalReport, on_delete=models.CASCADE, related_name="actions")
    title = models.CharField(_("Action"), max_length=200)
    kind = models.CharField(_("Type"), max_length=10, choices=Kind.choices, default=Kind.PREVENT)
    owner = models.CharField(_("Owner"), max_length=120)
    due_on = models.DateField(_("Due on"))
    done_at = models.DateTimeField(_("Reported done at"), null=True, blank=True)
    done_note = models.TextField(_("What shows that it is done"), max_length=1000, blank=True, default="")
    verified_at = models.DateTimeField(_("Verified at"), null=True, blank=True)

    objects = CorrectiveActionQuerySet.as_manager()

    class Meta:
        verbose_name = _("Corrective action")
        verbose_name_plural = _("Corrective actions")
        ordering = ["due_on", "id"]

    def __str__(self) -> str:
        return self.title


class FieldComment(models.Model):
    """A reviewer's comment on one field of a final report that is sent back, and the entity's answer."""

    final_report = models.ForeignKey(FinalReport, on_delete=models.CASCADE, related_name="comments")
    field = models.SlugField(_("Field"), max_length=40)
    text = models.TextField(_("Comment"), max_length=1000)
    answer = models.TextField(_("Answer"), max_length=1000, blank=True)
    author = models.ForeignKey("entities.User", on_delete=models.PROTECT, related_name="+")
    round = models.PositiveSmallIntegerField(default=1)

    class Meta:
        verbose_name = _("Comment on a field")
        verbose_name_plural = _("Comments on fields")
        ordering = ["round", "id"]

    def __str__(self) -> str:
        return self.text[:60]
