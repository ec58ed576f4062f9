"""What the guide says of clocks and severities, read from the policy's rows: it can never disagree with them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from entities.models import DigitalService
from entities.templatetags.moments import stretch
from incidents.calendar import Calendar
from incidents.clocks import Rule, Rules
from incidents.lifecycle import WAITS_ON_AUTHORITY, ClockKind, ReportKind, Severity
from incidents.severity import Factor

_WORKING_DAY = 8 * 60


@dataclass(frozen=True)
class ClockLine:
    """One clock of one kind: on whom it waits, and what the rule says for each severity, tiers apart."""

    clock: str
    label: str
    kind: str
    on_authority: bool
    cells: tuple[tuple[str, ...], ...]

    @property
    def same_for_all(self) -> bool:
        """Whether one sentence is enough for the four severities."""
        return len(set(self.cells)) == 1


def said(rule: Rule) -> str:
    """A rule in words: «60 دقيقة», «4 ساعات عمل», «10 أيام»."""
    match rule.calendar:
        case Calendar.WORKING if rule.minutes % _WORKING_DAY == 0:
            days = rule.minutes // _WORKING_DAY
            return ngettext("%(n)s working day", "%(n)s working days", days) % {"n": days}
        case Calendar.WORKING:
            return _("%(length)s of working time") % {"length": stretch(rule.minutes)}
        case Calendar.DAYTIME:
            return _("%(length)s, counted from 07:00 to 22:00") % {"length": stretch(rule.minutes)}
        case Calendar.MORNING:
            return _("09:00 of the next working day")
    return stretch(rule.minutes)


def cell(rules: Rules, clock: str, kind: str, severity: int, *, emergency: bool = False) -> tuple[str, ...]:
    """What the rules say for one severity: one sentence, or one for each run of tiers that share it."""
    tiers = DigitalService.Tier.values
    asked = {"kind": kind, "severity": severity, "emergency": emergency}
    by_tier = [(tier, rules.rule(clock, tier=tier, **asked)) for tier in tiers]  # type: ignore[arg-type]
    words = [(tier, said(rule)) for tier, rule in by_tier if rule is not None]
    groups = [(text, [tier for tier, _text in group]) for text, group in groupby(words, key=lambda pair: pair[1])]
    if len(groups) == 1 and len(words) == len(tiers):
        return (groups[0][0],)
    return tuple(_("%(length)s (tier %(tiers)s)") % {"length": text, "tiers": _span(tiers)} for text, tiers in groups)


def _span(tiers: list[int]) -> str:
    return str(tiers[0]) if len(tiers) == 1 else f"{tiers[0]}–{tiers[-1]}"


def clock_lines(rules: Rules) -> list[ClockLine]:
    """Every clock that runs for a kind; a clock that says the same for two kinds is said once."""
    lines: dict[tuple[str, tuple[tuple[str, ...], ...]], ClockLine] = {}
    for clock in ClockKind:
        for kind in ReportKind:
            cells = tuple(cell(rules, clock, kind, severity) for severity in Severity)
            if any(cells) and (clock.value, cells) not in lines and runs(clock, kind):
                lines[clock.value, cells] = ClockLine(
                    clock, str(clock.label), str(kind.label), clock in WAITS_ON_AUTHORITY, cells
                )
    return list(lines.values())


def runs(clock: ClockKind, kind: ReportKind) -> bool:
    """C2 is for outages, M for maintenance, D for consumed services, the final report for what is our own."""
    if clock.value.startswith("M"):
        return kind == ReportKind.MAINTENANCE
    if clock in {ClockKind.C1, ClockKind.C2}:
        return kind != ReportKind.MAINTENANCE
    if clock.value.startswith("D"):
        return kind == ReportKind.CONSUMED_OUTAGE
    return kind != ReportKind.CONSUMED_OUTAGE or clock == ClockKind.C4


@dataclass(frozen=True)
class SeverityLine:
    """A severity and the points it needs."""

    severity: Severity
    points: int


def severity_lines(rules: Rules) -> list[SeverityLine]:
    return [SeverityLine(severity, rules.weights.thresholds.get(severity, 0)) for severity in Severity]


def points_of(rules: Rules, factor: Factor) -> list[tuple[str, int]]:
    """A factor's values with their points, the most first."""
    found = [(key, points) for (name, key), points in rules.weights.points.items() if name == factor]
    return sorted(found, key=lambda pair: -pair[1])
