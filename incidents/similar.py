"""Possible duplicates: asked about before a report is filed, never refused."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from entities.models import DigitalService, Entity
from entities.row_security import as_system
from incidents.lifecycle import ENDED, OPEN, ReportKind, Status
from incidents.models import Report

#: Same service, started within two hours before or after.
WINDOW = timedelta(hours=2)


@dataclass(frozen=True)
class Similar:
    """The entity's own reports, by name; and of another entity's service only that its owner has reported it."""

    own: list[Report]
    owner_reported: bool
    owner_works: bool = False  # its maintenance goes on: what does not work may be planned

    def __bool__(self) -> bool:
        return bool(self.own) or self.owner_reported or self.owner_works


def find_similar(
    kind: str,
    *,
    entity: Entity,
    key: uuid.UUID,
    services: list[DigitalService],
    provider: DigitalService | None,
    start: datetime,
) -> Similar:
    """Open reports of this kind on the same services around this start, in one query; the report of `key` is none.

    An outage that still runs is alike whenever it started: a service that is down does not go down once more. Works are
    alike that begin in the other's window.
    """
    near = (start - WINDOW, start + WINDOW)
    alike = Q(entity=entity, kind=kind, services__in=services)
    alike &= Q(started_at__range=near) | Q(status__in=OPEN)
    if kind == ReportKind.MAINTENANCE:
        alike = Q(entity=entity, kind=kind, services__in=services)
        alike &= Q(window_start__range=near) | Q(window_start__lte=start, window_end__gt=start)
    elif kind == ReportKind.CONSUMED_OUTAGE and provider is not None and not provider.listed:
        alike = Q(
            entity=entity, kind=kind, provider_service__listed=False, provider_service__name_ar=provider.name_ar,
            started_at__range=near,
        )  # fmt: skip
    elif kind == ReportKind.CONSUMED_OUTAGE and provider is not None:
        alike = Q(entity=entity, kind=kind, provider_service=provider, started_at__range=near)
        alike |= Q(kind=ReportKind.OWN_OUTAGE, services=provider, entity=provider.entity_id, status__in=OPEN)
        alike |= Q(
            kind=ReportKind.MAINTENANCE, services=provider, entity=provider.entity_id, status=Status.IN_PROGRESS
        )  # fmt: skip
    found = Report.objects.filter(alike).exclude(status__in=ENDED).exclude(key=key).select_related("main_service")
    with as_system():  # of the owner's report only that there is one is told
        reports = list(found.distinct().order_by("-submitted_at")[:10])
    own = [report for report in reports if report.entity_id == entity.pk]
    theirs = {report.kind for report in reports if report.entity_id != entity.pk}
    return Similar(
        own=own,
        owner_reported=ReportKind.OWN_OUTAGE in theirs,
        owner_works=ReportKind.MAINTENANCE in theirs,
    )
