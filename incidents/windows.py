"""The windows of maintenance that a person may know of: whose service is worked on, when, and how it suffers.

Her own entity's, those of the services it relies on, which are announced to it, and for the authority all
(docs/adr/0034). Of another entity's report nothing else is read, least of all a word that somebody typed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import DateTimeField, F, Q, QuerySet
from django.db.models.functions import Coalesce

from entities.models import DigitalService, Entity, User
from entities.permissions import Permission
from entities.row_security import as_system
from incidents.actions.maintenance import LONGEST_WINDOW
from incidents.lifecycle import ReportKind, Status
from incidents.models import AffectedService
from incidents.severity import MaintenanceImpact

#: So many are read at once; what lies beyond is said to be left out.
MOST = 600
#: All that is read of them.
COLUMNS = (
    "impact", "report__reference", "report__entity_id", "report__status", "report__window_start",
    "report__window_end", "report__extended_until", "service__name_ar", "service__name_en",
    "service__entity__name_ar", "service__entity__name_en",
)  # fmt: skip
DONE = frozenset({Status.COMPLETED, Status.FINAL_REVIEW, Status.REVISION, Status.CLOSED})


@dataclass(frozen=True)
class Window:
    """One service of one maintenance. `reference` leads only those to the report who may read it: `mine`."""

    report: int
    reference: str
    service: DigitalService
    start: datetime
    end: datetime
    impact: MaintenanceImpact
    status: Status
    mine: bool

    @property
    def entity(self) -> Entity:
        return self.service.entity

    @property
    def is_done(self) -> bool:
        return self.status in DONE

    @property
    def is_running(self) -> bool:
        return self.status == Status.IN_PROGRESS

    @property
    def tone(self) -> str:
        return "active" if self.is_running else "closed" if self.is_done else "planned"


@dataclass(frozen=True)
class Choice:
    """What is left of them: one entity, one service, one sector, one tier; empty is all."""

    entity: str = ""
    service: int | None = None
    sector: str = ""
    tier: int | None = None

    @property
    def condition(self) -> Q:
        named = {
            "service__entity__code": self.entity,
            "service": self.service,
            "service__entity__sector__code": self.sector,
            "service__tier": self.tier,
        }
        return Q(**{name: value for name, value in named.items() if value not in ("", None)})


def seen_by(user: User) -> Q:
    """Of which affected services this person may know the windows."""
    if user.acting is None or not user.may(Permission.REPORT_VIEW):
        return Q(pk__in=[])
    if user.may(Permission.BOARD_VIEW):
        return Q()
    own = user.acting.entity
    return Q(report__entity=own) | Q(service__in=DigitalService.objects.active().relied_on_by(own).values("pk"))


def overlapping(start: datetime, end: datetime) -> QuerySet[AffectedService]:
    """Maintenance that touches this stretch of time, service by service; to be read `as_system`.

    No window is longer than 72 hours, so an index on its start finds it.
    """
    ends: Any = Coalesce("report__extended_until", F("report__window_end"), output_field=DateTimeField())
    works = AffectedService.objects.filter(
        report__kind=ReportKind.MAINTENANCE,
        report__window_start__lt=end,
        report__window_start__gt=start - LONGEST_WINDOW,
    )
    return works.alias(ends=ends).filter(ends__gt=start).select_related("report", "service__entity")


def windows_between(start: datetime, end: datetime, *, reader: User, chosen: Choice | None = None) -> list[Window]:
    """What the reader may know of, by its start; at most MOST of them. One query."""
    found = overlapping(start, end).filter(seen_by(reader), (chosen or Choice()).condition)
    found = found.exclude(report__status=Status.CANCELLED).order_by("report__window_start", "report", "service")
    with as_system():  # another entity's report: of it only what a Window holds
        return list(_windows(found.only(*COLUMNS)[:MOST], reader))


def _windows(rows: Iterable[AffectedService], reader: User) -> Iterable[Window]:
    own = reader.acting.entity_id if reader.acting else None
    reads_all = reader.may(Permission.BOARD_VIEW)
    for row in rows:
        start, end = row.report.window_start, row.report.agreed_end
        if start and end:
            yield Window(
                report=row.report_id,
                reference=row.report.reference,
                service=row.service,
                start=start,
                end=end,
                impact=MaintenanceImpact(row.impact),
                status=Status(row.report.status),
                mine=reads_all or row.report.entity_id == own,
            )
