"""Fill an empty database with the demo's data, or bring its open stories up to date."""

from __future__ import annotations

import time
from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation

from outage_portal.seed.afterwards import Outcome, keep_up_to_date

REPORTS = 400


class Command(BaseCommand):
    help = "Load the demo's data: the real catalogue, and fictional entities, people and a year of reports."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reports", type=int, default=REPORTS, help="how many reports in all (default 400)")

    def handle(self, *, reports: int, **options: object) -> None:
        if settings.PRODUCTION:
            raise CommandError("Demo data does not belong into production.")
        started = time.monotonic()
        with translation.override("ar"):
            outcome, filed = keep_up_to_date(
                now=timezone.now().replace(microsecond=0), reports=reports, progress=self._progress
            )
        took = f"{time.monotonic() - started:.0f} s"
        match outcome:
            case Outcome.SEEDED:
                self._line(f"Demo data loaded: {filed} fictional reports ({took}).")
            case Outcome.REFRESHED:
                self._line(f"The open stories were told afresh: {filed} reports ({took}).")
            case Outcome.FRESH:
                self._line("The demo data is up to date.")

    def _progress(self, deeds: int) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\rLoading the demo data ... {deeds} deeds", ending="")
            self.stdout.flush()

    def _line(self, text: str) -> None:
        self.stdout.write(f"\r{text:<70}" if self.stdout.isatty() else text)
