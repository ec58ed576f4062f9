"""Working time in Saudi Arabia."""

from datetime import date, datetime

import pytest

from incidents.calendar import RIYADH, Calendar, WorkCalendar

PLAIN = WorkCalendar()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=RIYADH)


# 2026-11-22 is a Sunday.
@pytest.mark.parametrize(
    ("start", "minutes", "calendar", "due"),
    [
        ("2026-11-22 02:10", 60, Calendar.ALWAYS, "2026-11-22 03:10"),
        ("2026-11-22 02:10", 240, Calendar.WORKING, "2026-11-22 12:00"),
        ("2026-11-22 15:00", 240, Calendar.WORKING, "2026-11-23 11:00"),
        ("2026-11-26 15:00", 120, Calendar.WORKING, "2026-11-29 09:00"),  # Thursday to Sunday
        ("2026-11-27 10:00", 480, Calendar.WORKING, "2026-11-29 16:00"),  # begun on a Friday
        ("2026-11-22 21:00", 240, Calendar.DAYTIME, "2026-11-23 10:00"),
        ("2026-11-22 10:00", 10 * 1440, Calendar.DAYS, "2026-12-02 10:00"),
        ("2026-11-25 10:00", 10 * 1440, Calendar.DAYS, "2026-12-06 12:00"),  # a Saturday, so Sunday noon
        ("2026-11-26 10:00", 0, Calendar.MORNING, "2026-11-29 09:00"),
    ],
)
def test_due_counts_as_its_calendar_says(start: str, minutes: int, calendar: str, due: str) -> None:
    assert PLAIN.due(at(start), minutes, calendar) == at(due)


def test_due_skips_a_holiday() -> None:
    national_day = WorkCalendar(holidays=frozenset({date(2026, 9, 23)}))
    assert national_day.due(at("2026-09-22 15:30"), 60, Calendar.WORKING) == at("2026-09-24 08:30")


def test_due_in_ramadan_counts_the_short_hours() -> None:
    ramadan = WorkCalendar(ramadan=frozenset({date(2026, 2, 22), date(2026, 2, 23)}))
    assert ramadan.due(at("2026-02-22 14:00"), 120, Calendar.WORKING) == at("2026-02-23 11:00")


def test_lead_time_counts_working_minutes_only() -> None:
    assert PLAIN.working_minutes_between(at("2026-11-26 12:00"), at("2026-11-29 10:00")) == 4 * 60 + 2 * 60
    assert PLAIN.working_minutes_between(at("2026-11-29 10:00"), at("2026-11-26 12:00")) == 0


def test_an_unknown_calendar_is_an_error_not_a_guess() -> None:
    with pytest.raises(ValueError, match="no such calendar"):
        PLAIN.due(at("2026-11-22 10:00"), 60, "lunar")
