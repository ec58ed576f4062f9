"""One deed on the reports that were picked on the board, and the offer to take it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from entities.decorators import PortalRequest, requires
from entities.permissions import Permission
from incidents import actions
from incidents.actions.bulk import Outcome, Picked
from incidents.forms.board import BoardFilter, reviewers
from incidents.forms.triage import AssignPickedForm, PickedForm, TagPickedForm
from incidents.models import Report

_KEY = "board_done"
#: The page offers it half a minute; whoever presses at its end is still heard (UNDO_ACKNOWLEDGEMENT_WITHIN).
OFFERED, TAKEN_BACK = 30, 60  # seconds
#: So many refusals are told one by one.
TOLD = 5


@requires(Permission.REPORT_TRIAGE)
@require_POST
def board_picked(request: PortalRequest, deed: str) -> HttpResponse:
    """Acknowledge, assign, tag or untag them; each for itself, and what refuses says why."""
    form = _form(request, deed)
    if not form.is_valid():
        return _unread(request, " ".join(str(said) for errors in form.errors.values() for said in errors))
    typed = dict(form.cleaned_data)
    versions = typed.pop("picked")
    reports = Report.objects.visible_to(request.user).filter(reference__in=versions).select_related("reviewer")
    picked = [Picked(report, versions[report.reference]) for report in reports]
    outcome = _do(deed, picked, typed, request)
    if outcome.done:
        now = int(timezone.now().timestamp())
        request.session[_KEY] = {"deed": deed, "was": outcome.done, "at": now}
        messages.success(request, _said(deed, len(outcome.done), typed))
    _tell_refusals(request, outcome)
    return _back(request)


@requires(Permission.REPORT_TRIAGE)
@require_POST
def board_picked_undo(request: PortalRequest) -> HttpResponse:
    """Take back what was done to the picked reports last, once, within a minute."""
    done = request.session.pop(_KEY, None)
    if done is None or timezone.now().timestamp() - done["at"] > TAKEN_BACK:
        messages.error(request, _("This can no longer be taken back."))
        return _back(request)
    reports = Report.objects.visible_to(request.user).filter(reference__in=done["was"]).select_related("reviewer")
    outcome = actions.undo_all(done["deed"], reports, was=done["was"], by=request.user)
    if n := len(outcome.done):
        messages.success(request, ngettext("Taken back on %(n)s report.", "Taken back on %(n)s reports.", n) % {"n": n})
    _tell_refusals(request, outcome)
    return _back(request)


def offer(request: PortalRequest) -> int:
    """On how many reports the board offers to take the last deed back; 0: it offers nothing."""
    done = request.session.get(_KEY)
    if done is None or timezone.now().timestamp() - done["at"] > OFFERED:
        return 0
    return len(done["was"])


def _form(request: PortalRequest, deed: str) -> PickedForm:
    if deed == "assign":
        return AssignPickedForm(request.POST, people=reviewers())
    return TagPickedForm(request.POST) if deed in {"tag", "untag"} else PickedForm(request.POST)


def _do(deed: str, picked: list[Picked], typed: dict[str, Any], request: PortalRequest) -> Outcome:
    verbs: dict[str, Callable[[], Outcome]] = {
        "acknowledge": lambda: actions.acknowledge_all(picked, by=request.user),
        "assign": lambda: actions.assign_all(picked, reviewer=typed["to"], by=request.user),
        "tag": lambda: actions.tag_all(picked, label=typed["label"], by=request.user),
        "untag": lambda: actions.untag_all(picked, label=typed["label"], by=request.user),
    }
    return verbs[deed]()


def _said(deed: str, n: int, typed: dict[str, Any]) -> str:
    named = {"n": n, "person": typed.get("to"), "label": typed.get("label")}
    if deed == "acknowledge":
        return ngettext("%(n)s report is acknowledged.", "%(n)s reports are acknowledged.", n) % named
    if deed == "tag":
        return ngettext("%(n)s report is tagged “%(label)s”.", "%(n)s reports are tagged “%(label)s”.", n) % named
    if deed == "untag":
        said = ngettext("“%(label)s” is taken off %(n)s report.", "“%(label)s” is taken off %(n)s reports.", n)
        return said % named
    if named["person"] is None:
        return ngettext("Nobody follows %(n)s report now.", "Nobody follows %(n)s reports now.", n) % named
    return ngettext("%(person)s follows %(n)s report now.", "%(person)s follows %(n)s reports now.", n) % named


def _tell_refusals(request: PortalRequest, outcome: Outcome) -> None:
    n = len(outcome.refused)
    if not n:
        return
    said = [f"{reference}: {reason}" for reference, reason in list(outcome.refused.items())[:TOLD]]
    head = ngettext("%(n)s report stays as it is.", "%(n)s reports stay as they are.", n) % {"n": n}
    messages.warning(request, " ".join([head, *said]))


def _unread(request: PortalRequest, why: str) -> HttpResponse:
    """Beside the buttons, with all that was picked and typed; without htmx the board is drawn anew."""
    if request.htmx:
        said = render(request, "incidents/_board_bulk_refused.html", {"why": why}, status=422)
        return reswap(retarget(said, "#bulk-said"), "innerHTML")
    messages.error(request, why)
    return _back(request)


def _back(request: PortalRequest) -> HttpResponse:
    """To the board with the filter that the form carried along, read as a filter."""
    query = BoardFilter(QueryDict(request.POST.get("next", "")), user=request.user).query()
    url = f"{reverse('board')}?{query or 'show=live'}"
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)
