"""One version of the policy as tables: what is owed by when, who is reminded, how severity is weighed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from incidents.clocks import Mark, Rules
from incidents.handbook import cell, runs
from incidents.lifecycle import WAITS_ON_AUTHORITY, ClockKind, ReportKind, Severity
from incidents.models import AlarmRule
from incidents.rulebook import words
from incidents.severity import Factor


@dataclass(frozen=True)
class Row:
    """A clock of one kind of report: what the rules say for each severity, tiers apart where they differ."""

    clock: str
    label: str
    on_authority: bool
    emergency: bool
    cells: tuple[tuple[str, ...], ...]

    @property
    def same_for_all(self) -> bool:
        """Whether one sentence is enough for the four severities."""
        return len(set(self.cells)) == 1

    @property
    def by_severity(self) -> list[tuple[int, tuple[str, ...]]]:
        return list(zip(Severity.values, self.cells, strict=True))


@dataclass(frozen=True)
class ReminderLine:
    """One reminder in words."""

    mark: Mark
    when: str
    who: str
    sms: str


def clock_tables(rules: Rules) -> list[tuple[ReportKind, list[Row]]]:
    """For each kind of report its clocks; emergency maintenance in rows of its own where it differs."""
    return [(kind, list(_rows(rules, kind))) for kind in ReportKind]


def _rows(rules: Rules, kind: ReportKind) -> list[Row]:
    found = []
    for clock in ClockKind:
        if not runs(clock, kind):
            continue
        usual = _cells(rules, clock, kind)
        hurried = _cells(rules, clock, kind, emergency=True)
        on_authority = clock in WAITS_ON_AUTHORITY
        if any(usual):
            found.append(Row(clock, str(clock.label), on_authority, False, usual))
        if kind == ReportKind.MAINTENANCE and any(hurried) and hurried != usual:
            found.append(Row(clock, str(clock.label), on_authority, True, hurried))
    return found


def _cells(rules: Rules, clock: str, kind: str, *, emergency: bool = False) -> tuple[tuple[str, ...], ...]:
    return tuple(cell(rules, clock, kind, severity, emergency=emergency) for severity in Severity.values)


def reminders(rules: Rules) -> list[tuple[ClockKind, list[ReminderLine]]]:
    """The marks of each clock, the earliest first."""
    ordered = sorted(rules.marks, key=lambda mark: (mark.clock, mark.percent, mark.minutes))
    return [
        (ClockKind(clock), [reminder_line(mark) for mark in marks])
        for clock, marks in groupby(ordered, key=lambda mark: mark.clock)
    ]


def telephoned(rules: Rules) -> list[tuple[str, str]]:
    """What is asked for by telephone in the end, and when: the marks that put a call on the list (docs/adr/0047)."""
    return [(str(ClockKind(mark.clock).label), words.when(mark)) for mark in rules.marks if mark.calls]


def alarms(rows: Iterable[AlarmRule]) -> list[tuple[AlarmRule, str, str]]:
    """The rows of the silent-outage alarm, each with its services and what raises it; the rest stands last."""
    ordered = sorted(rows, key=lambda row: (row.tier is None, row.tier))
    return [(row, words.alarm_for(row.as_rule), words.raised_by(row.as_rule)) for row in ordered]


def reminder_line(mark: Mark) -> ReminderLine:
    """A mark in words."""
    return ReminderLine(mark, words.when(mark), words.heard_by(mark), words.by_sms(mark))


def points(rules: Rules) -> list[tuple[str, list[tuple[str, int]]]]:
    """The points of each factor, the most first; last the points that a severity needs."""
    weights = rules.weights
    tables = []
    for factor in (Factor.TIER, Factor.IMPACT, Factor.USERS, Factor.PERCENT):
        given = [(words.weighed(factor, key), n) for (name, key), n in weights.points.items() if name == factor]
        tables.append((str(words.FACTORS[factor]), sorted(given, key=lambda pair: -pair[1])))
    once = (Factor.BEYOND_RTO, Factor.PEAK, Factor.CYBER)
    tables.append((str(words.MORE), [(str(words.FACTORS[f]), weights.of(f, "yes")) for f in once]))
    needs = [(words.coded(severity), least) for severity, least in sorted(weights.thresholds.items())]
    tables.append((str(words.FACTORS[Factor.THRESHOLD]), needs))
    return tables
