"""Short durations that go on ticking in the page: "7 min left", "12 min late", "1 h 42 min".

The first text is written here; static/js/ticking.js goes on with the same words and the same rounding. So that
no words live in JavaScript, `{% spoken_words %}` hands them over with every plural form of the page's language.
"""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache

from django import template
from django.utils import timezone
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

register = template.Library()

HOUR, DAY = 60, 24 * 60  # minutes

# One number for each plural category of the language (CLDR), to ask gettext for its form.
CATEGORIES = {
    "ar": {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100},
    "en": {"one": 1, "other": 100},
}


@register.filter
def short_duration(length: timedelta | int) -> str:
    """Say a timedelta, or minutes, in a few letters, for a table's cell: "44 min", "3 h 05 min", "6 days"."""
    minutes = math.floor(length.total_seconds() / 60) if isinstance(length, timedelta) else length
    if minutes >= 2 * DAY:
        return ngettext("%(n)s day", "%(n)s days", minutes // DAY) % {"n": minutes // DAY}
    hours, rest = divmod(minutes, HOUR)
    if not hours:
        return gettext("%(n)s min") % {"n": rest}
    return gettext("%(h)s h %(m)s min") % {"h": hours, "m": f"{rest:02}"} if rest else gettext("%(n)s h") % {"n": hours}


def due_text(due_at: datetime, *, at: datetime) -> str:
    """Say how long is left until a moment, rounded up, or how late it is, rounded down."""
    minutes = (due_at - at).total_seconds() / 60
    if minutes > 0:
        left = math.ceil(minutes)
        return _days_left(left // DAY) if left >= 2 * DAY else gettext("%(t)s left") % {"t": short_duration(left)}
    late = math.floor(-minutes)
    if not late:
        return gettext("due now")
    return _days_late(late // DAY) if late >= 2 * DAY else gettext("%(t)s late") % {"t": short_duration(late)}


@register.simple_tag
def due(due_at: datetime) -> SafeString:
    """Return a <time> that says what is left until `due_at`, or how late it is, and ticks."""
    return _time("due", due_at, due_text(due_at, at=timezone.now()))


@register.simple_tag
def since(started_at: datetime) -> SafeString:
    """Return a <time> that says how long ago `started_at` was, and ticks."""
    minutes = max(0, math.floor((timezone.now() - started_at).total_seconds() / 60))
    return _time("since", started_at, short_duration(minutes))


@register.simple_tag
def server_time() -> str:
    """The moment this page was written, in ISO 8601: a browser's own clock may be wrong by minutes."""
    return _iso(timezone.now())


@register.simple_tag
def spoken_words() -> SafeString:
    """Hand the scripts their words (static/js/words.js) in the page's language."""
    return _words_of(get_language() or "ar")


@cache  # they never change while the process lives, and every page carries them
def _words_of(language: str) -> SafeString:
    words: dict[str, str | dict[str, str]] = {
        "minutes": gettext("%(n)s min"),
        "hours": gettext("%(n)s h"),
        "hours_minutes": gettext("%(h)s h %(m)s min"),
        "left": gettext("%(t)s left"),
        "late": gettext("%(t)s late"),
        "due_now": gettext("due now"),
        "copied": gettext("Copied"),
        "days": _forms(lambda n: ngettext("%(n)s day", "%(n)s days", n)),
        "days_left": _forms(lambda n: ngettext("%(n)s day left", "%(n)s days left", n)),
        "days_late": _forms(lambda n: ngettext("%(n)s day late", "%(n)s days late", n)),
        "board_news": _forms(
            lambda n: ngettext("%(n)s report is new or newly late.", "%(n)s reports are new or newly late.", n)
        ),
        "characters_left": _forms(lambda n: ngettext("%(n)s character left", "%(n)s characters left", n)),
    }
    return json_script(words, "spoken-words")


def _days_left(n: int) -> str:
    return ngettext("%(n)s day left", "%(n)s days left", n) % {"n": n}


def _days_late(n: int) -> str:
    return ngettext("%(n)s day late", "%(n)s days late", n) % {"n": n}


def _forms(word: Callable[[int], str]) -> dict[str, str]:
    categories = CATEGORIES["ar" if (get_language() or "ar").startswith("ar") else "en"]
    return {category: word(number) for category, number in categories.items()}


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _time(kind: str, moment: datetime, text: str) -> SafeString:
    iso = _iso(moment)
    return format_html('<time datetime="{}" data-{}="{}">{}</time>', iso, kind, iso, text)
