"""Situation reports: drafted by the sweep each hour, edited and sent by a lead to whoever stands on the list.

People of the portal read the text here; addresses outside it are mailed the figures (docs/adr/0055).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import AuditEvent, Entity, Membership, Notice, User
from entities.permissions import AUTHORITY_ROLES, Role
from incidents.actions.by_itself import one_by_one
from incidents.errors import MoveRefused, StaleSituation
from incidents.grouping import children, figures
from incidents.models import Incident, IncidentReader, SituationReport
from incidents.outside import outside_readers_of
from incidents.situation import EVERY, sent_figures, situation_text


class SentTo(NamedTuple):
    """How many people of the portal are told of it, and how many addresses outside are mailed its figures."""

    people: int
    addresses: int


def prepare_situations(*, at: datetime) -> int:
    """Draft what is due, and tell the leads; returns how many.

    A draft that nobody has edited is drafted anew; one that somebody has edited waits for her to send it.
    """
    due = Incident.objects.filter(state=Incident.State.OPEN, opened_at__lte=at - EVERY).annotate(
        last=Max("situation_reports__at")
    )
    edited = SituationReport.objects.filter(incident=OuterRef("pk"), edited_at__isnull=False, sent_at__isnull=True)
    due = due.filter(Q(last__isnull=True) | Q(last__lte=at - EVERY), ~Exists(edited))
    return one_by_one(due.order_by("pk"), _prepare, at=at)


def _prepare(incident: Incident, *, at: datetime) -> SituationReport | None:
    incident = Incident.objects.select_for_update(of=("self",), no_key=True).get(pk=incident.pk)
    if incident.is_closed or not children(incident).exists():
        return None
    draft = draft_situation(incident, at=at)
    _notify(Notice.Kind.SITUATION_WAITS, draft, step="waits", at=at)
    return draft


@transaction.atomic
def prepare_situation(incident: Incident, *, at: datetime | None = None, by: User) -> SituationReport:
    """Draft one now, without waiting for the hour. Raises MoveRefused when the incident is closed."""
    incident = Incident.objects.select_for_update(of=("self",), no_key=True).get(pk=incident.pk)
    if incident.is_closed:
        raise MoveRefused(_("This incident is closed."))
    return draft_situation(incident, at=at or timezone.now())


def draft_situation(incident: Incident, *, at: datetime) -> SituationReport:
    """The one that waits, with the figures of now unless somebody has edited it; else the next. Holds the incident.

    And the report's row: a lead may be sending it in this moment.
    """
    rows = incident.situation_reports.select_for_update(of=("self",), no_key=True)
    last = rows.order_by("-number").first()
    if last is None or last.sent_at is not None:
        last = SituationReport(incident=incident, number=last.number + 1 if last else 1)
    if last.edited_at is not None:
        return last
    counted, last.at = figures(incident), at
    last.text_ar = situation_text(incident, counted, number=last.number, at=at, language="ar")
    last.text_en = situation_text(incident, counted, number=last.number, at=at, language="en")
    last.save(update_fields=["text_ar", "text_en", "at"] if last.pk else None)
    return last


@transaction.atomic
def save_situation(
    report: SituationReport, *, text_ar: str, text_en: str, seen: str | None = None, by: User
) -> SituationReport:
    """What a lead makes of the draft, as she has `seen` it.

    Raises MoveRefused once it is sent, StaleSituation when another lead has saved it since.
    """
    report = _unsent(report)
    if seen is not None and seen != report.seen:
        raise StaleSituation(
            _("Another lead has saved this draft since you opened it: the form below holds that text, not yours.")
        )
    report.text_ar, report.text_en, report.edited_at = text_ar, text_en, timezone.now()
    report.save(update_fields=["text_ar", "text_en", "edited_at"])
    return report


@transaction.atomic
def send_situation(
    report: SituationReport,
    *,
    text_ar: str,
    text_en: str,
    seen: str | None = None,
    at: datetime | None = None,
    by: User,
) -> SentTo:
    """Send it, as it was edited last, to everybody on the list; returns to how many. Raises as `save_situation`."""
    report = _unsent(save_situation(report, text_ar=text_ar, text_en=text_en, seen=seen, by=by))
    at = at or timezone.now()
    readers = IncidentReader.objects.filter(incident=report.incident).count()
    sent = SentTo(people=readers, addresses=outside_readers_of(report.incident).count())
    if not any(sent):
        raise MoveRefused(_("Nobody stands on the list yet: choose who is to read it."))
    report.sent_at, report.sent_by = at, by
    report.save(update_fields=["sent_at", "sent_by"])
    told = sent_figures(report.incident, figures(report.incident), at=at)
    _notify(Notice.Kind.SITUATION_SENT, report, step="sent", at=at, figures=told)
    return sent


def _unsent(report: SituationReport) -> SituationReport:
    found = SituationReport.objects.select_for_update(of=("self",), no_key=True).select_related("incident")
    report = found.get(pk=report.pk)
    if report.sent_at is not None:
        raise MoveRefused(_("This situation report has been sent already."))
    return report


@transaction.atomic
def choose_readers(incident: Incident, *, people: Iterable[Membership], by: User) -> int:
    """Who reads the situation reports from now on; returns how many."""
    incident = Incident.objects.select_for_update(of=("self",), no_key=True).get(pk=incident.pk)
    chosen = {person.pk for person in people}
    incident.reader_rows.exclude(membership__in=chosen).delete()
    rows = [IncidentReader(incident=incident, membership_id=pk) for pk in sorted(chosen)]
    IncidentReader.objects.bulk_create(rows, ignore_conflicts=True)
    configured, reference = AuditEvent.Action.CONFIGURATION, incident.reference
    AuditEvent.record(configured, model="incident", reference=reference, fields=["readers"], by=by)
    return len(rows)


def possible_readers(incident: Incident) -> list[Membership]:
    """People of the authority, and the head contacts of the entities whose reports stand under the incident."""
    affected = children(incident).values("entity")
    found = Membership.objects.usable().filter(
        Q(role__in=AUTHORITY_ROLES) | Q(role=Role.HEAD_CONTACT, entity__in=affected)
    )
    return list(found.select_related("user", "entity").order_by("entity__kind", "entity", "role", "pk"))


def _notify(kind: str, report: SituationReport, *, step: str, at: datetime, **more: Any) -> None:
    """Once a report and step, whoever asks how often."""
    authority = Entity.objects.filter(kind=Entity.Kind.REGULATOR).first()
    if authority is None:
        return
    incident = report.incident.reference
    key, data = f"situation:{incident}:{report.number}:{step}", {"incident": incident, "number": report.number, **more}
    Notice.objects.get_or_create(key=key, defaults={"kind": kind, "entity": authority, "data": data, "at": at})
