"""The people of the demo: simulator/personas.csv is their one home. The portal learns digests, never an ID."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Self

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from crisis_teams import actions as teams
from crisis_teams.models import CrisisTeam
from entities import national_id
from entities.models import Entity, Membership, Notice, User
from entities.permissions import TEAM_ROLES, Role

PERSONAS = settings.BASE_DIR / "simulator" / "personas.csv"
DECISION = Path(__file__).with_name("decision.pdf")
#: Days since each team confirmed its contact data; 90 is the term, so two are about to expire.
CONFIRMED_DAYS_AGO = {"demo-a": 78, "demo-b": 20, "demo-c": 41, "demo-e": 9, "demo-f": 63, "demo-g": 86, "demo-h": 33}
WITH_DECISION = ("demo-a", "demo-b", "demo-c", "demo-e", "demo-f")
#: Members to whom the director delegates updates.
DELEGATED = ("Turki Al-Harbi", "Amal Al-Juhani", "Dalal Al-Tamimi")
REGISTERED_DAYS_AGO = 400

Status = Membership.Status


@dataclass(frozen=True)
class Seat:
    """A line of the personas in one of its roles."""

    persona: dict[str, str]
    role: Role
    entity: str

    @property
    def person(self) -> teams.Person:
        names = ("national_id", "name_ar", "name_en", "mobile", "email")
        return teams.Person(**{name: self.persona[name] for name in names})


@dataclass(frozen=True)
class Cast:
    """Who may act for whom, each person ready in the membership she acts in."""

    by_role: dict[tuple[str, str], list[User]]

    @classmethod
    def from_database(cls) -> Self:
        found: dict[tuple[str, str], list[User]] = defaultdict(list)
        usable = Membership.objects.usable().select_related("user", "entity").order_by("pk")
        for membership in usable:
            membership.user.acting = membership
            found[membership.entity.code, membership.role].append(membership.user)
        return cls(dict(found))

    def all(self, entity: str, *roles: Role) -> list[User]:
        return [person for role in roles for person in self.by_role.get((entity, role), [])]

    def first(self, entity: str, *roles: Role) -> User | None:
        return next(iter(self.all(entity, *roles)), None)


def load_people(*, now: datetime) -> None:
    """Register whoever is missing, through the teams' own actions; a second run finds everybody."""
    registered = now - timedelta(days=REGISTERED_DAYS_AGO)
    seats = [seat for seat in _seats() if not _is_known(seat)]
    entities = {entity.code: entity for entity in Entity.objects.all()}
    for seat in sorted(seats, key=lambda seat: seat.role in TEAM_ROLES):  # leaders first: they appoint the teams
        _take_seat(seat, entities[seat.entity], at=registered)
    if seats:
        _confirm_teams(now=now)
        # All of this is told as history: nobody gets a mail about it.
        Notice.objects.not_fanned_out().update(fanned_out_at=now)


def read_personas() -> list[dict[str, str]]:
    """The fake people, as the pretend Nafath knows them."""
    with PERSONAS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _seats() -> list[Seat]:
    return [
        Seat(persona, Role(role), entity)
        for persona in read_personas()
        for role, _at, entity in (place.partition("@") for place in persona["roles"].split())
    ]


def _is_known(seat: Seat) -> bool:
    known = User.objects.known_as(national_id.digests(seat.persona["national_id"]))
    return Membership.objects.filter(user__in=known, entity__code=seat.entity, role=seat.role).exists()


def _take_seat(seat: Seat, entity: Entity, *, at: datetime) -> None:
    if seat.role in TEAM_ROLES:
        membership = teams.appoint(entity, seat.role, seat.person, at=at, by=_appointer(entity))
    else:
        membership = Membership(user=_register(seat), entity=entity, role=seat.role)
    since = at.date()
    membership.valid_from, membership.created_at = since, at
    if seat.role != Role.MEMBER or seat.persona["name_en"] in DELEGATED:
        # Whoever appears in the tales has signed in; the other members find their first sign-in before them.
        membership.status, membership.user.last_login = Status.ACTIVE, at + timedelta(days=1)
        membership.user.notice_version, membership.user.notice_at = settings.PRIVACY_NOTICE_VERSION, at
        membership.user.save(update_fields=["last_login", "notice_version", "notice_at"])
    membership.save()
    if seat.persona["name_en"] in DELEGATED:
        membership = teams.amend(membership, delegated=True, at=at + timedelta(days=30), by=_appointer(entity))
    _reach_state(seat.persona["state"], membership, since=since)


def _appointer(entity: Entity) -> User:
    """The entity's IT leader; the authority's admin where there is none."""
    leaders = Membership.objects.filter(entity=entity, role=Role.IT_LEADER)
    membership = (leaders or Membership.objects.filter(role=Role.ADMIN)).select_related("user", "entity")[0]
    membership.user.acting = membership
    return membership.user


def _register(seat: Seat) -> User:
    number = seat.persona["national_id"]
    known = User.objects.known_as(national_id.digests(number)).first()
    names = ("name_ar", "name_en", "mobile", "email")
    return known or User.objects.register(
        digest=national_id.digest(number), last4=number[-4:], **{name: seat.persona[name] for name in names}
    )


def _reach_state(state: str, membership: Membership, *, since: date) -> None:
    """The cards that the portal must refuse."""
    match state:
        case "suspended":
            membership.status = Status.SUSPENDED
        case "ended":
            membership.status, membership.ended_reason = Status.ENDED, "انتهاء مدة التكليف"
            membership.valid_to = since + timedelta(days=180)
            membership.ended_at = timezone.now()
        case "person_inactive":
            membership.user.is_active = False
            membership.user.save(update_fields=["is_active"])
    membership.save()


def _confirm_teams(*, now: datetime) -> None:
    for team in CrisisTeam.objects.filter(entity__code__in=CONFIRMED_DAYS_AGO).select_related("entity"):
        director = Cast.from_database().first(team.entity.code, Role.DIRECTOR)
        if director is None or team.confirmed_at is not None:
            continue
        confirmed = now - timedelta(days=CONFIRMED_DAYS_AGO[team.entity.code])
        CrisisTeam.objects.filter(pk=team.pk).update(created_at=now - timedelta(days=REGISTERED_DAYS_AGO))
        if team.entity.code in WITH_DECISION:
            teams.attach_decision(
                team,
                reference=f"{4100 + team.pk}/ق",
                day=(now - timedelta(days=REGISTERED_DAYS_AGO + 5)).date(),
                upload=SimpleUploadedFile("قرار-تشكيل-الفريق.pdf", DECISION.read_bytes()),
                content_type="application/pdf",
                at=now - timedelta(days=REGISTERED_DAYS_AGO - 1),
                by=director,
            )
        teams.confirm_team(team, at=confirmed, by=director)
