"""What the reports say of a service now, without saying whose words they are: everybody may know it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, cast

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from entities.models import DigitalService, Entity, ServiceDependency
from entities.prepared import Prepared, key, moment
from entities.row_security import as_system
from incidents.lifecycle import OPEN, Lane, ReportKind, Status
from incidents.models import AffectedService, Report

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
    return _worst(*(Exists(own.filter(**said)) for said in _telling(at=at)))


def reported_states(*, at: datetime) -> Case:
    """The same for all services at once: what is open is read once, instead of being asked of each."""
    own = AffectedService.objects.filter(report__entity=F("service__entity"), report__lane__lte=Lane.PLANNED)
    return _worst(*(Q(pk__in=own.filter(**said).values("service")) for said in _telling(at=at, of="report__")))


def _telling(*, at: datetime, of: str = "") -> Iterator[dict[str, Any]]:
    """Of which reports a service is down, is worked on, and will be."""
    yield {f"{of}kind": ReportKind.OWN_OUTAGE, f"{of}status__in": OPEN}
    yield {f"{of}kind": ReportKind.MAINTENANCE, f"{of}status": Status.IN_PROGRESS}
    soon = (at, at + TONIGHT)
    yield {f"{of}kind": ReportKind.MAINTENANCE, f"{of}status": Status.SCHEDULED, f"{of}window_start__range": soon}


def _worst(down: Exists | Q, works: Exists | Q, planned: Exists | Q) -> Case:
    return Case(
        When(down, then=Value(ServiceState.DOWN)),
        When(works, then=Value(ServiceState.WORKS)),
        When(planned, then=Value(ServiceState.PLANNED)),
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
    with as_system():
        found = RELIED_ON.ask(limit, lambda: _relied_on()[:limit], entity=entity.pk, at=at)
    return [(service, ServiceState(cast(Any, service).state)) for service in found]


#: Asked by every home.
RELIED_ON = Prepared(fixed=True)


def _relied_on() -> models.QuerySet[DigitalService]:
    """Of the entity that is asked for, whichever it is: one question for all of them."""
    entity: Any = key("entity")
    hard = ServiceDependency.objects.in_force().hard().filter(provider=OuterRef("pk"), consumer__entity=entity)
    stops = Exists(hard.filter(consumer__is_active=True))
    services = DigitalService.objects.active().relied_on_by(entity).select_related("entity")
    found = services.annotate(state=reported_state(at=moment("at")), stops=stops).order_by("state", "tier", "name_ar")
    return found.only("name_ar", "name_en", "entity__name_ar", "entity__name_en")
