"""Readings of reports from outside the entity: marked as they happen, told to the auditors by the sweep."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from entities.models import AuditEvent, User
from entities.models.audit import Entry
from entities.permissions import Permission
from incidents.models import Report
from incidents.models.reading import ReadMark

BATCH = 500
#: What this process has marked, with the hour: a reviewer's page that stands open all day asks once an hour (ADR 17).
_marked: dict[tuple[UUID, UUID, str], datetime] = {}
MOST_KNOWN = 10_000


def mark_reading(report: Report, *, part: str, by: User) -> None:
    """Mark that somebody reads a report who is not of its entity, or who reads for the audit or the desk.

    `part` is a key of outage_portal.audit.words.PARTS.
    """
    outside = by.acting is not None and by.acting.entity_id != report.entity_id
    if not (outside or by.may(Permission.AUDIT_VIEW) or by.may(Permission.ADMINISTER)):
        return
    now = timezone.now()
    what, hour = (by.public_id, report.key, part), now.replace(minute=0, second=0, microsecond=0)
    if _marked.get(what) == hour:
        return
    ReadMark.leave(report, part=part, at=now, by=by)
    if len(_marked) >= MOST_KNOWN:
        _marked.clear()
    _marked[what] = hour


@transaction.atomic
def audit_readings(*, at: datetime) -> int:
    """Write unaudited marks into the chains of the reports' entities, in the entities' order; returns how many."""
    claimed = ReadMark.objects.unaudited().select_for_update(of=("self",), skip_locked=True)
    marks = list(claimed.select_related("person", "report__entity", "entity").order_by("pk")[:BATCH])
    marks.sort(key=lambda mark: (mark.report.entity_id, mark.pk))
    for _owner, read in groupby(marks, key=lambda mark: mark.report.entity_id):
        of_entity = list(read)
        AuditEvent.append(of_entity[0].report.entity, [_entry(mark) for mark in of_entity])
    ReadMark.objects.filter(pk__in=[mark.pk for mark in marks]).update(audited_at=at)
    # The mark keeps its hour to one line; two hours later it has nothing left to do.
    ReadMark.objects.filter(audited_at__isnull=False, hour__lt=at - timedelta(hours=2)).delete()
    return len(marks)


def _entry(mark: ReadMark) -> Entry:
    said = {
        "reference": mark.report.reference,
        "part": mark.part,
        "read_at": mark.at.isoformat(),
        "reader_entity": mark.entity.code,
    }
    return Entry(AuditEvent.Action.READ, mark.person.public_id, mark.role, said)
