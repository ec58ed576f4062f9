"""Can the entity report an outage tonight? One checklist for the team's page, the home page and filing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db import models
from django.db.models import Case, Exists, IntegerField, OuterRef, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crisis_teams.models import FILERS, FRESH_FOR, CrisisTeam
from entities.models import Entity, Membership
from entities.permissions import TEAM_ROLES, Role

#: The order in which people are listed and called.
CALL_ORDER = (Role.DIRECTOR, Role.ALTERNATE, Role.MEMBER, Role.IT_LEADER)
SOON_DAYS = 14


class Standing(models.TextChoices):
    """Where a membership stands today, in one word; the value is its pill's tone."""

    ACTIVE = "good", gettext_lazy("Active")
    INVITED = "info", gettext_lazy("Invited")
    AHEAD = "planned", gettext_lazy("Term not begun")
    OVER = "late", gettext_lazy("Term over")
    SUSPENDED = "waiting", gettext_lazy("Suspended")


@dataclass(frozen=True)
class Seat:
    """A person of the team as the page shows her; `usable`: she may act today."""

    membership: Membership
    usable: bool
    standing: Standing

    @property
    def is_reachable(self) -> bool:
        """An SMS and a mail both have an address to go to."""
        return bool(self.membership.user.mobile and self.membership.user.email)


class CheckName(StrEnum):
    DIRECTOR = "director"
    ALTERNATE = "alternate"
    REACHABLE = "reachable"
    CONFIRMED = "confirmed"
    DECISION = "decision"


@dataclass(frozen=True)
class Check:
    """One line of the checklist; `person` is a name to print after the sentence, `seat` whom it is about."""

    name: CheckName
    done: bool
    sentence: str
    person: str = ""
    seat: Seat | None = None


@dataclass(frozen=True)
class Readiness:
    """What the entity has, and what it lacks, to report an outage."""

    team: CrisisTeam | None
    seats: tuple[Seat, ...]
    leaders: tuple[Seat, ...]
    checks: tuple[Check, ...]

    @property
    def is_active(self) -> bool:
        """A registered team whose director or alternate can file today: filing asks this and nothing more."""
        return self.team is not None and self.has_filer

    @property
    def has_filer(self) -> bool:
        """Whether anybody could file today, once the team is registered."""
        return any(seat.usable and seat.membership.role in FILERS for seat in self.seats)

    @property
    def is_ready(self) -> bool:
        return self.is_active and self.next_check is None

    @property
    def next_check(self) -> Check | None:
        """The first thing that is missing: the one to do now."""
        return next((check for check in self.checks if not check.done), None)

    @property
    def days_to_confirm(self) -> int | None:
        """Days until the contact data must be confirmed again; None before the first time."""
        due = self.team.confirm_by if self.team else None
        return (timezone.localdate(due) - timezone.localdate()).days if due else None

    @property
    def confirm_soon(self) -> bool:
        return self.days_to_confirm is not None and self.days_to_confirm <= SOON_DAYS


def active_team(entity: Entity) -> CrisisTeam | None:
    """The entity's team if it can file today, else None."""
    return CrisisTeam.objects.active().filter(entity=entity).first()


def team_members(entity: Entity) -> QuerySet[Membership]:
    """Those who may act today for the team, and the IT leaders, in the order one calls them, with `user`."""
    people = Membership.objects.usable().in_roles(*TEAM_ROLES, Role.IT_LEADER).filter(entity=entity)
    return _in_call_order(people.select_related("user"))


def readiness(entity: Entity, *, at: datetime | None = None) -> Readiness:
    """The checklist of an entity, in two queries."""
    team = CrisisTeam.objects.select_related("confirmed_by").filter(entity=entity).first()
    usable = Exists(Membership.objects.usable().filter(pk=OuterRef("pk")))
    people = (
        Membership.objects.in_roles(*TEAM_ROLES, Role.IT_LEADER)
        .filter(entity=entity)
        .exclude(status=Membership.Status.ENDED)
        .annotate(may_act=usable)
        .select_related("user")
    )
    seats = tuple(_seat(each, usable=each.may_act) for each in _in_call_order(people))  # type: ignore[attr-defined]  # annotated
    members = tuple(seat for seat in seats if seat.membership.role in TEAM_ROLES)
    return Readiness(
        team=team,
        seats=members,
        leaders=tuple(seat for seat in seats if seat.membership.role == Role.IT_LEADER and seat.usable),
        checks=(
            _filer_check(CheckName.DIRECTOR, members),
            _filer_check(CheckName.ALTERNATE, members),
            _reachable_check(members),
            _confirmed_check(team, at=at or timezone.now()),
            _decision_check(team),
        ),
    )


def _in_call_order(people: QuerySet[Membership]) -> QuerySet[Membership]:
    places = [When(role=role, then=Value(place)) for place, role in enumerate(CALL_ORDER)]
    place = Case(*places, default=Value(len(CALL_ORDER)), output_field=IntegerField())
    return people.order_by(place, "created_at", "pk")


def _seat(membership: Membership, *, usable: bool) -> Seat:
    today = timezone.localdate()
    return Seat(membership, usable=usable, standing=_standing(membership, usable=usable, today=today))


def _standing(membership: Membership, *, usable: bool, today: date) -> Standing:
    if usable:
        return Standing.ACTIVE if membership.status == Membership.Status.ACTIVE else Standing.INVITED
    if membership.status != Membership.Status.SUSPENDED:
        if membership.valid_to and membership.valid_to < today:
            return Standing.OVER
        if membership.valid_from and membership.valid_from > today:
            return Standing.AHEAD
    return Standing.SUSPENDED


def _filer_check(name: CheckName, seats: tuple[Seat, ...]) -> Check:
    directs = name == CheckName.DIRECTOR
    holders = [seat for seat in seats if seat.membership.role == (Role.DIRECTOR if directs else Role.ALTERNATE)]
    able = next((seat for seat in holders if seat.usable), None)
    if able is not None:
        sentence = _("Director:") if directs else _("Alternate:")
        return Check(name, True, sentence, person=able.membership.user.name, seat=able)
    if holders:
        sentence = _("The director cannot act today") if directs else _("The alternate cannot act today")
        return Check(name, False, sentence, seat=holders[0])
    return Check(name, False, _("No director yet") if directs else _("No alternate yet"))


def _reachable_check(seats: tuple[Seat, ...]) -> Check:
    usable = [seat for seat in seats if seat.usable]
    silent = next((seat for seat in usable if not seat.is_reachable), None)
    if silent is not None:
        person = silent.membership.user.name
        return Check(CheckName.REACHABLE, False, _("Mobile or e-mail missing:"), person=person, seat=silent)
    sentence = _("Everyone has a mobile and an e-mail") if usable else _("Nobody to reach yet")
    return Check(CheckName.REACHABLE, bool(usable), sentence)


def _confirmed_check(team: CrisisTeam | None, *, at: datetime) -> Check:
    if team is None or team.confirmed_at is None:
        return Check(CheckName.CONFIRMED, False, _("Contact data not confirmed yet"))
    days = (timezone.localdate(at) - timezone.localdate(team.confirmed_at)).days
    if not days:
        return Check(CheckName.CONFIRMED, True, _("Contact data confirmed today"))
    sentence = ngettext("Contact data confirmed %(count)d day ago", "Contact data confirmed %(count)d days ago", days)
    return Check(CheckName.CONFIRMED, at - team.confirmed_at <= FRESH_FOR, sentence % {"count": days})


def _decision_check(team: CrisisTeam | None) -> Check:
    if team is not None and team.decision_file:
        return Check(CheckName.DECISION, True, _("Decision attached"))
    return Check(CheckName.DECISION, False, _("Decision not attached yet"))
