"""The graph of who relies on whom, walked in the database: one recursive query, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from django.db import connections

from entities.replica import reads_from

if TYPE_CHECKING:
    from entities.models.catalogue import DigitalService, ServiceDependency

#: So many steps are walked. The real graph ends after four; the limit is what ends a walk round a circle.
DEPTH = 12

# A row is a service, how far away it is, and whether every step to it is hard. UNION keeps each once, so a circle adds
# at most two rows a service and a step; the services that one starts from are never entered again. A list of the steps
# in each row would visit every way through the graph, and there are exponentially many.
WALK = """
WITH RECURSIVE reach (service, distance, hard) AS (
    SELECT link.{far}, 1, CASE WHEN link.strength = 'hard' THEN 1 ELSE 0 END
    FROM {link} link
    WHERE link.{near} IN ({roots}) AND link.{far} NOT IN ({roots}) AND link.state <> 'denied'
  UNION
    SELECT link.{far}, reach.distance + 1, CASE WHEN link.strength = 'hard' THEN reach.hard ELSE 0 END
    FROM reach
    JOIN {link} link ON link.{near} = reach.service
    JOIN {service} passed ON passed.id = reach.service
    JOIN {entity} passed_owner ON passed_owner.id = passed.entity_id
    WHERE reach.distance < {depth} AND link.{far} NOT IN ({roots}) AND link.state <> 'denied'
      AND passed.is_active AND passed.listed AND passed_owner.is_active
)
SELECT service.id, service.entity_id, service.users_per_day, MIN(reach.distance), MAX(reach.hard),
       MAX(CASE WHEN reach.distance = 1 THEN reach.hard ELSE 0 END)
FROM reach
JOIN {service} service ON service.id = reach.service
JOIN {entity} owner ON owner.id = service.entity_id
WHERE service.is_active AND service.listed AND owner.is_active
GROUP BY service.id, service.entity_id, service.users_per_day
ORDER BY MIN(reach.distance), service.id
"""


class Reached(NamedTuple):
    """A service somewhere along the graph.

    `hard`: on at least one way to it each service stops without the next; `at_once`: that way is a single step.
    """

    service: int
    entity: int
    users: int
    distance: int
    hard: bool
    at_once: bool = False


@dataclass(frozen=True)
class Blast:
    """Whom the outage of a service hits: services, their entities, their users a day; and of these who stops."""

    services: int = 0
    entities: int = 0
    users: int = 0
    stops: int = 0

    @classmethod
    def of(cls, reached: Iterable[Reached]) -> Blast:
        """The sums over what was reached; each service counts once."""
        rows = list(reached)
        return cls(
            services=len(rows),
            entities=len({row.entity for row in rows}),
            users=sum(row.users for row in rows),
            stops=sum(row.hard for row in rows),
        )


def walk(
    links: type[ServiceDependency], services: Iterable[DigitalService], *, to: Literal["consumer", "provider"]
) -> list[Reached]:
    """Every active service that is reached from these against the arrows (`consumer`) or along them (`provider`)."""
    roots = sorted({service.pk for service in services})
    if not roots:
        return []
    sql = WALK.format(
        near="provider_id" if to == "consumer" else "consumer_id",
        far=f"{to}_id",
        roots=", ".join(["%s"] * len(roots)),
        link=links._meta.db_table,
        service=links._meta.get_field("consumer").related_model._meta.db_table,
        entity="entities_entity",
        depth=DEPTH,
    )
    with connections[reads_from()].cursor() as cursor:
        cursor.execute(sql, roots * 3)
        rows = cursor.fetchall()
    return [Reached(pk, entity, users or 0, far, bool(hard), bool(near)) for pk, entity, users, far, hard, near in rows]
