"""Incidents: the list, the page of one, and the deeds by which a lead groups reports and speaks to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from entities.decorators import PortalRequest, requires
from entities.permissions import Permission
from incidents import actions
from incidents.errors import MoveRefused
from incidents.forms.incidents import EditForm, LinkForm, OpenForm, TellForm
from incidents.forms.moves import written_in
from incidents.grouping import Origin, suggestions
from incidents.led import Led
from incidents.models import Incident, Report
from incidents.views.report_page import Refused

PAGE_OR_POST = ["GET", "HEAD", "POST"]
CLOSED_SHOWN = 25


@require_safe
@requires(Permission.BOARD_VIEW)
def incident_list(request: PortalRequest) -> HttpResponse:
    """What goes on, the oldest first, and what was closed lately."""
    found = Incident.objects.visible_to(request.user).with_figures()
    context = {
        "going_on": found.going_on().order_by("pk"),
        "closed": found.filter(state=Incident.State.CLOSED).order_by("-closed_at", "-pk")[:CLOSED_SHOWN],
        "leads": request.user.may(Permission.REPORT_LEAD),
    }
    return render(request, "incidents/incident/list.html", context)


@require_safe
@requires(Permission.BOARD_VIEW)
def incident_page(request: PortalRequest, incident: str) -> HttpResponse:
    """One incident, whole."""
    return _page(request, find(request, incident))


@require_http_methods(PAGE_OR_POST)
@requires(Permission.REPORT_LEAD)
def incident_new(request: PortalRequest) -> HttpResponse:
    """Open an incident over a report and what may have the same cause; the address may name the first report."""
    form = _open_form(request)
    if form.is_valid():
        typed = dict(form.cleaned_data)
        try:
            incident = actions.open_incident(typed.pop("reports"), **typed, by=request.user)
        except MoveRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("%(reference)s is open.") % {"reference": incident.reference})
            return redirect("incident_page", incident.reference)
    context = {"form": form, "crumbs": _crumbs(_("New incident"))}
    return render(request, "incidents/incident/form.html", context, status=422 if form.errors else 200)


def _open_form(request: PortalRequest) -> OpenForm:
    reports = Report.objects.visible_to(request.user)
    named = reports.for_page().filter(reference=request.GET.get("report", "").upper()[:20])
    first = named.filter(incident__isnull=True).open_outages().first()
    offered = suggestions(Origin.of([first]), user=request.user, beside=[first.pk]) if first else []
    services = [first.main_service] if first else []
    incident = Incident(
        name_ar=_title(first, "ar"), name_en=_title(first, "en"), service=first.main_service if first else None
    )
    sent = request.POST if request.method == "POST" else None
    return OpenForm(sent, first=first, offered=offered, services=services, incident=incident, among=reports)


def _title(report: Report | None, language: str) -> str:
    words = {"ar": "انقطاع {}", "en": "Outage of {}"}
    return words[language].format(report.main_service.name_in(language)) if report else ""


@require_http_methods(PAGE_OR_POST)
@requires(Permission.REPORT_LEAD)
def incident_edit(request: PortalRequest, incident: str) -> HttpResponse:
    """What it is called, what it comes from, and whether further reports join by themselves."""
    found = find(request, incident)
    led = Led(found, reader=request.user)
    form = EditForm(request.POST or None, services=led.services, incident=found)
    if form.is_valid():
        try:
            actions.edit_incident(found, **form.cleaned_data, by=request.user)
        except MoveRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("incident_page", found.reference)
    context = {"form": form, "incident": found, "crumbs": _crumbs(found.reference)}
    return render(request, "incidents/incident/form.html", context, status=422 if form.errors else 200)


# --- Deeds on the page ------------------------------------------------------------------------------------------------


@require_POST
@requires(Permission.REPORT_TRIAGE)
def incident_acknowledge(request: PortalRequest, incident: str) -> HttpResponse:
    """Take it, and with it every report under it."""
    found = find(request, incident)

    def deed() -> str:
        count = actions.acknowledge_incident(found, by=request.user)
        said = ngettext("Acknowledged, and %(n)s report with it.", "Acknowledged, and %(n)s reports with it.", count)
        return said % {"n": count}

    return _do(request, found, deed)


@require_POST
@requires(Permission.REPORT_LEAD)
def incident_link(request: PortalRequest, incident: str) -> HttpResponse:
    """Put reports under it, by reference."""
    found = find(request, incident)
    form = LinkForm(request.POST, among=Report.objects.visible_to(request.user))
    if not form.is_valid():
        return _page(request, found, link=form)

    def deed() -> str:
        actions.link(found, form.cleaned_data["references"], by=request.user)
        return _("Linked.")

    return _do(request, found, deed, link=form)


@require_POST
@requires(Permission.REPORT_LEAD)
def incident_unlink(request: PortalRequest, incident: str) -> HttpResponse:
    """Take a report out of it."""
    found = find(request, incident)
    report = get_object_or_404(Report.objects.visible_to(request.user), reference=request.POST.get("report", ""))

    def deed() -> str:
        actions.unlink(found, report, by=request.user)
        return _("%(reference)s is led by itself again.") % {"reference": report.reference}

    return _do(request, found, deed)


@require_POST
@requires(Permission.REPORT_LEAD)
def incident_tell(request: PortalRequest, incident: str) -> HttpResponse:
    """Say something to all whose report stands under it."""
    found, form = find(request, incident), TellForm(request.POST)
    if not form.is_valid():
        return _page(request, found, tell=form)

    def deed() -> str:
        count = actions.tell_reports(found, **form.cleaned_data, by=request.user)
        return ngettext("Written to %(n)s report.", "Written to %(n)s reports.", count) % {"n": count}

    return _do(request, found, deed, tell=form)


@require_http_methods(PAGE_OR_POST)
@requires(Permission.REPORT_LEAD)
def incident_close(request: PortalRequest, incident: str) -> HttpResponse:
    """Ask once more, then close it."""
    found = find(request, incident)

    def deed() -> str:
        actions.close_incident(found, by=request.user)
        return _("%(reference)s is closed.") % {"reference": found.reference}

    if request.method == "POST":
        return _do(request, found, deed)
    context = {"incident": found, "crumbs": _crumbs(found.reference)}
    return render(request, "incidents/incident/close.html", context)


def find(request: PortalRequest, reference: str) -> Incident:
    """The incident of this reference, for the authority's people; 404 for everybody else."""
    named = ("service__entity", "provider", "opened_by", "acknowledged_by", "closed_by")
    found = Incident.objects.visible_to(request.user).select_related(*named)
    return get_object_or_404(found, reference=reference)


def _do(request: PortalRequest, incident: Incident, deed: Callable[[], str], **forms: Any) -> HttpResponse:
    """Do it, and lead to the page, from a row of the board as well; the page says why it was refused.

    `forms`: what was typed for it stays on that page.
    """
    there = reverse("incident_page", args=[incident.reference])
    try:
        messages.success(request, deed())
    except MoveRefused as refusal:
        if not request.htmx:
            return _page(request, incident, refusal=str(refusal), **forms)
        messages.error(request, str(refusal))
    return HttpResponseClientRedirect(there) if request.htmx else redirect(there)


def _page(request: PortalRequest, incident: Incident, *, refusal: str = "", **forms: Any) -> HttpResponse:
    incident.refresh_from_db(fields=["state", "acknowledged_at"]) if refusal else None
    form, led = next(iter(forms.values()), None), Led(incident, reader=request.user)
    typed = written_in(form) if form and not led.leads else []  # else it stands in its form
    context = {
        "led": led,
        "incident": incident,
        "refused": Refused(refusal, typed) if refusal else None,
        "form": form,  # for the error summary
        "link_form": forms.get("link") or LinkForm(among=Report.objects.visible_to(request.user)),
        "tell_form": forms.get("tell") or TellForm(),
        "crumbs": _crumbs(incident.reference),
    }
    return render(request, "incidents/incident/page.html", context, status=409 if refusal else 422 if form else 200)


def _crumbs(here: str) -> list[tuple[Any, str]]:
    return [(_("Board"), reverse("board")), (_("Incidents"), reverse("incident_list")), (here, "")]
