"""The map of a service: on what it relies and who relies on it, drawn and as a list."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from entities.decorators import PortalRequest, acting, requires
from entities.permissions import Permission as P
from incidents.blast import reach_of
from incidents.drawing import draw
from incidents.models import Report
from incidents.relations import Relations, services_on_maps
from incidents.standings import services_with_status


@require_safe
@requires(P.CATALOGUE_VIEW)
def service_map(request: PortalRequest, service: int) -> HttpResponse:
    """Of one's own service, of one that is linked to it, and for the authority of any."""
    found = get_object_or_404(services_on_maps(request.user).select_related("entity"), pk=service)
    relations = Relations(found, reader=request.user, at=timezone.now())
    own = found.entity_id == acting(request).entity_id
    context = {
        "service": found,
        "relations": relations,
        "drawing": draw(relations, mirrored=get_language_bidi()),
        "crumbs": [(_("Our services"), reverse("service_list")), (found.name, "")]
        if request.user.may(P.ENTITY_HOME)
        else [],
        "knows_status": services_with_status(request.user).filter(pk=found.pk).exists(),
        "keeps": own and request.user.may(P.DEPENDENCY_KEEP),
    }
    return render(request, "incidents/service_map.html", context)


@require_safe
@requires(P.BOARD_VIEW)
def report_blast(request: PortalRequest, reference: str) -> HttpResponse:
    """Whom the outage of a report's services hits: the part of its page that is asked for after it."""
    report = get_object_or_404(
        Report.objects.visible_to(request.user).select_related("main_service"), reference=reference
    )
    if not request.htmx:
        return redirect("service_map", report.main_service_id)
    services = [each.service for each in report.affected.select_related("service")]
    context = {"reach": reach_of(services), "filed": True, "service": report.main_service}
    return render(request, "incidents/_reach.html", context)
