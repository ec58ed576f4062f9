"""`manage.py doctor`, as the web's or the worker's role, on the machine and in the environment that is to be judged."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from outage_portal.doctor.database import database
from outage_portal.doctor.desk import desk
from outage_portal.doctor.finding import Finding
from outage_portal.doctor.machine import deployment, files, release, secret_keys
from outage_portal.doctor.surroundings import background, broker, mail, nafath, sms, traces

#: In the order in which they are asked; those of the second stand on the database.
APART: tuple[Callable[[], Iterator[Finding]], ...] = (deployment, release, files, broker, mail, sms, traces)
ON_THE_DATABASE: tuple[Callable[[], Iterator[Finding]], ...] = (database, secret_keys, background, nafath, desk)


class Command(BaseCommand):
    help = "Look at this deployment and say what to mend; exit 1 while there is anything. It prints no secret."
    requires_system_checks: list[str] = []  # it says them itself

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print a list of findings, for another program")

    def handle(self, *args: object, **options: Any) -> None:
        found = []
        for area, each in examined():
            found.append({"area": area, "well": each.is_well, **asdict(each)})
            if not options["json"]:
                self._say(area, each)
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=1, ensure_ascii=False))
        if ill := sum(not each["well"] for each in found):
            raise CommandError(f"To mend: {ill} of {len(found)}.")
        if not options["json"]:
            self.stdout.write(f"All of {len(found)} are well.")

    def _say(self, area: str, each: Finding) -> None:
        self.stdout.write(f"{'ok  ' if each.is_well else 'MEND'}  {area:<12} {each.what}: {each.found}")
        if each.mend:
            self.stdout.write(f"      {'':<12} {each.mend}")


def _area(look: Callable[[], Iterator[Finding]]) -> str:
    return look.__name__.replace("_", " ")


def examined() -> Iterator[tuple[str, Finding]]:
    """Every finding with its area. A database that goes away ends what stands on it, in one finding."""
    for look in APART:
        for each in look():
            yield _area(look), each
    try:
        for look in ON_THE_DATABASE:
            for each in look():
                yield _area(look), each
    except Error as error:
        mend = (
            "See DATABASE_URL, its password and pg_hba.conf, and whether 'manage.py migrate' has run; then ask again."
        )
        yield "database", Finding("it answers", type(error).__name__, mend)
