"""How a service stood over ninety days: its spells, merged and clipped, day by day, and the share that is left.

Nobody measures here. A spell is what an owner's report says of one service, from when to when. Pure functions of
moments: what counts is chosen in `standings.py`, and why is in docs/adr/0038.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import NamedTuple

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from incidents.calendar import RIYADH
from incidents.lifecycle import Severity

DAYS = 90
NOTHING, DAY = timedelta(), timedelta(days=1)


class Level(models.IntegerChoices):
    """The worst first. Works are announced, so they take nothing from the share of the time."""

    OUTAGE = 0, pgettext_lazy("state of a service", "Outage")
    PARTIAL = 1, _("Partial outage")
    WORKS = 2, pgettext_lazy("state of a service", "Maintenance")

    @property
    def is_outage(self) -> bool:
        return self != Level.WORKS


# --- Stretches of time ----------------------------------------------------------------------------------------------


class Span(NamedTuple):
    """From a moment up to another, which it does not hold."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    def meets(self, other: Span) -> bool:
        """They overlap or touch."""
        return self.start <= other.end and other.start <= self.end

    def within(self, other: Span) -> Span | None:
        """The part of this one that lies in the other; None where they only touch."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Span(start, end) if start < end else None


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same moments, each once: in order, and none meets the next."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.meets(found[-1]):
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def filled(spans: Iterable[Span]) -> timedelta:
    """How long they are together, each moment counted once."""
    return sum((span.length for span in merged(spans)), NOTHING)


def covered(spans: Iterable[Span], window: Span) -> timedelta:
    """How much of the window they fill, each moment counted once."""
    return filled(part for span in spans if (part := span.within(window)))


# --- Spells ---------------------------------------------------------------------------------------------------------


class Spell(NamedTuple):
    """One stretch of an outage or of works, of one service. `end` None: it goes on."""

    level: Level
    severity: Severity
    start: datetime
    end: datetime | None
    reports: frozenset[int]  # their keys
    expected: datetime | None = None  # when its owner expects the service back

    @property
    def goes_on(self) -> bool:
        return self.end is None

    def until(self, at: datetime) -> Span:
        """As far as it has come by then."""
        return Span(self.start, max(self.start, self.end or at))

    def length(self, at: datetime) -> timedelta:
        return self.until(at).length

    def joined(self, other: Spell) -> Spell:
        """Both as one: the worse of each, from the first start to the last end."""
        ends = [each.end for each in (self, other) if each.end]
        return self._replace(
            level=min(self.level, other.level),
            severity=min(self.severity, other.severity),
            start=min(self.start, other.start),
            end=max(ends) if len(ends) == 2 else None,
            reports=self.reports | other.reports,
            expected=max((each.expected for each in (self, other) if each.expected), default=None),
        )


def joined(spells: Iterable[Spell], *, at: datetime) -> list[Spell]:
    """Spells that meet are one spell to whoever suffers it; the oldest first."""
    found: list[Spell] = []
    for spell in sorted(spells, key=lambda spell: spell.start):
        if found and spell.until(at).meets(found[-1].until(at)):
            found[-1] = found[-1].joined(spell)
        else:
            found.append(spell)
    return found


def parted(spell: Spell, gaps: Iterable[Span]) -> Iterator[Spell]:
    """The spell without the times at which the service was back: reopened, it is one outage of several spells."""
    start = spell.start
    for gap in sorted(gaps):
        if gap.start > start:
            yield spell._replace(start=start, end=gap.start, expected=None)
        start = max(start, gap.end)
    yield spell._replace(start=start)


# --- Ninety days of them --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Day:
    """A day in Riyadh: the worst that was reported of it, and how long the service was out, wholly or in part."""

    day: date
    worst: Level | None
    out: timedelta


@lru_cache(maxsize=4)  # the same for every service of a page
def window_of(at: datetime) -> Span:
    """Ninety days of Riyadh, this one as far as it has come; in UTC, as the moments that are compared with it."""
    return Span(midnight(timezone.localdate(at, RIYADH) - timedelta(days=DAYS - 1)).astimezone(UTC), at)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, RIYADH)


@lru_cache(maxsize=4)  # the same for every service of a page
def days_of(start: datetime) -> tuple[tuple[date, Span], ...]:
    """The days of a window that begins then."""
    first = timezone.localdate(start, RIYADH)
    days = [first + timedelta(days=n) for n in range(DAYS)]
    return tuple((day, Span(midnight(day), midnight(day + timedelta(days=1)))) for day in days)


@dataclass(frozen=True)
class History:
    """What was reported of one service, up to a moment."""

    spells: tuple[Spell, ...]
    at: datetime

    @cached_property
    def window(self) -> Span:
        return window_of(self.at)

    @cached_property
    def outages(self) -> list[Spell]:
        return joined((each for each in self._in_window if each.level.is_outage), at=self.at)

    @cached_property
    def works(self) -> list[Spell]:
        return joined((each for each in self._in_window if not each.level.is_outage), at=self.at)

    @property
    def newest_first(self) -> list[Spell]:
        return sorted([*self.outages, *self.works], key=lambda spell: spell.start, reverse=True)

    @cached_property
    def out(self) -> timedelta:
        """How long the service was out, wholly or in part."""
        return filled(part for level, part in self._parts if level.is_outage)

    @cached_property
    def wholly_out(self) -> timedelta:
        return filled(part for level, part in self._parts if level == Level.OUTAGE)

    @property
    def share(self) -> float:
        """Per cent of the window without an outage of the whole service. Rounded down: only all of it is 100."""
        return (self.window.length - self.wholly_out) * 10_000 // self.window.length / 100

    @cached_property
    def worst(self) -> list[Level | None]:
        """The worst of each day, the oldest first: counted off, for a page asks it of hundreds of services."""
        days: list[Level | None] = [None] * DAYS  # of Riyadh, where all are as long
        first = self.window.start
        for level, part in sorted(self._parts, reverse=True):
            begins, ends = (part.start - first) // DAY, -((first - part.end) // DAY)
            days[begins:ends] = [level] * (ends - begins)
        return days

    @cached_property
    def days(self) -> list[Day]:
        """The oldest first; the last one is today."""
        return [self._day(*day, worst) for day, worst in zip(days_of(self.window.start), self.worst, strict=True)]

    def _day(self, day: date, span: Span, worst: Level | None) -> Day:
        out = (part for level, part in self._parts if level.is_outage)
        return Day(day, worst, covered(out, span) if worst is not None else NOTHING)

    @cached_property
    def _parts(self) -> list[tuple[Level, Span]]:
        """Of each spell what lies in the window."""
        spans = ((each.level, each.until(self.at).within(self.window)) for each in self.spells)
        return [(level, part) for level, part in spans if part]

    @cached_property
    def _in_window(self) -> list[Spell]:
        """Those of which a part lies in it, and what has begun this very moment."""
        return [each for each in self.spells if each.goes_on or each.until(self.at).within(self.window)]
