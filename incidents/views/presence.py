"""The beacon of a report's page: who else of the authority has it open."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from entities.decorators import PortalRequest, requires
from entities.permissions import Permission
from incidents.models import Report
from incidents.presence import announce


@requires(Permission.BOARD_VIEW)
@require_POST
def report_presence(request: PortalRequest, reference: str) -> HttpResponse:
    """Announce the reader; 204 when the others are those that her page shows. Only the authority's people ask."""
    report = get_object_or_404(Report.objects.visible_to(request.user).only("pk"), reference=reference)
    others = announce(report, person=request.user)
    here = ",".join(str(person.public_id) for person in others)
    if here == request.POST.get("here", ""):
        return HttpResponse(status=204)
    return render(request, "incidents/_presence_names.html", {"others": others, "here": here})
