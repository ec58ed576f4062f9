"""The days of the maintenance calendar: a month, a week or an agenda of them, each with its Hijri date and its windows.

The week begins on Sunday. Days are those of Riyadh.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from hijridate import Gregorian

from entities.models import User
from incidents.calendar import RIYADH
from incidents.models import Holiday
from incidents.models.freeze import freezes
from incidents.rulebook.holidays import YEARS
from incidents.windows import MOST, Choice, Window, windows_between

SUNDAY_FIRST = calendar.Calendar(firstweekday=6)
ONE, WEEK = timedelta(days=1), timedelta(days=7)
AGENDA = timedelta(days=30)
#: How many windows a day of the month shows before it says how many more there are.
SHOWN = 4


@dataclass(frozen=True)
class Band:
    """A stretch of days with a name: a freeze period, or days off."""

    name: str
    freeze: bool
    begins: bool  # on this day, or on the first day of this row


@dataclass(frozen=True)
class Day:
    day: date
    outside: bool  # of the month that is shown
    today: bool
    bands: tuple[Band, ...]
    windows: tuple[Window, ...]

    @property
    def hijri(self) -> str:
        """«18»; with its month on the first of one, and where a row begins."""
        return _hijri(self.day, named=self.day.weekday() == 6)

    @property
    def first(self) -> tuple[Window, ...]:
        """What a cell of the month has room for."""
        return self.windows if len(self.windows) <= SHOWN else self.windows[: SHOWN - 1]

    @property
    def more(self) -> int:
        return len(self.windows) - len(self.first)


class Sheet:
    """What one page of the calendar shows. `view` is month, week or agenda."""

    def __init__(self, view: str, *, on: date, reader: User, chosen: Choice) -> None:
        self.view, self.on = view, on
        self.first, self.last = _reach(view, on)
        start, end = (datetime.combine(day, time(), RIYADH) for day in (self.first, self.last + ONE))
        self.windows = windows_between(start, end, reader=reader, chosen=chosen)
        self.days = list(self._days())

    @property
    def cut(self) -> bool:
        """More stands there than is shown."""
        return len(self.windows) == MOST

    @property
    def rows(self) -> list[tuple[Day, ...]]:
        return [tuple(self.days[at : at + 7]) for at in range(0, len(self.days), 7)]

    @property
    def agenda(self) -> list[Day]:
        """The days on which something is, those of the month alone."""
        return [day for day in self.days if not day.outside and (day.windows or any(b.begins for b in day.bands))]

    @property
    def title(self) -> str:
        if self.view == "month":
            return date_format(self.on, "F Y")
        return f"{date_format(self.first, 'j F')} – {date_format(self.last, 'j F Y')}"

    @property
    def hijri_title(self) -> str:
        """The Hijri months that it touches: «جمادى الأولى – جمادى الآخرة 1448 هـ»."""
        ends = (self.on.replace(day=1), _month_end(self.on)) if self.view == "month" else (self.first, self.last)
        first, last = (_hijri_month(day) for day in ends)
        if not first or not last:
            return ""
        return last if first == last else f"{first} – {last}"

    @property
    def before(self) -> date:
        if self.view == "month":
            return (self.on.replace(day=1) - ONE).replace(day=1)
        return self.first - (WEEK if self.view == "week" else AGENDA)

    @property
    def after(self) -> date:
        if self.view == "month":
            return _month_end(self.on) + ONE
        return self.first + (WEEK if self.view == "week" else AGENDA)

    def _days(self) -> Iterator[Day]:
        today, off, day = timezone.localdate(), _days_off(self.first, self.last), self.first
        windows = _by_day(self.windows)
        while day <= self.last:
            yield Day(
                day=day,
                outside=self.view == "month" and day.month != self.on.month,
                today=day == today,
                bands=tuple(self._bands(day, off)),
                windows=tuple(windows[day]),
            )
            day += ONE

    def _bands(self, day: date, off: dict[date, str]) -> Iterator[Band]:
        row_begins = day == self.first or (self.view == "month" and day.weekday() == 6)
        for freeze in freezes():
            if freeze.overlaps(day, day):
                name = freeze.name_ar if _arabic() or not freeze.name_en else freeze.name_en
                yield Band(name, freeze=True, begins=row_begins or day == freeze.first)
        if name := off.get(day, ""):
            yield Band(name, freeze=False, begins=row_begins or off.get(day - ONE) != name)


def read_day(text: str) -> date:
    """The day of a link; today where it is none, or lies beyond the years that are known."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return timezone.localdate()
    return day if day.year in YEARS else timezone.localdate()


def _reach(view: str, on: date) -> tuple[date, date]:
    if view == "agenda":
        return on, on + AGENDA - ONE
    if view == "week":
        sunday = on - timedelta(days=(on.weekday() + 1) % 7)
        return sunday, sunday + WEEK - ONE
    weeks = SUNDAY_FIRST.monthdatescalendar(on.year, on.month)
    return weeks[0][0], weeks[-1][-1]


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _by_day(windows: Iterable[Window]) -> dict[date, list[Window]]:
    """A window that ends at midnight does not touch the day that begins then."""
    found: dict[date, list[Window]] = defaultdict(list)
    for window in windows:
        day, end = window.start.astimezone(RIYADH).date(), window.end.astimezone(RIYADH)
        last = (end - timedelta(microseconds=1)).date()
        while day <= last:
            found[day].append(window)
            day += ONE
    return found


def _days_off(first: date, last: date) -> dict[date, str]:
    rows = Holiday.objects.filter(day__range=(first, last), kind=Holiday.Kind.OFF)
    return {row.day: row.name for row in rows}


def _arabic() -> bool:
    return (get_language() or "ar").startswith("ar")


def _hijri(day: date, *, named: bool) -> str:
    converted = Gregorian(day.year, day.month, day.day).to_hijri()
    language: Literal["ar", "en"] = "ar" if _arabic() else "en"
    return f"{converted.day} {converted.month_name(language)}" if named or converted.day == 1 else str(converted.day)


def _hijri_month(day: date) -> str:
    if day.year not in YEARS:
        return ""
    converted = Gregorian(day.year, day.month, day.day).to_hijri()
    language: Literal["ar", "en"] = "ar" if _arabic() else "en"
    return f"{converted.month_name(language)} {converted.year} " + (_("AH") if language == "en" else "هـ")
