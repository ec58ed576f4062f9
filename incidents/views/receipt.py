"""The receipt, and the entity's word on a report that the authority wrote down for it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from entities.decorators import PortalRequest, acting, requires
from entities.permissions import Permission as P
from incidents import actions
from incidents.blast import reach_of
from incidents.forms.moments import in_words
from incidents.lifecycle import EventKind
from incidents.models import Clock, Report
from incidents.models.report_query import ReportQuerySet


@require_safe
@requires(P.REPORT_VIEW)
def receipt(request: PortalRequest, reference: str) -> HttpResponse:
    """The reference, what is owed next and by when, and who is told."""
    report = get_object_or_404(_receipts(request).for_page().select_related("related", "filed_by"), reference=reference)
    running = Clock.objects.visible_to(request.user).running().filter(report__in=[report.pk, report.related_id])
    clocks = sorted(running.select_related("report").order_by("due_at", "pk"), key=_others_last)
    services = [affected.service for affected in report.affected.select_related("service")]
    context = {
        "report": report,
        "filed_at": in_words(report.submitted_at),
        "pair": [report, report.related] if report.related else [report],
        "clocks": clocks,
        "reach": reach_of(services) if services and report.provider_service is None else None,
        "filed": report.events.filter(kind=EventKind.FILED).first(),
    }
    return render(request, "incidents/receipt.html", context)


def _others_last(clock: Clock) -> bool:
    return clock.waits_on_authority or clock.waits_on_provider


@require_POST
@requires(P.REPORT_BIND)
def confirm_recorded(request: PortalRequest, reference: str) -> HttpResponse:
    """Yes, this is our report: what a reviewer wrote down by telephone."""
    own = Report.objects.visible_to(request.user).of(acting(request).entity)
    report = get_object_or_404(own, reference=reference)
    actions.confirm_recorded(report, by=request.user)
    messages.success(request, _("Report %(reference)s is confirmed as yours.") % {"reference": report.reference})
    return redirect("home")


def _receipts(request: PortalRequest) -> ReportQuerySet:
    """Of one's own entity's reports; the authority's reviewers read all."""
    reports = Report.objects.visible_to(request.user)
    return reports if request.user.may(P.BOARD_VIEW) else reports.of(acting(request).entity)
