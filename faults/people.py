"""Who files: a director in each of forty entities with a registered team, two reviewers, and a session for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from entities.models import Entity, User

ENTITIES = 40
#: One in so many has a mobile, and gets an SMS beside the mail.
WITH_MOBILE = 3
#: In so many entities all of so many services are down whole: urgent reports, whose clocks are short.
WHOLLY_DOWN, ALL = 4, 15


@dataclass(frozen=True)
class Filer:
    """A director's session, the services that she reports, one a report, and how bad it is."""

    session: str
    services: list[int]
    impact: str


@dataclass(frozen=True)
class Town:
    filers: list[Filer]
    reviewers: list[str]


def settle(reports: int) -> Town:
    """Write them down; there are services for so many reports."""
    from entities.permissions import Role
    from entities.row_security import as_system
    from tests import factories

    each = reports // ENTITIES + 1
    with as_system():
        reviewers = [open_session(factories.a_person(Role.REVIEWER)) for _ in range(2)]
        filers = []
        for number in range(ENTITIES):
            mobile = {} if number % WITH_MOBILE == 0 else {"mobile": ""}
            director = factories.a_person(Role.DIRECTOR, **mobile)
            entity = director.memberships.get().entity
            factories.a_team(entity)
            is_down = number < WHOLLY_DOWN
            services = services_of(entity, ALL if is_down else each)
            filers.append(Filer(open_session(director), services, "full" if is_down else "minor"))
    return Town(filers, reviewers)


def services_of(entity: Entity, number: int) -> list[int]:
    from entities.models import DigitalService

    names = [(f"خدمة {entity.pk}-{n}", f"Service {entity.pk}-{n}") for n in range(number)]
    rows = [
        DigitalService(
            entity=entity, code=f"service-{entity.pk}-{n}", name_ar=ar, name_en=en, tier=n % 4, users_per_day=100_000,
            search_text=DigitalService.search_text_for(name_ar=ar, name_en=en, entity=entity),
        )
        for n, (ar, en) in enumerate(names)
    ]  # fmt: skip
    return [service.pk for service in DigitalService.objects.bulk_create(rows, batch_size=500)]


def open_session(person: User) -> str:
    """A session as nafath_auth writes it; returns its key."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.utils import timezone

    from entities.sessions import SessionStore

    now = int(timezone.now().timestamp())
    session = SessionStore()
    session.update(
        {
            SESSION_KEY: str(person.pk),
            BACKEND_SESSION_KEY: "nafath_auth.backends.KnownPeople",
            HASH_SESSION_KEY: person.get_session_auth_hash(),
            "started_at": now,
            "seen_at": now,
            "nafath_at": now,
            "memberships": 1,
            "membership_id": person.memberships.get().pk,
        }
    )
    session.save()
    return str(session.session_key)
