"""A suspected outage: its owner reads counts and answers, the authority reads whose reports they are and decides."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crisis_teams.readiness import active_team
from entities.decorators import PortalRequest, acting, requires
from entities.permissions import Permission as P
from incidents import actions
from incidents.errors import MoveRefused
from incidents.forms.doors import OWN, door_of
from incidents.forms.silent import DenyForm, DismissForm
from incidents.models import Report, SilentOutage
from incidents.silent import SHOWN, Line, common_for


@requires(P.REPORT_VIEW)
@require_safe
def silent_outage(request: PortalRequest, alarm: int) -> HttpResponse:
    """What is suspected, of what, since when, and the answers that this reader may give."""
    return _page(request, _find(request, alarm))


@requires(P.REPORT_DRAFT)
@require_POST
def silent_report(request: PortalRequest, alarm: int) -> HttpResponse:
    """Yes: the form of the owner's own report, filled with what the alarm knows."""
    found = _find(request, alarm)
    if active_team(acting(request).entity) is None:
        return redirect(f"{OWN.url}?service={found.service_id}")
    try:
        draft = actions.prepare_report(found, by=request.user)
    except MoveRefused as refusal:
        return _refused(request, found, refusal)
    return redirect(f"{door_of(draft).url}?draft={draft.key}")


@requires(P.REPORT_FILE)
@require_POST
def silent_deny(request: PortalRequest, alarm: int) -> HttpResponse:
    """The owner sees nothing wrong, and says what it has looked at."""
    found, form = _find(request, alarm), DenyForm(request.POST)
    if not form.is_valid():
        return _page(request, found, deny=form, status=422)
    try:
        actions.deny_outage(found, evidence=form.cleaned_data["evidence"], by=request.user)
    except MoveRefused as refusal:
        return _refused(request, found, refusal)
    messages.success(request, _("Recorded. The reviewers at the authority read it and decide."))
    return redirect("silent_outage", alarm)


@requires(P.REPORT_TRIAGE)
@require_POST
def silent_dismiss(request: PortalRequest, alarm: int) -> HttpResponse:
    """The authority ends it, with a reason."""
    found, form = _find(request, alarm), DismissForm(request.POST)
    if not form.is_valid():
        return _page(request, found, dismiss=form, status=422)
    try:
        actions.dismiss_alarm(found, reason=form.cleaned_data["reason"], by=request.user)
    except MoveRefused as refusal:
        return _refused(request, found, refusal)
    messages.success(request, _("The suspected outage is dismissed."))
    return redirect("board")


def _find(request: PortalRequest, alarm: int) -> SilentOutage:
    return get_object_or_404(SilentOutage.objects.visible_to(request.user).for_page(), pk=alarm)


def _refused(request: PortalRequest, alarm: SilentOutage, refusal: MoveRefused) -> HttpResponse:
    messages.error(request, str(refusal))
    return redirect("silent_outage", alarm.pk)


def _page(
    request: PortalRequest,
    alarm: SilentOutage,
    *,
    deny: forms.Form | None = None,
    dismiss: forms.Form | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page; only the authority is shown which reports were counted."""
    user, owner = request.user, acting(request).entity_id == alarm.entity_id
    context: dict[str, Any] = {"line": Line(alarm), "alarm": alarm, "owner": owner, "common": common_for(user, alarm)}
    if user.may(P.BOARD_VIEW):
        counted = Report.objects.visible_to(user).filter(silent_outages=alarm).for_page()
        context["reports"] = reports = list(counted.order_by("submitted_at")[:SHOWN])
        if user.may(P.REPORT_LEAD):
            context["ungrouped"] = next((each for each in reports if each.is_open and not each.incident_id), None)
    if alarm.is_open:
        context["may_report"] = owner and user.may(P.REPORT_DRAFT)
        context["deny"] = deny or (DenyForm() if owner and user.may(P.REPORT_FILE) else None)
        context["dismiss"] = dismiss or (DismissForm() if user.may(P.REPORT_TRIAGE) else None)
    return render(request, "incidents/silent/page.html", context, status=status)
