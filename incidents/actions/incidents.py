"""Incidents: opened over reports of one cause, acknowledged as one, spoken to as one; each report ends on its own.

The incident's row is locked first, then the reports, one by one in the order of their keys: two deeds on a group never
wait for each other crosswise. Every report tells in its own history what was done to it (docs/adr/0036).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import AuditEvent, DigitalService, Entity, User
from entities.permissions import Permission
from incidents.actions.moves import conclude, take, take_for_sweep
from incidents.calendar import RIYADH
from incidents.errors import MoveRefused
from incidents.grouping import MOST_REPORTS, room
from incidents.lifecycle import ENDED, EventKind
from incidents.models import Incident, IncidentReport, ReferenceCounter, Report, ReportEvent
from incidents.models.event import seeding

PREFIX = "INC"
#: So long a link, or its end, is taken back by one press.
UNDO_LINK_WITHIN = timedelta(minutes=10)


# --- One incident ---------------------------------------------------------------------------------------------------


@transaction.atomic
def open_incident(
    reports: Iterable[Report],
    *,
    name_ar: str,
    name_en: str,
    cause: str = "",
    service: DigitalService | None = None,
    at: datetime | None = None,
    by: User,
) -> Incident:
    """Lead these reports as one case. Raises MoveRefused when one of them cannot be linked: then nothing is opened."""
    _refuse(by, Permission.REPORT_LEAD)
    incident = Incident(name_ar=name_ar, name_en=name_en, cause=cause, service=service, opened_by=by)
    incident.provider = _owner(service)
    return begin(incident, reports, at=at or timezone.now(), by=by)


def begin(incident: Incident, reports: Iterable[Report], *, at: datetime, by: User | None) -> Incident:
    """Give it its number, save it and put the reports under it. Raises MoveRefused."""
    recorded = at if seeding.get() else timezone.now()
    incident.opened_at = at
    incident.reference = ReferenceCounter.take(PREFIX, year=recorded.astimezone(RIYADH).year)
    incident.save(force_insert=True)
    for report in sorted(reports, key=lambda each: each.pk):
        put_under(incident, report, at=at, by=by)
    return incident


@transaction.atomic
def edit_incident(
    incident: Incident,
    *,
    name_ar: str,
    name_en: str,
    cause: str,
    service: DigitalService | None,
    group_mode: bool = False,
    by: User,
) -> Incident:
    """What it is called, what it comes from, and whether further reports on the provider join by themselves.

    They join none whose services are back. Raises MoveRefused: it is full, or another one gathers already.
    """
    incident = hold(incident, by=by)
    incident.name_ar, incident.name_en, incident.cause, incident.service = name_ar, name_en, cause, service
    incident.provider = _owner(service) or incident.provider
    incident.group_mode = group_mode and incident.provider is not None
    incident.group_mode = incident.gathers
    if incident.group_mode and not room(incident):
        raise MoveRefused(_("An incident holds %(n)s reports at most.") % {"n": MOST_REPORTS})
    others = Incident.objects.grouping(incident.provider_id or 0).exclude(pk=incident.pk)
    gathered = _("Another incident gathers the reports on this provider already.")
    if incident.group_mode and others.exists():
        raise MoveRefused(gathered)
    try:
        with transaction.atomic():
            incident.save()
    except IntegrityError as twice:  # the other one began in this moment
        raise MoveRefused(gathered) from twice
    _audit(incident, "name_ar", "cause", "service", "group_mode", by=by)
    return incident


def _owner(service: DigitalService | None) -> Entity | None:
    """Whose service it is; of one that the catalogue does not hold nobody knows."""
    return service.entity if service is not None and service.listed else None


@transaction.atomic
def link(incident: Incident, reports: Iterable[Report], *, at: datetime | None = None, by: User) -> list[ReportEvent]:
    """Put reports under the incident, all or none; acknowledged, if the incident is. Raises MoveRefused."""
    incident, at = hold(incident, by=by), at or timezone.now()
    return [put_under(incident, report, at=at, by=by) for report in sorted(reports, key=lambda each: each.pk)]


def put_under(incident: Incident, report: Report, *, at: datetime, by: User | None) -> ReportEvent:
    """One more report; the last for which there is room ends the gathering. `by` None is the sweep.

    The caller holds the incident. Raises MoveRefused.
    """
    found, move = take(report, "link", by=by) if by else take_for_sweep(report, "link")
    if found.incident_id is not None:
        raise MoveRefused(_("%(reference)s stands under an incident already.") % {"reference": found.reference})
    left = room(incident)
    if not left:
        raise MoveRefused(_("An incident holds %(n)s reports at most.") % {"n": MOST_REPORTS})
    IncidentReport.objects.create(incident=incident, report=found, linked_at=at, linked_by=by)
    if incident.group_mode and left == 1:
        incident.group_mode = False
        incident.save(update_fields=["group_mode"])
    found.incident = incident
    event = conclude(found, move, kind=EventKind.LINKED, at=at, data={"incident": incident.reference}, by=by)
    if incident.acknowledged_at is not None:
        _acknowledge(found, incident, at=at, by=by)
    return event


@transaction.atomic
def unlink(incident: Incident, report: Report, *, at: datetime | None = None, by: User) -> ReportEvent:
    """Take a report out of the incident: it is a case of its own again. Raises MoveRefused."""
    incident, at = hold(incident, by=by), at or timezone.now()
    found, move = take(report, "unlink", by=by)
    if found.incident_id != incident.pk:
        raise MoveRefused(_("%(reference)s does not stand under this incident.") % {"reference": found.reference})
    incident.members.linked().filter(report=found).update(unlinked_at=at, unlinked_by=by)
    found.incident = None
    return conclude(found, move, kind=EventKind.UNLINKED, at=at, data={"incident": incident.reference}, by=by)


@transaction.atomic
def acknowledge_incident(incident: Incident, *, at: datetime | None = None, by: User) -> int:
    """Take the incident: every report under it that waits is acknowledged with it; returns how many.

    What is linked later is acknowledged by its link. Raises MoveRefused when somebody has it already.
    """
    incident, at = hold(incident, needs=Permission.REPORT_TRIAGE, by=by), at or timezone.now()
    if incident.acknowledged_at is not None:
        raise MoveRefused(_("This incident has been acknowledged already."))
    incident.acknowledged_at, incident.acknowledged_by = at, by
    incident.save(update_fields=["acknowledged_at", "acknowledged_by"])
    waiting = Report.objects.filter(incident=incident, acknowledged_at__isnull=True).order_by("pk")
    return sum(_acknowledge(report, incident, at=at, by=by) for report in waiting)


def _acknowledge(report: Report, incident: Incident, *, at: datetime, by: User | None) -> bool:
    """With its incident, whoever has that; a report that she may not move (her own entity's) keeps its own C2."""
    try:
        found, move = take(report, "acknowledge", by=by) if by else take_for_sweep(report, "acknowledge")
    except MoveRefused:
        return False
    before, owner = found.reviewer, incident.acknowledged_by
    if found.acknowledged_at is not None or owner is None:
        return False
    found.acknowledged_at, found.reviewer = at, before or owner
    data = {"reviewer": str(owner.public_id), "before": str(before.public_id) if before else None}
    conclude(found, move, at=at, data={**data, "incident": incident.reference}, by=by)
    return True


@transaction.atomic
def tell_reports(incident: Incident, *, text_ar: str, text_en: str, at: datetime | None = None, by: User) -> int:
    """Say something to all whose report stands under the incident and has not ended; returns to how many."""
    incident, at, told = hold(incident, by=by), at or timezone.now(), 0
    for report in Report.objects.filter(incident=incident).exclude(status__in=ENDED).order_by("pk"):
        found, move = take(report, "echo", by=by)
        data = {"incident": incident.reference, "en": text_en}
        conclude(found, move, kind=EventKind.ECHOED, at=at, note=text_ar, data=data, by=by)
        told += 1
    if not told:
        raise MoveRefused(_("No report under this incident goes on."))
    return told


@transaction.atomic
def close_incident(incident: Incident, *, at: datetime | None = None, by: User) -> Incident:
    """The case is over for the authority. A report that goes on is a case of its own again, and its history says so."""
    incident, at = hold(incident, by=by), at or timezone.now()
    for report in Report.objects.filter(incident=incident).exclude(status__in=ENDED).order_by("pk"):
        found, move = take(report, "unlink", by=by)
        found.incident = None
        data = {"incident": incident.reference, "closed": True}
        conclude(found, move, kind=EventKind.UNLINKED, at=at, data=data, by=by)
    return finish(incident, at=at, by=by)


def finish(incident: Incident, *, at: datetime, by: User | None) -> Incident:
    """It is closed, and no report stands under it any more. The caller holds it."""
    Report.objects.filter(incident=incident).update(incident=None)
    incident.state, incident.closed_at, incident.closed_by = Incident.State.CLOSED, at, by
    incident.save(update_fields=["state", "closed_at", "closed_by"])
    return incident


def _audit(incident: Incident, *fields: str, by: User) -> None:
    """What no report's history tells stands in the security log, by the names of the columns."""
    configured, reference = AuditEvent.Action.CONFIGURATION, incident.reference
    AuditEvent.record(configured, model="incident", reference=reference, fields=list(fields), by=by)


def hold(incident: Incident, *, needs: Permission = Permission.REPORT_LEAD, by: User | None) -> Incident:
    """The incident afresh, its row locked. Raises MoveRefused when it is closed, or is not hers to lead."""
    _refuse(by, needs)
    rows = Incident.objects.select_for_update(of=("self",), no_key=True)
    found = rows.get(pk=incident.pk)
    if found.is_closed:
        raise MoveRefused(_("This incident is closed."))
    return found


def _refuse(by: User | None, needs: Permission) -> None:
    if by is not None and not (by.acting and by.acting.entity.is_authority and by.may(needs)):
        raise MoveRefused(_("Only the authority's reviewers lead an incident."))
