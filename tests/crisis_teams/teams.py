"""Teams for these tests, made by the actions as the pages make them."""

from __future__ import annotations

from datetime import date
from typing import Any

from crisis_teams import actions
from crisis_teams.actions import Person
from crisis_teams.models import CrisisTeam
from entities.models import Entity, Membership, User
from entities.permissions import Role
from tests.factories import a_person, an_entity, valid_id


def somebody(number: str = "", **fields: Any) -> Person:
    """A person as typed into a form."""
    typed = {"name_ar": "منى الشهري", "mobile": "+966512345678", "email": "mona@entity.example", **fields}
    return Person(national_id=number or valid_id(), **typed)


def typed(number: str = "", **fields: Any) -> dict[str, Any]:
    """The same as the browser posts it."""
    return {
        "national_id": number or valid_id(),
        "name_ar": "منى الشهري",
        "mobile": "0512345678",
        "email": "mona@entity.example",
        **fields,
    }


def a_leader(entity: Entity | None = None) -> User:
    return a_person(Role.IT_LEADER, entity=entity or an_entity())


def appointed(leader: User, role: Role = Role.DIRECTOR, **options: Any) -> Membership:
    """A seat in the leader's team, with somebody new in it."""
    person = options.pop("person", None) or somebody()
    assert leader.acting is not None
    return actions.appoint(leader.acting.entity, role, person, by=leader, **options)


def acting(membership: Membership) -> User:
    """The person of a seat, acting in it."""
    user = User.objects.get(pk=membership.user_id)
    user.acting = Membership.objects.select_related("entity").get(pk=membership.pk)
    return user


def team_of(entity: Entity) -> CrisisTeam:
    return CrisisTeam.objects.select_related("entity").get(entity=entity)


def end_term(membership: Membership, day: date) -> None:
    Membership.objects.filter(pk=membership.pk).update(valid_from=date(2024, 1, 1), valid_to=day)
