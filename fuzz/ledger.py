"""What must still be true when all requests have been answered."""

from __future__ import annotations

import io
from collections.abc import Iterator

from django.core.management import CommandError, call_command
from django.db import connection

from fuzz.recipes import TYPED_IDS
from incidents.models import Report, ReportEvent


def broken_lines() -> Iterator[str]:
    """A sentence for each promise that does not hold."""
    if orphans := ReportEvent.objects.filter(report__isnull=True).count():
        yield f"{orphans} events have no report."
    if silent := Report.objects.exclude(events__seq=1).count():
        yield f"{silent} reports have no first event."
    said = io.StringIO()
    try:
        call_command("verify_history", stdout=said, stderr=said)
    except CommandError as broken:
        yield f"{broken} {said.getvalue()}"
    yield from _numbers()


def _numbers() -> Iterator[str]:
    """A national ID that was typed somewhere is in no row."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            for number in TYPED_IDS:
                cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{number}%"])
                if found := cursor.fetchone()[0]:
                    yield f"{found} rows of {table} hold a national ID."
