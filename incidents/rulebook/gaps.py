"""What keeps a version from being lived by: asked before it is published, and said beside the draft meanwhile."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _

from entities.models import DigitalService
from incidents.calendar import Calendar
from incidents.clocks import CONSUMERS, Mark, Rule, Rules
from incidents.handbook import runs
from incidents.lifecycle import ClockKind, ReportKind, Severity
from incidents.models import Policy
from incidents.rulebook import words

SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
LONGEST_FEAST = timedelta(days=14)
#: The shortest and the longest stretch that ends at a moment which a report names (domain/reports.md 2.2).
WINDOWS = frozenset({timedelta(minutes=5), timedelta(days=30)})


def lacking(policy: Policy, *, at: datetime | None = None) -> list[str]:
    """The reasons against publishing, in words; none where it is whole. `at`: from when it is to be in force."""
    rules, before = policy.rules, Policy.objects.in_force(at=at).rules
    return [
        *_clocks(rules, before),
        *_silent(rules, before),
        *_forgotten(rules),
        *_unalarmed(rules, before),
        *_thresholds(rules),
    ]


def _clocks(rules: Rules, before: Rules) -> list[str]:
    """Clocks that would no longer run for some reports, though they do in the version in force."""
    cases = list(itertools.product(Severity.values, DigitalService.Tier.values, (False, True)))
    found = []
    for clock, kind in itertools.product(ClockKind, ReportKind):
        # What is only planned ahead or only urgent is asked for maintenance; other kinds know no emergency.
        asked = [case for case in cases if runs(clock, kind) and (kind == ReportKind.MAINTENANCE or not case[2])]
        if any(_runs(before, clock, kind, case) and not _runs(rules, clock, kind, case) for case in asked):
            named = {"clock": clock.label, "kind": kind.label}
            found.append(_("%(clock)s (%(kind)s): some reports would have no time limit.") % named)
    return found


def _runs(rules: Rules, clock: str, kind: str, case: tuple[int, int, bool]) -> bool:
    severity, tier, emergency = case
    return rules.rule(clock, kind=kind, severity=severity, tier=tier, emergency=emergency) is not None


def _silent(rules: Rules, before: Rules) -> list[str]:
    """Clocks whose due moment would be told to nobody, though it is told in the version in force."""
    silent = {m.clock for m in before.marks if m.code == "due"} - {m.clock for m in rules.marks if m.code == "due"}
    return [
        _("%(clock)s: nobody is told at the due moment.") % {"clock": ClockKind(clock).label}
        for clock in sorted(silent)
    ]


def _forgotten(rules: Rules) -> list[str]:
    """A later reminder speaks to everybody an earlier one did: pages read who was told from the last one.

    Which is later depends on the clock's length, where one is told in percent and another in minutes.
    """
    pairs = dict.fromkeys(
        (earlier, later)
        for clock in ClockKind
        for length in _lengths(rules, clock)
        for earlier, later in itertools.pairwise(_in_order(rules, clock, length))
    )
    found = []
    for earlier, later in pairs:
        if missing := set(earlier.audience) - set(later.audience) - {CONSUMERS}:
            said = {
                "clock": ClockKind(later.clock).label,
                "when": words.when(later),
                "who": words.joined(words.LISTENERS[each] for each in sorted(missing)),
            }
            found.append(_("%(clock)s, “%(when)s”: does not reach %(who)s, who was told earlier.") % said)
    return list(dict.fromkeys(found))


def _in_order(rules: Rules, clock: str, length: timedelta) -> list[Mark]:
    marks = rules.marks_of(clock, started_at=SOME_DAY, due_at=SOME_DAY + length)
    return [mark for _moment, mark in marks]


def _lengths(rules: Rules, clock: str) -> list[timedelta]:
    """The lengths that a clock can have: by each of its rules, or of a window that a person names.

    What counts by the calendar lasts from its minutes to those and the longest feast.
    """
    found: set[timedelta] = set()
    for rule in (rule for rule in rules.rules if rule.clock == clock):
        shortest = timedelta(minutes=max(rule.minutes, 1))
        found |= {shortest} if rule.calendar == Calendar.ALWAYS else {shortest, shortest + LONGEST_FEAST}
    return sorted(found or WINDOWS)


def _unalarmed(rules: Rules, before: Rules) -> list[str]:
    """Tiers whose silent outage would raise no alarm any more, though it does in the version in force."""
    lost = [t for t in DigitalService.Tier if before.alarm(tier=t) is not None and rules.alarm(tier=t) is None]
    return [_("Suspected outages: nothing would raise one for “%(tier)s”.") % {"tier": tier.label} for tier in lost]


def _thresholds(rules: Rules) -> list[str]:
    needed = [rules.weights.thresholds.get(severity) for severity in Severity.values]
    if None in needed:
        return [_("The points that a severity needs are not given for every severity.")]
    if needed != sorted(set(needed), reverse=True) or needed[-1] != 0:  # type: ignore[type-var]  # none is None here
        return [_("A worse severity must need more points than a milder one, and the mildest none.")]
    return []


def rivals(rule: Rule, others: list[Rule]) -> list[Rule]:
    """Rules that would fit some of the same reports and are no less exact: none would win."""

    def meet(other: Rule) -> bool:
        pairs = zip(_scope(rule), _scope(other), strict=True)
        return all(mine is None or theirs is None or mine == theirs for mine, theirs in pairs)

    return [o for o in others if o.clock == rule.clock and o.specificity == rule.specificity and meet(o)]


def _scope(rule: Rule) -> tuple[object, ...]:
    return (rule.kind, rule.severity, rule.tier, rule.emergency)
