"""What the reports say of a service now, without saying whose words they are: everybody may know it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from django.db import models
from django.db.models import Case, Exists, OuterRef, Value, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from entities.models import DigitalService, Entity, ServiceDependency
from entities.row_security import as_system
from incidents.lifecycle import OPEN, ReportKind, Status
from incidents.models import Report

TONIGHT = timedelta(hours=24)


class ServiceState(models.IntegerChoices):
    """The worst first. Nobody measures here: the last one only says that nothing was reported."""

    DOWN = 0, pgettext_lazy("state of a service", "Outage")
    WORKS = 1, _("Maintenance now")
    PLANNED = 2, _("Maintenance within a day")
    QUIET = 3, _("Nothing reported")

    @property
    def tone(self) -> str:
        return {self.DOWN: "active", self.WORKS: "planned", self.PLANNED: "planned", self.QUIET: "closed"}[self]


def reported_state(*, at: datetime) -> Case:
    """The worst that an open report of the owner says of a service, for `annotate`; to be read `as_system`."""
    own = Report.objects.filter(entity=OuterRef("entity"), services=OuterRef("pk"))
    works = own.filter(kind=ReportKind.MAINTENANCE)
    soon = works.filter(status=Status.SCHEDULED, window_start__range=(at, at + TONIGHT))
    return Case(
        When(Exists(own.filter(kind=ReportKind.OWN_OUTAGE, status__in=OPEN)), then=Value(ServiceState.DOWN)),
        When(Exists(works.filter(status=Status.IN_PROGRESS)), then=Value(ServiceState.WORKS)),
        When(Exists(soon), then=Value(ServiceState.PLANNED)),
        default=Value(ServiceState.QUIET),
        output_field=models.IntegerField(),
    )


def state_of(service: DigitalService, *, at: datetime) -> ServiceState:
    """What the reports say of one service."""
    found = DigitalService.objects.filter(pk=service.pk).annotate(state=reported_state(at=at))
    with as_system():
        return ServiceState(found.values_list("state", flat=True).get())


def relied_on(entity: Entity, *, at: datetime, limit: int) -> list[tuple[DigitalService, ServiceState]]:
    """Other entities' services that this one relies on, those that are down first.

    Each says in `stops` whether a service of this entity stops without it.
    """
    hard = ServiceDependency.objects.in_force().hard().filter(provider=OuterRef("pk"), consumer__entity=entity)
    stops = Exists(hard.filter(consumer__is_active=True))
    services = DigitalService.objects.active().relied_on_by(entity).select_related("entity")
    found = services.annotate(state=reported_state(at=at), stops=stops).order_by("state", "tier", "name_ar")[:limit]
    with as_system():
        return [(service, ServiceState(cast(Any, service).state)) for service in found]
