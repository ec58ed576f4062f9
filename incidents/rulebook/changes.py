"""What differs between two versions, line by line, in words."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from django.utils.translation import gettext as _

from incidents.clocks import Alarm, Mark, Rule, Rules
from incidents.handbook import said
from incidents.lifecycle import ClockKind
from incidents.models import Policy
from incidents.rulebook import words
from incidents.severity import Factor

Row = TypeVar("Row")


@dataclass(frozen=True)
class Change:
    """One line: what it is about, what it said, what it says. Empty where there was or is no such line."""

    about: str
    detail: str
    old: str
    new: str


@dataclass(frozen=True)
class Changes:
    """All that differs, by the part of the policy."""

    clocks: list[Change]
    reminders: list[Change]
    alarms: list[Change]
    points: list[Change]

    @property
    def count(self) -> int:
        return len(self.clocks) + len(self.reminders) + len(self.alarms) + len(self.points)


def changes(old: Rules, new: Rules) -> Changes:
    """The lines that differ; what is the same in both is not told."""
    return Changes(
        clocks=_compare(_rules(old), _rules(new), about=_clock_of_rule, detail=words.counts_for, say=said),
        reminders=_compare(_marks(old), _marks(new), about=_clock_of_mark, detail=words.when, say=_heard),
        alarms=_compare(_alarms(old), _alarms(new), about=_alarm, detail=words.alarm_for, say=words.raised_by),
        points=_points(_weights(old), _weights(new)),
    )


def differs(one: Policy, other: Policy) -> bool:
    """Whether two versions say anything different."""
    return changes(one.rules, other.rules).count > 0


def _compare(
    old: Mapping[Hashable, Row],
    new: Mapping[Hashable, Row],
    *,
    about: Callable[[Row], str],
    detail: Callable[[Row], str],
    say: Callable[[Row], str],
) -> list[Change]:
    found = []
    for key in dict.fromkeys([*old, *new]):
        before, after = old.get(key), new.get(key)
        row = after or before
        if row is not None and before != after:
            found.append(Change(about(row), detail(row), say(before) if before else "", say(after) if after else ""))
    return found


def _rules(rules: Rules) -> dict[Hashable, Rule]:
    return {(r.clock, r.kind, r.severity, r.tier, r.emergency): r for r in rules.rules}


def _marks(rules: Rules) -> dict[Hashable, Mark]:
    return {(m.clock, m.percent, m.minutes): m for m in rules.marks}


def _alarms(rules: Rules) -> dict[Hashable, Alarm]:
    return {alarm.tier: alarm for alarm in rules.alarms}


def _alarm(alarm: Alarm) -> str:
    return _("Suspected outage")


def _clock_of_rule(rule: Rule) -> str:
    return str(ClockKind(rule.clock).label)


def _clock_of_mark(mark: Mark) -> str:
    return str(ClockKind(mark.clock).label)


def _heard(mark: Mark) -> str:
    if not mark.sms_for:
        return words.heard_by(mark)
    return _("%(who)s; by SMS: %(severities)s") % {"who": words.heard_by(mark), "severities": words.by_sms(mark)}


def _weights(rules: Rules) -> dict[tuple[str, str], int]:
    needs = {(Factor.THRESHOLD.value, str(severity)): n for severity, n in rules.weights.thresholds.items()}
    return {(str(factor), key): n for (factor, key), n in rules.weights.points.items()} | needs


def _points(old: dict[tuple[str, str], int], new: dict[tuple[str, str], int]) -> list[Change]:
    def told(points: dict[tuple[str, str], int], key: tuple[str, str]) -> str:
        return str(points[key]) if key in points else ""

    return [
        Change(str(words.FACTORS[key[0]]), words.weighed(*key), told(old, key), told(new, key))
        for key in dict.fromkeys([*old, *new])
        if old.get(key) != new.get(key)
    ]
