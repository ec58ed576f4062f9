"""N reports by `INSERT … SELECT generate_series`: a few are filed by the actions, the rest are their shifted copies.

A copy has its pattern's columns, clocks and events, with every moment moved by the same length, and an entity and a
service of its own: so that whatever holds for the pattern holds for the copy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection, models
from django.utils import timezone

from entities.models import DigitalService, Entity, User
from entities.permissions import Role
from incidents import actions
from incidents.lifecycle import Lane, ReportKind, Status
from incidents.models import AffectedService, Clock, Report, ReportEvent, SilentOutage
from incidents.models.report_query import NEVER
from tests.factories import a_person, a_report, a_reviewer, a_service

ENTITIES, SERVICES = 200, 1000
INCIDENTS, MEMBERS, ALARMS = 3, 4, 5


@dataclass(frozen=True)
class Story:
    """A pattern, how many of a thousand reports are like it, and over how many minutes they are spread."""

    pattern: Report
    share: int
    minutes: int
    columns: dict[str, str] = field(default_factory=dict)


def fill(number: int) -> tuple[User, User]:
    """Fill the empty database; returns a reviewer and the director of an entity with its share of the reports."""
    director, reviewer = a_person(), a_reviewer()
    assert director.acting is not None
    service = a_service(entity=director.acting.entity)
    entities = _copies(
        Entity, director.acting.entity_id, ENTITIES, code="'body-' || n", name_ar="p.name_ar || ' ' || n"
    )
    owner = f"{entities} + (n - 1) % {ENTITIES}"
    services = _copies(
        DigitalService, service.pk, SERVICES, code="'bench-' || n", name_ar="p.name_ar || ' ' || n", entity_id=owner
    )
    written = 0
    for story in _stories(director, reviewer, number):
        count = number * story.share // 1000
        _tell(story, count, after=written, entities=entities, services=services)
        written += count
    member = a_person(entity=Entity.objects.get(pk=entities + 1))
    _lead()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # as autovacuum leaves tables that are read
    return reviewer, member


def _lead() -> None:
    """Incidents over a few reports each, and alarms about services of which nobody has reported an outage yet."""
    lead, now = a_person(Role.LEAD), timezone.now()
    ungrouped = Report.objects.filter(kind=ReportKind.OWN_OUTAGE, lane__lt=Lane.PAPERWORK).order_by("-pk")
    for n in range(INCIDENTS):
        reports = list(ungrouped[n * MEMBERS : (n + 1) * MEMBERS])
        actions.open_incident(reports, name_ar=f"عطل مركز البيانات {n}", name_en=f"Data centre {n}", by=lead)
    counted = {"severity": 1, "minutes": 60, "consumers": 3, "relying": 5, "evidence": "بوابة"}
    moments = {"opened_at": now, "since": now - timedelta(minutes=20)}
    for service in DigitalService.objects.order_by("-pk")[:ALARMS]:
        SilentOutage.objects.create(service=service, entity=service.entity, **counted, **moments)


def _stories(director: User, reviewer: User, number: int) -> list[Story]:
    """Seven per cent open or in their paperwork, the others ended."""
    lane = f"CASE WHEN n % 4 < 2 THEN {int(Lane.URGENT)} ELSE {int(Lane.OPEN)} END"
    graded = {"severity": "1 + n % 4", "lane": lane}
    filed, followed, restored, closed = (a_report(by=director) for _ in range(4))
    planned, consumed = a_report(ReportKind.MAINTENANCE, by=director), a_report(ReportKind.CONSUMED_OUTAGE, by=director)
    for report in (followed, restored, closed):
        actions.acknowledge(report, seen=report.version, by=reviewer)
        report.refresh_from_db()
    now, rest = timezone.now(), {"restored_at": timezone.now(), "lane": Lane.PAPERWORK, "status": Status.RESTORED}
    Report.objects.filter(pk=restored.pk).update(**rest)
    Report.objects.filter(pk=closed.pk).update(
        **{**rest, "lane": Lane.ENDED, "status": Status.CLOSED, "closed_at": now},
        **{"next_due_at": NEVER, "next_clock": "", "next_started_at": None},
    )
    Clock.objects.filter(report=closed, met_at=None).update(met_at=now, next_mark_at=None)
    return [
        Story(filed, 10, 300, graded),
        Story(followed, 15, 300, graded),
        Story(planned, 10, 6000),
        Story(consumed, 5, 300, {"severity": "3", "lane": str(int(Lane.OPEN))}),
        Story(restored, 30, 9000),
        Story(closed, 930, number * 5, {"severity": "1 + n % 4"}),
    ]


def _tell(story: Story, count: int, *, after: int, entities: int, services: int) -> None:
    place = f"(n + {after})"
    first = _copies(
        Report,
        story.pattern.pk,
        count,
        shift=f"(n::bigint * 7919 % {story.minutes}) * interval '1 minute'",
        reference=f"p.kind || '-' || (2030 + {place} / 1000000) || '-' || lpad(({place} % 1000000)::text, 6, '0')",
        key="gen_random_uuid()",
        entity_id=f"{entities} + n % {ENTITIES}",
        main_service_id=f"{services} + (n % {ENTITIES}) + {ENTITIES} * (n / {ENTITIES} % {SERVICES // ENTITIES})",
        search_text="p.search_text || ' ' || n",
        **story.columns,
    )
    if count:
        for model in (AffectedService, Clock, ReportEvent):
            _belongings(model, story.pattern, first)


def _copies(model: type[models.Model], pattern: int, count: int, *, shift: str = "", **columns: str) -> int:
    """Insert the copies; returns the first one's id. `columns` are SQL in terms of `p`, the pattern, and `n`."""
    said = _columns(model, shift=shift, columns=columns)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(said)}) SELECT {', '.join(said.values())} "  # noqa: S608  # our own names
            f"FROM {table} p, generate_series(1, {count}) AS n WHERE p.id = {pattern} ORDER BY n"
        )
        cursor.execute(f"SELECT max(id) - {count} + 1 FROM {table}")  # noqa: S608
        return int(cursor.fetchone()[0])


def _belongings(model: type[models.Model], pattern: Report, first: int) -> None:
    """The pattern's clocks, events and services, for each of its copies, moved as the copy was."""
    columns = {"report_id": "r.id", "clock_id": "NULL", "service_id": "r.main_service_id"}
    said = _columns(model, shift="(o.submitted_at - r.submitted_at)", columns=columns)
    table, reports = model._meta.db_table, Report._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(said)}) SELECT {', '.join(said.values())} "  # noqa: S608  # our own names
            f"FROM {reports} r JOIN {reports} o ON o.id = {pattern.pk} JOIN {table} p ON p.report_id = o.id "
            f"WHERE r.id >= {first} ORDER BY r.id, p.id"
        )


def _columns(model: type[models.Model], *, shift: str, columns: dict[str, str]) -> dict[str, str]:
    said: dict[str, str] = {}
    for each in model._meta.concrete_fields:
        if each.primary_key:
            continue
        said[each.column] = f"p.{each.column}"
        if shift and isinstance(each, models.DateTimeField):
            moment = f"p.{each.column}"
            said[each.column] = f"CASE WHEN {moment} >= '9999-01-01' THEN {moment} ELSE {moment} - {shift} END"
    return {**said, **{name: sql for name, sql in columns.items() if name in said}}
