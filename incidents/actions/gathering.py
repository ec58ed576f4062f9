"""What the sweep does to incidents: it opens a group over a crowded provider, gathers into it, and ends what has ended.

Source: domain/lifecycle.md, Reminders ("Reports grouped under one incident ...") and docs/adr/0036.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from entities.models import Entity, Notice
from incidents.actions.by_itself import one_by_one
from incidents.actions.incidents import begin, finish, hold, put_under
from incidents.grouping import crowded, gatherable, room
from incidents.lifecycle import ENDED, OPEN
from incidents.models import Incident, Report, ReportEvent


def group_by_itself(*, at: datetime) -> int:
    """Open a group over a crowded provider, let further reports join the groups there are; returns how many joined."""
    one_by_one(Entity.objects.filter(pk__in=crowded(at=at)).order_by("pk"), _open_group, at=at)
    return sum(_gather(incident, at=at) for incident in Incident.objects.gathering().order_by("pk"))


def _open_group(provider: Entity, *, at: datetime) -> Incident | None:
    """No report yet: they are gathered as later ones are."""
    if Incident.objects.grouping(provider.pk).exists():
        return None
    incident = Incident(
        name_ar=f"انقطاع خدمات {provider.name_ar}"[:200],
        name_en=f"Outage of services of {provider.name_en or provider.name_ar}"[:200],
        provider=provider,
        group_mode=True,
    )
    try:
        with transaction.atomic():
            begin(incident, [], at=at, by=None)
    except IntegrityError:  # another worker has opened it in this moment
        return None
    if authority := Entity.objects.filter(kind=Entity.Kind.REGULATOR).first():
        Notice.objects.create(
            kind=Notice.Kind.INCIDENT_OPENED,
            key=f"incident:{incident.reference}:opened",
            entity=authority,
            data={"incident": incident.reference},
            at=at,
        )
    return incident


def _gather(incident: Incident, *, at: datetime) -> int:
    """As many as there is room for; what has moved on meanwhile is passed over."""

    def join(report: Report, *, at: datetime) -> ReportEvent | None:
        held = hold(incident, by=None)
        return put_under(held, report, at=at, by=None) if held.gathers else None

    return one_by_one(gatherable(incident, at=at)[: room(incident)], join, at=at)


def settle_incidents(*, at: datetime) -> int:
    """Restored when none of its reports goes on, open again when one does, closed when all have ended."""
    return one_by_one(Incident.objects.going_on().order_by("pk"), _settle, at=at)


def _settle(incident: Incident, *, at: datetime) -> Incident | None:
    """Where it stands by its reports; a group gathers no more once the services are back, or it is full.

    One under which no report stands is its lead's to close.
    """
    incident = hold(incident, by=None)
    held = Report.objects.filter(incident=incident)
    statuses = set(held.values_list("status", flat=True))
    if not statuses:
        return None
    if statuses <= ENDED:  # looked at again under their locks: one may be reopened in this moment
        rows = held.select_for_update(of=("self",), no_key=True).order_by("pk")
        statuses = set(rows.values_list("status", flat=True))
    if statuses <= ENDED:
        return finish(incident, at=at, by=None)
    before = (incident.state, incident.group_mode)
    if bool(statuses & OPEN) != (incident.state == Incident.State.OPEN):
        back = incident.state == Incident.State.OPEN
        incident.state = Incident.State.RESTORED if back else Incident.State.OPEN
        incident.restored_at = at if back else None
    incident.group_mode = incident.gathers and room(incident) > 0
    if before == (incident.state, incident.group_mode):
        return None
    incident.save(update_fields=["state", "restored_at", "group_mode"])
    return incident
