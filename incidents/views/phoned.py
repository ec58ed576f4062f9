"""A reviewer writes down a report that came by telephone; the entity confirms it at its next sign-in."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from crisis_teams.readiness import team_members
from entities.decorators import PortalRequest, requires
from entities.models import Entity
from entities.permissions import Permission as P
from entities.text import search_form
from incidents import actions
from incidents.actions import Filed
from incidents.forms.doors import BY_TELEPHONE
from incidents.forms.phoned import CallForm
from incidents.views.filing import FORM, file_later, find_door

FOUND = 12


@require_safe
@requires(P.REPORT_RECORD)
def record_phoned(request: PortalRequest) -> HttpResponse:
    """Which entity called, and what is happening?"""
    entities = Entity.objects.visible_to(request.user).active()
    code, words = request.GET.get("entity", ""), request.GET.get("q", "").strip()[:100]
    context = {
        "words": words,
        "found": _named(entities, words)[:FOUND],
        "entity": get_object_or_404(entities, code=code) if code else None,
        "doors": BY_TELEPHONE,
    }
    return render(request, "incidents/record_phoned.html", context)


def _named(entities: Iterable[Entity], words: str) -> list[Entity]:
    """Those whose names hold every word, in whatever spelling; there are hundreds of entities, not thousands."""
    wanted = search_form(words).split()
    names = ((each, search_form(f"{each.name_ar} {each.name_en} {each.abbreviation}")) for each in entities)
    return [each for each, name in names if wanted and all(word in name for word in wanted)]


@require_http_methods(FORM)
@requires(P.REPORT_RECORD)
def phoned_report(request: PortalRequest, entity_code: str, slug: str) -> HttpResponse:
    """The entity's form, with the call above it; C1 is judged by the moment of the call."""
    door = find_door(slug)
    if door not in BY_TELEPHONE:
        raise Http404
    entity = get_object_or_404(Entity.objects.visible_to(request.user).active(), code=entity_code)
    data = request.POST if request.method == "POST" else None
    call = CallForm(data, members=team_members(entity))
    call.is_valid()
    told = _("When the call came")
    form = door.form(data, entity=entity, at=call.cleaned_data.get("called_at"), told=told, on_behalf=entity.code)

    def record() -> Filed:
        return actions.record_phoned_report(
            kind=door.kind,
            entity=entity,
            key=form.draft_key,
            answers=form.answers(),
            caller=call.caller_name,
            called_at=form.at,
            by=request.user,
        )

    page = "incidents/phoned_report.html"
    return file_later(request, door, form, call, record, call=call, entity=entity, page=page)
