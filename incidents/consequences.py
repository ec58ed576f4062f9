"""What would follow from a form as it stands: severity and its reason, who is told, which clocks start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef

from entities.models import DigitalService, ServiceDependency
from entities.row_security import as_system
from incidents.actions.filing import window_of
from incidents.assessment import assess_report, tier_of
from incidents.blast import Reach, reach_of
from incidents.clocks import Rules
from incidents.conflicts import Conflict
from incidents.forms.filing import FilingForm
from incidents.forms.maintenance import MaintenanceForm, WorksForm
from incidents.forms.services import read_numbers
from incidents.handbook import said
from incidents.lifecycle import FILING, WAITS_ON_AUTHORITY, WAITS_ON_PROVIDER, ClockKind, ReportKind
from incidents.models import Policy, Report, SilentOutage
from incidents.models.policy import work_calendar
from incidents.radar import QuietWindow, quiet_windows
from incidents.severity import Assessment
from incidents.states import ServiceState, state_of

#: How long works are taken to last while nobody has said when they end.
USUAL_LENGTH = timedelta(hours=2)


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
    upstream: tuple[DigitalService, ...] = ()  # what these services need, and is down or said to be
    lead_time: LeadTime | None = None
    conflicts: tuple[Conflict, ...] = ()  # what stands in the way of the works
    quiet: tuple[QuietWindow, ...] = ()  # windows in whose way nothing stands

    @property
    def mark(self) -> str:
        """The conflicts and the proposals as one word: a page that has it already is left as it is."""
        return ".".join([*(each.key for each in self.conflicts), *(each.value for each in self.quiet)])


def consequences(form: FilingForm) -> Consequences:
    """Read from the answers of a form, whole or half; the caller has had it cleaned."""
    affected, provider = form.affected, form.provider
    services = [service for service, _impact in affected] or form.cleaned_data.get("services") or []
    known: dict[str, Any] = {
        "reach": reach_of(services) if services and form.kind != ReportKind.CONSUMED_OUTAGE else None,
        "upstream": failing_upstream(services) if form.kind == ReportKind.OWN_OUTAGE and not provider else (),
        "provider": provider,
        "provider_state": state_of(provider, at=form.at) if provider and provider.listed else None,
    }
    if not affected and (provider is None or form.kind != ReportKind.CONSUMED_OUTAGE):
        return Consequences(**known)
    rules = Policy.objects.in_force(at=form.at).rules
    assessed = _assess(form, rules)
    fits = {"kind": form.kind, "severity": assessed.severity, "tier": tier_of(affected, provider)}
    lead_time = _lead_time(form, rules, fits)
    return Consequences(
        assessed=assessed,
        dues=_dues(form, rules, fits),
        lead_time=lead_time,
        conflicts=tuple(form.conflicts) if isinstance(form, WorksForm) else (),
        quiet=_quiet(form, rules, fits, lead_time),
        **known,
    )


def foreseen(form: FilingForm) -> Consequences:
    """What is known of a form that nobody has filled yet: a link may have chosen its service."""
    chosen = read_numbers(form.initial.get("services") or [])
    if not chosen or form.kind == ReportKind.CONSUMED_OUTAGE:
        return Consequences()
    services = DigitalService.objects.of(form.entity).active().filter(pk__in=chosen)
    return Consequences(reach=reach_of(list(services)))


def failing_upstream(services: list[DigitalService]) -> tuple[DigitalService, ...]:
    """Others' services without which these stop, and which are down by their owner's report or a suspected outage.

    One query; of another's report only that there is one is told.
    """
    if not services:
        return ()
    needed = ServiceDependency.objects.in_force().hard().filter(consumer__in=services, provider=OuterRef("pk"))
    reported = Report.objects.open_outages().filter(
        kind=ReportKind.OWN_OUTAGE, entity=OuterRef("entity"), services=OuterRef("pk")
    )
    suspected = SilentOutage.objects.open().filter(service=OuterRef("pk"))
    found = DigitalService.objects.active().filter(Exists(needed), Exists(reported) | Exists(suspected))
    owners = {service.entity_id for service in services}
    with as_system():
        return tuple(found.exclude(entity__in=owners).select_related("entity").order_by("tier", "name_ar")[:3])


def _assess(form: FilingForm, rules: Rules) -> Assessment:
    return assess_report(
        form.kind,
        affected=form.affected,
        weights=rules.weights,
        provider=form.provider if form.kind == ReportKind.CONSUMED_OUTAGE else None,
        started_at=form.cleaned_data.get("started_at"),
        window=window_of(form.cleaned_data),
        users=form.cleaned_data.get("users_affected"),
        cyber=form.cleaned_data.get("cyber_suspected") == "yes",
        at=form.at,
    )


def _dues(form: FilingForm, rules: Rules, fits: dict[str, Any]) -> tuple[Due, ...]:
    """What filing makes owed by the entity and the authority, and the reports that follow the outage."""
    starts = [clock for clock in FILING[form.kind].starts if clock not in WAITS_ON_PROVIDER]
    clocks = [*starts, *([] if form.kind == ReportKind.CONSUMED_OUTAGE else [ClockKind.C5, ClockKind.C6])]
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


def _quiet(form: FilingForm, rules: Rules, fits: dict[str, Any], lead_time: LeadTime | None) -> tuple[QuietWindow, ...]:
    """Three other windows, while none is chosen yet, or something stands in the way of the one that is."""
    services = form.cleaned_data.get("services")
    if not isinstance(form, MaintenanceForm) or not services:
        return ()
    in_time = lead_time is None or lead_time.met or bool(lead_time.reason)
    if form.window and in_time and not form.conflicts:
        return ()
    rule = rules.rule(ClockKind.M1, **fits)
    start, end = form.window or (form.at, form.at + USUAL_LENGTH)
    return tuple(
        quiet_windows(services, end - start, lead_minutes=rule.minutes if rule else 0, at=form.at, key=form.draft_key)
    )
