"""What follows filing: updates, the restoration, questions, and every other move of the table, one POST each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from entities.decorators import PortalRequest, fresh_sign_in, requires
from entities.limits import AUTOSAVE, limited
from entities.permissions import Permission as P
from incidents import actions
from incidents.actions.moves import not_now
from incidents.case import Case
from incidents.errors import MoveRefused, StaleReport
from incidents.forms.moves import DeedForm, NoteForm
from incidents.forms.rescheduling import RescheduleForm
from incidents.forms.updates import UpdateForm
from incidents.models import Report
from incidents.views.report_page import Refused, find, form_for, show


def perform(request: PortalRequest, reference: str, name: str, act: Callable[..., Any], *, said: str) -> HttpResponse:
    """Ask the form, do the deed, answer with the page: 422 for mistakes and refusals, 409 when somebody was first.

    The same form sent twice is answered like the first time, and changes nothing. Nothing typed is lost.
    """
    case, refusal = find(request, reference), None
    form = form_for(name, case, request.POST)
    if form.is_valid():
        try:
            act(case.report, **form.arguments, by=request.user)
        except MoveRefused as refused:
            refusal = refused
    if (form.errors or refusal) and not case.history.has_done(name, seen=form.seen_version, once=form.once_key):
        return _refuse(request, find(request, reference) if refusal else case, form, refusal)
    messages.success(request, said)
    return show(request, find(request, reference)) if request.htmx else redirect("report_detail", reference)


def _refuse(request: PortalRequest, case: Case, form: DeedForm, refusal: MoveRefused | None) -> HttpResponse:
    """The page as it is now, why not, what others did meanwhile, and the words: in their form, or beside it."""
    still_there = form.name in case.moves or isinstance(form, NoteForm)
    if refusal is None and still_there:
        return show(request, case, asked=form, status=422)
    refused = Refused(
        str(refusal or not_now(case.report)),
        typed=[] if still_there else form.typed,
        changes=case.history.changes_since(form.seen_version) if form.seen_version is not None else [],
    )
    form.read_again(case.report)
    status = 409 if isinstance(refusal, StaleReport) else 422
    return show(request, case, asked=form if still_there else None, refused=refused, status=status)


# --- Updates and the restoration ------------------------------------------------------------------------------


@requires(P.REPORT_UPDATE)
@require_POST
def report_update(request: PortalRequest, reference: str) -> HttpResponse:
    """What is new, and when the next word comes."""
    return perform(request, reference, "update", actions.post_update, said=_("The update is sent."))


@requires(P.REPORT_UPDATE)
@require_POST
@limited(AUTOSAVE)
def report_update_draft(request: PortalRequest, reference: str) -> HttpResponse:
    """Keep an update as it is typed: static/js/autosave.js sends it, and shows the fragment."""
    case = find(request, reference)
    if "update" not in case.moves:
        return HttpResponse(status=204)
    form = UpdateForm(request.POST, name="update", report=case.report).unjudged()
    draft = actions.keep_typed(case.report, text=form.kept, once=form.once_key, by=request.user)
    return render(request, "incidents/_update_draft.html", {"draft": draft})


@requires(P.REPORT_UPDATE)
@require_POST
def report_no_change(request: PortalRequest, reference: str) -> HttpResponse:
    """One tap: as it was. Words that were typed all the same are not thrown away."""
    if request.POST.get("message", "").strip():
        case = find(request, reference)
        form = form_for("update", case, request.POST)
        form.add_error("message", _("An update is written here: send it, or clear the text and press “No change”."))
        return show(request, case, asked=form, status=422)
    return perform(request, reference, "no_change", actions.post_update, said=_("“No change” is sent."))


@requires(P.REPORT_FILE)
@require_POST
def report_restore(request: PortalRequest, reference: str) -> HttpResponse:
    """The service is back; the other report of the pair may end with it."""

    def restore(report: Report, *, other: Report | None = None, **said: Any) -> None:
        if other is None:
            actions.restore(report, **said)
        else:
            actions.restore_pair(report, other, **said)

    said = _("The restoration is sent. It can be undone within 10 minutes.")
    return perform(request, reference, "restore", restore, said=said)


@requires(P.REPORT_FILE)
@require_POST
def report_undo_restore(request: PortalRequest, reference: str) -> HttpResponse:
    """Take a restoration back, within ten minutes."""
    said = _("The restoration is undone; updates are owed again.")
    return perform(request, reference, "undo_restore", _unseen(actions.undo_restore), said=said)


@requires(P.REPORT_FILE, P.REPORT_TRIAGE)
@require_POST
def report_reopen(request: PortalRequest, reference: str) -> HttpResponse:
    """The service is down again: the same outage, within 24 hours."""
    act = partial(actions.move, name="reopen")
    return perform(request, reference, "reopen", act, said=_("The report is reopened."))


# --- Ending early ---------------------------------------------------------------------------------------------


@requires(P.REPORT_BIND)
@require_POST
def report_withdraw(request: PortalRequest, reference: str) -> HttpResponse:
    """Withdraw, or for S1–S2 ask the authority to confirm it."""
    return perform(request, reference, "withdraw", actions.withdraw, said=_("The withdrawal is recorded."))


@requires(P.REPORT_TRIAGE)
@require_POST
def report_confirm_withdrawal(request: PortalRequest, reference: str) -> HttpResponse:
    """Confirm what the entity asked for."""
    said = _("The report is withdrawn.")
    return perform(request, reference, "confirm_withdrawal", actions.confirm_withdrawal, said=said)


@requires(P.REPORT_TRIAGE)
@require_POST
def report_dismiss(request: PortalRequest, reference: str) -> HttpResponse:
    """Not reportable, with a reason."""
    act = partial(actions.move, name="dismiss")
    return perform(request, reference, "dismiss", act, said=_("The report is marked as not reportable."))


@requires(P.REPORT_TRIAGE)
@require_POST
def report_merge(request: PortalRequest, reference: str) -> HttpResponse:
    """Filed twice: another report of the entity tells of the outage."""
    return perform(request, reference, "merge", actions.merge, said=_("The report is merged into the other."))


@requires(P.REPORT_TRIAGE)
@require_POST
def report_undo_merge(request: PortalRequest, reference: str) -> HttpResponse:
    """It was another outage after all, within a day."""
    said = _("The report stands for itself again, and its clocks run on.")
    return perform(request, reference, "undo_merge", actions.undo_merge, said=said)


@requires(P.REPORT_TRIAGE)
@require_POST
@fresh_sign_in
def report_close(request: PortalRequest, reference: str) -> HttpResponse:
    """Close the report of a consumed service; the others close with their final report."""
    act = partial(actions.move, name="close")
    return perform(request, reference, "close", act, said=_("The report is closed."))


@requires(P.REPORT_LEAD)
@require_POST
def report_reopen_closed(request: PortalRequest, reference: str) -> HttpResponse:
    """A closed review, opened again by a lead."""
    act = partial(actions.move, name="reopen_closed")
    return perform(request, reference, "reopen_closed", act, said=_("The review is open again."))


# --- The authority follows --------------------------------------------------------------------------------------


@requires(P.REPORT_TRIAGE)
@require_POST
def report_acknowledge(request: PortalRequest, reference: str) -> HttpResponse:
    """Take the report."""
    said = _("The report is acknowledged, and yours to follow.")
    return perform(request, reference, "acknowledge", actions.acknowledge, said=said)


@requires(P.REPORT_TRIAGE)
@require_POST
def report_assign(request: PortalRequest, reference: str) -> HttpResponse:
    """Give the report to a reviewer, or back to the pool."""
    return perform(request, reference, "assign", actions.assign, said=_("The report has another reviewer now."))


@requires(P.REPORT_TRIAGE)
@require_POST
def report_ask(request: PortalRequest, reference: str) -> HttpResponse:
    """Ask the entity."""
    return perform(request, reference, "ask", actions.ask, said=_("The question is sent."))


@requires(P.REPORT_FILE)
@require_POST
def report_answer(request: PortalRequest, reference: str) -> HttpResponse:
    """Answer a question or a concern."""
    return perform(request, reference, "answer", actions.answer, said=_("The answer is sent."))


@requires(P.REPORT_TRIAGE)
@require_POST
def report_severity(request: PortalRequest, reference: str) -> HttpResponse:
    """Another severity, with a reason."""
    said = _("The severity is changed.")
    return perform(request, reference, "change_severity", actions.change_severity, said=said)


@requires(P.REPORT_TRIAGE)
@require_POST
def report_note_add(request: PortalRequest, reference: str) -> HttpResponse:
    """A private note of the authority."""
    return perform(request, reference, "write_note", actions.add_note, said=_("The note is kept."))


# --- Maintenance -----------------------------------------------------------------------------------------------


@requires(P.REPORT_TRIAGE)
@require_POST
def report_note_notice(request: PortalRequest, reference: str) -> HttpResponse:
    """The authority has seen the notice."""
    act = partial(actions.move, name="note")
    return perform(request, reference, "note", act, said=_("The notice is noted."))


@requires(P.REPORT_TRIAGE)
@require_POST
def report_concern(request: PortalRequest, reference: str) -> HttpResponse:
    """A concern about the maintenance, which the entity answers."""
    act = partial(actions.move, name="raise_concern")
    return perform(request, reference, "raise_concern", act, said=_("The concern is sent."))


@requires(P.REPORT_BIND)
@require_POST
def report_reschedule(request: PortalRequest, reference: str) -> HttpResponse:
    """Another window; a proposed one is filled in, and nothing is sent yet."""
    if "window" in request.POST:
        case = find(request, reference)
        return show(request, case, asked=form_for("reschedule", case, initial=RescheduleForm.taken_over(request.POST)))
    said = _("The maintenance is rescheduled.")
    return perform(request, reference, "reschedule", actions.reschedule, said=said)


@requires(P.REPORT_BIND)
@require_POST
def report_cancel(request: PortalRequest, reference: str) -> HttpResponse:
    """It does not take place."""
    act = partial(actions.move, name="cancel")
    return perform(request, reference, "cancel", act, said=_("The maintenance is cancelled."))


@requires(P.WINDOW_START)
@require_POST
def report_start(request: PortalRequest, reference: str) -> HttpResponse:
    """The work begins."""
    return perform(request, reference, "start", _unseen(actions.start_window), said=_("The work has started."))


@requires(P.REPORT_FILE)
@require_POST
def report_extend_window(request: PortalRequest, reference: str) -> HttpResponse:
    """The work goes on beyond its window."""
    return perform(request, reference, "extend_window", actions.extend_window, said=_("The new end is announced."))


@requires(P.REPORT_FILE)
@require_POST
def report_complete(request: PortalRequest, reference: str) -> HttpResponse:
    """The work is over."""
    return perform(request, reference, "complete", actions.complete, said=_("The work is completed."))


def _unseen(act: Callable[..., Any]) -> Callable[..., Any]:
    """An action that takes no version: the table alone says whether it may be done."""
    return lambda report, *, seen, by: act(report, by=by)
