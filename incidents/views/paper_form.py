"""The form to print in good time and fill in by hand when the portal cannot be reached; and entering it later."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from crisis_teams.readiness import active_team
from entities.decorators import PortalRequest, acting, public, requires
from entities.permissions import Permission as P
from incidents import actions, sheets
from incidents.actions import Filed
from incidents.forms.doors import BY_TELEPHONE
from incidents.forms.paper import PaperForm
from incidents.offline import PaperReason
from incidents.views.filing import FORM, file_later, find_door, no_team


@public
@require_safe
def offline_form(request: HttpRequest) -> HttpResponse:
    """A sheet a kind, in both languages."""
    day, time = sheets.moment_words()
    context = {
        "sheets": sheets.sheets(), "head": sheets.head(), "warning": sheets.warning(),
        "day": day, "time": time,
    }  # fmt: skip
    return render(request, "incidents/paper/form.html", context)


@require_safe
@requires(P.REPORT_OFFLINE)
def paper_new(request: PortalRequest) -> HttpResponse:
    """Which of the sheets was filled in?"""
    return render(request, "incidents/paper/new.html", {"doors": BY_TELEPHONE})


@require_http_methods(FORM)
@requires(P.REPORT_OFFLINE)
def paper_report(request: PortalRequest, slug: str) -> HttpResponse:
    """The kind's own form, with the paper above it; C1 is judged by when the paper was filled in."""
    door, entity = find_door(slug), acting(request).entity
    if door not in BY_TELEPHONE:
        raise Http404
    if active_team(entity) is None:
        return no_team(request, door, entity)
    data = request.POST if request.method == "POST" else None
    paper = PaperForm(data)
    paper.is_valid()
    told = _("When the paper form was filled in")
    form = door.form(data, entity=entity, at=paper.cleaned_data.get("written_at"), told=told)

    def enter() -> Filed:
        return actions.enter_from_paper(
            kind=door.kind,
            entity=entity,
            key=form.draft_key,
            answers=form.answers(),
            restored_at=form.cleaned_data.get("restored_at"),
            reason=PaperReason(paper.cleaned_data["reason"]),
            written_at=form.at,
            by=request.user,
        )

    return file_later(request, door, form, paper, enter, paper=paper, page="incidents/paper/report.html")
