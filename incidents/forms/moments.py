"""Moments as people give them at two in the morning: a chip, or a day and HH:MM on the 24-hour clock.

Not datetime-local: it shows another country's order in an Arabic page (domain/reports.md). Every value that the page
sends is absolute, so that "15 minutes ago" means the same when the draft is opened again an hour later.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from entities.templatetags.moments import full_day, stretch
from entities.text import clean, western_digits
from incidents.calendar import RIYADH

OTHER, NONE = "other", "none"
#: How far a clock on somebody's wall may be ahead of ours (domain/reports.md).
TOLERANCE = timedelta(minutes=5)
#: Another year is of another calendar (1448) or a slip. PostgreSQL keeps the year 1, and Python cannot read it back.
YEARS = range(1926, 2076)
_TIME = re.compile(r"(\d{1,2})(?:[\s:.,;\u060c\u066b]+(\d{1,2}))?|(\d{1,2})(\d{2})", re.ASCII)
_DATE = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|(\d{1,2})[-/.\s,\u060c\u066b](\d{1,2})(?:[-/.\s](\d{4}))?", re.ASCII
)


@dataclass(frozen=True)
class Typed:
    """What the page sent for a moment: a chip, or a day (chosen or written) and a time."""

    chip: str = ""
    day: str = ""
    date: str = ""
    time: str = ""

    def __str__(self) -> str:
        return f"{self.date or self.day} {self.time}"  # a chip is nobody's words

    @property
    def is_empty(self) -> bool:
        return not (self.chip or self.day or self.date or self.time)


def read_time(text: str) -> time:
    """07:05, 7:5, 0705, 7 and ٠٧:٠٥ are five past seven or seven. Raises ValidationError."""
    found = _TIME.fullmatch(clean(western_digits(text)).strip())
    if found is None:
        raise ValidationError(
            _("Enter the time as hours and minutes on the 24-hour clock, such as 07:05."), code="time"
        )
    hour, minute = int(found[1] or found[3]), int(found[2] or found[4] or 0)
    if hour > 23 or minute > 59:
        raise ValidationError(_("Enter a time between 00:00 and 23:59."), code="time")
    return time(hour, minute)


def read_date(text: str, *, today: date, ahead: bool) -> date:
    """22/11, 22/11/2026 or 2026-11-22; without a year the nearest such day behind us, or ahead.

    Raises ValidationError.
    """
    found = _DATE.fullmatch(clean(western_digits(text)).strip())
    wrong = ValidationError(_("Enter the day as day/month, such as 22/11, or as year-month-day."), code="date")
    if found is None:
        raise wrong
    year, month, day = (found[1], found[2], found[3]) if found[1] else (found[6], found[5], found[4])
    try:
        given = date(int(year or today.year), int(month), int(day))
        if not year and ahead and given < today:
            given = given.replace(year=given.year + 1)
        elif not year and not ahead and given > today:
            given = given.replace(year=given.year - 1)
    except ValueError as error:
        raise wrong from error
    if given.year not in YEARS:
        raise ValidationError(_("Check the year: the calendar is the Gregorian one."), code="year")
    return given


def read_moment(typed: Typed, *, now: datetime, ahead: bool) -> datetime | None:
    """The moment that was meant, or None where nothing was given. Without a day: the nearest such time.

    Raises ValidationError.
    """
    if typed.chip and typed.chip not in {OTHER, NONE}:
        return _from_chip(typed.chip)
    if typed.chip == NONE or not (typed.day or typed.date or typed.time):
        return None
    if not typed.time:
        raise ValidationError(_("Enter the time as well."), code="time")
    local = now.astimezone(RIYADH)
    given_time = read_time(typed.time)
    if typed.date or typed.day:
        day = read_date(typed.date or typed.day, today=local.date(), ahead=ahead)
        return datetime.combine(day, given_time, RIYADH)
    moment = datetime.combine(local.date(), given_time, RIYADH)
    if ahead:
        return moment if moment > local else moment + timedelta(days=1)
    return moment if moment <= local + TOLERANCE else moment - timedelta(days=1)


def _from_chip(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None and moment.year in YEARS:
            return moment.astimezone(RIYADH)
    except (ValueError, OverflowError):
        pass
    raise ValidationError(_("Choose one of the times, or enter another one."), code="chip")


def chip_value(moment: datetime) -> str:
    """A moment as a chip sends it, to the minute."""
    return moment.astimezone(RIYADH).isoformat(timespec="minutes")


def in_words(moment: datetime) -> str:
    """«01:56، الأحد 22 نوفمبر 2026 — 12 جمادى الآخرة 1448 هـ، بتوقيت السعودية»."""
    words = {"time": f"{timezone.localtime(moment):%H:%M}", "day": full_day(moment)}
    return gettext("%(time)s, %(day)s, Saudi time") % words


def said_back(moment: datetime, *, now: datetime, since: datetime | None = None) -> str:
    """The moment in words, and first of all how far away it is, from `since` if it ends what began then.

    23:55 typed at 00:10 may mean another day.
    """
    words = {"moment": in_words(moment), "length": stretch(moment - (since or now))}
    if since is not None:
        return gettext("%(length)s after the start: %(moment)s") % words
    if abs(moment - now) < timedelta(minutes=1):
        return words["moment"]
    if moment < now:
        return gettext("%(length)s so far: %(moment)s") % words
    return gettext("%(length)s from now: %(moment)s") % words


class MomentWidget(forms.Widget):
    """Chips at some minutes from now, and a day with a time behind “another time”. Works without JavaScript."""

    template_name = "forms/widgets/moment.html"
    use_fieldset = True

    def __init__(
        self,
        attrs: Mapping[str, Any] | None = None,
        *,
        offsets: Sequence[int] = (),
        ahead: bool = False,
        none_label: str | Promise = "",
    ) -> None:
        super().__init__(dict(attrs or {}))
        self.offsets, self.ahead, self.none_label = offsets, ahead, none_label
        self.now: datetime | None = None
        self.since: datetime | None = None  # what it ends: a time without a day is the first one after it

    def value_from_datadict(self, data: Mapping[str, Any], files: MultiValueDict[str, Any], name: str) -> Typed:
        parts = (data.get(name), *(data.get(f"{name}_{part}") for part in ("day", "date", "time")))
        return Typed(*(str(part or "").strip()[:40] for part in parts))

    def value_omitted_from_data(self, data: Mapping[str, Any], files: MultiValueDict[str, Any], name: str) -> bool:
        return self.value_from_datadict(data, files, name).is_empty

    def id_for_label(self, id_: str | None) -> str:
        return ""  # the legend names the group

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        now = self.now or timezone.now()
        context: dict[str, Any] = super().get_context(name, None, attrs)
        has_chips = bool(self.offsets or self.none_label)
        typed = value if isinstance(value, Typed) else self._typed(value, has_chips=has_chips)
        days = self._days(now.astimezone(RIYADH).date())
        if has_chips and not typed.chip and not typed.is_empty:
            typed = replace(typed, chip=OTHER)  # or what was typed would wait unseen behind its chip
        if typed.day and typed.day not in {day for day, _label in days}:
            typed = replace(typed, day="", date=typed.date or typed.day)
        context["widget"] |= {
            "chips": self._chips(typed, now=now) if has_chips else [],
            "days": days,
            "typed": typed,
            "echo": self.echo(typed, now=now),
        }
        return context

    def echo(self, typed: Typed, *, now: datetime) -> str:
        """The moment in words, as far as it can be read."""
        try:
            moment = read_moment(typed, now=self.since or now, ahead=self.ahead)
        except ValidationError:
            return ""
        return said_back(moment, now=now, since=self.since) if moment else ""

    def _typed(self, value: datetime | None, *, has_chips: bool) -> Typed:
        if value is None:
            return Typed(chip=NONE if self.none_label else "")
        if has_chips:
            return Typed(chip=chip_value(value))
        local = value.astimezone(RIYADH)
        return Typed(day=f"{local:%Y-%m-%d}", time=f"{local:%H:%M}")

    def _days(self, today: date) -> list[tuple[str, str]]:
        one = timedelta(days=1)
        named = (
            [(today, gettext("Today")), (today + one, gettext("Tomorrow"))]
            if self.ahead
            else [(today, gettext("Today")), (today - one, gettext("Yesterday"))]
        )
        return [(f"{day:%Y-%m-%d}", label) for day, label in named]

    def _chips(self, typed: Typed, *, now: datetime) -> list[dict[str, Any]]:
        chips = [(chip_value(now + timedelta(minutes=offset)), self._offset_label(offset)) for offset in self.offsets]
        if self.none_label:
            chips.insert(0, (NONE, str(self.none_label)))
        if typed.chip not in {"", OTHER, *(value for value, _label in chips)}:
            try:  # chosen some minutes ago, or by somebody else
                chips.append((typed.chip, _short(_from_chip(typed.chip), now=now)))
            except ValidationError:
                typed = Typed()
        chips.append((OTHER, gettext("Another time")))
        return [{"value": value, "label": label, "checked": value == typed.chip} for value, label in chips]

    @staticmethod
    def _offset_label(minutes: int) -> str:
        hours, rest = divmod(abs(minutes), 60)
        if not minutes:
            return pgettext("moment", "Now")
        if minutes > 0:
            text = (
                ngettext("in %(n)s minute", "in %(n)s minutes", minutes)
                if rest
                else ngettext("in %(n)s hour", "in %(n)s hours", hours)
            )
        else:
            text = (
                ngettext("%(n)s minute ago", "%(n)s minutes ago", -minutes)
                if rest
                else ngettext("%(n)s hour ago", "%(n)s hours ago", hours)
            )
        return text % {"n": abs(minutes) if rest else hours}


def _short(moment: datetime, *, now: datetime) -> str:
    local = timezone.localtime(moment)
    if local.date() == timezone.localtime(now).date():
        return f"{local:%H:%M}"
    return f"{date_format(local, 'j F')} {local:%H:%M}"


class MomentField(forms.Field):
    """A moment in Saudi time. `offsets` are the chips' minutes from now; none: a day and a time only.

    `ahead`: a day without a year, and a time without a day, mean the next one instead of the last one.
    `none_label`: a chip that says there is no answer yet. The form sets `now`; it is the server's time otherwise.
    """

    widget: MomentWidget
    default_error_messages = {"required": _("Say when: choose a time, or enter a day and a time.")}

    def __init__(
        self,
        *,
        offsets: Sequence[int] = (),
        ahead: bool = False,
        none_label: str | Promise = "",
        **kwargs: Any,
    ) -> None:
        widget = MomentWidget(offsets=offsets, ahead=ahead, none_label=none_label)
        super().__init__(widget=widget, **kwargs)
        self.ahead = ahead

    @property
    def now(self) -> datetime:
        return self.widget.now or timezone.now()

    @now.setter
    def now(self, moment: datetime) -> None:
        self.widget.now = moment

    def to_python(self, value: Any) -> datetime | None:
        if not isinstance(value, Typed):
            return None
        return read_moment(value, now=self.now, ahead=self.ahead)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return True
