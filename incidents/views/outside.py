"""Addresses outside the portal: the list that leads keep, and the two pages for whoever owns an address."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from entities.decorators import PortalRequest, fresh_sign_in, public, requires
from entities.limits import OUTSIDE_CONFIRM, UNSUBSCRIBE, limited
from entities.permissions import Permission
from incidents import actions
from incidents.errors import MoveRefused
from incidents.forms.outside import OutsideReaderForm
from incidents.models import OutsideReader
from incidents.outside import confirmed_by, left_by
from incidents.views.incidents import PAGE_OR_POST

#: Of those that were removed, or have left, so many are shown.
ENDED_SHOWN = 20


@requires(Permission.REPORT_LEAD)
@never_cache
@require_http_methods(PAGE_OR_POST)
@fresh_sign_in  # what is added here is written to for longer than the session lasts
def outside_readers(request: PortalRequest) -> HttpResponse:
    """The list, and the form that adds an address to it."""
    form = OutsideReaderForm(request.POST or None)
    if form.is_valid():
        try:
            actions.add_outside_reader(**form.cleaned_data, by=request.user)
        except MoveRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Its owner is asked by mail. Until the answer nothing else is sent to it."))
            return redirect("outside_readers")
    found = OutsideReader.objects.visible_to(request.user).select_related("added_by").prefetch_related("sectors")
    context = {
        "form": form,
        "readers": found.standing().order_by("office", "pk"),
        "ended": found.filter(ended_at__isnull=False).order_by("-ended_at")[:ENDED_SHOWN],
        "crumbs": [(_("Incidents"), reverse("incident_list")), (_("Addresses outside the portal"), "")],
    }
    return render(request, "incidents/outside/list.html", context, status=422 if form.errors else 200)


@require_POST
@requires(Permission.REPORT_LEAD)
def outside_ask(request: PortalRequest, outside: UUID) -> HttpResponse:
    """Ask its owner once more."""
    try:
        actions.ask_outside_reader(_find(request, outside), by=request.user)
        messages.success(request, _("Its owner is asked once more."))
    except MoveRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("outside_readers")


@require_POST
@requires(Permission.REPORT_LEAD)
def outside_remove(request: PortalRequest, outside: UUID) -> HttpResponse:
    """Take it off the list."""
    actions.remove_outside_reader(_find(request, outside), by=request.user)
    messages.success(request, _("The address is removed: nothing more is sent to it."))
    return redirect("outside_readers")


@csrf_exempt  # whoever owns the address has no session; the token is what she brings
@public
@never_cache
@require_http_methods(PAGE_OR_POST)
@limited(OUTSIDE_CONFIRM)
def outside_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Asks on a GET, which scanners of mails make too; confirms on a POST. It names nobody."""
    key = confirmed_by(token)
    done = key is not None and request.method == "POST"
    if key is not None and done:
        key = key if actions.confirm_outside_reader(key) else None
    context = {"good": key is not None, "done": done}
    return render(request, "incidents/outside/confirm.html", context, status=200 if key else 404)


@csrf_exempt  # the mail program posts (RFC 8058), without cookies; the token is what it brings
@public
@never_cache
@require_http_methods(PAGE_OR_POST)
@limited(UNSUBSCRIBE)
def outside_leave(request: HttpRequest, token: str) -> HttpResponse:
    """The same for leaving the list; a row that is gone is left."""
    key = left_by(token)
    done = key is not None and request.method == "POST"
    if key is not None and done:
        actions.leave_outside_list(key)
    return render(
        request, "incidents/outside/leave.html", {"good": key is not None, "done": done}, status=200 if key else 404
    )


def _find(request: PortalRequest, outside: UUID) -> OutsideReader:
    return get_object_or_404(OutsideReader.objects.visible_to(request.user).standing(), pk=outside)
