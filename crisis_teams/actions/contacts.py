"""Mobiles and e-mails are shown in part. Who needs them whole says why, and that it was shown is written down."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from entities import national_id
from entities.models import AuditEvent, Membership, User


@transaction.atomic
def reveal_contact(membership: Membership, *, reason: str = "", reference: str = "", by: User) -> User:
    """Write down who is shown whose contact, and why: a reason, or the report that is being followed."""
    why = {"reason": national_id.kept_out(reason)} if reason else {"reference": reference}
    said: dict[str, Any] = {"of": str(membership.user.public_id), "membership": membership.pk, **why}
    AuditEvent.record(AuditEvent.Action.REVEALED, entity=membership.entity, by=by, **said)
    return membership.user
