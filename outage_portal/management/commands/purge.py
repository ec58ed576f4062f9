"""`manage.py purge`, every night, as the role that owns the tables (docs/operations.md)."""

from __future__ import annotations

from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError
from django.utils import timezone

from outage_portal import retention
from outage_portal.audit.archive import ChainBroken


class Command(BaseCommand):
    help = "End what is past its term: settings.RETENTION_DAYS says the days, docs/data-inventory.md why."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and change nothing")

    def handle(self, *args: object, dry_run: bool, **options: object) -> None:
        at = timezone.now()
        if not dry_run:
            retention.stamp_ended(at=at)
        for kind in retention.KINDS:
            self._say(kind.name, retention.purge(kind, at=at, dry_run=dry_run))
        try:
            self._say(retention.AUDIT_LOG, retention.purge_audit_log(at=at, dry_run=dry_run))
        except ChainBroken as broken:
            raise CommandError(f"The security log stays as it is. {broken}.") from broken
        except ProgrammingError as refused:
            raise CommandError(
                "The security log is taken out by the role that owns its table, and by no other."
            ) from refused
        self.stdout.write("Nothing was changed." if dry_run else "Done.")

    def _say(self, name: str, rows: int) -> None:
        self.stdout.write(f"{name:<18}{settings.RETENTION_DAYS[name]:>5} days {rows:>9,} rows")
