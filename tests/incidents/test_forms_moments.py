"""Moments: what people type, and what the page says back."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import translation

from incidents.calendar import RIYADH
from incidents.forms.moments import (
    MomentField,
    MomentWidget,
    Typed,
    chip_value,
    in_words,
    read_date,
    read_moment,
    read_time,
)

NOW = datetime(2026, 11, 22, 2, 11, tzinfo=RIYADH)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("07:05", time(7, 5)),
        ("7:5", time(7, 5)),
        ("0705", time(7, 5)),
        ("705", time(7, 5)),
        ("7", time(7)),
        ("٠٧:٠٥", time(7, 5)),
        ("۷:۵", time(7, 5)),
        ("7.05", time(7, 5)),
        ("7،05", time(7, 5)),
        (" 23 59 ", time(23, 59)),
        ("0000", time(0)),
    ],
)
def test_a_time_is_read_however_it_is_typed(typed: str, meant: time) -> None:
    assert read_time(typed) == meant


@pytest.mark.parametrize("typed", ["24:00", "7:60", "25", "seven", "7:05 pm", "1:2:3", "", "²:5", "123456"])
def test_what_is_no_time_is_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(ValidationError):
        read_time(typed)


@pytest.mark.parametrize(
    ("typed", "ahead", "meant"),
    [
        ("22/11", False, date(2026, 11, 22)),
        ("٢٠/١١", False, date(2026, 11, 20)),
        ("23/11", False, date(2025, 11, 23)),
        ("23/11", True, date(2026, 11, 23)),
        ("5.12", True, date(2026, 12, 5)),
        ("1/1", True, date(2027, 1, 1)),
        ("2026-12-05", True, date(2026, 12, 5)),
        ("05/12/2026", True, date(2026, 12, 5)),
    ],
)
def test_a_day_without_a_year_is_the_nearest_one(typed: str, ahead: bool, meant: date) -> None:
    assert read_date(typed, today=NOW.date(), ahead=ahead) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "31/2",
        "32/1",
        "2026-13-01",
        "0000-01-01",
        "0001-01-01",
        "1448-05-12",
        "12/5/1448",
        "9999-12-31",
        "yesterday",
        "22",
    ],
)
def test_what_is_no_day_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        read_date(typed, today=NOW.date(), ahead=False)


def test_a_time_without_a_day_is_the_last_one_or_the_next_one() -> None:
    assert read_moment(Typed(time="23:50"), now=NOW, ahead=False) == datetime(2026, 11, 21, 23, 50, tzinfo=RIYADH)
    assert read_moment(Typed(time="02:00"), now=NOW, ahead=False) == datetime(2026, 11, 22, 2, 0, tzinfo=RIYADH)
    assert read_moment(Typed(time="02:00"), now=NOW, ahead=True) == datetime(2026, 11, 23, 2, 0, tzinfo=RIYADH)


def test_a_day_without_a_time_asks_for_the_time() -> None:
    with pytest.raises(ValidationError):
        read_moment(Typed(day="2026-11-22"), now=NOW, ahead=False)


@pytest.mark.parametrize(
    "chip",
    [
        "now",
        "15",
        "2026-11-22T01:56",
        "9999-12-31T23:59+00:00",
        "0001-01-01T00:00+14:00",
        "0001-01-01T05:00+03:00",
        "'; --",
        "x" * 400,
    ],
)
def test_a_forged_chip_is_refused(chip: str) -> None:
    with pytest.raises(ValidationError):
        read_moment(Typed(chip=chip), now=NOW, ahead=False)


def test_chips_are_absolute_so_that_a_draft_does_not_slide() -> None:
    """“15 minutes ago”, chosen at 02:11, is still 01:56 when a colleague opens the draft an hour later."""
    widget = MomentWidget(offsets=(0, -15))
    widget.now = NOW
    quarter = widget.get_context("started_at", None, {"id": "x"})["widget"]["chips"][1]["value"]
    widget.now = NOW + timedelta(hours=1)
    chips = widget.get_context("started_at", Typed(chip=quarter), {"id": "x"})["widget"]["chips"]
    assert [(chip["label"], chip["checked"]) for chip in chips if chip["checked"]] == [("01:56", True)]


def test_a_chosen_day_is_absolute_too() -> None:
    widget = MomentWidget(offsets=(0,))
    widget.now = NOW + timedelta(days=3)
    said = widget.get_context("started_at", Typed(chip="other", day="2026-11-22", time="01:00"), {"id": "x"})["widget"]
    assert said["typed"].date == "2026-11-22"
    assert "22" in said["echo"]


def test_the_moment_is_said_back_in_words_with_the_hijri_day() -> None:
    with translation.override("ar"):
        assert in_words(NOW) == "02:11، الأحد 22 نوفمبر 2026 — 12 جمادى الآخرة 1448 هـ، بتوقيت السعودية"


def test_what_is_said_back_begins_with_how_far_away_it_is() -> None:
    widget = MomentWidget(offsets=(0,))
    with translation.override("en"):
        late = widget.echo(Typed(chip="other", time="02:20"), now=NOW)  # nine minutes ahead: it is read as yesterday
        assert late.startswith("23 hours and 51 minutes so far: 02:20, Saturday 21 November 2026")
        assert widget.echo(Typed(chip=chip_value(NOW)), now=NOW).startswith("02:11, Sunday")
        ahead = MomentWidget(ahead=True).echo(Typed(time="04:11"), now=NOW)
        assert ahead.startswith("2 hours from now: 04:11, Sunday")


def test_the_field_takes_a_form_without_a_chip() -> None:
    """No JavaScript and no :has(): the boxes alone are an answer."""
    field = MomentField(offsets=(0, -15))
    field.now = NOW
    data = QueryDict("started_at_time=0156")
    typed = field.widget.value_from_datadict(data, data, "started_at")  # type: ignore[arg-type]  # no files
    assert field.clean(typed) == datetime(2026, 11, 22, 1, 56, tzinfo=RIYADH)


def test_no_answer_is_an_answer_where_the_chip_says_so() -> None:
    field = MomentField(offsets=(60,), ahead=True, none_label="?", required=False)
    assert field.clean(Typed(chip="none")) is None


def test_a_required_moment_asks_when() -> None:
    with pytest.raises(ValidationError):
        MomentField(offsets=(0,)).clean(Typed())


def test_a_moment_keeps_its_value_through_a_chip() -> None:
    assert read_moment(Typed(chip=chip_value(NOW)), now=NOW, ahead=False) == NOW
