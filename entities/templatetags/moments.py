"""Moments and stretches of time as a Saudi reader writes them. Built into every template."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from typing import Literal

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from hijridate import Gregorian

register = template.Library()
#: Paper is read on another day, in another year: there every moment carries its date and its year.
_on_paper: ContextVar[bool] = ContextVar("on_paper", default=False)
_HIJRI_YEARS = (1925, 2076)  # the range of the Umm al-Qura tables


@contextmanager
def on_paper() -> Iterator[None]:
    """Inside, `day_time` says the whole date."""
    token = _on_paper.set(True)
    try:
        yield
    finally:
        _on_paper.reset(token)


@register.filter
def hijri(day: date | datetime | None) -> str:
    """«12 جمادى الآخرة 1448 هـ»; empty outside the tables."""
    if day is None:
        return ""
    if isinstance(day, datetime):
        day = timezone.localtime(day).date()
    if not _HIJRI_YEARS[0] <= day.year <= _HIJRI_YEARS[1]:
        return ""
    language: Literal["ar", "en"] = "ar" if _is_arabic() else "en"
    converted = Gregorian(day.year, day.month, day.day).to_hijri()
    notation = _("AH") if language == "en" else "هـ"
    return f"{converted.day} {converted.month_name(language)} {converted.year} {notation}"


@register.filter
def full_day(day: date | datetime | None) -> str:
    """«الأحد 22 نوفمبر 2026 — 12 جمادى الآخرة 1448 هـ»."""
    if day is None:
        return ""
    if isinstance(day, datetime):
        day = timezone.localtime(day).date()
    other = hijri(day)
    return date_format(day, "l j F Y") + (f" — {other}" if other else "")


@register.filter
def clock_time(moment: datetime | None) -> SafeString | str:
    """«02:14», as a <time> element."""
    return _hour(timezone.localtime(moment)) if moment else ""


@register.filter
def day_time(moment: datetime | None) -> SafeString | str:
    """«22 نوفمبر، 02:14»; the year only when it is another; today's as the hour alone."""
    if moment is None:
        return ""
    if _on_paper.get():
        return full_moment(moment)
    local, today = timezone.localtime(moment), timezone.localdate()
    if local.date() == today:
        return _hour(local)
    return _time(
        moment,
        ("j F، H:i" if _is_arabic() else "j F, H:i") if local.year == today.year else "DATETIME_FORMAT",
    )


@register.filter
def full_moment(moment: datetime | None) -> SafeString | str:
    """«22 نوفمبر 2026، 02:14»."""
    return _time(moment, "DATETIME_FORMAT") if moment else ""


def _is_arabic() -> bool:
    return (get_language() or "ar").startswith("ar")


def _time(moment: datetime, style: str) -> SafeString:
    local = timezone.localtime(moment)
    return _element(local, date_format(local, style))


def _hour(local: datetime) -> SafeString:
    """A page may say hundreds: written without Django's parser of formats."""
    return _element(local, f"{local:%H:%M}")


def _element(local: datetime, words: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), words)


@register.filter
def minutes_until(moment: datetime) -> int:
    """Whole minutes until then, negative when past."""
    return round((moment - timezone.now()).total_seconds() / 60)


@register.filter
def stretch(length: timedelta | int | None) -> str:
    """A length in words with its two largest units: «ساعة و42 دقيقة». Takes a timedelta or minutes."""
    if length is None:
        return ""
    minutes = abs(round(length.total_seconds() / 60) if isinstance(length, timedelta) else length)
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days >= 2 or (days and not hours):
        return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
    hours += days * 24
    in_minutes = ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    if not hours:
        return in_minutes
    in_hours = ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    if not minutes or hours >= 24:
        return in_hours
    return _("%(first)s and %(second)s") % {"first": in_hours, "second": in_minutes}


@register.filter
def thousands(number: int | None) -> str:
    """«120,000», in Western digits in both languages."""
    return "" if number is None else f"{number:,}"
