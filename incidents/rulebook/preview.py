"""A version tried out: what a report filed now would owe under it, and how last month's reports would have fared."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, reduce
from operator import or_
from typing import Any

from django.db.models import (
    Count,
    DateTimeField,
    DurationField,
    Expression,
    ExpressionWrapper,
    F,
    IntegerField,
    Max,
    Q,
    Value,
)
from django.db.models.functions import Cast, Coalesce
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
#: What the rule of a clock depends on.
_OF = ("kind", "report__kind", "report__severity", "report__tier", "report__is_emergency")


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
    """The clocks that started in the calendar month before this one (Riyadh), judged again.

    A clock that still runs counts as met now. Of pauses, only what was paused is given back; a promise that was
    sooner than the rule is judged by the rule. Three queries at most: the database counts, and only what took longer
    than a rule's minutes is read, for no calendar is quicker than they are.
    """
    first, end = _month_before(at)
    started = Clock.objects.visible_to(person).filter(
        kind__in=JUDGED, started_at__gte=first, started_at__lt=end, cancelled_at__isnull=True, extended=False
    )
    newest = started.order_by("-started_at")
    counted = Clock.objects.filter(pk__in=newest.values("pk")[:MOST]).annotate(took=_took(at))
    cases = _Cases(before, after)
    count, late_before, late_after = Counter[str](), Counter[str](), Counter[str]()
    for *of, n, longest in counted.values_list(*_OF).annotate(n=Count("pk"), longest=Max("took")).order_by():
        count[of[0]] += n
        cases.look(of, longest)
    calendar = work_calendar()
    for *of, started_at, took in counted.filter(cases.doubtful).values_list(*_OF, "started_at", "took"):
        old, new = cases.rules(*of)
        late_before[of[0]] += _late(old, calendar, started_at, took)
        late_after[of[0]] += _late(new, calendar, started_at, took)
    lines = [
        Fared(str(clock.label), count[clock], late_before[clock], late_after[clock]) for clock in JUDGED if count[clock]
    ]
    return Month(first, lines, count.total() == MOST and newest[MOST : MOST + 1].exists())


def _took(at: datetime) -> Expression:
    """From the start until it was met, without the pauses."""
    met = Coalesce("met_at", Value(at, output_field=DateTimeField()))
    taken = ExpressionWrapper(met - F("started_at"), output_field=DurationField())
    seconds = Cast("paused_seconds", IntegerField())  # SQLite multiplies no other kind
    paused = ExpressionWrapper(seconds * Value(timedelta(seconds=1)), output_field=DurationField())
    return ExpressionWrapper(taken - paused, output_field=DurationField())


class _Cases:
    """The rules of both versions, case by case, and which clocks may be late by one of them."""

    def __init__(self, before: Rules, after: Rules) -> None:
        self.before, self.after = before, after
        self.rules = cache(self._rules)  # thousands of clocks, and a few dozen cases
        self.limits: dict[str, timedelta] = {}

    def _rules(self, clock: str, kind: str, *of: Any) -> tuple[Rule | None, Rule | None]:
        case = Case(ReportKind(kind), *of)
        return case.rule(self.before, clock), case.rule(self.after, clock)

    def look(self, of: list[Any], longest: timedelta) -> None:
        """Of clocks like these the slowest took so long."""
        minutes = [rule.minutes for rule in self.rules(*of) if rule]
        if minutes and longest > (limit := timedelta(minutes=min(minutes))):
            self.limits[of[0]] = min(limit, self.limits.get(of[0], limit))

    @property
    def doubtful(self) -> Q:
        """Those that took longer than the shortest rule that any of their kind has."""
        found = (Q(kind=clock, took__gt=limit) for clock, limit in self.limits.items())
        return reduce(or_, found, Q(pk__in=[]))


def _late(rule: Rule | None, calendar: WorkCalendar, started_at: datetime, took: timedelta) -> bool:
    if rule is None or took <= timedelta(minutes=rule.minutes):
        return False
    return started_at + took > calendar.due(started_at, rule.minutes, rule.calendar)


def _month_before(at: datetime) -> tuple[datetime, datetime]:
    end = timezone.localtime(at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (end - timedelta(days=1)).replace(day=1), end
