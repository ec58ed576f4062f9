"""The private address of a calendar feed: made, made anew, revoked by whoever it is for."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from entities.models import AuditEvent, Membership, User
from incidents.models import CalendarToken
from incidents.models.calendar_token import digest_of, new_token


@transaction.atomic
def make_feed(*, membership: Membership, by: User) -> str:
    """A new token, said this once; the one before is good for nothing any more."""
    token = new_token()
    CalendarToken.objects.update_or_create(
        membership=membership, defaults={"digest": digest_of(token), "created_at": timezone.now()}
    )
    AuditEvent.record(AuditEvent.Action.CONFIGURATION, entity=membership.entity, by=by, **_said("confirmed", by))
    return token


@transaction.atomic
def revoke_feed(*, by: User) -> None:
    """Calendar programs that hold the address are answered 404 from now on."""
    gone, _rows = CalendarToken.objects.visible_to(by).delete()
    if gone and by.acting:
        AuditEvent.record(AuditEvent.Action.CONFIGURATION, entity=by.acting.entity, by=by, **_said("removed", by))


def _said(done: str, by: User) -> dict[str, Any]:
    return {"model": "calendartoken", "pk": str(by.public_id), "done": done}
