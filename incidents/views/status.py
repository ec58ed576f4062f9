"""How the services stand that one's own rely on, and one's own: now, and over ninety days."""

from __future__ import annotations

from uuid import uuid4

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from entities.decorators import PortalRequest, requires
from entities.limits import LIST_SEARCH, limited
from entities.permissions import Permission as P
from incidents.models import Report
from incidents.standings import FIRST, MOST, services_with_status, standings, standings_of

#: So many spells are listed; the bars show the rest.
LISTED = 50


@requires(P.REPORT_VIEW)
@require_safe
@limited(LIST_SEARCH)
def status_list(request: PortalRequest) -> HttpResponse:
    """What one relies on first, then one's own, each the worst first; for the authority all in one list."""
    words = request.GET.get("q", "").replace("\0", "").strip()[:200]
    everything = request.user.may(P.BOARD_VIEW)
    most = FIRST if everything and "more" not in request.GET else MOST
    rows = standings(request.user, words=words, at=timezone.now(), most=most)
    shown = rows[:most]
    context = {
        "consumed": [row for row in shown if everything or not row.own],
        "own": [row for row in shown if row.own and not everything],
        "everything": everything,
        "cut": len(rows) > most,
        "more": f"?{urlencode({'q': words, 'more': 'yes'})}" if len(rows) > most == FIRST else "",
        "words": words,
    }
    return render(request, "incidents/status/list.html", context)


@requires(P.REPORT_VIEW)
@require_safe
def status_service(request: PortalRequest, service: int) -> HttpResponse:
    """One service: its ninety days, and what it went through."""
    found = get_object_or_404(services_with_status(request.user), pk=service)
    (row,) = standings_of([found], reader=request.user, at=timezone.now())
    spells = row.history.newest_first[:LISTED]
    keys = {key for spell in spells for key in spell.reports}
    seen = dict(Report.objects.visible_to(request.user).filter(pk__in=keys).values_list("pk", "reference"))
    context = {
        "row": row,
        "service": found,
        "spells": [(spell, [seen[key] for key in sorted(spell.reports) if key in seen]) for spell in spells],
        "unlisted": len(row.history.newest_first) - len(spells),
        "reads": bool(seen),
        "key": uuid4(),
        "may_send": request.user.may(P.REPORT_FILE),
        "may_draft": request.user.may(P.REPORT_DRAFT),
        "sees_map": request.user.may(P.CATALOGUE_VIEW),
        "crumbs": [(_("Service status"), reverse("status_list")), (found.name, "")],
    }
    return render(request, "incidents/status/service.html", context)
