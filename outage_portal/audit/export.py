"""The filtered log as a file: CSV for people, JSON lines for machines. Bounded, and made before it is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from entities.importing.sheets import write
from entities.models import AuditEvent, User
from entities.models.audit import AuditEventQuerySet
from entities.national_id import redact
from outage_portal.audit.lines import lines

MOST_ROWS = 50_000
CHUNK = 1000
HEADER = ["entity", "seq", "at", "action", "event", "person", "name", "role", "data", "hash"]
TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}


def as_json(event: AuditEvent) -> str:
    """One line for a log collector: codes and identifiers, no name; whatever looks like a national ID is taken out."""
    said = {
        "entity": event.entity.code,
        "seq": event.seq,
        "at": event.at.isoformat(),
        "action": event.action,
        "person": str(event.person) if event.person else None,
        "role": event.role,
        "data": event.data,
        "hash": event.hash,
    }
    return redact(json.dumps(said, ensure_ascii=False))


def export(found: AuditEventQuerySet, kind: str, *, filtered_by: dict[str, str], by: User) -> bytes:
    """The newest lines that fit, newest first. That they were taken out is a line of the log itself."""
    events = list(found.select_related("entity").order_by("-at", "-id")[:MOST_ROWS])
    content = write([HEADER, *_cells(events)]) if kind == "csv" else "".join(map(_line, events)).encode()
    AuditEvent.record(AuditEvent.Action.EXPORTED, by=by, format=kind, rows=len(events), filter=filtered_by)
    return content


def _line(event: AuditEvent) -> str:
    return as_json(event) + "\n"


def _cells(events: list[AuditEvent]) -> Iterator[list[str]]:
    for start in range(0, len(events), CHUNK):
        for line in lines(events[start : start + CHUNK]):
            event = line.event
            yield [
                event.entity.code,
                str(event.seq),
                timezone.localtime(event.at).isoformat(timespec="seconds"),
                event.action,
                redact(line.sentence),
                str(event.person or ""),
                line.actor,
                event.role,
                _data(event.data),
                event.hash,
            ]


def _data(data: dict[str, Any]) -> str:
    return redact(json.dumps(data, ensure_ascii=False)) if data else ""
