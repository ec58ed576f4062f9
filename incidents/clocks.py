"""The rules of the clocks as plain values: how long each runs, and when it speaks. Pure functions, no rows.

Source: domain/lifecycle.md, Clocks and Reminders. The values are the policy's rows (`incidents.models.policy`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache

from entities.permissions import Role
from incidents.lifecycle import TELEPHONED
from incidents.severity import Weights

#: Beside the roles: whoever relies on the services of the report.
CONSUMERS = "CONSUMERS"


@dataclass(frozen=True)
class Rule:
    """Minutes of a clock for a kind, a severity and a tier; None means any."""

    clock: str
    kind: str | None
    severity: int | None
    tier: int | None
    emergency: bool | None
    minutes: int
    calendar: str

    def fits(self, *, kind: str, severity: int, tier: int, emergency: bool) -> bool:
        asked = (kind, severity, tier, emergency)
        return all(
            mine is None or mine == theirs
            for mine, theirs in zip((self.kind, self.severity, self.tier, self.emergency), asked, strict=True)
        )

    @property
    def specificity(self) -> int:
        return sum(part is not None for part in (self.kind, self.severity, self.tier, self.emergency))


@dataclass(frozen=True)
class Mark:
    """A moment at which a running clock speaks. Of people, the audience is cumulative: a later mark says it to all."""

    clock: str
    code: str
    percent: int
    minutes: int
    audience: tuple[str, ...]
    sms_for: tuple[int, ...]

    @property
    def calls(self) -> bool:
        """The top rung: whoever is silent is telephoned (domain/lifecycle.md: +100 %, a call-list task)."""
        return self.clock in TELEPHONED and Role.HEAD_CONTACT in self.audience

    def moment(self, *, started_at: datetime, due_at: datetime) -> datetime:
        """Due, plus the percent of the clock's length, plus the minutes; never before the start."""
        return due_at + self.offset(due_at - started_at)

    def offset(self, stretch: timedelta) -> timedelta:
        """From due to the mark, on a clock that is due so long after its start."""
        length = max(stretch, timedelta(minutes=1))
        return max(-stretch, length * self.percent / 100 + timedelta(minutes=self.minutes))


@dataclass(frozen=True)
class Alarm:
    """So many entities that report a service within so many minutes raise the alarm; tier None means any (A1)."""

    tier: int | None
    consumers: int
    minutes: int


@dataclass(frozen=True)
class Rules:
    """One version of the policy in memory; it never changes once published."""

    version: int
    rules: tuple[Rule, ...]
    marks: tuple[Mark, ...]
    weights: Weights
    alarms: tuple[Alarm, ...] = ()

    def alarm(self, *, tier: int) -> Alarm | None:
        """The rule of the tier, else the one for any, or None: nothing raises the alarm."""
        fitting = [alarm for alarm in self.alarms if alarm.tier in {None, tier}]
        return max(fitting, key=lambda alarm: alarm.tier is not None, default=None)

    def rule(self, clock: str, *, kind: str, severity: int, tier: int, emergency: bool = False) -> Rule | None:
        """The most specific rule that fits, or None: this clock does not run here."""
        fitting = [
            rule
            for rule in self.rules
            if rule.clock == clock and rule.fits(kind=kind, severity=severity, tier=tier, emergency=emergency)
        ]
        return max(fitting, key=lambda rule: rule.specificity, default=None)

    def marks_of(self, clock: str, *, started_at: datetime, due_at: datetime) -> list[tuple[datetime, Mark]]:
        """The clock's marks with their moments, in order; at one moment, as they would come on a longer clock."""
        return [(due_at + offset, mark) for offset, mark in self._offsets(clock, due_at - started_at)]

    @cached_property
    def _offsets(self) -> Callable[[str, timedelta], list[tuple[timedelta, Mark]]]:
        """The sweep asks for thousands of clocks of the same few lengths in a row."""

        def offsets(clock: str, stretch: timedelta) -> list[tuple[timedelta, Mark]]:
            timed = [(mark.offset(stretch), mark) for mark in self.marks if mark.clock == clock]
            return sorted(timed, key=lambda pair: (pair[0], pair[1].percent, pair[1].minutes))

        return lru_cache(maxsize=512)(offsets)

    def mark(self, clock: str, code: str) -> Mark | None:
        return next((mark for mark in self.marks if (mark.clock, mark.code) == (clock, code)), None)

    def calls(self, clock: str) -> frozenset[str]:
        """The codes of the marks at which somebody has to be telephoned."""
        return self._calls.get(clock, frozenset())

    @cached_property
    def _calls(self) -> dict[str, frozenset[str]]:
        calling = [mark for mark in self.marks if mark.calls]
        return {each.clock: frozenset(mark.code for mark in calling if mark.clock == each.clock) for each in calling}

    def heard_by(self, clock: str, codes: Iterable[str]) -> tuple[str, ...]:
        """Everybody to whom one of these marks speaks, each once."""
        marks = [mark for code in codes if (mark := self.mark(clock, code))]
        return tuple(dict.fromkeys(role for mark in marks for role in mark.audience))


def round_minutes(delta: timedelta) -> int:
    """Whole minutes, rounded up: somebody with 30 seconds left has one minute."""
    seconds = delta.total_seconds()
    return int(-(-seconds // 60))
