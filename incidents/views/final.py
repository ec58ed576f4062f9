"""The final report: a task list for who writes it, a document for everybody else, and what the authority answers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from entities import fresh
from entities.decorators import PortalRequest, fresh_sign_in, requires, signed_by_nafath
from entities.permissions import Permission as P
from incidents import actions
from incidents.actions.final import needs_countersignature
from incidents.case import Case
from incidents.document import history_rows, kept_rows, pages
from incidents.errors import MoveRefused, StaleReport
from incidents.final import proposals
from incidents.forms.final import SectionForm
from incidents.forms.final_review import AcceptForm, AttestForm, SendBackForm, SignForm
from incidents.forms.final_rows import RowFormSet, row_forms
from incidents.lifecycle import ReportKind, Status
from incidents.paper import Paper
from incidents.views.report_page import find

SENT = frozenset({Status.FINAL_REVIEW, Status.CLOSED})


def _open(request: PortalRequest, reference: str) -> tuple[Case, Paper]:
    """A report and its final report. The authority reads it once it is sent, and not while it is being completed."""
    case = find(request, reference)
    unsent = case.report.status not in SENT
    if case.outside or case.report.kind == ReportKind.CONSUMED_OUTAGE or (unsent and not case.own):
        raise Http404
    return case, Paper.of(case.report)


def _writing(request: PortalRequest, reference: str) -> tuple[Case, Paper]:
    """The same, for whoever may submit it now."""
    case, paper = _open(request, reference)
    if "submit_final" not in case.moves:
        raise Http404
    return case, paper


def _context(case: Case, paper: Paper, *here: str) -> dict[str, Any]:
    report = case.report
    reports = (_("Board"), reverse("board")) if case.by_authority else (_("Our reports"), reverse("report_list"))
    page = reverse("report_detail", args=[report.reference])
    final = (_("Final report"), reverse("final_edit", args=[report.reference]) if here else "")
    return {
        "case": case,
        "report": report,
        "paper": paper,
        "url": page,
        "crumbs": [reports, (report.reference, page), final, *((label, "") for label in here)],
        "needs_signature": needs_countersignature(report),
    }


@requires(P.REPORT_VIEW)
@require_safe
def final_edit(request: PortalRequest, reference: str) -> HttpResponse:
    """The task list for whoever may submit it, the document for the others."""
    case, paper = _open(request, reference)
    if "submit_final" in case.moves:
        return render(request, "incidents/final_tasks.html", _context(case, paper))
    actions.mark_reading(case.report, part="final", by=request.user)
    return _read(request, case, paper)


# --- Writing -----------------------------------------------------------------------------------------------------


@requires(P.REPORT_BIND)
@require_http_methods(["GET", "HEAD", "POST"])
def final_section(request: PortalRequest, reference: str, slug: str) -> HttpResponse:
    """One section: what can be kept is kept, and what is lacking is said beside it."""
    case, paper = _writing(request, reference)
    data = request.POST if request.method == "POST" else None
    form, rows = _forms(case, paper, slug, data)
    if data is None or not form.is_valid() or (rows is not None and not rows.is_valid()):
        return _section(request, case, paper, form, rows, status=422 if data else 200)
    try:
        _save(request, case, form, rows)
    except StaleReport as stale:
        case, paper = _writing(request, reference)
        again = data.copy()
        again["seen"] = str(paper.final.version)
        form, rows = _forms(case, paper, slug, again)
        return _section(request, case, paper, form, rows, stale=str(stale), status=409)
    return _saved(request, reference, slug)


def _forms(case: Case, paper: Paper, slug: str, data: QueryDict | None) -> tuple[SectionForm, RowFormSet | None]:
    section = paper.section(slug)
    if section is None:
        raise Http404
    form = SectionForm(data, section=section, final=paper.final, comments=paper.comments)
    return form, row_forms(slug, data, initial=_rows(case, paper, slug)) if section.has_rows else None


def _rows(case: Case, paper: Paper, slug: str) -> list[dict[str, Any]]:
    if slug == "timeline":
        return kept_rows(paper.timeline, "at", "text", "from_history") or history_rows(case.report)
    planned = {"title": _("Permanent fix of the cause"), "due_on": paper.final.permanent_fix_on}
    proposed = [planned] if paper.final.permanent_fix == "planned" else []
    return kept_rows(paper.actions, "title", "kind", "owner", "due_on") or proposed


def _save(request: PortalRequest, case: Case, form: SectionForm, rows: RowFormSet | None) -> None:
    kept = {form.section.slug: rows.rows} if rows is not None else {}
    actions.save_final(
        case.report,
        columns=form.columns,
        answers=form.answers,
        seen=form.cleaned_data["seen"],
        by=request.user,
        **kept,
    )


def _saved(request: PortalRequest, reference: str, slug: str) -> HttpResponse:
    """On to what lacks something next: this section first."""
    _case, paper = _writing(request, reference)
    back = "?back=check" if request.GET.get("back") == "check" else "?"
    here = f"{reverse('final_section', args=[reference, slug])}{back}"
    if "more" in request.POST:
        return redirect(f"{here}#spare")
    if any(task.gaps for task in paper.tasks if task.section.slug == slug):
        messages.info(request, _("Saved as it is. What is marked is still needed before it can be submitted."))
        return redirect(f"{here}&missing=show")
    messages.success(request, _("Saved."))
    following = paper.after(slug)
    if following is None or back != "?":
        return redirect("final_check" if paper.is_whole or back != "?" else "final_edit", reference)
    return redirect("final_section", reference, following.slug)


def _section(
    request: PortalRequest,
    case: Case,
    paper: Paper,
    form: SectionForm,
    rows: RowFormSet | None,
    *,
    stale: str = "",
    status: int = 200,
) -> HttpResponse:
    section = form.section
    context = _context(case, paper, str(section.label)) | {
        "form": form,
        "rows": rows,
        "section": section,
        "gaps": paper.gaps if "missing" in request.GET and not form.is_bound else {},
        "stale": stale,
        "theirs": next((page for page in pages(paper) if page.section.slug == section.slug), None) if stale else None,
        "counted": proposals(case.report)["downtime_minutes"],
    }
    return render(request, "incidents/final_section.html", context, status=status)


@requires(P.REPORT_BIND)
@require_http_methods(["GET", "HEAD", "POST"])
@signed_by_nafath
def final_check(request: PortalRequest, reference: str) -> HttpResponse:
    """Check the answers, attest, submit. Filed from an open report it says the restoration as well."""
    case, paper = _writing(request, reference)
    form = AttestForm(request.POST if request.method == "POST" else None, initial={"seen": paper.final.version})
    context = _context(case, paper, _("Check and submit")) | {"form": form, "pages": pages(paper)}
    if request.method != "POST":
        return render(request, "incidents/final_check.html", context)
    if paper.gaps:
        form.add_error(None, _("Some answers are still missing: they are marked below."))
    if not form.is_valid():
        return render(request, "incidents/final_check.html", context, status=422)
    seen = form.cleaned_data["seen"]
    try:
        if not request.transaction:
            actions.ready_to_submit(case.report, seen=seen)
            return fresh.ask_again(request, signs=True)
        actions.submit_final(
            case.report,
            restored_at=paper.final.restored_at,
            seen=seen,
            transaction=request.transaction,
            by=request.user,
        )
    except MoveRefused as refusal:
        form.add_error(None, str(refusal))
        return render(request, "incidents/final_check.html", context, status=_status(refusal))
    messages.success(request, _("The final report is submitted."))
    return redirect("report_detail", reference)


@requires(P.REPORT_COUNTERSIGN)
@require_POST
@signed_by_nafath
def final_countersign(request: PortalRequest, reference: str) -> HttpResponse:
    """The IT leader signs what she has read, once it is whole."""
    case, paper = _open(request, reference)
    form = SignForm(request.POST)
    try:
        if paper.gaps:
            raise MoveRefused(_("The final report is not complete yet; it is signed when nothing is missing."))
        seen = form.cleaned_data["seen"] if form.is_valid() else None
        if not request.transaction:
            actions.ready_to_sign(case.report, seen=seen, by=request.user)
            return fresh.ask_again(request, signs=True)
        actions.countersign(case.report, seen=seen, transaction=request.transaction, by=request.user)
    except MoveRefused as refusal:
        return _read(request, case, paper, refusal=refusal)
    messages.success(request, _("The final report is signed."))
    return redirect("final_edit", reference)


# --- Reading and reviewing -----------------------------------------------------------------------------------------


@requires(P.REPORT_TRIAGE)
@require_POST
def final_send_back(request: PortalRequest, reference: str) -> HttpResponse:
    """Back to the entity, with comments on the fields that need one."""
    case, paper = _open(request, reference)
    form = SendBackForm(request.POST, names=_names(paper))
    if not form.is_valid():
        return _read(request, case, paper, send_back=form)
    try:
        actions.send_back(
            case.report,
            note=form.cleaned_data["note"],
            comments=form.comments,
            seen=form.cleaned_data["seen"],
            by=request.user,
        )
    except MoveRefused as refusal:
        return _read(request, case, paper, send_back=form, refusal=refusal)
    messages.success(request, _("The final report is sent back for completion."))
    return redirect("report_detail", reference)


@requires(P.REPORT_TRIAGE)
@require_POST
@fresh_sign_in
def final_accept(request: PortalRequest, reference: str) -> HttpResponse:
    """Accept and close, with the checklist gone through."""
    case, paper = _open(request, reference)
    form = AcceptForm(request.POST)
    if not form.is_valid():
        return _read(request, case, paper, accept=form)
    try:
        actions.move(case.report, "close", seen=form.cleaned_data["seen"], by=request.user)
    except MoveRefused as refusal:
        return _read(request, case, paper, accept=form, refusal=refusal)
    messages.success(request, _("The final report is accepted, and the report closed."))
    return redirect("report_detail", reference)


def _read(
    request: PortalRequest,
    case: Case,
    paper: Paper,
    *,
    send_back: SendBackForm | None = None,
    accept: AcceptForm | None = None,
    refusal: MoveRefused | None = None,
) -> HttpResponse:
    """The document, with the boxes of whoever may answer it: the reviewer's comments, the IT leader's signature."""
    seen = {"seen": case.report.version}
    may_send_back, may_close = "send_back" in case.moves, "close" in case.moves
    context = _context(case, paper) | {
        "pages": pages(paper),
        "send_back": (send_back or SendBackForm(names=_names(paper), initial=seen)) if may_send_back else None,
        "accept": (accept or AcceptForm(initial=seen)) if may_close else None,
        "sign": SignForm(initial={"seen": paper.final.version}) if case.countersigns else None,
        "form": send_back or accept,
        "refusal": str(refusal) if refusal else "",
    }
    status = _status(refusal) if refusal else 422 if send_back or accept else 200
    return render(request, "incidents/final_read.html", context, status=status)


def _names(paper: Paper) -> list[str]:
    """What may be commented on."""
    return [name for section in paper.sections for name in section.names]


def _status(refusal: MoveRefused) -> int:
    return 409 if isinstance(refusal, StaleReport) else 422
