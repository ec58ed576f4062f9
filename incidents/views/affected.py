"""“We are affected too”: one tap, no field (domain/reports.md)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crisis_teams.readiness import active_team
from entities.decorators import PortalRequest, acting, requires
from entities.models import DigitalService
from entities.permissions import Permission as P
from incidents import actions
from incidents.affected import affected_answers
from incidents.forms.filing import read_key
from incidents.forms.services import read_numbers
from incidents.lifecycle import OPEN, ReportKind
from incidents.models import Report


@require_POST
@requires(P.REPORT_FILE)
def affected_too(request: PortalRequest) -> HttpResponse:
    """File the linked report; one that is open already is shown instead, and where nobody reported, the form."""
    entity = acting(request).entity
    services = DigitalService.objects.visible_to(request.user).active().not_of(entity)
    service = get_object_or_404(services, pk__in=read_numbers(request.POST.getlist("service"))[:1])
    mine = Report.objects.visible_to(request.user).of(entity).filter(kind=ReportKind.CONSUMED_OUTAGE)
    key = read_key(request.POST.get("key"))
    open_one = mine.filter(provider_service=service, status__in=OPEN).exclude(key=key).first()
    if open_one is not None:
        messages.info(request, _("You have reported this already: it is this report."))
        return redirect("report_detail", open_one.reference)
    answers = affected_answers(service, entity=entity, at=timezone.now())
    if answers is None or active_team(entity) is None:
        return redirect(f"{reverse('file_consumed_outage')}?provider={service.pk}")
    filed = actions.file_report(
        kind=ReportKind.CONSUMED_OUTAGE, entity=entity, key=key, answers=answers, by=request.user
    )
    return redirect("receipt", filed.report.reference)
