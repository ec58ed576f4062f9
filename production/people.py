"""Who walks: a director, an alternate and a reviewer, known to the pretend Nafath by the same numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from production.house import House

DIRECTOR, REVIEWER = "Khalid Al-Otaibi", "Saad Al-Mutairi"
#: One a report; the crowd files some hundred at most.
SERVICES = 1200


@dataclass(frozen=True)
class Town:
    services: list[int]


def settle(house: House) -> Town:
    """Write them down, as the worker's role."""
    from entities.permissions import Role
    from entities.row_security import as_system
    from faults.people import services_of
    from tests import factories

    with as_system():
        factories.an_entity(authority=True)
        entity = factories.an_entity()
        factories.a_team(entity)
        for name, role in ((DIRECTOR, Role.DIRECTOR), (REVIEWER, Role.REVIEWER)):
            persona = house.personas[name]
            factories.a_person(
                role,
                entity=entity if role == Role.DIRECTOR else None,
                number=str(persona["national_id"]),
                email=str(persona["email"]),
                mobile=str(persona["mobile"]),
                name_en=name,
            )
        return Town(services_of(entity, SERVICES))
