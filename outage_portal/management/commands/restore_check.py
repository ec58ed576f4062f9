"""`manage.py restore_check BACKUP`, as portal_web on what was restored, before anybody works in it."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from outage_portal.backup.checking import Line, backup_is_whole, restored_is_whole
from outage_portal.backup.taking import BackupRefused, Manifest


class Command(BaseCommand):
    help = "Compare the database and the uploads of the settings with a backup; exit 1 on any difference."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("backup", type=Path, help="the folder that 'manage.py backup' printed")
        parser.add_argument("--files-only", action="store_true", help="look at the backup's own files, at no database")

    def handle(self, *args: object, backup: Path, files_only: bool, **options: object) -> None:
        try:
            manifest = Manifest.read(backup)
            lines: Iterator[Line] = backup_is_whole(backup, manifest)
            if not files_only:
                lines = chain(lines, restored_is_whole(manifest))
            wrong = [line.what for line in lines if not self._said(line)]
        except BackupRefused as refused:
            raise CommandError(str(refused)) from refused
        if wrong:
            raise CommandError(f"Not as it was: {', '.join(wrong)}.")
        self.stdout.write("Everything is as it was backed up.")

    def _said(self, line: Line) -> bool:
        self.stdout.write(f"{'ok' if line.is_whole else 'NOT'}  {line.what}: {line.found}")
        return line.is_whole
