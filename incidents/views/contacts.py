"""The number of a team for the reviewer of its open S1 or S2 outage: at once, and written down."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from crisis_teams.actions import reveal_contact
from entities.decorators import PortalRequest, requires
from entities.limits import REVEALS, limited
from entities.permissions import Permission as P
from incidents.views.report_page import find


@never_cache
@requires(P.REPORT_TRIAGE)
@require_POST
@limited(REVEALS)
def report_contact(request: PortalRequest, reference: str, membership: int) -> HttpResponse:
    """Whoever does not follow it, or no longer in a hurry, is led to where a reason is asked for."""
    case = find(request, reference)
    member = next((each for each in case.contacts.team if each.pk == membership), None)
    if member is None:
        raise Http404
    if not case.contacts.calls_at_once:
        return redirect("team_contact", membership)
    member.entity = case.report.entity
    reveal_contact(member, reference=reference, by=request.user)
    context = {"member": member, "shown": True, "reference": reference}
    return render(request, "crisis_teams/contact.html", context)
