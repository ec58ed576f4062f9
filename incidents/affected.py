"""What one report says of the next: “we are affected too”, and an own outage that another's report brings to light."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from entities.models import DigitalService, Entity, ServiceDependency
from entities.row_security import as_system
from incidents.actions import Answers
from incidents.lifecycle import OPEN, ReportKind
from incidents.models import Report
from incidents.severity import Impact


def outage_about(report: Report, *, entity: Entity) -> dict[str, Any]:
    """What a report of another's service already says of the outage of one of ours: its owner's, or its consumer's.

    Of another entity's words nothing: our own report is written in ours.
    """
    services = [report.provider_service] if report.entity_id != entity.pk else [*report.services.all()]
    return {
        "services": [service for service in services if service and service.entity_id == entity.pk],
        "started_at": report.started_at,
        "symptom": list(report.symptom),
    }


def affected_answers(service: DigitalService, *, entity: Entity, at: datetime) -> Answers | None:
    """What the entity would file about another's service, or None where its owner has no open report on it.

    Our services that stop without it suffer as the owner says; those that work worse without it, little.
    """
    reported = Report.objects.filter(
        kind=ReportKind.OWN_OUTAGE, entity=service.entity_id, services=service, status__in=OPEN
    )
    with as_system():  # the owner's report is another entity's: of it only what stands below goes into ours
        outage = reported.order_by("started_at").first()
    if outage is None or outage.started_at is None:
        return None
    relying = ServiceDependency.objects.in_force().filter(
        provider=service, consumer__entity=entity, consumer__is_active=True
    )
    hard = ServiceDependency.Strength.HARD
    affected = [
        (each.consumer, outage.impact_level if each.strength == hard else Impact.MINOR.value)
        for each in relying.select_related("consumer")
    ]
    columns = {
        "provider_service": service,
        "started_at": min(outage.started_at, at),
        "detected_at": at,
        "symptom": outage.symptom,
        "summary": _("%(service)s: its owner has reported the outage, and we are affected too.")
        % {"service": service.name},
    }
    return Answers(affected=affected, columns=columns)
