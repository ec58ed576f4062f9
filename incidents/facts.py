"""What is known of a report, in words: the few facts that stand beside the story, and the rest of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from entities.templatetags.moments import clock_time, day_time, stretch, thousands
from incidents.choices import all_called, called
from incidents.lifecycle import ReportKind
from incidents.models import Report
from incidents.severity import reasons_in_words
from incidents.wording import listed, spoken

SLIPPING = 3


@dataclass(frozen=True)
class Fact:
    """A label and its value; `written` by a person, so its direction is its own."""

    label: str
    value: str
    written: bool = False


def leading(report: Report) -> list[Fact]:
    """What everyone asks first."""
    match report.kind:
        case ReportKind.OWN_OUTAGE:
            found = [
                _expected(report),
                _users(report),
                _column(report, "suspected_cause"),
                _column(report, "workaround", written=True),
            ]
        case ReportKind.MAINTENANCE:
            found = [
                _coded(report, "work_kind", "work_kind"),
                Fact(_("Window"), _window(report)),
                Fact(_("Expected downtime"), stretch(report.expected_outage_minutes)),
                Fact(_("Starts by itself"), _("Yes")) if report.auto_start else None,
                _column(report, "rollback_plan", written=True),
            ]
        case _:
            provider = report.provider_service
            found = [
                Fact(_("Owning entity"), provider.owner_name, written=not provider.listed) if provider else None,
                Fact(_("The owner's report"), _reference(report.owner_reference)) if report.owner_reference else None,
                _expected(report),
                _users(report),
                _column(report, "workaround", written=True),
            ]
    symptoms = Fact(_("Symptoms"), listed(all_called("symptom", report.symptom))) if report.symptom else None
    return [fact for fact in (symptoms, *found) if fact and fact.value]


def further(report: Report, *, outside: bool) -> Iterable[Fact]:
    """Everything else that is filled, in the forms' order; a reader from outside gets what concerns the service."""
    names = ("detected_at", "channels", "beneficiaries", "regions")
    yield from _filled(report, names)
    if report.related_maintenance and not outside:
        yield Fact(_("Related maintenance"), report.related_maintenance.reference)
    if report.integration:
        yield _coded(report, "integration", "integration")
    yield from _filled(report, ("error_sample",), written=True)
    if outside:
        return
    yield from _filled(report, ("detection_source", "origin"))
    yield from _filled(report, ("supplier_name",), written=True)
    if report.cyber_suspected:
        yield Fact(_("Cyber suspected?"), report.get_cyber_suspected_display())
    yield from _filled(report, ("data_impact", "bcp_activated"))
    if report.risk_level:
        yield _coded(report, "risk_level", "risk_level")
    yield from _filled(report, WRITTEN, written=True)
    if report.on_behalf_caller:
        yield Fact(_("Phoned in by"), report.on_behalf_caller, written=True)
    if report.severity_reasons:
        yield Fact(_("Reason of the suggested severity"), reasons_in_words(report.severity_reasons))


WRITTEN = (
    "actions_taken", "help_needed", "public_message", "reason", "emergency_reason", "alternative_channel",
    "beneficiaries_notice", "onsite_contact", "checked_locally", "provider_contacted", "nca_ref", "change_ref",
    "internal_ref",
)  # fmt: skip


def _filled(report: Report, names: Iterable[str], *, written: bool = False) -> Iterable[Fact]:
    return (_column(report, name, written=written) for name in names if getattr(report, name) not in (None, "", []))


def _column(report: Report, name: str, *, written: bool = False) -> Fact:
    value = getattr(report, name)
    label = str(Report._meta.get_field(name).verbose_name)  # type: ignore[union-attr]  # a column
    return Fact(label, str(value) if written else spoken(name, value) if value not in (None, "", []) else "", written)


def _coded(report: Report, name: str, list_name: str) -> Fact:
    code = getattr(report, name)
    label = str(Report._meta.get_field(name).verbose_name)  # type: ignore[union-attr]  # a column
    return Fact(label, called(list_name, code) if code else "")


def _users(report: Report) -> Fact | None:
    if report.users_affected is None:
        return None
    count = thousands(report.users_affected)
    return Fact(_("Users affected"), _("about %(count)s") % {"count": count} if report.users_affected_est else count)


def _expected(report: Report) -> Fact | None:
    """When the service is expected back; from the third other time on, that it slips (domain/reports.md 2.4)."""
    if report.expected_restoration_at is None or report.restored_at is not None:
        return None
    words = day_time(report.expected_restoration_at)
    if report.expected_changes >= SLIPPING:
        changed = ngettext("changed %(n)s time", "changed %(n)s times", report.expected_changes)
        words = format_html("{} ({})", words, changed % {"n": report.expected_changes})
    return Fact(_("Expected restoration"), words)


def _reference(reference: str) -> str:
    return format_html('<span class="ref">{}</span>', reference)


def _window(report: Report) -> str:
    if report.window_start is None or report.window_end is None:
        return ""
    same_day = timezone.localdate(report.window_start) == timezone.localdate(report.window_end)
    window = format_html(
        "{} – {}", day_time(report.window_start), (clock_time if same_day else day_time)(report.window_end)
    )
    if report.extended_until is None:
        return window
    return format_html(_("{}, extended until {}"), window, day_time(report.extended_until))
