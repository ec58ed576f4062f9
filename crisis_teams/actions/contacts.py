"""Mobiles and e-mails are shown in part. Who needs them whole says why, and that it was shown is written down."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crisis_teams.actions.seats import belongs_elsewhere
from crisis_teams.errors import TeamRefused
from entities import national_id
from entities.models import AuditEvent, Membership, User


@transaction.atomic
def reveal_contact(membership: Membership, *, reason: str = "", reference: str = "", by: User) -> User:
    """Write down who is shown whose contact, and why: a reason, or the report that is being followed.

    An entity that names somebody by her number is not told what another has registered of her, before she has come in
    for it. Raises TeamRefused.
    """
    by_authority = by.acting is not None and by.acting.entity.is_authority
    invited = membership.status == Membership.Status.INVITED
    if invited and not by_authority and belongs_elsewhere(membership.user, entity=membership.entity):
        raise TeamRefused(
            _("%(name)s has not signed in for your entity yet: contact data of another entity is not shown.")
            % {"name": membership.user.name}
        )
    why = {"reason": national_id.kept_out(reason)} if reason else {"reference": reference}
    said: dict[str, Any] = {"of": str(membership.user.public_id), "membership": membership.pk, **why}
    AuditEvent.record(AuditEvent.Action.REVEALED, entity=membership.entity, by=by, **said)
    return membership.user
