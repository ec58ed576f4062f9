"""Short durations: the first text of the server and the next one of the page never disagree."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils.translation import override

from entities.templatetags.ticking import due_text, short_duration, spoken_words

NOON = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (0, "0 min"),
        (44, "44 min"),
        (60, "1 h"),
        (185, "3 h 05 min"),
        (2879, "47 h 59 min"),
        (2880, "2 days"),
        (9000, "6 days"),
    ],
)
def test_short_duration_in_english(minutes: int, text: str) -> None:
    with override("en"):
        assert short_duration(minutes) == text
        assert short_duration(timedelta(minutes=minutes, seconds=59)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (7 * 60, "7 min left"),
        (6 * 60 + 1, "7 min left"),
        (1, "1 min left"),
        (0, "due now"),
        (-59, "due now"),
        (-60, "1 min late"),
        (-12 * 60 - 59, "12 min late"),
        (6 * 86400, "6 days left"),
        (-2 * 86400, "2 days late"),
    ],
)
def test_due_text_rounds_what_is_left_up_and_what_is_late_down(seconds: int, text: str) -> None:
    with override("en"):
        assert due_text(NOON + timedelta(seconds=seconds), at=NOON) == text


@pytest.mark.parametrize(("language", "forms"), [("ar", 6), ("en", 2)])
def test_spoken_words_bring_every_plural_form_of_the_language(language: str, forms: int) -> None:
    with override(language):
        printed = re.sub(r"</?script[^>]*>", "", spoken_words())
    words = json.loads(printed)
    for name in ("days", "days_left", "days_late", "characters_left"):
        assert len(words[name]) == forms
        assert all(words[name].values())


@pytest.mark.parametrize("name", ["ticking", "counter", "copy"])
def test_scripts_ask_only_for_words_that_are_spoken(name: str, settings: Any) -> None:
    script = (settings.BASE_DIR / f"static/js/{name}.js").read_text(encoding="utf-8")
    with override("en"):
        words = json.loads(re.sub(r"</?script[^>]*>", "", spoken_words()))
    for asked in re.findall(r'say\("(\w+)"', script):
        assert asked in words
