"""What the sweep does to incidents: it opens a group over a crowded provider, gathers into it, and ends what has ended.

Source: domain/lifecycle.md, Reminders ("Reports grouped under one incident ...") and docs/adr/0036.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from entities.models import Entity, Notice
from incidents.actions.incidents import begin, finish, hold, put_under
from incidents.errors import MoveRefused
from incidents.grouping import children, crowded, gatherable
from incidents.lifecycle import ENDED, OPEN
from incidents.models import Incident


def group_by_itself(*, at: datetime) -> int:
    """Open a group over a crowded provider, let further reports join the groups there are; returns how many joined."""
    for provider in crowded(at=at):
        try:
            with transaction.atomic():
                _open_group(Entity.objects.get(pk=provider), at=at)
        except IntegrityError:
            continue  # another worker has opened it in this moment
    gathering = Incident.objects.going_on().filter(group_mode=True).order_by("pk")
    return sum(_gather(incident, at=at) for incident in gathering)


def _open_group(provider: Entity, *, at: datetime) -> None:
    """No report yet: they are gathered as later ones are."""
    if Incident.objects.grouping(provider.pk).exists():
        return
    incident = Incident(
        name_ar=f"انقطاع خدمات {provider.name_ar}"[:200],
        name_en=f"Outage of services of {provider.name_en or provider.name_ar}"[:200],
        provider=provider,
        group_mode=True,
    )
    begin(incident, [], at=at, by=None)
    if authority := Entity.objects.filter(kind=Entity.Kind.REGULATOR).first():
        Notice.objects.create(
            kind=Notice.Kind.INCIDENT_OPENED,
            key=f"incident:{incident.reference}:opened",
            entity=authority,
            data={"incident": incident.reference},
            at=at,
        )


def _gather(incident: Incident, *, at: datetime) -> int:
    joined = 0
    for report in gatherable(incident, at=at):
        try:
            with transaction.atomic():
                put_under(hold(incident, by=None), report, at=at, by=None)
        except MoveRefused:
            continue  # it has moved on, or the incident is full or closed
        joined += 1
    return joined


def settle_incidents(*, at: datetime) -> int:
    """Restored when none of its reports goes on, open again when one does, closed when all have ended."""
    changed = 0
    for incident in Incident.objects.going_on().order_by("pk"):
        with transaction.atomic():
            changed += _settle(incident, at=at)
    return changed


def _settle(incident: Incident, *, at: datetime) -> bool:
    statuses = list(children(incident).values_list("status", flat=True).distinct())
    if not statuses:
        return False
    state = Incident.State.OPEN if set(statuses) & OPEN else Incident.State.RESTORED
    over = set(statuses) <= ENDED
    if state == incident.state and not over:
        return False
    try:
        incident = hold(incident, by=None)
    except MoveRefused:
        return False
    if over:
        finish(incident, at=at, by=None)
        return True
    incident.state, incident.restored_at = state, at if state == Incident.State.RESTORED else None
    incident.save(update_fields=["state", "restored_at"])
    return True
