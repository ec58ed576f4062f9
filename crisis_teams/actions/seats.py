"""What appointments are made of: lock, find the person, give her a seat, end one, keep somebody who files."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crisis_teams.errors import TeamRefused
from crisis_teams.models import FILERS, CrisisTeam
from entities import national_id
from entities.models import Entity, Membership, User
from entities.models.people import MembershipQuerySet
from entities.permissions import TEAM_ROLES, Role
from entities.sessions import end_sessions_of

Status = Membership.Status


@dataclass(frozen=True)
class Person:
    """Someone as typed into a form. The ID lives as long as the request, and no repr shows it."""

    national_id: str = field(repr=False)
    name_ar: str
    mobile: str = field(repr=False)
    email: str = field(default="", repr=False)
    name_en: str = ""


@dataclass(frozen=True)
class Term:
    """From the first day to the last, both included; None leaves that end open."""

    valid_from: date | None = None
    valid_to: date | None = None

    def covers(self, day: date) -> bool:
        after_start = self.valid_from is None or self.valid_from <= day
        return after_start and (self.valid_to is None or day <= self.valid_to)


def lock(entity: Entity) -> None:
    """One change at a time an entity. Its own row is the lock: a membership that does not exist yet has none.

    FOR NO KEY UPDATE, so that reports which point at the entity are filed meanwhile.
    """
    Entity.objects.select_for_update(no_key=True).get(pk=entity.pk)


def live(entity: Entity) -> MembershipQuerySet:
    """The team's memberships that have not ended, whether or not they may be used today."""
    return Membership.objects.in_roles(*TEAM_ROLES).filter(entity=entity).exclude(status=Status.ENDED)


def filers(entity: Entity) -> MembershipQuerySet:
    """Those who can file for the entity today."""
    return Membership.objects.usable().in_roles(*FILERS).filter(entity=entity)


def enrol(person: Person, *, entity: Entity) -> User:
    """The person behind the ID, registered now if nobody knows her. Raises TeamRefused for a closed account.

    Whoever belongs to another entity as well keeps the contact data she has: one entity cannot redirect the
    messages of another.
    """
    known = User.objects.known_as(national_id.digests(person.national_id))
    user = known.first()
    if user is None:
        try:
            with transaction.atomic():
                return User.objects.register(
                    digest=national_id.digest(person.national_id),
                    last4=person.national_id[-4:],
                    name_ar=person.name_ar,
                    name_en=person.name_en,
                    mobile=person.mobile,
                    email=person.email,
                )
        except IntegrityError:  # another entity registered her a moment ago
            user = known.get()
    if not user.is_active:
        raise TeamRefused(_("This person cannot be appointed. Call the operations room."))
    elsewhere = belongs_elsewhere(user, entity=entity)
    user.mobile = (elsewhere and user.mobile) or person.mobile or user.mobile
    user.email = (elsewhere and user.email) or person.email or user.email
    user.save(update_fields=["mobile", "email"])
    return user


def belongs_elsewhere(user: User, *, entity: Entity) -> bool:
    """Whether another entity counts on this person too."""
    return user.memberships.exclude(entity=entity).exclude(status=Status.ENDED).exists()


def seat(
    entity: Entity, role: Role, user: User, *, since: date, until: date | None = None, by: User
) -> tuple[Membership, bool]:
    """Give the person the role, and say whether anything changed. Raises TeamRefused.

    A member who becomes alternate or director, or an alternate who becomes director, keeps her membership, so
    that she stays signed in.
    """
    CrisisTeam.objects.get_or_create(entity=entity)
    held = live(entity).filter(user=user).first()
    if held and held.role == role and Membership.objects.usable().filter(pk=held.pk).exists():
        return held, False
    if held and (held.status == Status.SUSPENDED or not _rises(held.role, role)):
        raise TeamRefused(
            _("%(name)s already belongs to the team: %(role)s, %(status)s.")
            % {"name": user.name, "role": held.get_role_display(), "status": held.get_status_display()}
        )
    if role == Role.DIRECTOR:
        make_room(entity, by=by)
    held = held or Membership(user=user, entity=entity, invited_by=by)
    held.role, held.delegated = role, False
    held.valid_from, held.valid_to = since, until
    held.save()
    return held, True


def _rises(before: str, after: str) -> bool:
    return (before, after) in {
        (Role.MEMBER, Role.ALTERNATE),
        (Role.MEMBER, Role.DIRECTOR),
        (Role.ALTERNATE, Role.DIRECTOR),
    }


def make_room(entity: Entity, *, by: User) -> None:
    """One director an entity: a term that is over ends now, anything else is refused. Raises TeamRefused."""
    director = live(entity).in_roles(Role.DIRECTOR).select_related("user").first()
    if director is None:
        return
    if director.valid_to is None or director.valid_to >= timezone.localdate():
        raise TeamRefused(
            _("%(name)s is the director. Replace the director, or hand the direction over to the alternate.")
            % {"name": director.user.name}
        )
    end(director, reason=_("The term was over."), by=by)


def end(membership: Membership, *, reason: str, by: User) -> None:
    """The membership ends now, and the sessions that act in it. An ended one keeps its reason."""
    if membership.status != Status.ENDED:
        membership.status, membership.ended_reason = Status.ENDED, national_id.redact(reason)[:200]
        membership.ended_at = timezone.now()
        membership.save(update_fields=["status", "ended_reason", "ended_at"])
        end_sessions_of(membership.user, membership=membership, by=by)


def keep_a_filer(membership: Membership) -> None:
    """Refuse to take away the only person who can file today. Raises TeamRefused."""
    able = filers(membership.entity)
    if able.filter(pk=membership.pk).exists() and not able.exclude(pk=membership.pk).exists():
        raise TeamRefused(
            _("%(name)s is the only one who can file reports for your entity. Name a successor first.")
            % {"name": membership.user.name}
        )
