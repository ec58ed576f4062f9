"""Print the security log as JSON lines, oldest first, for a log collector: codes and identifiers, never a name."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from entities.models import AuditEvent
from outage_portal.audit.export import as_json


def _moment(text: str) -> datetime:
    """2026-11-25 or 2026-11-25T14:00 (Riyadh), or with an offset of its own."""
    try:
        found = parse_datetime(text) or datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text} is no moment such as 2026-11-25T14:00") from None
    return found if timezone.is_aware(found) else timezone.make_aware(found)


class Command(BaseCommand):
    help = "Print the security log since a moment as JSON lines."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", type=_moment, required=True, help="2026-11-25 or 2026-11-25T14:00+03:00")

    def handle(self, *args: object, since: datetime, **options: object) -> None:
        found = AuditEvent.objects.filter(at__gte=since).select_related("entity").order_by("at", "id")
        for event in found.iterator(2000):
            self.stdout.write(as_json(event))
