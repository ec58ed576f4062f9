"""The neighbours of a service on the map of who relies on whom, as far as a reader may know them by name.

The authority knows all. Anybody else knows the links that have an end of her own entity, and of what lies behind them
the numbers alone (docs/adr/0032).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, cast

from django.db.models import Exists, OuterRef, Q

from entities.models import DigitalService, Entity, ServiceDependency, User
from entities.models.catalogue import DigitalServiceQuerySet
from entities.models.graph import Blast, Reached
from entities.permissions import Permission
from entities.row_security import as_system
from incidents.states import ServiceState, reported_state

To = Literal["consumer", "provider"]
State, Strength = ServiceDependency.State, ServiceDependency.Strength
#: What lies further stands in the same column.
FURTHEST = 3
#: So many boxes stand in a column; more of them are gathered by entity.
ROWS = 10
#: So many services of a gathered box are named.
NAMED = 30


def services_on_maps(user: User) -> DigitalServiceQuerySet:
    """Whose map she may open: one's own services and those directly linked to them; the authority: all."""
    services = DigitalService.objects.visible_to(user).listed()
    if user.acting is None or user.may(Permission.BOARD_VIEW):
        return services
    links = ServiceDependency.objects.visible_to(user)
    linked = links.filter(Q(consumer=OuterRef("pk")) | Q(provider=OuterRef("pk")))
    return services.filter(Q(entity=user.acting.entity_id) | Exists(linked))


@dataclass(frozen=True)
class Neighbour:
    """A service on the map, so many steps away, and the links by which it is one step nearer."""

    service: DigitalService
    state: ServiceState
    distance: int
    links: tuple[ServiceDependency, ...]
    through: tuple[str, ...]  # the names of what stands between
    in_circle: bool  # it stands on the other side too

    @property
    def denied(self) -> bool:
        return all(link.state == State.DENIED for link in self.links)

    @property
    def hard(self) -> bool:
        return any(link.strength == Strength.HARD for link in self.links)

    @property
    def unconfirmed(self) -> bool:
        return all(link.state == State.DECLARED for link in self.links)

    @property
    def reason(self) -> str:
        """Why the provider denies it."""
        return next((link.denial_reason for link in self.links if link.denial_reason), "")

    @property
    def is_told(self) -> bool:
        """Something was reported of it."""
        return self.state != ServiceState.QUIET


@dataclass(frozen=True)
class Box:
    """What stands at one place of a column: a service, or several that are gathered; of one entity, or of the rest."""

    members: tuple[Neighbour, ...]
    entity: Entity | None = None

    @property
    def alone(self) -> Neighbour | None:
        return self.members[0] if len(self.members) == 1 else None

    @property
    def named(self) -> tuple[Neighbour, ...]:
        return self.members[:NAMED]

    @property
    def unnamed(self) -> int:
        return len(self.members) - len(self.named)

    @property
    def entities(self) -> int:
        return len({each.service.entity_id for each in self.members})

    @property
    def denied(self) -> int:
        return sum(each.denied for each in self.members)

    @property
    def down(self) -> int:
        return sum(each.state == ServiceState.DOWN for each in self.members)


@dataclass(frozen=True)
class Side:
    """One direction from the service: its columns, the nearest first, and the rest that is only counted."""

    to: To
    columns: tuple[tuple[Box, ...], ...]
    rest: Blast

    @property
    def is_empty(self) -> bool:
        return not self.columns and not self.rest.services


class Relations:
    """The map of one service as one reader may know it: six queries, however large the graph."""

    def __init__(self, service: DigitalService, *, reader: User, at: datetime) -> None:
        self.service, self.reader, self.at = service, reader, at

    @cached_property
    def reached(self) -> dict[To, list[Reached]]:
        graph = ServiceDependency.objects
        return {"provider": graph.upstream([self.service]), "consumer": graph.downstream([self.service])}

    @property
    def blast(self) -> Blast:
        """Whom an outage of the service hits."""
        return Blast.of(self.reached["consumer"])

    @cached_property
    def _links(self) -> list[ServiceDependency]:
        """The links the reader may know, between all that is reached, and those of the service that were denied."""
        around = {self.service.pk, *(row.service for rows in self.reached.values() for row in rows)}
        own = Q(consumer=self.service) | Q(provider=self.service)
        links = ServiceDependency.objects.visible_to(self.reader)
        return list(links.filter(own | Q(consumer__in=around, provider__in=around)).order_by("pk"))

    @cached_property
    def _services(self) -> dict[int, tuple[DigitalService, ServiceState]]:
        """The active services at the ends of these links, each with what the reports say of it."""
        ends = {pk for link in self._links for pk in (link.consumer_id, link.provider_id)} | {self.service.pk}
        found = DigitalService.objects.active().filter(pk__in=ends).select_related("entity")
        with as_system():
            rows = list(found.annotate(state=reported_state(at=self.at)))
        return {row.pk: (row, ServiceState(cast(Any, row).state)) for row in rows}

    @property
    def state(self) -> ServiceState:
        known = self._services.get(self.service.pk)
        return known[1] if known else ServiceState.QUIET

    @cached_property
    def upstream(self) -> Side:
        return self._side("provider")

    @cached_property
    def downstream(self) -> Side:
        return self._side("consumer")

    @cached_property
    def _found(self) -> dict[To, dict[int, list[ServiceDependency]]]:
        return {to: self._walked(to) for to in ("provider", "consumer")}

    def _side(self, to: To) -> Side:
        found, other = self._found[to], self._found["consumer" if to == "provider" else "provider"]
        distance = {self.service.pk: 0}
        columns: dict[int, list[Neighbour]] = defaultdict(list)
        for pk, links in found.items():  # the nearest first
            service, state = self._services[pk]
            nearer = [near_of(link, to) for link in links]
            distance[pk] = distance[nearer[0]] + 1
            names = tuple(self._services[each][0].name for each in nearer if each != self.service.pk)
            neighbour = Neighbour(service, state, distance[pk], tuple(links), names, in_circle=pk in other)
            columns[min(distance[pk], FURTHEST)].append(neighbour)
        rest = [row for row in self.reached[to] if row.service not in found]
        return Side(to, tuple(self._stacked(columns, to)), Blast.of(rest))

    def _stacked(self, columns: dict[int, list[Neighbour]], to: To) -> Iterator[tuple[Box, ...]]:
        """The columns from the nearest on, each in the order of what it hangs on, so that few lines cross."""
        rows: dict[int, int] = {}
        for _distance, column in sorted(columns.items()):
            ordered = sorted(column, key=weight)
            ordered.sort(key=lambda each: min(rows.get(near_of(link, to), 0) for link in each.links))
            boxes = gathered(ordered)
            yield boxes
            rows = {member.service.pk: row for row, box in enumerate(boxes) for member in box.members}

    def _walked(self, to: To) -> dict[int, list[ServiceDependency]]:
        """By service, the links that lead to it from one step nearer; a denied link is shown and leads no further."""
        leaving: dict[int, list[ServiceDependency]] = defaultdict(list)
        for link in self._links:
            if far_of(link, to) in self._services and far_of(link, to) != self.service.pk:
                leaving[near_of(link, to)].append(link)
        found: dict[int, list[ServiceDependency]] = {}
        step = {self.service.pk}
        while step:
            links = [link for pk in step for link in leaving[pk] if link.state != State.DENIED]
            fresh: dict[int, list[ServiceDependency]] = defaultdict(list)
            for link in links:
                if far_of(link, to) not in found:
                    fresh[far_of(link, to)].append(link)
            found |= fresh
            step = set(fresh)
        for link in leaving[self.service.pk]:
            if link.state == State.DENIED:
                found.setdefault(far_of(link, to), [link])
        return found


def far_of(link: ServiceDependency, to: To) -> int:
    return link.consumer_id if to == "consumer" else link.provider_id


def near_of(link: ServiceDependency, to: To) -> int:
    return link.provider_id if to == "consumer" else link.consumer_id


def weight(each: Neighbour) -> tuple[bool, int, bool, int, int]:
    """What is down and what is hard stands first, what is denied last."""
    return (each.denied, each.state, not each.hard, each.service.tier, each.service.pk)


def gathered(order: Sequence[Neighbour]) -> tuple[Box, ...]:
    """The boxes of a column in its order; too many are gathered by entity, the largest first."""
    if len(order) <= ROWS:
        return tuple(Box((each,), each.service.entity) for each in order)
    owned: dict[int, list[Neighbour]] = defaultdict(list)
    for each in order:
        owned[each.service.entity_id].append(each)
    groups = sorted(owned.values(), key=lambda group: (-len(group), group[0].service.entity_id))
    boxes = [Box(tuple(group), group[0].service.entity) for group in groups]
    if len(boxes) > ROWS:
        boxes[ROWS - 1 :] = [Box(tuple(each for box in boxes[ROWS - 1 :] for each in box.members))]
    return tuple(boxes)
