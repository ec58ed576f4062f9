"""What would follow from a form as it stands: severity and its reason, who is told, which clocks start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from entities.models import DigitalService
from incidents.assessment import assess_report, tier_of
from incidents.blast import Reach, reach_of
from incidents.clocks import Rules
from incidents.forms.filing import FilingForm
from incidents.forms.maintenance import MaintenanceForm
from incidents.forms.services import read_numbers
from incidents.handbook import said
from incidents.lifecycle import FILING, WAITS_ON_AUTHORITY, ClockKind, ReportKind
from incidents.models import Policy, Report
from incidents.models.policy import work_calendar
from incidents.severity import Assessment
from incidents.similar import find_similar
from incidents.states import ServiceState, state_of


@dataclass(frozen=True)
class Due:
    """A clock that filing starts, and its rule in words."""

    clock: ClockKind
    length: str
    on_authority: bool


@dataclass(frozen=True)
class LeadTime:
    """How long before the works they are to be announced, in words; too near, they are an emergency with a reason."""

    rule: str
    met: bool
    reason: str


@dataclass(frozen=True)
class Consequences:
    """All that the page shows beside a form; empty parts are not known yet."""

    assessed: Assessment | None = None
    dues: tuple[Due, ...] = ()
    reach: Reach | None = None
    provider: DigitalService | None = None
    provider_state: ServiceState | None = None
    lead_time: LeadTime | None = None
    same_time: tuple[Report, ...] = ()  # the entity's other windows of these services, then


def consequences(form: FilingForm) -> Consequences:
    """Read from the answers of a form, whole or half; the caller has had it cleaned."""
    affected, provider = form.affected, form.provider
    services = [service for service, _impact in affected] or form.cleaned_data.get("services") or []
    known: dict[str, Any] = {
        "reach": reach_of(services) if services and form.kind != ReportKind.CONSUMED_OUTAGE else None,
        "provider": provider,
        "provider_state": state_of(provider, at=form.at) if provider and provider.listed else None,
    }
    if not affected and (provider is None or form.kind != ReportKind.CONSUMED_OUTAGE):
        return Consequences(**known)
    rules = Policy.objects.in_force(at=form.at).rules
    assessed = _assess(form, rules)
    fits = {"kind": form.kind, "severity": assessed.severity, "tier": tier_of(affected, provider)}
    return Consequences(
        assessed=assessed,
        dues=_dues(form, rules, fits),
        lead_time=_lead_time(form, rules, fits),
        same_time=_same_time(form),
        **known,
    )


def foreseen(form: FilingForm) -> Consequences:
    """What is known of a form that nobody has filled yet: a link may have chosen its service."""
    chosen = read_numbers(form.initial.get("services") or [])
    if not chosen or form.kind == ReportKind.CONSUMED_OUTAGE:
        return Consequences()
    services = DigitalService.objects.of(form.entity).active().filter(pk__in=chosen)
    return Consequences(reach=reach_of(list(services)))


def _assess(form: FilingForm, rules: Rules) -> Assessment:
    return assess_report(
        form.kind,
        affected=form.affected,
        weights=rules.weights,
        provider=form.provider if form.kind == ReportKind.CONSUMED_OUTAGE else None,
        started_at=form.cleaned_data.get("started_at"),
        users=form.cleaned_data.get("users_affected"),
        cyber=form.cleaned_data.get("cyber_suspected") == "yes",
        at=form.at,
    )


def _dues(form: FilingForm, rules: Rules, fits: dict[str, Any]) -> tuple[Due, ...]:
    """The clocks that filing starts, and the final report that follows."""
    clocks = [*FILING[form.kind].starts, *([] if form.kind == ReportKind.CONSUMED_OUTAGE else [ClockKind.C6])]
    emergency = bool(form.cleaned_data.get("emergency_reason"))
    timed = [(clock, rules.rule(clock, emergency=emergency, **fits)) for clock in clocks]
    return tuple(Due(clock, said(rule), clock in WAITS_ON_AUTHORITY) for clock, rule in timed if rule is not None)


def _lead_time(form: FilingForm, rules: Rules, fits: dict[str, Any]) -> LeadTime | None:
    """How works ahead stand to clock M1; whoever files an emergency has said so already."""
    start = form.cleaned_data.get("window_start")
    rule = rules.rule(ClockKind.M1, **fits)
    if not isinstance(form, MaintenanceForm) or start is None or rule is None:
        return None
    met = work_calendar().working_minutes_between(form.at, start) >= rule.minutes
    return LeadTime(said(rule), met, reason=form.cleaned_data.get("emergency_reason", ""))


def _same_time(form: FilingForm) -> tuple[Report, ...]:
    """What is asked about before sending, while there is time to choose another hour."""
    start, services = form.cleaned_data.get("window_start"), form.cleaned_data.get("services")
    if not isinstance(form, MaintenanceForm) or not start or not services:
        return ()
    who: dict[str, Any] = {"entity": form.entity, "key": form.draft_key}
    return tuple(find_similar(form.kind, services=services, provider=None, start=start, **who).own)
