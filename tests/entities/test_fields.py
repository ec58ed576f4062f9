"""National ID, mobile and day as people type them."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from entities.fields import DayField, MobileField, NationalIDField
from entities.text import in_groups


@pytest.mark.parametrize(
    "written",
    ["1000000008", " 1000000008 ", "١٠٠٠٠٠٠٠٠٨", "۱۰۰۰۰۰۰۰۰۸", "1000 000 008", "\u200f1000000008\u200e"],
)
def test_a_national_id_in_any_spelling_is_the_same_number(written: str) -> None:
    assert NationalIDField().clean(written) == "1000000008"


def test_an_iqama_number_is_accepted() -> None:
    assert NationalIDField().clean("2000000006") == "2000000006"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "required"),
        ("   ", "required"),
        ("10000000O8", "digits"),
        ("²000000006", "digits"),
        ("100000000", "length"),
        ("10000000081", "length"),
        ("3000000004", "first_digit"),
        ("1000000009", "checksum"),
        ("٢٠٠٠٠٠٠٠٠٧", "checksum"),
    ],
)
def test_each_mistake_in_a_national_id_has_its_own_sentence(written: str, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        NationalIDField().clean(written)
    assert [error.code for error in refused.value.error_list] == [code]


def test_the_length_sentence_counts_what_was_typed() -> None:
    with pytest.raises(ValidationError, match="10") as refused:
        NationalIDField().clean("100000000")
    assert "9" in refused.value.messages[0]


def test_no_error_repeats_the_number() -> None:
    with pytest.raises(ValidationError) as refused:
        NationalIDField().clean("1000000009")
    assert "1000000009" not in str(refused.value)


@pytest.mark.parametrize(
    "written",
    [
        "0512345678",
        "512345678",
        "966512345678",
        "+966512345678",
        "00966512345678",
        "051 234 5678",
        "051-234-5678",
        "٠٥١٢٣٤٥٦٧٨",
        "\u200e+966 51 234 5678",
    ],
)
def test_a_mobile_in_any_spelling_is_stored_as_e164(written: str) -> None:
    assert MobileField().clean(written) == "+966512345678"


@pytest.mark.parametrize("written", ["0412345678", "051234567", "05123456789", "+971512345678", "05x2345678", "5"])
def test_a_number_that_is_no_saudi_mobile_is_refused(written: str) -> None:
    with pytest.raises(ValidationError) as refused:
        MobileField().clean(written)
    assert [error.code for error in refused.value.error_list] == ["invalid"]


def test_an_empty_mobile_may_be_optional() -> None:
    assert MobileField(required=False).clean("  ") == ""


def test_a_stored_mobile_is_shown_in_groups() -> None:
    assert MobileField().prepare_value("+966512345678") == "051 234 5678"


def test_what_was_typed_as_a_mobile_is_shown_as_it_was() -> None:
    assert in_groups("0412345678") == "0412345678"


@pytest.mark.parametrize("written", ["2026-11-22", "22/11/2026", "22-11-2026", "2026/11/22", "٢٠٢٦-١١-٢٢"])
def test_a_day_in_any_order_with_a_clear_year(written: str) -> None:
    assert DayField().clean(written) == date(2026, 11, 22)


@pytest.mark.parametrize("written", ["2026-02-30", "tomorrow", "11/22/2026", "0000-00-00", "9" * 40])
def test_a_day_that_does_not_exist_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        DayField().clean(written)
