"""`manage.py verify_archive FILE ...`: follow the files that `purge` wrote."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from outage_portal.audit.archive import follow_file


class Command(BaseCommand):
    help = (
        "Follow archived stretches of the security log; exit 1 and name the first line that is not as it was written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path)

    def handle(self, *args: object, files: list[Path], **options: object) -> None:
        broken = 0
        for file in files:
            try:
                found = follow_file(file)
            except (OSError, ValueError, LookupError) as unreadable:
                raise CommandError(f"{file.name} is no stretch of the security log: {unreadable}") from unreadable
            if found.missing or found.changed:
                self.stderr.write(f"{file.name}: number {found.missing or found.changed} is not as it was written.")
                broken += 1
            else:
                self.stdout.write(f"{file.name}: whole, ends with number {found.seq} and {found.hash}.")
        if broken:
            raise CommandError(f"Broken: {broken}.")
