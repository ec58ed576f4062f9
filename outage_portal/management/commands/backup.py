"""`manage.py backup FOLDER`, every night as portal_backup, and before an upgrade (docs/operations.md)."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from outage_portal.backup.taking import BackupRefused, take


class Command(BaseCommand):
    help = "Back the database and the uploads up while people work; prints where. The keys are in no backup."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="where backups are kept, on another machine's disk")

    def handle(self, *args: object, folder: Path, **options: object) -> None:
        try:
            place, manifest = take(folder, at=timezone.now())
        except (BackupRefused, OSError) as refused:
            raise CommandError(f"There is no backup. {refused}") from refused
        rows = sum(rows for rows, _digest in manifest.tables.values())
        self.stdout.write(f"{place}")
        self.stderr.write(f"{rows:,} rows, {len(manifest.files):,} uploads, {manifest.seconds} s.")
        for kind, names in manifest.keys.items():
            self.stderr.write(f"Keep apart from it the {kind} keys: {', '.join(names) or 'none is needed'}.")
        if manifest.missing:
            gone = ", ".join(manifest.missing[:5])
            raise CommandError(f"{len(manifest.missing)} uploads are missing or changed at the portal itself: {gone}.")
