"""What keeps a version from being lived by: asked before it is published, and said beside the draft meanwhile."""

from __future__ import annotations

import itertools

from django.utils.translation import gettext as _

from entities.models import DigitalService
from incidents.clocks import CONSUMERS, Rule, Rules
from incidents.handbook import runs
from incidents.lifecycle import ClockKind, ReportKind, Severity
from incidents.models import Policy
from incidents.rulebook import words


def lacking(policy: Policy) -> list[str]:
    """The reasons against publishing, in words; none where it is whole."""
    rules, before = policy.rules, Policy.objects.in_force().rules
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
    """A later reminder speaks to everybody an earlier one did: pages read who was told from the last one."""
    found = []
    for clock in ClockKind:
        marks = sorted((m for m in rules.marks if m.clock == clock), key=lambda m: (m.percent, m.minutes))
        for earlier, later in itertools.pairwise(marks):
            missing = set(earlier.audience) - set(later.audience) - {CONSUMERS}
            if missing:
                said = {
                    "clock": clock.label,
                    "when": words.when(later),
                    "who": words.joined(words.LISTENERS[each] for each in sorted(missing)),
                }
                found.append(_("%(clock)s, “%(when)s”: does not reach %(who)s, who was told earlier.") % said)
    return found


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
