"""A rule's minutes and calendar as people count them: a number, and in what it is counted. Never raw minutes."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incidents.calendar import Calendar

HOUR, DAY, WORKING_DAY = 60, 24 * 60, 8 * 60


@dataclass(frozen=True)
class Unit:
    """In what a length is counted: how many minutes one is, and by which calendar they run."""

    code: str
    label: Promise
    minutes: int
    calendar: Calendar


#: Of one calendar the largest unit stands first: the first that divides a length evenly tells it.
UNITS = (
    Unit("days", _("days, each 24 hours"), DAY, Calendar.ALWAYS),
    Unit("hours", _("hours, round the clock"), HOUR, Calendar.ALWAYS),
    Unit("minutes", _("minutes, round the clock"), 1, Calendar.ALWAYS),
    Unit("day-hours", _("hours between 07:00 and 22:00"), HOUR, Calendar.DAYTIME),
    Unit("day-minutes", _("minutes between 07:00 and 22:00"), 1, Calendar.DAYTIME),
    Unit("working-days", _("working days"), WORKING_DAY, Calendar.WORKING),
    Unit("working-hours", _("working hours"), HOUR, Calendar.WORKING),
    Unit("working-minutes", _("minutes of working time"), 1, Calendar.WORKING),
    Unit("calendar-days", _("days; after a day off, 12:00 of the next working day"), DAY, Calendar.DAYS),
    Unit("calendar-hours", _("hours; after a day off, 12:00 of the next working day"), HOUR, Calendar.DAYS),
    Unit("morning", _("until 09:00 of the next working day (without a number)"), 0, Calendar.MORNING),
)
BY_CODE = {unit.code: unit for unit in UNITS}
MORNING = BY_CODE["morning"]


def counted(minutes: int, calendar: str) -> tuple[int | None, Unit]:
    """The number and the unit that say these minutes."""
    if calendar == Calendar.MORNING:
        return None, MORNING
    unit = next(u for u in UNITS if u.calendar == calendar and (minutes % u.minutes == 0 or u.code == "calendar-hours"))
    return minutes // unit.minutes, unit


#: In what a reminder is told from the due moment; a percent is of the clock's own length.
MARK_UNITS: dict[str, tuple[Promise, int]] = {
    "minutes": (_("minutes"), 1),
    "hours": (_("hours"), HOUR),
    "days": (_("days"), DAY),
    "percent": (_("percent of the time"), 0),
}


def mark_counted(percent: int, minutes: int) -> tuple[str, int | None, str]:
    """The side (before, due, after), the number and the unit of a reminder."""
    amount = percent or minutes
    if not amount:
        return "due", None, "minutes"
    side = "before" if amount < 0 else "after"
    if percent:
        return side, abs(percent), "percent"
    name, (_label, each) = next(
        (name, unit) for name, unit in reversed(MARK_UNITS.items()) if unit[1] and minutes % unit[1] == 0
    )
    return side, abs(minutes) // each, name


def mark_code(percent: int, minutes: int) -> str:
    """The name by which the history tells a reminder; its first word says whether it came before the due moment."""
    side, number, unit = mark_counted(percent, minutes)
    if side == "due":
        return "due"
    if unit == "percent":
        return f"at-{100 - (number or 0)}" if side == "before" else f"plus-{number}"
    letter = {"minutes": "" if side == "before" else "m", "hours": "h", "days": "d"}[unit]
    return f"{'before' if side == 'before' else 'plus'}-{number}{letter}"
