"""`make night`: who hears what, and how often, in a night of thirty outages; first a punctual night, then a silent one.

The night runs by its own clock, in steps of five minutes, each with the ticks of the background work. A punctual entity
writes each update well before it is due, and its reviewer acknowledges within ten minutes; a silent one files, and says
nothing more. A message is what one event tells one person outside the portal, by mail or SMS or both; what only waits
for her in the portal is counted beside it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import time_machine

if TYPE_CHECKING:
    from entities.models import User
    from incidents.models import Report

OUTAGES = 30
LENGTH = timedelta(hours=9)
STEP = timedelta(minutes=5)
#: A punctual update comes so long before it is due: before the reminder of ten minutes.
EARLY = timedelta(minutes=15)
TEAM = ("DIRECTOR", "ALTERNATE", "MEMBER", "IT_LEADER", "HEAD_CONTACT")
KEYS = ("membership__role", "person", "event__report", "event", "channel")


class Heard(NamedTuple):
    """What one person heard of one report. `hours` is how long that report ran in the night."""

    role: str
    person: int
    report: int
    severity: int
    messages: int
    mails: int
    sms: int
    portal: int
    hours: float

    @property
    def an_hour(self) -> float:
        return self.messages / self.hours


@dataclass
class Case:
    """One outage, and the people who take care of it."""

    report: Report
    director: User
    begins: datetime
    ends: datetime
    punctual: bool
    reviewer: User
    acknowledged: bool = False
    restored: bool = False

    def live(self, *, at: datetime) -> None:
        """What its people do at this moment."""
        from incidents import actions

        if not self.punctual or self.restored:
            return
        if not self.acknowledged:
            actions.acknowledge(self.report, by=self.reviewer)
            self.acknowledged = True
        elif at >= self.ends:
            actions.restore(self.report, restored_at=at, by=self.director)
            self.restored = True
        elif at >= self._next_due() - EARLY:
            actions.post_update(self.report, phase="mitigating", message="العمل جارٍ على الإصلاح", by=self.director)

    def _next_due(self) -> datetime:
        return self.report.clocks.running().get(kind="C3").due_at


@dataclass
class Night:
    """Outages, one every quarter of an hour."""

    punctual: bool
    begins: datetime
    outages: int = OUTAGES
    cases: list[Case] = field(default_factory=list)

    def pass_by(self) -> list[Heard]:
        """Live through it; returns what everybody heard, of each report."""
        from incidents.tasks import record_due_reminders
        from notifications.tasks import deliver_due, fan_out

        steps = int(LENGTH / STEP)
        desk = self._desk()
        for n in range(steps):
            at = self.begins + n * STEP
            with time_machine.travel(at, tick=False):
                if n % 3 == 0 and len(self.cases) < self.outages:
                    self.cases.append(self._file(len(self.cases), desk, at=at))
                for case in self.cases:
                    case.live(at=at)
                record_due_reminders()
                fan_out()
                deliver_due()
        return list(self._heard())

    def _desk(self) -> list[User]:
        from entities.permissions import Role
        from tests.factories import a_reviewer

        a_reviewer(Role.LEAD)
        return [a_reviewer() for _ in range(3)]

    def _file(self, n: int, desk: list[User], *, at: datetime) -> Case:
        """An outage of one of the four severities, of an entity of its own with a whole team."""
        from entities.permissions import Role
        from tests.factories import a_person, a_report, a_service, a_team, an_entity

        tier, impact = ((0, "full"), (1, "full"), (2, "full"), (3, "minor"))[n % 4]
        entity = an_entity()
        a_team(entity)
        director, *_others = (a_person(Role(role), entity=entity) for role in TEAM)
        service = a_service(entity=entity, tier=tier, users_per_day=200 if tier > 1 else 20_000)
        report = a_report(by=director, service=service, impact=impact)
        return Case(report, director, at, at + timedelta(hours=2 + n % 3), self.punctual, desk[n % 3])

    def _heard(self) -> Iterator[Heard]:
        from notifications.models import Channel, Delivery, State

        told: dict[tuple[str, int, int], dict[str, set[int]]] = {}
        rows = Delivery.objects.filter(event__report__in=[case.report.pk for case in self.cases], state=State.SENT)
        for role, person, report, event, channel in rows.values_list(*KEYS):
            told.setdefault((role, person, report), {name: set() for name in Channel.values})[channel].add(event)
        cases = {case.report.pk: case for case in self.cases}
        for (role, person, report), by in told.items():
            case = cases[report]
            mails, sms, portal = by[Channel.EMAIL], by[Channel.SMS], by[Channel.IN_APP]
            hours = ((case.ends if self.punctual else self.begins + LENGTH) - case.begins) / timedelta(hours=1)
            counted = len(mails | sms), len(mails), len(sms), len(portal)
            yield Heard(role, person, report, case.report.severity, *counted, hours)

    def ladder(self) -> Iterator[str]:
        """Of the first report, which nobody updates: when each mark spoke, and who had not heard before."""
        from notifications.models import Delivery

        report = self.cases[0].report
        clock = report.clocks.get(kind="C3")
        yield f"{report.reference}, an update due after {clock.length}: minutes from then on, and who hears first there"
        known: set[str] = set()
        for event in report.events.filter(clock=clock).order_by("seq"):
            roles = set(Delivery.objects.filter(event=event).values_list("membership__role", flat=True))
            late = (event.at - clock.due_at) / timedelta(minutes=1)
            yield f"{late:+6.0f}  {event.mark:10}  {', '.join(sorted(roles - known)) or '-'}"
            known |= roles


def table(heard: list[Heard]) -> Iterator[str]:
    """A line a person and severity: the messages of all her reports, and the most that one report told her an hour."""
    names = f"{'role':14}{'person':>8}{'reports':>9}{'messages':>10}{'mails':>7}{'SMS':>5}{'portal':>8}"
    yield f"{names}{'most an hour and report':>26}"
    for role, person in sorted({(line.role, line.person) for line in heard}):
        mine = [line for line in heard if (line.role, line.person) == (role, person)]
        most = max(mine, key=lambda line: line.an_hour)
        messages, mails, sms, portal = (sum(line[n] for line in mine) for n in range(4, 8))
        told = f"{messages:10}{mails:7}{sms:5}{portal:8}"
        yield f"{role:14}{person:8}{len(mine):9}{told}{most.an_hour:22.2f} (S{most.severity})"


@contextmanager
def _own_database() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as directory:
        os.environ |= {
            "DATABASE_URL": f"sqlite:///{Path(directory, 'night.sqlite3')}", "DEBUG": "off",
            "DJANGO_SETTINGS_MODULE": "outage_portal.settings",
        }  # fmt: skip
        import django

        django.setup()
        yield


def main() -> int:
    """Print both nights, each on a database of its own."""
    punctual = sys.argv[1:] != ["silent"]
    with _own_database():
        import logging

        from django.conf import settings
        from django.core.management import call_command

        logging.disable(logging.WARNING)
        settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
        settings.SMS_GATEWAY = "notifications.channels.InApp"
        call_command("migrate", verbosity=0)
        from django.utils import timezone

        evening = timezone.localtime().replace(hour=22, minute=0, second=0, microsecond=0)
        night = Night(punctual, evening)
        print("A night of thirty punctual outages" if punctual else "The same night, and nobody says a word")
        print("\n".join(table(night.pass_by())))
        if not punctual:
            print("\n".join(night.ladder()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
