"""Who is in the team: one change at a time an entity, each on record, never the last filer taken away."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crisis_teams.actions.seats import (
    Person,
    Term,
    belongs_elsewhere,
    end,
    enrol,
    filers,
    keep_a_filer,
    live,
    lock,
    seat,
)
from crisis_teams.errors import TeamRefused
from crisis_teams.history import Deed, record
from entities.models import Entity, Membership, User
from entities.permissions import Role

GIVES_THE_DIRECTION = frozenset({Role.DIRECTOR, Role.IT_LEADER})


@transaction.atomic
def appoint(
    entity: Entity,
    role: Role,
    person: Person,
    *,
    until: date | None = None,
    at: datetime | None = None,
    by: User,
) -> Membership:
    """Give a person a role of the team from today on; the first appointment registers the team.

    She may act at once, and counts as active from her first sign-in. The same appointment twice changes nothing.
    Raises TeamRefused.
    """
    lock(entity)
    membership, changed = seat(entity, role, enrol(person, entity=entity), since=_day(at), until=until, by=by)
    if changed:
        record(Deed.APPOINTED, entity=entity, membership=membership, at=at, by=by)
    return membership


@transaction.atomic
def emergency_appoint(entity: Entity, person: Person, *, at: datetime | None = None, by: User) -> Membership:
    """Make a person director at once when nobody else can file; a director who cannot act makes room.

    Recorded like any appointment, as an emergency's. Raises TeamRefused.
    """
    lock(entity)
    user = enrol(person, entity=entity)
    able = filers(entity)
    if able.exclude(user=user).exists():
        raise TeamRefused(_("Your entity has a director or an alternate who can file now."))
    absentees = live(entity).in_roles(Role.DIRECTOR).exclude(pk__in=able)
    for absent in absentees.exclude(user=user, status=Membership.Status.SUSPENDED):
        end(absent, reason=_("Emergency appointment of another director."), by=by)
    membership, changed = seat(entity, Role.DIRECTOR, user, since=_day(at), by=by)
    if changed:
        record(Deed.EMERGENCY, entity=entity, membership=membership, at=at, by=by)
    return membership


@transaction.atomic
def replace(membership: Membership, person: Person, *, reason: str, at: datetime | None = None, by: User) -> Membership:
    """End a membership and give its role to another person, in one step. Raises TeamRefused."""
    entity = membership.entity
    lock(entity)
    leaving = Membership.objects.select_related("user").get(pk=membership.pk)
    user = enrol(person, entity=entity)
    if user == leaving.user:
        raise TeamRefused(_("This ID number belongs to the person who is to be replaced."))
    end(leaving, reason=reason, by=by)
    successor, changed = seat(entity, Role(leaving.role), user, since=_day(at), by=by)
    if changed:
        record(Deed.REPLACED, entity=entity, membership=successor, other=leaving, at=at, by=by)
    return successor


@transaction.atomic
def retire(membership: Membership, *, reason: str, at: datetime | None = None, by: User) -> Membership:
    """End a membership, once; refused for the last person who can file. Raises TeamRefused."""
    lock(membership.entity)
    leaving = Membership.objects.select_related("user", "entity").get(pk=membership.pk)
    if leaving.status == Membership.Status.ENDED:
        return leaving
    keep_a_filer(leaving)
    end(leaving, reason=reason, by=by)
    record(Deed.RETIRED, entity=leaving.entity, membership=leaving, at=at, by=by)
    return leaving


@transaction.atomic
def hand_over(alternate: Membership, *, at: datetime | None = None, by: User) -> Membership:
    """The alternate becomes director and the director alternate; both stay signed in. Raises TeamRefused.

    The direction is given and never taken: an alternate has every right of a director but this one.
    """
    lock(alternate.entity)
    new = filers(alternate.entity).filter(pk=alternate.pk).select_related("user", "entity").first()
    if new is None:
        raise TeamRefused(_("Only an alternate who can file today can take the direction."))
    if new.role == Role.DIRECTOR:
        return new
    if by.acting is None or by.acting.role not in GIVES_THE_DIRECTION:
        raise TeamRefused(_("The director or the IT leader hands the direction over, not an alternate."))
    old = live(new.entity).in_roles(Role.DIRECTOR).first()
    if old is not None:  # first, so that there are never two directors
        old.role = Role.ALTERNATE
        old.save(update_fields=["role"])
    new.role = Role.DIRECTOR
    new.save(update_fields=["role"])
    record(Deed.HANDED_OVER, entity=new.entity, membership=new, other=old, at=at, by=by)
    return new


@transaction.atomic
def amend(
    membership: Membership,
    *,
    mobile: str = "",
    email: str = "",
    term: Term | None = None,
    delegated: bool | None = None,
    at: datetime | None = None,
    by: User,
) -> Membership:
    """Correct contact data, set the term, delegate updates to a member; what is empty or None stays.

    Raises TeamRefused.
    """
    lock(membership.entity)
    membership = Membership.objects.select_related("user", "entity").get(pk=membership.pk)
    if membership.status == Membership.Status.ENDED:
        raise TeamRefused(_("This membership has ended."))
    changes = {
        **_contact_changes(membership, mobile=mobile, email=email),
        **(_term_changes(membership, term) if term else {}),
        **(_delegation_changes(membership, delegated) if delegated is not None else {}),
    }
    if changes:
        membership.user.save(update_fields=["mobile", "email"])
        membership.save(update_fields=["valid_from", "valid_to", "delegated"])
        record(Deed.AMENDED, entity=membership.entity, membership=membership, changes=changes, at=at, by=by)
    return membership


def _day(at: datetime | None) -> date:
    return timezone.localdate(at) if at else timezone.localdate()


def _contact_changes(membership: Membership, *, mobile: str, email: str) -> dict[str, str | None]:
    user = membership.user
    wanted = {"mobile": mobile, "email": email}
    changed = [name for name, value in wanted.items() if value and value != getattr(user, name)]
    if changed and belongs_elsewhere(user, entity=membership.entity):
        raise TeamRefused(
            _("%(name)s belongs to another entity as well: only the person changes this contact data.")
            % {"name": user.name}
        )
    for name in changed:
        setattr(user, name, wanted[name])
    return dict.fromkeys(changed)


def _term_changes(membership: Membership, term: Term) -> dict[str, str | None]:
    if not term.covers(timezone.localdate()):
        keep_a_filer(membership)
    changes: dict[str, str | None] = {}
    if term.valid_from != membership.valid_from:
        membership.valid_from = term.valid_from
        changes["valid_from"] = term.valid_from.isoformat() if term.valid_from else None
    if term.valid_to != membership.valid_to:
        membership.valid_to = term.valid_to
        changes |= {"valid_to": term.valid_to.isoformat()} if term.valid_to else {"open_ended": None}
    return changes


def _delegation_changes(membership: Membership, delegated: bool) -> dict[str, str | None]:
    if delegated == membership.delegated:
        return {}
    if membership.role != Role.MEMBER:
        raise TeamRefused(_("Updates are delegated to members: directors and alternates send them anyway."))
    membership.delegated = delegated
    return {"delegated" if delegated else "undelegated": None}
