"""Whom the outage of services hits, from the graph of who relies on whom: shown before a report is sent, and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from entities.models import DigitalService, ServiceDependency
from entities.models.graph import Blast


@dataclass(frozen=True)
class Reach:
    """Whom the outage hits along the graph; the entities whose service stops at once are told by themselves."""

    blast: Blast
    told: int


def reach_of(services: Sequence[DigitalService]) -> Reach:
    """The services that rely on these, directly and through others, the entity's own among them; in one query."""
    reached = ServiceDependency.objects.downstream(services)
    owners = {service.entity_id for service in services}
    told = {row.entity for row in reached if row.at_once} - owners
    return Reach(Blast.of(reached), told=len(told))
