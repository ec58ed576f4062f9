"""The call list of the reviewers on duty: whom to telephone, one call, and what it brought."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from crisis_teams.actions import reveal_contact
from entities.decorators import PortalRequest, requires
from entities.limits import REVEALS, limited
from entities.permissions import Permission as P
from incidents import actions
from incidents.calls import Call, lines
from incidents.errors import MoveRefused
from incidents.forms.board import names_of_the_minute
from incidents.forms.calls import PROMISES, CallForm, TakeForm
from incidents.models import CallTask

Outcome = CallTask.Outcome


@requires(P.BOARD_VIEW)
@require_safe
def call_list(request: PortalRequest) -> HttpResponse:
    """The calls that are owed now, the worst first."""
    found = lines(request.user, at=timezone.now())
    return render(request, "incidents/calls/list.html", {"lines": found, "triages": request.user.may(P.REPORT_TRIAGE)})


@requires(P.BOARD_VIEW)
@require_safe
def call_page(request: PortalRequest, call: int) -> HttpResponse:
    """One call: about what, whom to ring, and what earlier calls brought."""
    return _page(request, _find(request, call))


@requires(P.REPORT_TRIAGE)
@require_POST
def call_take(request: PortalRequest, call: int) -> HttpResponse:
    """Take it: the others see who is at it."""
    found, form = _find(request, call), TakeForm(request.POST)
    try:
        actions.take_call(found.task, seen=form.cleaned_data["version"] if form.is_valid() else 0, by=request.user)
    except MoveRefused as refused:
        return _page(request, _find(request, call), refusal=str(refused), status=409)
    return redirect("call_page", call)


@requires(P.REPORT_TRIAGE)
@require_POST
def call_release(request: PortalRequest, call: int) -> HttpResponse:
    """Leave it to the others."""
    try:
        actions.release_call(_find(request, call).task, by=request.user)
    except MoveRefused as refused:
        return _page(request, _find(request, call), refusal=str(refused), status=409)
    messages.success(request, _("The call is left to the others."))
    return redirect("call_list")


@never_cache
@requires(P.REPORT_TRIAGE)
@require_POST
@limited(REVEALS)
def call_number(request: PortalRequest, call: int, membership: int) -> HttpResponse:
    """The number, at once and written down; whoever does not follow the report is asked for a reason."""
    found = _find(request, call)
    person = next((each for each in found.people if each.member.pk == membership), None)
    if person is None:
        raise Http404
    if not found.calls_at_once:
        return redirect("team_contact", membership)
    member = person.member
    member.entity = found.task.entity
    reveal_contact(member, reference=found.task.report.reference, by=request.user)
    return _page(request, found, shown=membership)


@requires(P.REPORT_TRIAGE)
@require_POST
def call_record(request: PortalRequest, call: int) -> HttpResponse:
    """What it brought; after no answer the next of the list stands there."""
    found = _find(request, call)
    form = CallForm(request.POST, people=found.people, chosen=found.next)
    if not form.is_valid():
        return _page(request, found, form=form, status=422)
    try:
        event = actions.record_call(found.task, **form.arguments, by=request.user)
    except MoveRefused as refused:
        return _page(request, _find(request, call), form=form, refusal=str(refused), status=409)
    names_of_the_minute.cache_clear()  # the board says at once how many calls are left
    if event.data["outcome"] in {Outcome.REACHED, Outcome.PROMISED}:
        messages.success(request, _("Written down. The call is off the list."))
        return redirect("call_list")
    messages.info(request, _("Written down. Nobody was reached: the next of the list stands below."))
    return redirect("call_page", call)


def _find(request: PortalRequest, call: int) -> Call:
    task = get_object_or_404(CallTask.objects.visible_to(request.user).for_page(), pk=call)
    return Call(task, reader=request.user, at=timezone.now())


def _page(
    request: PortalRequest,
    call: Call,
    *,
    form: CallForm | None = None,
    shown: int = 0,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    """`shown`: the membership whose number stands there in full."""
    if form is None and call.mine:
        chosen = next((each for each in call.people if each.member.pk == shown), call.next)
        form = CallForm(people=call.people, chosen=chosen)
    context = {"call": call, "task": call.task, "report": call.task.report, "form": form, "shown": shown}
    context |= {"refusal": refusal, "promises": PROMISES}
    return render(request, "incidents/calls/page.html", context, status=status)
