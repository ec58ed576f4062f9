"""Who may enter, and as what."""

import uuid
from dataclasses import dataclass

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language

from entities import national_id
from entities.models import AuditEvent, Membership, User
from entities.models.people import MembershipQuerySet
from nafath_auth import break_glass, code_door
from nafath_auth.identity import VerifiedIdentity, name_matches

Status = Membership.Status
#: No person's key. A stranger is looked up like everybody else: the time an answer takes tells nothing either.
NOBODY = 0


class AdmissionRefused(Exception):
    """She is who she says, but may not enter. `reason` is for the auditors, never for the page."""

    def __init__(self, reason: str, person: User | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.person: uuid.UUID | None = person.public_id if person else None


@dataclass(frozen=True)
class Admission:
    """A person who may enter. `memberships` are what she may act as: one at least."""

    person: User
    account: SocialAccount
    memberships: list[Membership]
    is_first: bool
    name_differs: bool


@transaction.atomic
def admit(identity: VerifiedIdentity, told: SocialAccount) -> Admission:
    """Find the registered person behind a verified identity and note that she entered.

    `told` is what is to be kept about this sign-in. Nobody is ever created; a person found by an older key's digest
    gets the current one, on both rows. Raises AdmissionRefused, and then nothing was written.
    """
    digests = national_id.digests(identity.national_id)
    person = _registered(digests)
    held = Membership.objects.filter(user=person.pk if person else NOBODY).select_related("entity")
    memberships = list(held.usable().order_by("entity__name_ar", "role"))
    if person is None or not memberships:
        raise AdmissionRefused(_why_not(person, held), person)
    differs = _name_differs(person, identity)
    account = _kept(told, person, digests)
    _complete(person, identity, digest=account.uid)
    code_door.confirm(person)
    break_glass.over(person)
    if len(memberships) == 1:
        person.acting = memberships[0]
        _activate(memberships[0], by=person)
        _remember(person, memberships[0])
    AuditEvent.record(
        AuditEvent.Action.SIGN_IN,
        entity=person.acting.entity if person.acting else None,
        by=person,
        issuer=identity.issuer,
        acr=identity.acr,
        amr=list(identity.amr),
        name_differs=differs,
    )
    return Admission(person, account, memberships, is_first=person.last_login is None, name_differs=differs)


@transaction.atomic
def act_as(membership: Membership, *, by: User) -> Membership:
    """Let a person act in another of her memberships from now on."""
    previous, by.acting = by.acting, membership
    _activate(membership, by=by)
    _remember(by, membership)
    AuditEvent.record(
        AuditEvent.Action.SWITCHED_ENTITY,
        entity=membership.entity,
        by=by,
        previous_entity=previous.entity.code if previous else "",
        previous_role=previous.role if previous else "",
    )
    return membership


@transaction.atomic
def acknowledge_notice(*, by: User) -> None:
    """Note that she has been shown the privacy notice of today: once a version. It is a notice, no consent."""
    if by.notice_version == settings.PRIVACY_NOTICE_VERSION:
        return
    by.notice_version, by.notice_at = settings.PRIVACY_NOTICE_VERSION, timezone.now()
    by.save(update_fields=["notice_version", "notice_at"])
    entity = by.acting.entity if by.acting else None
    AuditEvent.record(AuditEvent.Action.NOTICE_SEEN, entity=entity, by=by, version=by.notice_version)


def _registered(digests: list[str]) -> User | None:
    people = list(User.objects.known_as(digests).select_for_update(no_key=True)[:2])
    if len(people) > 1:  # once under an older key, once under the current one
        raise AdmissionRefused("registered_twice", people[0])
    return people[0] if people else None


def _why_not(person: User | None, held: MembershipQuerySet) -> str:
    """Why none of her memberships can be used, from the newest one; asked of a stranger as well."""
    newest = held.order_by("-created_at", "-pk").first()
    if person is None:
        return "not_registered"
    if not person.is_active:
        return "person_inactive"
    if newest is None:
        return "no_membership"
    if newest.status in (Status.SUSPENDED, Status.ENDED):
        return f"membership_{newest.status.lower()}"
    return "membership_outside_term" if newest.entity.is_active else "entity_inactive"


def _name_differs(person: User, identity: VerifiedIdentity) -> bool:
    """Whether somebody should look at it. Arabic decides where both have it: Latin spellings of a name vary."""
    pair = person.name_ar, identity.name_ar
    if not all(pair):
        pair = person.name_en, identity.name_en
    return all(pair) and not name_matches(*pair)


def _kept(told: SocialAccount, person: User, digests: list[str]) -> SocialAccount:
    """Her one account at Nafath, as it is from now on. An identity never changes its person, nor a person hers."""
    known = list(SocialAccount.objects.filter(Q(uid__in=digests) | Q(user=person), provider=told.provider))
    if len(known) > 1 or any(row.user_id != person.pk or row.uid not in digests for row in known):
        raise AdmissionRefused("account_of_another", person)
    account = known[0] if known else SocialAccount(user=person, provider=told.provider)
    account.uid, account.extra_data = told.uid, told.extra_data
    account.save()
    return account


def _complete(person: User, identity: VerifiedIdentity, *, digest: str) -> None:
    """The current digest, a name where none was registered, and English for her who first comes by that door."""
    person.national_id_digest = digest
    if person.last_login is None and get_language() != settings.LANGUAGE_CODE:
        person.language = get_language() or settings.LANGUAGE_CODE
    person.name_ar = person.name_ar or identity.name_ar
    person.name_en = person.name_en or identity.name_en
    person.save(update_fields=["national_id_digest", "name_ar", "name_en", "language"])


def _remember(person: User, membership: Membership) -> None:
    """The membership used last stands first when the person chooses again."""
    if person.last_membership_id != membership.pk:
        person.last_membership = membership
        person.save(update_fields=["last_membership"])


def _activate(membership: Membership, *, by: User) -> None:
    """An invitation becomes a membership when the person first acts in it."""
    invited = Membership.objects.filter(pk=membership.pk, status=Status.INVITED)
    if invited.update(status=Status.ACTIVE):
        membership.status = Status.ACTIVE
        AuditEvent.record(
            AuditEvent.Action.MEMBERSHIP,
            entity=membership.entity,
            by=by,
            change=f"{Status.INVITED}→{Status.ACTIVE}",
            role=membership.role,
        )
