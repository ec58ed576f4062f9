"""A version tried out: what a report filed now would owe under it, and how last month's reports would have fared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from entities.models import User
from incidents.calendar import WorkCalendar
from incidents.clocks import Rule, Rules
from incidents.handbook import runs, said
from incidents.lifecycle import ClockKind, ReportKind
from incidents.models import Clock
from incidents.models.policy import work_calendar

#: From when each clock runs.
STARTS: dict[str, Promise] = {
    ClockKind.C1: _("from the detection"),
    ClockKind.C2: _("from the filing"),
    ClockKind.C3: _("from the filing, and from each update"),
    ClockKind.C4: _("from an urgent question"),
    ClockKind.C5: _("from the restoration, or after 48 hours of outage"),
    ClockKind.C6: _("from the restoration, or the end of the work"),
    ClockKind.C7: _("from the final report's arrival"),
    ClockKind.C8: _("from being sent back"),
    ClockKind.M1: _("from the filing to the start of the work, at least"),
    ClockKind.M2: _("from the filing"),
    ClockKind.D1: _("from the filing"),
    ClockKind.D2: _("from the owner's word that the fault is not its own"),
    ClockKind.D3: _("from the owner's word that the service is back"),
}
#: What a version can be held to afterwards: the other clocks have a moment that a person or the window named.
JUDGED = (
    ClockKind.C1, ClockKind.C2, ClockKind.C3, ClockKind.C5, ClockKind.C6, ClockKind.C7, ClockKind.C8, ClockKind.M2,
    ClockKind.D1, ClockKind.D2, ClockKind.D3,
)  # fmt: skip
MOST = 5000  # clocks of a month that are counted; beyond it the newest
_NEEDED = (
    "kind", "started_at", "met_at", "paused_seconds",
    "report__kind", "report__severity", "report__tier", "report__is_emergency",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A report that might be filed."""

    kind: ReportKind
    severity: int
    tier: int
    emergency: bool = False

    def rule(self, rules: Rules, clock: str) -> Rule | None:
        return rules.rule(clock, kind=self.kind, severity=self.severity, tier=self.tier, emergency=self.emergency)


@dataclass(frozen=True)
class Owed:
    """One clock under two versions, as if its step happened now. None: it would not run."""

    label: str
    starts: str
    before: tuple[str, datetime] | None
    after: tuple[str, datetime] | None

    @property
    def differs(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class Fared:
    """The clocks of one kind last month, and how many were or would have been late under each version."""

    label: str
    count: int
    before: int
    after: int

    @property
    def differs(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class Month:
    """Last month under two versions. `cut`: there were more clocks than are counted."""

    first: datetime
    lines: list[Fared]
    cut: bool


def owed(case: Case, *, before: Rules, after: Rules, at: datetime) -> list[Owed]:
    """What the report would owe under both versions."""
    calendar, found = work_calendar(), []
    for clock, starts in STARTS.items():
        if runs(ClockKind(clock), case.kind):
            told = [_told(case.rule(rules, clock), calendar, at=at) for rules in (before, after)]
            if any(told):
                found.append(Owed(str(ClockKind(clock).label), str(starts), *told))
    return found


def _told(rule: Rule | None, calendar: WorkCalendar, *, at: datetime) -> tuple[str, datetime] | None:
    return (said(rule), calendar.due(at, rule.minutes, rule.calendar)) if rule else None


def last_month(person: User, *, before: Rules, after: Rules, at: datetime) -> Month:
    """The clocks that started in the calendar month before this one (Riyadh), judged again. One query.

    A clock that still runs counts as met now. Of pauses, only what was paused is given back; a promise that was
    sooner than the rule is judged by the rule.
    """
    first, end = _month_before(at)
    started = Clock.objects.visible_to(person).filter(
        kind__in=JUDGED, started_at__gte=first, started_at__lt=end, cancelled_at__isnull=True, extended=False
    )
    rows = list(started.order_by("-started_at").values_list(*_NEEDED, named=True)[: MOST + 1])
    count, late_before, late_after = Counter[str](), Counter[str](), Counter[str]()
    for row, old, new in _judged(rows[:MOST], before, after, at=at):
        count[row] += 1
        late_before[row] += old
        late_after[row] += new
    lines = [
        Fared(str(clock.label), count[clock], late_before[clock], late_after[clock]) for clock in JUDGED if count[clock]
    ]
    return Month(first, lines, len(rows) > MOST)


def _judged(rows: list[Any], before: Rules, after: Rules, *, at: datetime) -> Iterator[tuple[str, bool, bool]]:
    calendar = work_calendar()

    @cache  # thousands of clocks, and a few hundred cases
    def ruled(clock: str, kind: str, *of: Any) -> tuple[Rule | None, Rule | None]:
        case = Case(ReportKind(kind), *of)
        return case.rule(before, clock), case.rule(after, clock)

    for row in rows:
        old, new = ruled(row.kind, row.report__kind, row.report__severity, row.report__tier, row.report__is_emergency)
        late = _late(row, old, calendar, at=at)
        yield row.kind, late, late if new == old else _late(row, new, calendar, at=at)


def _late(row: Any, rule: Rule | None, calendar: WorkCalendar, *, at: datetime) -> bool:
    if rule is None:
        return False
    due = calendar.due(row.started_at, rule.minutes, rule.calendar)
    if row.paused_seconds:
        due += timedelta(seconds=row.paused_seconds)
    return bool((row.met_at or at) > due)


def _month_before(at: datetime) -> tuple[datetime, datetime]:
    end = timezone.localtime(at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (end - timedelta(days=1)).replace(day=1), end
