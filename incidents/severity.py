"""How bad it is, and why, as a pure function of what is known. Source: domain/lifecycle.md, Severity.

The points and thresholds are rows of the policy (`SeverityRule`); `Weights` is those rows in memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from incidents.lifecycle import Severity


class Impact(models.TextChoices):
    """One answer for the report, per affected service when they differ."""

    FULL = "full", _("Full outage")
    MAJOR = "major", _("Major")
    PARTIAL = "partial", _("Partial")
    MINOR = "minor", _("Minor")


IMPACT_SENTENCES: dict[Impact, Promise] = {
    Impact.FULL: _("No beneficiary can complete the service."),
    Impact.MAJOR: _("Most beneficiaries or channels."),
    Impact.PARTIAL: _("Some channels, regions or steps."),
    Impact.MINOR: _("Slowness or intermittent errors."),
}

#: The share of a service's users a day that an impact reaches, where nobody has counted.
REACH = {Impact.FULL: 1.0, Impact.MAJOR: 0.5, Impact.PARTIAL: 0.2, Impact.MINOR: 0.05}
_WORST_FIRST = list(Impact)


class MaintenanceImpact(models.TextChoices):
    """What a maintenance does to a service while it lasts."""

    NO_IMPACT = "NO-IMPACT", _("No impact")
    REDUCED_REDUNDANCY = "REDUCED-REDUNDANCY", _("Reduced redundancy")
    DEGRADED = "DEGRADED", _("Degraded")
    OUTAGE = "OUTAGE", _("Outage")


#: A maintenance is weighed like an outage of this impact (decisions.md, Clocks and moves).
MAINTENANCE_AS = {
    MaintenanceImpact.OUTAGE: Impact.FULL,
    MaintenanceImpact.DEGRADED: Impact.PARTIAL,
    MaintenanceImpact.REDUCED_REDUNDANCY: Impact.MINOR,
    MaintenanceImpact.NO_IMPACT: Impact.MINOR,
}


class Factor(StrEnum):
    """What a severity rule weighs."""

    TIER = "tier"
    IMPACT = "impact"
    USERS = "users"
    PERCENT = "percent"
    BEYOND_RTO = "beyond_rto"
    PEAK = "peak"
    CYBER = "cyber"
    THRESHOLD = "threshold"


@dataclass(frozen=True)
class Weights:
    """The policy's severity rows: points by factor and key, and the points each severity needs."""

    points: dict[tuple[str, str], int]
    thresholds: dict[int, int]

    def of(self, factor: Factor, key: object) -> int:
        return self.points.get((factor, str(key)), 0)

    def reach(self, factor: Factor, amount: float) -> int:
        """The points of the highest step that the amount reaches."""
        steps = [(float(key), points) for (name, key), points in self.points.items() if name == factor]
        return max((points for step, points in steps if amount >= step), default=0)


@dataclass(frozen=True)
class Facts:
    """What is known of one affected service."""

    tier: int
    impact: Impact
    users: int | None = None
    percent: float | None = None
    beyond_rto: bool = False
    peak: bool = False
    cyber: bool = False


@dataclass(frozen=True)
class Assessment:
    """A severity, its points, and the codes of its reasons; `in_words` is what the form shows."""

    severity: Severity
    points: int
    reasons: tuple[str, ...]

    @property
    def in_words(self) -> str:
        return reasons_in_words(self.reasons)


#: Each reason by its code: a report stores the codes, its readers see the words of their language.
REASONS: dict[str, Promise] = {
    "tier-0": _("a national shared service"),
    "tier-1": _("a critical service"),
    "tier-2": _("an important service"),
    "tier-3": _("an ordinary service"),
    "impact-full": pgettext_lazy("severity reason", "in full outage"),
    "impact-major": pgettext_lazy("severity reason", "with a major impact"),
    "impact-partial": pgettext_lazy("severity reason", "with a partial impact"),
    "impact-minor": pgettext_lazy("severity reason", "with a minor impact"),
    "reach": _("many beneficiaries"),
    Factor.BEYOND_RTO.value: _("beyond its recovery time objective"),
    Factor.PEAK.value: _("in a peak period"),
    Factor.CYBER.value: _("a cyber incident is suspected"),
}


def reasons_in_words(codes: Iterable[str]) -> str:
    """The reasons as one sentence, in the reader's language."""
    # Translators: joins the reasons of a severity.
    return gettext(", ").join(str(REASONS[code]) for code in codes if code in REASONS)


def worst_impact(impacts: list[Impact]) -> Impact:
    """The worst of several; minor where there is none."""
    return min(impacts, key=_WORST_FIRST.index, default=Impact.MINOR)


def assess(facts: Facts, weights: Weights) -> Assessment:
    """The severity of one affected service, with floors and caps applied after the points."""
    reach = max(weights.reach(Factor.USERS, facts.users or 0), weights.reach(Factor.PERCENT, facts.percent or 0))
    reasons = [f"tier-{facts.tier}", f"impact-{facts.impact.value}"]
    points = weights.of(Factor.TIER, facts.tier) + weights.of(Factor.IMPACT, facts.impact) + reach
    if reach:
        reasons.append("reach")
    for holds, factor in (
        (facts.beyond_rto, Factor.BEYOND_RTO),
        (facts.peak, Factor.PEAK),
        (facts.cyber, Factor.CYBER),
    ):
        if holds:
            points += weights.of(factor, "yes")
            reasons.append(factor.value)
    severity = next((Severity(s) for s, least in sorted(weights.thresholds.items()) if points >= least), Severity.S4)
    return Assessment(_bounded(severity, facts, reach), points, tuple(reasons))


def _bounded(severity: Severity, facts: Facts, reach: int) -> Severity:
    """Tier 0 major or full: S1, partial: at least S2; tier 1 full: at least S2; tier 3: S4 unless reach raises it."""
    if facts.tier == 0 and facts.impact in {Impact.FULL, Impact.MAJOR}:
        return Severity.S1
    if (facts.tier == 0 and facts.impact == Impact.PARTIAL) or (facts.tier == 1 and facts.impact == Impact.FULL):
        return min(severity, Severity.S2)
    if facts.tier == 3 and not reach:
        return Severity.S4
    return severity


def worst(assessments: list[Assessment]) -> Assessment:
    """The severity of several services: the worst (decisions.md)."""
    return min(assessments, key=lambda assessment: (assessment.severity, -assessment.points))
