"""The duty roster: who is on duty, and the deeds by which it is planned. Leads and admins plan, reviewers see."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from entities.decorators import PortalRequest, requires
from entities.permissions import Permission
from incidents import actions
from incidents.calls import number as calls_owed
from incidents.duty import Roster
from incidents.errors import DutyRefused
from incidents.forms.board import names_of_the_minute
from incidents.forms.duty import BegunShiftForm, HandOverForm, ShiftForm
from incidents.models import DutyShift, HandoverNote

PAGE_OR_POST = ["GET", "HEAD", "POST"]
NOTES = 5


@require_safe
@requires(Permission.BOARD_VIEW)
def duty_roster(request: PortalRequest) -> HttpResponse:
    """Who is on duty now, and who will be."""
    roster = Roster.read(request.user, at=timezone.now())
    context = {"roster": roster, "plans": request.user.may(Permission.DUTY_PLAN)}
    context |= {"notes": _notes(request), "writes": request.user.may(Permission.REPORT_TRIAGE)}
    context["calls"] = calls_owed(request.user, at=timezone.now())
    return render(request, "incidents/duty.html", context)


@require_http_methods(PAGE_OR_POST)
@requires(Permission.DUTY_PLAN)
def duty_add(request: PortalRequest) -> HttpResponse:
    """Plan a shift."""
    last = DutyShift.objects.visible_to(request.user).order_by("-pk").first()
    form = ShiftForm(request.POST or None, phone=last.phone if last else "")
    if form.is_valid():
        try:
            actions.add_shift(**form.cleaned_data, by=request.user)
        except DutyRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _done(request, _("The shift is planned."))
    return _form_page(request, form)


@require_http_methods(PAGE_OR_POST)
@requires(Permission.DUTY_PLAN)
def duty_change(request: PortalRequest, shift: int) -> HttpResponse:
    """Plan a shift anew; of one that has begun, its end and its telephone."""
    found = _find(request, shift)
    form_of = BegunShiftForm if found.starts_at <= timezone.now() else ShiftForm
    form = form_of(request.POST or None, shift=found)
    if form.is_valid():
        try:
            actions.change_shift(found, **form.cleaned_data, by=request.user)
        except DutyRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _done(request, _("The shift is changed."))
    return _form_page(request, form, shift=found)


@require_http_methods(PAGE_OR_POST)
@requires(Permission.DUTY_PLAN)
def duty_remove(request: PortalRequest, shift: int) -> HttpResponse:
    """Ask once more, then take the shift off the roster."""
    found, refusal = _find(request, shift), ""
    if request.method == "POST":
        try:
            actions.remove_shift(found, by=request.user)
        except DutyRefused as refused:
            refusal = str(refused)
        else:
            return _done(request, _("The shift is off the roster."))
    context = {"shift": found, "refusal": refusal}
    return render(request, "incidents/duty_remove.html", context, status=409 if refusal else 200)


@require_http_methods(PAGE_OR_POST)
@requires(Permission.REPORT_TRIAGE, Permission.DUTY_PLAN)
def duty_hand_over(request: PortalRequest, shift: int) -> HttpResponse:
    """Give a running shift to somebody else, now."""
    found = _find(request, shift)
    if not actions.may_hand_over(found, by=request.user):
        raise PermissionDenied
    form = HandOverForm(request.POST or None, shift=found)
    if form.is_valid():
        try:
            typed = form.cleaned_data
            following = actions.hand_over(
                found, to=typed["person"], phone=typed["phone"], note=typed["note"], by=request.user
            )
        except DutyRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _done(request, _("%(person)s is on duty now.") % {"person": following.person.user.name})
    context = {"form": form, "shift": found, "notes": _notes(request)}
    return render(request, "incidents/duty_hand_over.html", context, status=_status(form))


def _notes(request: PortalRequest) -> QuerySet[HandoverNote]:
    return HandoverNote.objects.visible_to(request.user).newest_first()[:NOTES]


def _find(request: PortalRequest, shift: int) -> DutyShift:
    return get_object_or_404(DutyShift.objects.visible_to(request.user).with_people(), pk=shift)


def _form_page(request: PortalRequest, form: Form, *, shift: DutyShift | None = None) -> HttpResponse:
    context = {"form": form, "shift": shift, "begun": isinstance(form, BegunShiftForm)}
    return render(request, "incidents/duty_shift.html", context, status=_status(form))


def _status(form: Form) -> int:
    return 422 if form.errors else 200


def _done(request: PortalRequest, said: str) -> HttpResponse:
    names_of_the_minute.cache_clear()  # the board says at once who is on duty
    messages.success(request, said)
    return redirect("duty_roster")
