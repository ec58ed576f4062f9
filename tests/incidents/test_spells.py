"""Ninety days of a service: spells that meet are one, the window clips, each moment counts once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from incidents.lifecycle import Severity
from incidents.spells import (
    DAYS,
    History,
    Level,
    Span,
    Spell,
    covered,
    joined,
    merged,
    midnight,
    parted,
    window_of,
)

AT = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)  # noon in Riyadh
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def spell(ago: timedelta, length: timedelta | None = HOUR, level: Level = Level.OUTAGE, key: int = 1) -> Spell:
    """It began so long ago; `length` None: it goes on."""
    start = AT - ago
    return Spell(level, Severity.S2, start, None if length is None else start + length, frozenset({key}))


def history(*spells: Spell) -> History:
    return History(spells, AT)


def test_spans_that_overlap_touch_or_hold_each_other_are_one() -> None:
    one, two, three = (Span(AT + n * HOUR, AT + (n + 1) * HOUR) for n in (0, 1, 5))
    inside = Span(AT, AT + HOUR / 2)
    assert merged([three, two, inside, one]) == [Span(AT, AT + 2 * HOUR), three]
    assert merged([]) == []


def test_what_lies_outside_the_window_counts_for_nothing_and_what_reaches_in_by_its_part() -> None:
    window = Span(AT, AT + DAY)
    assert covered([Span(AT - HOUR, AT + HOUR), Span(AT + 2 * DAY, AT + 3 * DAY)], window) == HOUR
    assert covered([Span(AT - DAY, AT)], window) == timedelta()


def test_two_reports_of_one_outage_are_one_spell_with_the_worse_of_each() -> None:
    first = spell(5 * HOUR, 2 * HOUR, Level.PARTIAL, key=1)
    second = Spell(Level.OUTAGE, Severity.S1, AT - 4 * HOUR, None, frozenset({2}), expected=AT + HOUR)
    (found,) = joined([second, first], at=AT)
    assert (found.level, found.severity, found.start, found.end) == (Level.OUTAGE, 1, AT - 5 * HOUR, None)
    assert found.reports == {1, 2}
    assert found.length(AT) == 5 * HOUR
    assert found.expected == AT + HOUR


def test_spells_apart_stay_two() -> None:
    assert len(joined([spell(5 * HOUR), spell(2 * HOUR)], at=AT)) == 2


def test_a_reopened_outage_is_one_of_two_spells() -> None:
    was_back = Span(AT - 4 * HOUR, AT - 3 * HOUR)
    first, second = parted(spell(5 * HOUR, None), [was_back])
    assert (first.end, second.start, second.end) == (was_back.start, was_back.end, None)
    assert history(first, second).out == 4 * HOUR


def test_the_window_is_ninety_days_of_riyadh() -> None:
    window = window_of(datetime(2026, 11, 26, 22, 0, tzinfo=UTC))  # the 27th in Riyadh
    assert window.start == midnight(date(2026, 8, 30))
    days = history().days
    assert (len(days), days[-1].day) == (DAYS, date(2026, 11, 27))
    assert {day.worst for day in days} == {None}


def test_a_spell_over_midnight_marks_both_days_and_each_with_its_own_part() -> None:
    days = history(spell(13 * HOUR, 2 * HOUR)).days  # 23:00 to 01:00
    assert [(day.worst, day.out) for day in days[-2:]] == [(Level.OUTAGE, HOUR), (Level.OUTAGE, HOUR)]
    assert days[-3].worst is None


def test_a_day_says_the_worst_of_it() -> None:
    night = spell(11 * HOUR, HOUR, Level.WORKS)
    assert history(night).days[-1].worst == Level.WORKS
    assert history(night, spell(3 * HOUR, HOUR, Level.PARTIAL)).days[-1].worst == Level.PARTIAL
    assert history(night, spell(3 * HOUR, HOUR, Level.PARTIAL), spell(HOUR)).days[-1].worst == Level.OUTAGE


def test_an_outage_older_than_the_window_counts_from_its_beginning() -> None:
    lasting = history(spell(200 * DAY, None))
    assert lasting.out == lasting.window.length
    assert lasting.share == 0
    assert {day.worst for day in lasting.days} == {Level.OUTAGE}
    assert lasting.outages[0].start == AT - 200 * DAY  # said as it was


def test_what_ended_before_the_window_is_forgotten() -> None:
    assert history(spell(200 * DAY, DAY)).newest_first == []


@pytest.mark.parametrize("level", [Level.WORKS, Level.PARTIAL])
def test_works_and_partial_outages_take_nothing_from_the_share(level: Level) -> None:
    assert history(spell(30 * DAY, DAY, level)).share == 100


def test_the_share_counts_each_moment_once_and_only_all_of_it_is_a_hundred() -> None:
    twice = history(spell(9 * DAY, DAY, key=1), spell(9 * DAY, DAY, key=2))
    assert twice.share == history(spell(9 * DAY, DAY)).share == pytest.approx(98.88, abs=0.01)
    assert history(spell(HOUR, timedelta(seconds=1))).share == 99.99
    assert history().share == 100
