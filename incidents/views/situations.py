"""Situation reports of an incident: drafted, edited, sent, read; and the list of who reads them."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from entities.decorators import PortalRequest, requires
from entities.permissions import Permission
from entities.row_security import as_system
from incidents import actions
from incidents.errors import MoveRefused, StaleSituation
from incidents.forms.incidents import ReadersForm, SituationForm
from incidents.forms.moves import written_in
from incidents.models import SituationReport
from incidents.outside import outside_readers_of
from incidents.views.incidents import PAGE_OR_POST, find
from incidents.views.report_page import Refused


@require_POST
@requires(Permission.REPORT_LEAD)
def incident_situation_new(request: PortalRequest, incident: str) -> HttpResponse:
    """Draft one now."""
    found = find(request, incident)
    try:
        draft = actions.prepare_situation(found, by=request.user)
    except MoveRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("incident_page", found.reference)
    return redirect("incident_situation", found.reference, draft.number)


@require_http_methods(PAGE_OR_POST)
@requires(Permission.REPORT_VIEW)
def incident_situation(request: PortalRequest, incident: str, number: int) -> HttpResponse:
    """Read it; a lead edits a draft, saves or sends it."""
    found = _find(request, incident, number)
    form = SituationForm(request.POST or None, situation=found) if request.user.may(Permission.REPORT_LEAD) else None
    refused = None
    if form and form.is_valid():
        try:
            return _saved(request, found, form)
        except MoveRefused as refusal:
            found = _find(request, incident, number)
            is_stale = isinstance(refusal, StaleSituation)
            if found.sent_at is None and not is_stale:
                form.add_error(None, str(refusal))
            elif any(form.cleaned_data[name] != getattr(found, name) for name in ("text_ar", "text_en")):
                refused = Refused(str(refusal), written_in(form))  # not what left: a press too many needs no word
            if is_stale:
                form = SituationForm(situation=found)
    return _situation(request, found, form if found.sent_at is None else None, refused)


def _situation(
    request: PortalRequest, found: SituationReport, form: SituationForm | None, refused: Refused | None
) -> HttpResponse:
    context = {
        "situation": found, "reference": found.incident.reference, "form": form, "refused": refused,
        "readers": found.incident.reader_rows.count() if form else 0,
        "addresses": outside_readers_of(found.incident).count() if form else 0,
        "by_authority": request.user.may(Permission.BOARD_VIEW),
    }  # fmt: skip
    status = 409 if refused else 422 if form and form.errors else 200
    return render(request, "incidents/incident/situation.html", context, status=status)


def _saved(request: PortalRequest, situation: SituationReport, form: SituationForm) -> HttpResponse:
    if "send" not in request.POST:
        actions.save_situation(situation, **form.cleaned_data, by=request.user)
        messages.success(request, _("Saved. It is not sent yet."))
        return redirect("incident_situation", situation.incident.reference, situation.number)
    people, addresses = actions.send_situation(situation, **form.cleaned_data, by=request.user)
    said = ngettext("Sent to %(n)s person.", "Sent to %(n)s people.", people) % {"n": people} if people else ""
    figures = ngettext("Its figures go to %(n)s address.", "Its figures go to %(n)s addresses.", addresses)
    said = f"{said} {figures % {'n': addresses}}".strip() if addresses else said
    messages.success(request, said)
    return redirect("incident_page", situation.incident.reference)


@require_http_methods(PAGE_OR_POST)
@requires(Permission.REPORT_LEAD)
def incident_readers(request: PortalRequest, incident: str) -> HttpResponse:
    """Choose who reads the situation reports."""
    found = find(request, incident)
    chosen = list(found.reader_rows.values_list("membership", flat=True))
    sent = request.POST if request.method == "POST" else None
    form = ReadersForm(sent, possible=actions.possible_readers(found), chosen=chosen)
    if form.is_valid():
        actions.choose_readers(found, **form.cleaned_data, by=request.user)
        messages.success(request, _("The list is saved."))
        return redirect("incident_page", found.reference)
    crumbs = [
        (_("Incidents"), reverse("incident_list")),
        (found.reference, reverse("incident_page", args=[found.reference])),
        (_("Who reads the situation reports"), ""),
    ]
    context = {"form": form, "incident": found, "crumbs": crumbs}
    return render(request, "incidents/incident/readers.html", context, status=422 if form.errors else 200)


def _find(request: PortalRequest, incident: str, number: int) -> SituationReport:
    """Whoever is on the list sees not the incident: of it only its reference and title are told."""
    visible = SituationReport.objects.visible_to(request.user)
    with as_system():
        named = visible.select_related("incident", "sent_by").filter(incident__reference=incident, number=number)
        found = named.first()
    if found is None or not visible.filter(pk=found.pk).exists():  # asked again as herself: the second lock's word
        raise Http404
    return found
