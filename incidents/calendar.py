"""Working time in Saudi Arabia, as pure functions. Round-the-clock clocks never come here.

Working week Sunday to Thursday 08:00-16:00, in Ramadan 10:00-15:00, without holidays; Asia/Riyadh, UTC+3 all year
(domain/lifecycle.md, Clocks).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext_lazy as _

RIYADH = ZoneInfo("Asia/Riyadh")
WEEKEND = frozenset({4, 5})  # Friday, Saturday as date.weekday() counts
WORKING_HOURS = (time(8), time(16))
RAMADAN_HOURS = (time(10), time(15))
DAYTIME = (time(7), time(22))
MORNING = time(9)
NOON = time(12)

HoursOf = Callable[[date], tuple[time, time] | None]


class Calendar(models.TextChoices):
    """How a clock's minutes are counted."""

    ALWAYS = "always", _("Round the clock")
    DAYTIME = "daytime", _("Between 07:00 and 22:00")
    WORKING = "working", _("Working hours (8 hours are a working day)")
    DAYS = "days", _("Calendar days, moved to 12:00 of a working day")
    MORNING = "morning", _("09:00 of the next working day")


@dataclass(frozen=True)
class WorkCalendar:
    """The days off, and the days with Ramadan hours."""

    holidays: frozenset[date] = frozenset()
    ramadan: frozenset[date] = frozenset()

    def is_working_day(self, day: date) -> bool:
        return day.weekday() not in WEEKEND and day not in self.holidays

    def hours(self, day: date) -> tuple[time, time] | None:
        """The working hours of a day, or None on a day off."""
        if not self.is_working_day(day):
            return None
        return RAMADAN_HOURS if day in self.ramadan else WORKING_HOURS

    def next_working_day(self, day: date) -> date:
        """The first working day after `day`."""
        day += timedelta(days=1)
        while not self.is_working_day(day):
            day += timedelta(days=1)
        return day

    def due(self, start: datetime, minutes: int, calendar: str) -> datetime:
        """When a clock of so many minutes, started at `start`, falls due."""
        if calendar == Calendar.ALWAYS:
            return start + timedelta(minutes=minutes)
        local = start.astimezone(RIYADH)
        match calendar:
            case Calendar.DAYTIME:
                return self._spend(local, minutes, lambda day: DAYTIME)
            case Calendar.WORKING:
                return self._spend(local, minutes, self.hours)
            case Calendar.DAYS:
                return self._off_days_to_noon(local + timedelta(minutes=minutes))
            case Calendar.MORNING:
                return datetime.combine(self.next_working_day(local.date()), MORNING, RIYADH)
        raise ValueError(f"no such calendar: {calendar}")

    def working_minutes_between(self, start: datetime, end: datetime) -> int:
        """Working minutes from start to end: the lead time of a maintenance is judged by them."""
        local, last = start.astimezone(RIYADH), end.astimezone(RIYADH)
        total, day = timedelta(), local.date()
        while day <= last.date():
            if hours := self.hours(day):
                opens, closes = (datetime.combine(day, moment, RIYADH) for moment in hours)
                total += max(timedelta(), min(closes, last) - max(opens, local))
            day += timedelta(days=1)
        return int(total.total_seconds() // 60)

    def _off_days_to_noon(self, due: datetime) -> datetime:
        if self.is_working_day(due.date()):
            return due
        return datetime.combine(self.next_working_day(due.date()), NOON, RIYADH)

    def _spend(self, start: datetime, minutes: int, hours_of: HoursOf) -> datetime:
        """Walk day by day, spending minutes inside the hours only."""
        left, day = timedelta(minutes=minutes), start.date()
        while True:
            if hours := hours_of(day):
                opens, closes = (datetime.combine(day, moment, RIYADH) for moment in hours)
                begin = max(opens, start)
                if begin < closes:
                    if begin + left <= closes:
                        return begin + left
                    left -= closes - begin
            day += timedelta(days=1)
