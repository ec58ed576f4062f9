"""Tales: the life of a report as a generator that yields the moment of its next deed, all told in order of time.

    at = yield filed_at          # wait until then
    report = ...                 # do it, with at=

What lies after the end has not happened yet: the report is left as it stands. Between two deeds the clocks speak,
so a late act is preceded by its reminders, as it would have been.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import TypeVar

from django.db import transaction
from django.db.models import Min

from entities.models import DigitalService, ServiceDependency, User
from entities.permissions import Role
from incidents.actions import record_due_reminders
from incidents.calendar import RIYADH, WorkCalendar
from incidents.models import Clock, Report
from incidents.models.clock import ClockQuerySet
from incidents.models.event import seeding
from incidents.models.policy import work_calendar
from outage_portal.seed.people import Cast
from outage_portal.seed.words import Words, load_words

Tale = Generator[datetime, datetime, None]
#: A part of a tale; it returns the moment of its last deed.
Chapter = Generator[datetime, datetime, datetime]
Thing = TypeVar("Thing")

SITES = ("مركز البيانات الرئيس", "مركز البيانات الثاني", "مركز البيانات المستضاف")


@transaction.atomic
def tell(
    tales: Iterable[Tale],
    *,
    until: datetime,
    clocks: ClockQuerySet,
    progress: Callable[[int], None] = lambda told: None,
) -> int:
    """Tell tales up to a moment, in one transaction; returns how many reports were filed.

    `clocks` are those that speak meanwhile: the seed's own, never those of a report typed by hand.
    """
    before, token = Report.objects.count(), seeding.set(True)
    heap: list[tuple[datetime, int, Tale]] = []
    try:
        for number, tale in enumerate(tales):
            heappush(heap, (next(tale).replace(microsecond=0), number, tale))
        deeds = 0
        while heap and heap[0][0] <= until:
            moment, number, tale = heappop(heap)
            _let_clocks_speak(clocks, until=moment)
            with suppress(StopIteration):
                heappush(heap, (max(moment, tale.send(moment)).replace(microsecond=0), number, tale))
            deeds += 1
            if deeds % 50 == 0:
                progress(deeds)
        _let_clocks_speak(clocks, until=until)
    finally:
        seeding.reset(token)
    return Report.objects.count() - before


def _let_clocks_speak(clocks: ClockQuerySet, *, until: datetime) -> None:
    """Write the reminders that fell due, each at its own moment."""
    while moment := clocks.due(at=until).aggregate(first=Min("next_mark_at"))["first"]:
        record_due_reminders(at=moment, clocks=clocks)


@dataclass
class Teller:
    """What a tale needs: chance, people, words, and the working calendar. Each tale has chance of its own."""

    rng: random.Random
    now: datetime
    cast: Cast
    services: dict[str, DigitalService]
    links: list[tuple[DigitalService, DigitalService]]
    words: Words
    calendar: WorkCalendar

    @classmethod
    def at(cls, now: datetime) -> Teller:
        """A teller for this moment's people and catalogue."""
        fictional = DigitalService.objects.filter(entity__is_fictional=True).select_related("entity").order_by("pk")
        services = {f"{service.entity.code}.{service.code}": service for service in fictional}
        known = {service.pk: service for service in fictional}
        pairs = (
            ServiceDependency.objects.in_force()
            .filter(consumer__in=known)
            .order_by("pk")
            .values_list("consumer", "provider")
        )
        links = [(known[consumer], known[provider]) for consumer, provider in pairs]
        return cls(random.Random(0), now, Cast.from_database(), services, links, load_words(), work_calendar())

    def for_tale(self, name: str) -> Teller:
        """The same with chance that hangs on nothing but the tale's name."""
        return replace(self, rng=random.Random(name))

    # --- Chance ---------------------------------------------------------------------------------------
    def minutes(self, least: float, most: float) -> timedelta:
        return timedelta(seconds=round(60 * self.rng.uniform(least, most)))

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def pick(self, things: Sequence[Thing]) -> Thing:
        return self.rng.choice(things)

    def line(self, name: str) -> str:
        """A sentence of the dialogue."""
        return str(self.pick(self.words.dialogue[name]))

    def key(self) -> uuid.UUID:
        return uuid.UUID(int=self.rng.getrandbits(128), version=4)

    def places(self, service: DigitalService, *, began: datetime, back: datetime) -> dict[str, str | int]:
        """What fills the words' places."""
        return {
            "service": service.name_ar,
            "since": f"{began.astimezone(RIYADH):%H:%M}",
            "back": f"{back.astimezone(RIYADH):%H:%M}",
            "site": self.pick(SITES),
            "node": self.rng.randint(1, 6),
            "count": self.rng.randint(11, 46),
            "version": f"{self.rng.randint(3, 7)}.{self.rng.randint(1, 14)}",
        }

    # --- Time -----------------------------------------------------------------------------------------
    def office(self, moment: datetime) -> datetime:
        """The same moment in working hours, else some time in the next working morning."""
        local = moment.astimezone(RIYADH)
        if self.calendar.is_working_day(local.date()) and 9 <= local.hour < 15:
            return moment
        day = local.date()
        if local.hour >= 9 or not self.calendar.is_working_day(day):
            day = self.calendar.next_working_day(day)
        morning = datetime(day.year, day.month, day.day, 10, tzinfo=RIYADH)
        return morning + self.minutes(3, 170)

    @staticmethod
    def due(report: Report, kind: str) -> datetime | None:
        """When the report's running clock of this kind falls due."""
        return Clock.objects.running().filter(report=report, kind=kind).values_list("due_at", flat=True).first()

    # --- People ---------------------------------------------------------------------------------------
    def filer(self, entity: str) -> User:
        """The director, and now and then an alternate."""
        people = self.cast.all(entity, Role.DIRECTOR, Role.ALTERNATE)
        return people[0] if self.chance(0.65) else people[-1]

    def reviewer(self) -> User:
        return self.pick(self.cast.all("dga", Role.REVIEWER, Role.LEAD))

    def another_reviewer(self, report: Report) -> User:
        """Not the one who has it now: to give it to her again is refused."""
        now = Report.objects.values_list("reviewer", flat=True).get(pk=report.pk)
        return self.pick([each for each in self.cast.all("dga", Role.REVIEWER, Role.LEAD) if each.pk != now])

    def lead(self) -> User:
        return self.cast.all("dga", Role.LEAD)[0]

    def leader_of(self, entity: str) -> User:
        return self.cast.all(entity, Role.IT_LEADER)[0]
