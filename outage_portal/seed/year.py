"""A year of ordinary reports: what, where and when, by chance that is the same for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from entities.models import DigitalService
from entities.permissions import Role
from incidents.calendar import RIYADH
from outage_portal.seed.maintenance import maintenance
from outage_portal.seed.tales import Fate, consumed, outage
from outage_portal.seed.telling import Tale, Teller

#: How a report of the year ends, and with what on the way; the shares are relative.
OUTAGE_FATES = (
    (Fate(), 60),
    (Fate(rounds=1), 10),
    (Fate(twist="severity"), 6),
    (Fate(twist="assigned"), 5),
    (Fate(twist="short"), 5),
    (Fate(twist="reopened"), 4),
    (Fate(twist="extended"), 3),
    (Fate(end="merged"), 1),
    (Fate(end="dismissed"), 3),
    (Fate(end="withdrawn"), 4),
)
WORK_FATES = (
    (Fate(), 58),
    (Fate(end="cancelled"), 10),
    (Fate(twist="rescheduled"), 9),
    (Fate(twist="overrun"), 8),
    (Fate(twist="concern"), 6),
    (Fate(twist="emergency"), 6),
    (Fate(rounds=1), 3),
)
CONSUMED_FATES = ((Fate(), 84), (Fate(end="withdrawn"), 10), (Fate(end="dismissed"), 6))
#: Weekend nights, then Friday mornings: when works are done. Days of the week as `date.weekday()` counts.
WINDOWS = ((3, 23), (4, 0), (4, 1), (4, 6), (5, 0), (5, 2), (1, 23), (0, 1))
#: Days ago. The last days belong to the open stories; what happened a little earlier has had time to end.
FIRST_DAY, LAST_DAY = 365, 13
#: A consumed outage ends within the day.
LAST_CONSUMED_DAY = 2


def ordinary_tales(teller: Teller, count: int) -> Iterator[Tale]:
    """The tales of so many reports; of a hundred, 58 outages, 26 maintenances and 16 consumed outages."""
    filed = number = 0
    while filed < count:
        t = teller.for_tale(f"ordinary {number}")
        share = (number * 37 % 100) + 1  # spread evenly, so that a short year has every kind as well
        number, filed = number + 1, filed + 1
        if share <= 58:
            fate = _fate(t, OUTAGE_FATES, number - 1)
            if fate.end == "merged":  # filed twice
                fate, filed = (fate, filed + 1) if filed < count else (Fate(), filed)
            yield _outage(t, fate=fate)
        elif share <= 84:
            yield _maintenance(t, fate=_fate(t, WORK_FATES, number - 1))
        else:
            yield _consumed(t, fate=_fate(t, CONSUMED_FATES, number - 1))


def _fate(t: Teller, fates: tuple[tuple[Fate, int], ...], number: int) -> Fate:
    """The first of a year end in each way in turn, so that even a short year knows every ending."""
    endings = [fate for fate, _share in fates if fate.end != "closed"]
    if number < 12 and number % 2:
        return endings[number // 2 % len(endings)]
    return t.rng.choices([fate for fate, _share in fates], [share for _fate, share in fates])[0]


def _services(t: Teller) -> list[DigitalService]:
    """Services whose entity has a team, the important ones more often."""
    able = [s for s in t.services.values() if s.entity.is_active and t.cast.all(s.entity.code, Role.DIRECTOR)]
    return [service for service in able for _time in range(4 - service.tier if service.tier else 2)]


def _moment(t: Teller, *, last_day: int = LAST_DAY) -> datetime:
    """Some minute of the year, by day more often than by night."""
    day = t.now - timedelta(days=t.rng.uniform(last_day, FIRST_DAY))
    hour = t.rng.choices(range(24), [1, 1, 1, 1, 1, 2, 2, 3, 5, 6, 6, 5, 5, 5, 5, 4, 4, 4, 4, 4, 4, 3, 2, 2])[0]
    return day.astimezone(RIYADH).replace(hour=hour, minute=t.rng.randint(0, 59), second=0, microsecond=0)


def _outage(t: Teller, *, fate: Fate) -> Tale:
    service = t.pick(_services(t))
    fault = t.pick(t.words.faults_of(service.code))
    length = t.minutes(*fault.minutes) if fate.twist != "short" else t.minutes(12, 28)
    return outage(t, fault, service=service, began=_moment(t), length=length, fate=fate)


def _maintenance(t: Teller, *, fate: Fate) -> Tale:
    service, work = t.pick(_services(t)), t.pick(list(t.words.works.values()))
    weekday, hour = t.pick(WINDOWS)
    near = _moment(t) - timedelta(days=8 if fate.twist == "rescheduled" else 1)
    day = near + timedelta(days=(weekday - near.weekday()) % 7 - 6)
    return maintenance(t, work, service=service, start=day.replace(hour=hour, minute=0), fate=fate)


def _consumed(t: Teller, *, fate: Fate) -> Tale:
    links = [
        (consumer, provider)
        for consumer, provider in t.links
        if t.cast.all(consumer.entity.code, Role.DIRECTOR) and consumer.entity_id != provider.entity_id
    ]
    own, provider = t.pick(links)
    row = t.pick(t.words.consumed_of(provider.code))
    began = _moment(t, last_day=LAST_CONSUMED_DAY)
    return consumed(t, row, own=own, provider=provider, began=began, length=t.minutes(30, 240), fate=fate)
