"""What was acknowledged, and what is written down: a receipt is a report, with all that belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from production.house import House

#: The reference of each key's report, how many first events it has, and how many clocks.
WRITTEN = """
    SELECT r.key::text, r.reference,
           (SELECT count(*) FROM incidents_reportevent e WHERE e.report_id = r.id AND e.kind = 'FILED' AND e.seq = 1),
           (SELECT count(*) FROM incidents_clock c WHERE c.report_id = r.id),
           (SELECT array_agg(a.service_id) FROM incidents_affectedservice a WHERE a.report_id = r.id)
    FROM incidents_report r WHERE r.key::text = ANY(%s)
"""
FILED_SINCE = "SELECT key::text FROM incidents_report WHERE reference LIKE 'OUT-2%%' AND id > %s"


def lost(house: House, receipts: Sequence[tuple[str, str, int]]) -> list[str]:
    """Each receipt whose report is not there, or not whole."""
    rows = {key: rest for key, *rest in house.ask(WRITTEN, [key for key, _reference, _service in receipts])}
    return [
        f"{reference}: {rows.get(key, 'no report')}"
        for key, reference, service in receipts
        if key not in rows or not _whole(rows[key], reference, service)
    ]


def unacknowledged(house: House, receipts: Sequence[tuple[str, str, int]], *, after: int) -> list[str]:
    """Reports of the run that nobody has got a receipt for."""
    given = {key for key, _reference, _service in receipts}
    return [key for (key,) in house.ask(FILED_SINCE, after) if key not in given]


def _whole(row: list[object], reference: str, service: int) -> bool:
    written, first_events, clocks, services = row
    return written == reference and first_events == 1 and bool(clocks) and services == [service]
