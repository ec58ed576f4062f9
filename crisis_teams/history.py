"""What happened to a team: the TEAM lines of its entity's security log, so that nothing is written twice.

The log is append-only, chained and guarded by the database; it holds codes and keys, names are read from User.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from entities.models import AuditEvent, Entity, Membership, Notice, User
from entities.permissions import Role

SHOWN = 20


class Deed(models.TextChoices):
    """Each change of a team that is kept; the label is the title of its line."""

    REGISTERED = "REGISTERED", _("Registration of the team")
    APPOINTED = "APPOINTED", _("Appointment")
    EMERGENCY = "EMERGENCY", _("Emergency appointment")
    REPLACED = "REPLACED", _("Replacement")
    HANDED_OVER = "HANDED_OVER", _("Hand-over of the direction")
    RETIRED = "RETIRED", _("End of membership")
    AMENDED = "AMENDED", _("Change of a person's data")
    CONFIRMED = "CONFIRMED", _("Confirmation of contact data")
    DECISION = "DECISION", _("Attachment of the decision")


#: What the people of the team must hear of, by mail: who may act for the entity has changed.
TOLD = frozenset({Deed.APPOINTED, Deed.EMERGENCY, Deed.REPLACED, Deed.HANDED_OVER, Deed.RETIRED})

ICONS = {
    Deed.REGISTERED: "clipboard-check",
    Deed.APPOINTED: "user-plus",
    Deed.EMERGENCY: "user-check",
    Deed.REPLACED: "refresh-cw",
    Deed.HANDED_OVER: "reply",
    Deed.RETIRED: "user-minus",
    Deed.AMENDED: "user-cog",
    Deed.CONFIRMED: "check-check",
    Deed.DECISION: "file-check",
}


@dataclass(frozen=True)
class Line:
    """One line of the history: who did what, when, to whom; `other` is whoever stood there before."""

    deed: Deed
    at: datetime
    icon: str
    actor: str
    actor_role: str
    person: str = ""
    role: str = ""
    other: str = ""
    reason: str = ""
    reference: str = ""
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Change:
    """A part of what was amended: `day` for the ends of a term, nothing else tells its value."""

    sentence: str
    day: date | None = None


CHANGES = {
    "mobile": _("Mobile changed"),
    "email": _("E-mail changed"),
    "delegated": _("Sending updates delegated"),
    "undelegated": _("Delegation withdrawn"),
    "valid_from": _("Term from"),
    "valid_to": _("Term until"),
    "open_ended": _("Term without end"),
}


def record(
    deed: Deed,
    *,
    entity: Entity,
    membership: Membership | None = None,
    other: Membership | None = None,
    at: datetime | None = None,
    by: User,
    **more: str | dict[str, str | None],
) -> AuditEvent:
    """Write the line, last in its transaction, and the notice where people must hear of it.

    `at` is kept beside the log's own time when a seed tells of another moment; `more` holds codes, never names.
    """
    data: dict[str, Any] = {"deed": deed.value, **more}
    if membership is not None:
        data |= {"membership": membership.pk, "role": membership.role}
    if other is not None:
        data["other"] = other.pk
    if at is not None:
        data["at"] = at.isoformat()
    event = AuditEvent.record(AuditEvent.Action.TEAM, entity=entity, by=by, **data)
    if deed in TOLD:
        Notice.objects.create(
            kind=Notice.Kind.TEAM_CHANGED,
            key=f"team:{entity.code}:{event.seq}",
            entity=entity,
            data=data,
            at=at or event.at,
        )
    return event


def history(entity: Entity) -> list[Line]:
    """The latest lines of a team that the reader may see, newest first, in three queries."""
    events = list(AuditEvent.objects.filter(entity=entity, action=AuditEvent.Action.TEAM).order_by("-seq")[:SHOWN])
    keys = {event.data[part] for event in events for part in ("membership", "other") if part in event.data}
    people = Membership.objects.filter(entity=entity, pk__in=keys).select_related("user").in_bulk()
    actors: dict[UUID | None, User] = {
        user.public_id: user for user in User.objects.filter(public_id__in={event.person for event in events})
    }
    return [_line(event, people=people, actors=actors) for event in events]


def _line(event: AuditEvent, *, people: dict[int, Membership], actors: dict[UUID | None, User]) -> Line:
    deed = Deed(event.data["deed"])
    actor = actors.get(event.person)
    membership = people.get(event.data.get("membership", 0))
    other = people.get(event.data.get("other", 0))
    ended = other if deed == Deed.REPLACED else membership if deed == Deed.RETIRED else None
    return Line(
        deed=deed,
        at=datetime.fromisoformat(event.data["at"]) if "at" in event.data else timezone.localtime(event.at),
        icon=ICONS[deed],
        actor=actor.name if actor else "",
        actor_role=str(Role(event.role).label) if event.role else "",
        person=membership.user.name if membership else "",
        role=str(Role(event.data["role"]).label) if "role" in event.data else "",
        other=other.user.name if other else "",
        reason=ended.ended_reason if ended else "",
        reference=str(event.data.get("reference", "")),
        changes=tuple(_changes(event.data.get("changes", {}))),
    )


def _changes(changes: dict[str, str | None]) -> list[Change]:
    return [
        Change(str(CHANGES[name]), day=date.fromisoformat(value) if value else None) for name, value in changes.items()
    ]
