"""Let time pass in the demo: `manage.py fast_forward 2h` (also 30m, 1d, 1h30m)."""

from __future__ import annotations

import re
from argparse import ArgumentParser, ArgumentTypeError
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from outage_portal.demo.environment import DIRECTORY, Demo
from outage_portal.demo.moving import move_time

LONGEST = timedelta(days=14)


def stretch(text: str) -> timedelta:
    """`1d2h30m`, every part optional. Raises ArgumentTypeError."""
    found = re.fullmatch(r"(?:(\d{1,3})d)?(?:(\d{1,3})h)?(?:(\d{1,4})m)?", text.strip().lower())
    days, hours, minutes = (int(part or 0) for part in (found.groups() if found else (0, 0, 0)))
    by = timedelta(days=days, hours=hours, minutes=minutes)
    if not timedelta() < by <= LONGEST:
        raise ArgumentTypeError("say how far, such as 30m, 2h or 1d, and at most 14d")
    return by


class Command(BaseCommand):
    help = "Let time pass in the demo, with the reminders and escalations that come with it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("by", type=stretch, help="such as 30m, 2h or 1d")
        parser.add_argument("--directory", type=Path, default=DIRECTORY, help="where the demo's data lies")

    def handle(self, *, by: timedelta, directory: Path, **options: object) -> None:
        if settings.PRODUCTION:
            raise CommandError("Time is moved in the demo alone, never in production.")
        if not settings.DEMO:
            demo = Demo.load(directory)
            if demo is None:
                raise CommandError("Time is moved in the demo alone: start it with 'make demo' first.")
            minutes = int(by.total_seconds() // 60)
            demo.enter("fast_forward", f"{minutes // 1440}d{minutes % 1440}m", "--directory", str(directory))
        moved = move_time(by)
        self.stdout.write(f"{by} later: {moved.reminders} reminders, {moved.messages} messages to people.")
