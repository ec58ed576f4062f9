"""Where a message leads: the report if its reader may see it, else what she can do about it."""

from __future__ import annotations

from django.db.models import Q
from django.urls import reverse

from entities.models import DigitalService, Membership, Notice
from entities.permissions import Permission
from entities.row_security import as_system
from incidents.forms.doors import door_of
from incidents.history import PAGE as LOG_PAGE
from incidents.lifecycle import ReportKind
from incidents.models import Draft, Report
from notifications import notices
from notifications.ladders import is_shared
from notifications.models import Delivery
from notifications.recipients import Side, side_of


def path_of(delivery: Delivery) -> str:
    """Where the reader goes from here: the report if she may see it, else what she can do about it."""
    report = delivery.report
    if report is None:
        return _notice_path(delivery.notice) if delivery.notice else reverse("inbox")
    if (side := side_of(report, delivery.membership)) != Side.CONSUMER:
        return _case_path(delivery, report, side)
    # A consumer does not see the owner's report: she goes to her own about it, or to the form that files one.
    names = Report.objects.filter(Q(pk=report.pk) | Q(merged_into=report)).values("reference")
    about = Q(provider_service__in=report.services.all()) | Q(verdict_reference__in=names)
    consumed = Report.objects.of(delivery.membership.entity).open().filter(about)
    with as_system():
        own = consumed.order_by("-id").values_list("reference", flat=True).first()
    if own:
        return reverse("report_detail", args=[own])
    if report.kind == ReportKind.MAINTENANCE or Permission.REPORT_DRAFT not in delivery.membership.permissions:
        return _status_path(report, delivery.membership)
    return f"{reverse('file_consumed_outage')}?provider={report.main_service_id}"


def _status_path(report: Report, reader: Membership) -> str:
    """The state of the service that the reader's entity relies on; of the first, where the report is about several."""
    with as_system():
        services = list(report.services.values_list("pk", flat=True))
    theirs = DigitalService.objects.active().relied_on_by(reader.entity).filter(pk__in=services)
    first = theirs.order_by("tier", "pk").first()
    return reverse("status_service", args=[first.pk]) if first else reverse("status_list")


def _case_path(delivery: Delivery, report: Report, side: Side) -> str:
    """The report's page; of what the authority is told for a whole incident, the incident's."""
    if side == Side.AUTHORITY and delivery.event and is_shared(delivery.event) and report.incident:
        return reverse("incident_page", args=[report.incident.reference])
    return reverse("report_detail", args=[report.reference])


def place_of(delivery: Delivery) -> str:
    """The same, at the event itself: in the log of the report's page, on the page of the log that holds it."""
    path, event = path_of(delivery), delivery.event
    if event is None or path != reverse("report_detail", args=[event.report.reference]):
        return path
    older = event.report.event_count - event.seq >= LOG_PAGE
    return f"{path}?before={event.seq + 1}#event-{event.seq}" if older else f"{path}#event-{event.seq}"


def _notice_path(notice: Notice) -> str:
    if notice.kind != Notice.Kind.DRAFT_WAITS:
        return notices.path(notice)
    draft = Draft.objects.filter(pk=notice.data.get("draft")).first()
    return f"{door_of(draft).url}?draft={draft.key}" if draft else reverse("report_list")
