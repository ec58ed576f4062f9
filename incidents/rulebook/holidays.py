"""The working calendar by year: what counts, and what the Umm al-Qura calendar proposes for an admin to confirm.

A proposal is computed and never stored: until it is confirmed it is no day off. The moon may shift it by a day or two.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import get_language

from incidents import defaults
from incidents.models import Holiday

#: The Umm al-Qura tables end with 1500 AH.
YEARS = range(2025, 2077)
#: Two of a name in one year may be a lunar year apart; nearer than this they are the same, shifted.
SAME = timedelta(days=60)
ONE = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """Days in a row with one name. `confirmed`: they count."""

    kind: str
    name_ar: str
    name_en: str
    first: date
    last: date
    confirmed: bool

    @property
    def name(self) -> str:
        """In the reader's language, as far as it has one."""
        return self.name_ar if (get_language() or "ar").startswith("ar") else self.name_en or self.name_ar

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def is_off(self) -> bool:
        return self.kind == Holiday.Kind.OFF

    def is_in(self, year: int) -> bool:
        return year in {self.first.year, self.last.year}

    def like(self, other: Period) -> bool:
        """The same feast, perhaps shifted."""
        same_name = self.name_ar == other.name_ar or (self.name_en != "" and self.name_en == other.name_en)
        return self.kind == other.kind and same_name and abs(self.first - other.first) < SAME


def confirmed() -> list[Period]:
    """Every period that counts, in order. One query."""
    rows = Holiday.objects.order_by("kind", "day").values_list("day", "kind", "name_ar", "name_en")
    return sorted(_periods(rows, confirmed=True), key=lambda period: period.first)


def proposed(year: int, known: list[Period]) -> list[Period]:
    """What the calendar proposes for a Gregorian year and nobody has confirmed, as it is computed."""
    if year not in YEARS:
        return []
    found = defaults.holidays(range(year - 1, year + 1))  # the feast of a Ramadan in December falls in the next year
    rows = ((day, kind, ar, en) for (day, kind), (ar, en) in sorted(found.items(), key=lambda item: item[0][::-1]))
    periods = [period for period in _periods(rows, confirmed=False) if period.first.year == year]
    open_ones = [period for period in periods if not any(period.like(other) for other in known)]
    return sorted(open_ones, key=lambda period: period.first)


def find(periods: list[Period], *, kind: str, first: date | None) -> Period | None:
    """The period of a kind that begins on a day."""
    return next((period for period in periods if (period.kind, period.first) == (kind, first)), None)


def _periods(rows: Iterable[tuple[date, str, str, str]], *, confirmed: bool) -> list[Period]:
    found: list[Period] = []
    for day, kind, name_ar, name_en in rows:
        before = found[-1] if found else None
        if before and (before.kind, before.name_ar, before.last + ONE) == (kind, name_ar, day):
            found[-1] = Period(kind, name_ar, name_en, before.first, day, confirmed)
        else:
            found.append(Period(kind, name_ar, name_en, day, day, confirmed))
    return found
