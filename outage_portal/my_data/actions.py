"""A correction is asked for; whoever may write the data corrects it, and the person does not."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from crisis_teams.actions.seats import belongs_elsewhere
from entities.models import AuditEvent, Correctable, Entity, Membership, Notice, User
from entities.permissions import Role
from entities.row_security import as_system


@transaction.atomic
def ask_correction(what: list[str], *, by: User) -> bool:
    """Tell whoever can correct it; False when she has asked them today already. What is right, she tells them."""
    day, asked = timezone.localdate(), False
    with as_system():  # it waits among the rows of whoever corrects it
        for entity in _who_corrects(what, by=by):
            _notice, is_new = Notice.objects.get_or_create(
                key=f"correction:{by.public_id}:{day}:{entity.code}",
                defaults={
                    "kind": Notice.Kind.CORRECTION_ASKED,
                    "entity": entity,
                    "data": {"person": str(by.public_id), "what": what},
                },
            )
            asked = asked or is_new
    if asked:
        AuditEvent.record(
            AuditEvent.Action.CORRECTION, entity=by.acting.entity if by.acting else None, by=by, what=what
        )
    return asked


def _who_corrects(what: list[str], *, by: User) -> list[Entity]:
    """Her entity, by its IT leader; the authority for names, for whoever belongs to several, and where nobody leads."""
    authority = Entity.objects.get(kind=Entity.Kind.REGULATOR)
    own = by.acting.entity if by.acting else authority
    leaders = Membership.objects.usable().in_roles(Role.IT_LEADER).filter(entity=own).exclude(user=by)
    if own == authority or not leaders.exists() or belongs_elsewhere(by, entity=own):
        return [authority]
    if Correctable.NAME not in what:
        return [own]
    return [authority] if what == [Correctable.NAME] else [own, authority]
