"""From a report's answers to its severity: which facts weigh, for which kind. Filing and the preview ask here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from entities.models import DigitalService
from incidents.lifecycle import ReportKind
from incidents.models.freeze import freezes_during
from incidents.severity import (
    MAINTENANCE_AS,
    REACH,
    Assessment,
    Facts,
    Impact,
    MaintenanceImpact,
    Weights,
    assess,
    worst,
    worst_impact,
)  # fmt: skip

Affected = Sequence[tuple[DigitalService, str]]


def assess_report(
    kind: str,
    *,
    affected: Affected,
    weights: Weights,
    provider: DigitalService | None = None,
    started_at: datetime | None = None,
    window: tuple[datetime, datetime] | None = None,
    users: int | None = None,
    cyber: bool = False,
    at: datetime | None = None,
) -> Assessment:
    """The worst of the affected services; for a consumed outage at least as the provider's tier says (decisions.md).

    `window`: of works, whose peak is that of their own days. An outage's is that of the moment it is weighed.
    """
    at = at or timezone.now()
    facts = [
        _facts(service, _weight(kind, impact), users=users, cyber=cyber, started_at=started_at, window=window, at=at)
        for service, impact in affected
    ]
    if kind == ReportKind.CONSUMED_OUTAGE and provider is not None:
        impact = worst_impact([Impact(impact) for _service, impact in affected])
        facts.append(Facts(tier=provider.tier, impact=impact, users=users))
    return worst([assess(fact, weights) for fact in facts])


def tier_of(affected: Affected, provider: DigitalService | None = None) -> int:
    """The highest tier touched (0 is the highest): the clocks ask it."""
    tiers = [service.tier for service, _impact in affected] + ([provider.tier] if provider else [])
    return min(tiers)


def _weight(kind: str, impact: str) -> Impact:
    return MAINTENANCE_AS[MaintenanceImpact(impact)] if kind == ReportKind.MAINTENANCE else Impact(impact)


def _facts(
    service: DigitalService,
    impact: Impact,
    *,
    users: int | None,
    cyber: bool,
    started_at: datetime | None,
    window: tuple[datetime, datetime] | None,
    at: datetime,
) -> Facts:
    daily = service.users_per_day
    reached = users if users is not None else (int(daily * REACH[impact]) if daily else None)
    elapsed = (at - started_at).total_seconds() / 60 if started_at else 0
    return Facts(
        tier=service.tier,
        impact=impact,
        users=reached,
        percent=100 * users / daily if users is not None and daily else None,
        beyond_rto=service.rto_minutes is not None and elapsed > service.rto_minutes,
        peak=bool(freezes_during(service, *(window or (at,)))),
        cyber=cyber,
    )
