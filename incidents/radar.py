"""The conflict radar: what stands in the way of a planned window, and three windows in whose way nothing stands.

Read once for a stretch of time, in a bounded number of queries, and then judged in memory for any window in it. Of
another entity only its service, its window and that it is down are read (docs/adr/0034).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import models
from django.db.models import Q

from entities.models import DigitalService, ServiceDependency
from entities.row_security import as_system
from incidents.calendar import RIYADH, WorkCalendar
from incidents.conflicts import Conflict, Kind, span
from incidents.lifecycle import OPEN, ReportKind, Status
from incidents.models import AffectedService, Holiday
from incidents.models.freeze import freezes_during
from incidents.models.policy import work_calendar
from incidents.windows import overlapping

#: A window of the same service that begins so near is asked about too, though the two do not touch.
NEAR = timedelta(hours=2)
#: A live outage stands in the way of works that begin so soon.
SOON = timedelta(hours=72)
#: So far ahead a quiet window is looked for.
HORIZON = timedelta(days=60)
PROPOSED = 3
#: The hours with the fewest users, in the order in which they are tried; a window ends by the last one if it can.
NIGHT_STARTS, NIGHT_ENDS = (time(1), time(0), time(2), time(3)), time(5)
MOST = 400  # neighbours, and their windows, that are looked at


@dataclass(frozen=True)
class QuietWindow:
    """A window that could be chosen."""

    start: datetime
    end: datetime

    @property
    def value(self) -> str:
        return f"{self.start.astimezone(RIYADH):%Y-%m-%dT%H:%M}/{self.end.astimezone(RIYADH):%Y-%m-%dT%H:%M}"

    @property
    def words(self) -> str:
        return span(self.start, self.end)


def read_window(value: str) -> tuple[datetime, datetime] | None:
    """The ends of a proposed window, as its button says it; None for anything else."""
    start, _slash, end = value.partition("/")
    try:
        first, last = (datetime.fromisoformat(each).replace(tzinfo=RIYADH) for each in (start, end))
    except ValueError:
        return None
    return first, last


class Radar:
    """What is around some services between two moments; `key` is the draft whose own report is no conflict."""

    def __init__(self, services: list[DigitalService], *, start: datetime, end: datetime, key: uuid.UUID) -> None:
        self.services, self.own = services, {service.pk for service in services}
        self.entities = {service.entity_id for service in services}
        links = ServiceDependency.objects.in_force().filter(Q(consumer__in=self.own) | Q(provider__in=self.own))
        self.links = list(links.select_related("consumer__entity", "provider__entity").order_by("pk")[:MOST])
        self.relied_on: dict[int, bool] = {}  # by services of ours, and whether one of them stops without it
        for link in self.links:
            if link.consumer_id in self.own:
                self.relied_on[link.provider_id] = self.relied_on.get(link.provider_id, False) or _is_hard(link)
        around = self.own | {link.consumer_id for link in self.links} | {link.provider_id for link in self.links}
        providers = self.own | self.relied_on.keys()
        touched = self._touched(around, providers, start - NEAR, end + NEAR).exclude(report__key=key)
        with as_system():  # of another entity's report only what a Conflict holds
            rows = list(touched.order_by("report__window_start", "pk")[:MOST])
        self.windows = [row for row in rows if row.report.kind == ReportKind.MAINTENANCE]
        self.down = [row for row in rows if row.report.kind == ReportKind.OWN_OUTAGE]
        self.days_off = _days_off(start, end)

    @staticmethod
    def _touched(
        around: set[int], providers: set[int], start: datetime, end: datetime
    ) -> models.QuerySet[AffectedService]:
        """The neighbours' windows, and what is down of ours and of what it relies on; one query."""
        planned = Q(pk__in=overlapping(start, end).values("pk"))
        planned &= Q(report__status__in=[Status.SCHEDULED, Status.IN_PROGRESS])
        down = Q(service__in=providers, report__kind=ReportKind.OWN_OUTAGE, report__status__in=OPEN)
        return AffectedService.objects.filter(planned | down, service__in=around).select_related(
            "report", "service__entity"
        )

    # --- One window ---------------------------------------------------------------------------------------------
    def conflicts(self, start: datetime, end: datetime, *, at: datetime) -> list[Conflict]:
        """Everything in the way of this window, the hard ones first."""
        found = [
            *self._windows(start, end),
            *(self._outages() if start - at <= SOON else ()),
            *self._freezes(start, end),
            *self._days_off(start, end),
        ]
        return sorted(dict.fromkeys(found), key=lambda conflict: not conflict.hard)

    def _windows(self, start: datetime, end: datetime) -> Iterator[Conflict]:
        for row in self.windows:
            begins, ends = row.report.window_start, row.report.agreed_end
            if begins is None or ends is None:
                continue
            near = row.service_id in self.own and abs(begins - start) <= NEAR
            if not near and (begins >= end or ends <= start):
                continue
            kind, hard = self._relation(row.service)
            whose = self._owner(row.service)
            own = row.report.entity_id in self.entities
            yield Conflict(kind, hard, _names(row.service), whose, begins, ends, row.report.reference if own else "")

    def _relation(self, service: DigitalService) -> tuple[Kind, bool]:
        """How the other service stands to ours; one that we rely on and that relies on us is a provider."""
        if service.pk in self.own:
            return Kind.SAME_SERVICE, True
        if service.pk in self.relied_on:
            return Kind.PROVIDER, self.relied_on[service.pk]
        return Kind.CONSUMER, False

    def _outages(self) -> Iterator[Conflict]:
        for row in self.down:
            hard = row.service_id in self.own or self.relied_on.get(row.service_id, False)
            own = row.report.entity_id in self.entities
            yield Conflict(
                Kind.OUTAGE, hard, _names(row.service), self._owner(row.service),
                reference=row.report.reference if own else "",
            )  # fmt: skip

    def _freezes(self, start: datetime, end: datetime) -> Iterator[Conflict]:
        touched = {freeze for service in self.services for freeze in freezes_during(service, start, end)}
        for freeze in sorted(touched, key=lambda each: (each.first, each.name_ar)):
            yield Conflict(
                Kind.FREEZE, True, (freeze.name_ar, freeze.name_en), ("", ""), *_days(freeze.first, freeze.last)
            )
        for link in self.links:
            if link.provider_id not in self.own or link.consumer_id in self.own or not _is_hard(link):
                continue
            for freeze in freezes_during(link.consumer, start, end):
                if freeze not in touched:
                    days = _days(freeze.first, freeze.last)
                    names = (
                        f"{freeze.name_ar} · {link.consumer.name_ar}",
                        f"{freeze.name_en or freeze.name_ar} · {link.consumer.name_in('en')}",
                    )
                    yield Conflict(Kind.PEAK, False, names, self._owner(link.consumer), *days)

    def _days_off(self, start: datetime, end: datetime) -> Iterator[Conflict]:
        day = start.astimezone(RIYADH).date()
        while day <= end.astimezone(RIYADH).date():
            if names := self.days_off.get(day):
                yield Conflict(Kind.DAY_OFF, False, names, ("", ""), *_days(day, day))
            day += timedelta(days=1)

    def _owner(self, service: DigitalService) -> tuple[str, str]:
        other = service.entity_id not in self.entities
        return (service.entity.name_ar, service.entity.name_en) if other else ("", "")

    # --- Windows in whose way nothing stands ------------------------------------------------------------------------
    def quiet_windows(self, length: timedelta, *, earliest: datetime, at: datetime) -> list[QuietWindow]:
        """Three nights on different days, the first from `earliest` on, clear of every conflict."""
        found: list[QuietWindow] = []
        day = earliest.astimezone(RIYADH).date()
        last = (at + HORIZON).astimezone(RIYADH).date()
        while day <= last and len(found) < PROPOSED:
            if window := self._quiet_night(day, length, earliest=earliest, at=at):
                found.append(window)
            day += timedelta(days=1)
        return found

    def _quiet_night(self, day: date, length: timedelta, *, earliest: datetime, at: datetime) -> QuietWindow | None:
        for hour in NIGHT_STARTS:
            start = datetime.combine(day, hour, RIYADH)
            fits = start + length <= datetime.combine(day, NIGHT_ENDS, RIYADH) or hour == time(0)
            if fits and start >= earliest and not self.conflicts(start, start + length, at=at):
                return QuietWindow(start, start + length)
        return None


def earliest_start(at: datetime, *, lead_minutes: int, calendar: WorkCalendar | None = None) -> datetime:
    """The first midnight before which enough working time lies: the lead time is kept from then on."""
    working = calendar or work_calendar()
    day = at.astimezone(RIYADH).date() + timedelta(days=1)
    while working.working_minutes_between(at, start := datetime.combine(day, time(), RIYADH)) < lead_minutes:
        day += timedelta(days=1)
    return start


def conflicts(
    services: list[DigitalService], window: tuple[datetime, datetime], *, at: datetime, key: uuid.UUID
) -> list[Conflict]:
    """What stands in the way of works on these services in this window. Two queries, three on a day off."""
    return Radar(services, start=window[0], end=window[1], key=key).conflicts(*window, at=at)


def quiet_windows(
    services: list[DigitalService],
    length: timedelta,
    *,
    lead_minutes: int,
    at: datetime,
    key: uuid.UUID,
) -> list[QuietWindow]:
    """Three windows of this length that keep the lead time and clear every conflict. As many queries."""
    earliest = earliest_start(at, lead_minutes=lead_minutes)
    radar = Radar(services, start=earliest, end=at + HORIZON + length, key=key)
    return radar.quiet_windows(length, earliest=earliest, at=at)


def _days_off(start: datetime, end: datetime) -> dict[date, tuple[str, str]]:
    """The days off with their names, which are read only where there is one."""
    first, last = start.astimezone(RIYADH).date(), end.astimezone(RIYADH).date()
    days = [day for day in work_calendar().holidays if first <= day <= last]
    if not days:
        return {}
    return {row.day: (row.name_ar, row.name_en) for row in Holiday.objects.filter(kind=Holiday.Kind.OFF, day__in=days)}


def _days(first: date, last: date) -> tuple[datetime, datetime]:
    return datetime.combine(first, time(), RIYADH), datetime.combine(last, time.max, RIYADH)


def _names(thing: DigitalService) -> tuple[str, str]:
    return thing.name_ar, thing.name_en


def _is_hard(link: ServiceDependency) -> bool:
    return link.strength == ServiceDependency.Strength.HARD
