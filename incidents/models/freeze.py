"""Freeze periods: days on which services are to be left alone, such as Hajj, exam results, salary day."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from entities.models import DigitalService, Sector
from entities.models.naming import Bilingual
from entities.replica import from_primary
from incidents.calendar import RIYADH


class FreezePeriod(Bilingual):
    """Days in a row on which the services it touches are not worked on, and on which their outages weigh more.

    No tiers, or no sectors: all of them. A row counts, so an admin has kept it; what is only proposed is no row.
    """

    first_day = models.DateField(_("First day"))
    last_day = models.DateField(_("Last day"))
    tiers = models.JSONField(_("Tiers"), default=list, blank=True)
    sectors = models.ManyToManyField(Sector, verbose_name=_("Sectors"), blank=True, related_name="+")
    reason = models.CharField(_("Reason"), max_length=300, blank=True)
    confirmed_at = models.DateTimeField(_("Confirmed at"))
    confirmed_by = models.UUIDField(null=True, blank=True)

    class Meta:
        verbose_name = _("Freeze period")
        verbose_name_plural = _("Freeze periods")
        ordering = ["first_day", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="freeze_days_in_order"),
            models.UniqueConstraint(fields=["name_ar", "first_day"], name="freeze_once"),
        ]


@dataclass(frozen=True)
class Freeze:
    """A freeze period in memory. `tiers` and `sectors` are what it touches; empty is all."""

    name_ar: str
    name_en: str
    first: date
    last: date
    tiers: frozenset[int] = frozenset()
    sectors: frozenset[int] = frozenset()

    def touches(self, service: DigitalService) -> bool:
        """The service belongs to its tiers, and its entity to its sectors."""
        of_tier = not self.tiers or service.tier in self.tiers
        return of_tier and (not self.sectors or service.entity.sector_id in self.sectors)

    def overlaps(self, first: date, last: date) -> bool:
        return self.first <= last and first <= self.last


def freezes() -> tuple[Freeze, ...]:
    """Every freeze period, in order; read again once a minute, for each form that is filled asks."""
    return _read_freezes(int(time.time() // 60))


def forget_freezes() -> None:
    """Read them again now; other processes do so within a minute."""
    _read_freezes.cache_clear()


def freezes_during(service: DigitalService, start: datetime, end: datetime | None = None) -> list[Freeze]:
    """The periods that touch a service at a moment, or between two."""
    first, last = start.astimezone(RIYADH).date(), (end or start).astimezone(RIYADH).date()
    return [freeze for freeze in freezes() if freeze.overlaps(first, last) and freeze.touches(service)]


@lru_cache(maxsize=1)
@from_primary()
def _read_freezes(_minute: int) -> tuple[Freeze, ...]:
    return tuple(
        Freeze(
            row.name_ar,
            row.name_en,
            row.first_day,
            row.last_day,
            frozenset(row.tiers),
            frozenset(sector.pk for sector in row.sectors.all()),
        )
        for row in FreezePeriod.objects.prefetch_related("sectors")
    )
