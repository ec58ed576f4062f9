"""A report's page, put together: whichever view answers with it, a reader finds the same parts in the same places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from entities.decorators import PortalRequest
from entities.permissions import Permission
from incidents import facts
from incidents.case import Case
from incidents.forms.attachments import AttachmentForm
from incidents.forms.deeds import DEEDS, Deed
from incidents.forms.handshake import VerdictForm
from incidents.forms.moves import AnswerForm, AssignForm, DeedForm, MergeForm, NoteForm
from incidents.forms.updates import NoChangeForm, RestoreForm, UpdateForm, completeness
from incidents.history import Question
from incidents.lifecycle import ReportKind
from incidents.reading import readable
from incidents.timeline import FILTERS, Entry


@dataclass(frozen=True)
class Offer:
    """A deed that this reader may do now, with its form."""

    name: str
    deed: Deed
    form: DeedForm

    @property
    def text(self) -> str:
        """What it brings about, for this kind of report."""
        consumed = self.form.report.kind == ReportKind.CONSUMED_OUTAGE
        return str((consumed and self.deed.text_consumed) or self.deed.text)


@dataclass(frozen=True)
class Refused:
    """Why a deed did not happen, what was written with it, and what others did meanwhile."""

    sentence: str
    typed: list[str]
    changes: list[Entry] = field(default_factory=list)


def find(request: PortalRequest, reference: str) -> Case:
    """The report of this reference, for this reader; what is not hers is 404."""
    report = readable(request.user, reference)
    if report is None:
        raise Http404
    before = request.GET.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) < 10):
        raise Http404
    show = request.GET.get("show", "all")
    return Case(report, reader=request.user, show=show, before=int(before) if before else None)


#: Forms that have a place of their own on the page.
_ELSEWHERE: dict[str, type[DeedForm]] = {
    "update": UpdateForm,
    "no_change": NoChangeForm,
    "answer": AnswerForm,
    "write_note": NoteForm,
}


def form_for(name: str, case: Case, data: Any = None, **more: Any) -> DeedForm:
    """The form of a deed, bound to what was sent if anything was."""
    form = _ELSEWHERE.get(name) or DEEDS[name].form
    if form is AssignForm:
        more["people"] = case.contacts.reviewers
    elif form is MergeForm:
        more["twins"] = case.twins
    elif form is VerdictForm:
        more["reports"] = case.answering.candidates
    elif form is RestoreForm:
        more["pair"] = case.pair
    return form(data, name=name, report=case.report, **more)


def show(
    request: PortalRequest,
    case: Case,
    *,
    asked: DeedForm | None = None,
    refused: Refused | None = None,
    file_form: AttachmentForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page; after a deed that htmx sent, its body alone. `asked` is the form that came back with its words."""
    context = _standing(case) | _body(request, case, asked) | {"refused": refused, "form": asked or file_form}
    if "attach" in case.moves:
        context["file_form"] = file_form or AttachmentForm()
    template = "incidents/_report_swap.html" if request.htmx else "incidents/report_detail.html"
    return render(request, template, context, status=status)


def _body(request: PortalRequest, case: Case, asked: DeedForm | None) -> dict[str, Any]:
    """The forms and what stands beside them."""
    offers = list(_offers(case, asked))
    wanted = asked.name if asked else request.GET.get("do", "verdict" if case.answering.asked else "")
    return {
        "crumbs": _crumbs(case),
        "offers": offers,
        "opened": next((offer for offer in offers if offer.name == wanted and offer.deed.question), None),
        "update": _update(case, asked),
        "own_draft": next((each for each in case.typed if each.person_id == case.reader.pk), None),
        "questions": [(question, _answer(case, question, asked)) for question in case.history.questions],
        "note_form": _note(request, case, asked),
        "facts": facts.leading(case.report),
        "further": list(facts.further(case.report, outside=case.outside)),
        "completeness": completeness(case.report),
        "live": "live" not in request.GET and case.before is None,
    }


def live(request: PortalRequest, case: Case) -> HttpResponse:
    """What a page that stands open shows anew: where the report stands, and its log. No form is touched."""
    context = _standing(case) | {"offers": list(_offers(case, None)), "live": True, "swap": True}
    return render(request, "incidents/_report_changes.html", context)


def _standing(case: Case) -> dict[str, Any]:
    return {
        "case": case,
        "report": case.report,
        "url": reverse("report_detail", args=[case.report.reference]),
        "final_link": _final_link(case),
        "has_rare_deeds": any(DEEDS[name].rare for name in case.moves if name in DEEDS),
        "filters": [(name, label, name == case.show) for name, (label, _condition) in FILTERS.items()],
    }


def _crumbs(case: Case) -> list[tuple[Any, str]]:
    if case.by_authority:
        above = (_("Board"), reverse("board"))
    elif case.outside:
        above = (_("Reports about our services"), reverse("reports_about_us"))
    else:
        above = (_("Our reports"), reverse("report_list"))
    return [
        above,
        (case.report.reference, ""),
    ]


def _offers(case: Case, asked: DeedForm | None) -> Iterator[Offer]:
    """What the table allows, in the page's order; a closing that needs the final report stands on its page."""
    for name, deed in DEEDS.items():
        if name not in case.moves or (name == "close" and case.report.kind != ReportKind.CONSUMED_OUTAGE):
            continue
        yield Offer(name, deed, asked if asked and asked.name == name else form_for(name, case))


def _update(case: Case, asked: DeedForm | None) -> DeedForm | None:
    if "update" not in case.moves:
        return None
    if isinstance(asked, UpdateForm):
        return asked
    own = next((each for each in case.typed if each.person_id == case.reader.pk), None)
    return UpdateForm.typed_before(own.text, report=case.report) if own else form_for("update", case)


def _answer(case: Case, question: Question, asked: DeedForm | None) -> DeedForm | None:
    if "answer" not in case.moves:
        return None
    if isinstance(asked, AnswerForm) and str(asked["question"].value()) == str(question.entry.seq):
        return asked
    return form_for("answer", case, initial={"question": question.entry.seq})


def _note(request: PortalRequest, case: Case, asked: DeedForm | None) -> DeedForm | None:
    if not request.user.may(Permission.REPORT_TRIAGE):
        return None
    return asked if isinstance(asked, NoteForm) else form_for("write_note", case)


def _final_link(case: Case) -> str:
    """What leads to the final report: writing it, signing it, reviewing it, or reading it once it is sent."""
    if case.outside or case.report.kind == ReportKind.CONSUMED_OUTAGE:
        return ""
    if "submit_final" in case.moves:
        return "write" if not case.report.is_open else "combine"
    if case.countersigns:
        return "sign"
    if "send_back" in case.moves:
        return "review"
    return "read" if case.final and case.final.attested_at else ""
