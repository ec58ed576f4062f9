"""Freeze periods that the Umm al-Qura calendar proposes: computed, never stored, until an admin keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet
from django.utils.translation import get_language
from hijridate import Hijri

from incidents.models import FreezePeriod
from incidents.rulebook.holidays import SAME, YEARS

# Hijri month, first day, last day, names: the pilgrims' days, from the eve of Tarwiyah's week to the last stoning.
HIJRI_FREEZES = ((12, 5, 13, "موسم الحج", "Hajj season"),)


@dataclass(frozen=True)
class Proposal:
    """Days that would count once an admin has kept them."""

    name_ar: str
    name_en: str
    first_day: date
    last_day: date

    @property
    def name(self) -> str:
        return self.name_ar if (get_language() or "ar").startswith("ar") else self.name_en


def kept() -> QuerySet[FreezePeriod]:
    """Every period that counts, with its sectors: everybody may know them."""
    return FreezePeriod.objects.prefetch_related("sectors")


def proposed(year: int, known: Iterable[FreezePeriod]) -> list[Proposal]:
    """What the calendar proposes for a Gregorian year, and no admin has kept yet, shifted or not."""
    if year not in YEARS:
        return []
    there = [(period.name_ar, period.first_day) for period in known]
    return [
        each
        for each in _computed(year)
        if not any(name == each.name_ar and abs(first - each.first_day) < SAME for name, first in there)
    ]


def _computed(year: int) -> list[Proposal]:
    """A Gregorian year holds parts of two or three Hijri ones."""
    about = int((year - 622) * 33 / 32)
    found = []
    for hijri_year in range(about - 1, about + 3):
        if hijri_year >= 1500:  # where the tables end
            continue
        for month, first, last, name_ar, name_en in HIJRI_FREEZES:
            begins = date(*Hijri(hijri_year, month, first).to_gregorian().datetuple())
            if begins.year == year:
                found.append(Proposal(name_ar, name_en, begins, begins + timedelta(days=last - first)))
    return found
