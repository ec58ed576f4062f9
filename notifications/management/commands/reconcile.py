"""`manage.py reconcile`: compare what was told with what must have been; beat does it every five minutes."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from entities.row_security import as_system
from notifications import reconciling
from notifications.models import Hole


class Command(BaseCommand):
    help = "Name what should have been told and was not; --mend writes the missing messages."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--mend", action="store_true", help="write the messages that the open holes lack")

    def handle(self, *args: object, mend: bool, **options: object) -> None:
        at = timezone.now()
        with as_system():
            reconciling.reconcile(at=at)
            if mend:
                self.stdout.write(f"{reconciling.mend(at=at)} mended.")
            holes = list(Hole.objects.open().order_by("found_at"))
        for hole in holes:
            self.stdout.write(
                f"{hole.reference}  {hole.key}  {hole.missing} people  since {hole.found_at:%Y-%m-%d %H:%M}"
            )
        if holes:
            raise CommandError(f"{len(holes)} holes.")
        self.stdout.write("Everything was told.")
