"""From “what is happening?” to the receipt. A GET creates nothing; a form that is sent twice files once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from crisis_teams.models import FILERS
from crisis_teams.readiness import active_team, team_members
from entities.decorators import PortalRequest, acting, requires
from entities.limits import PREVIEWS, SEARCH, limited
from entities.models import DigitalService, Entity
from entities.permissions import Permission as P
from incidents import actions
from incidents.actions import Filed
from incidents.affected import outage_about
from incidents.consequences import consequences, foreseen
from incidents.errors import LeadTimeShort, MoveRefused
from incidents.forms.doors import DOORS, EMERGENCY, FIRST_QUESTION, OWN, Door, door_of, text_of
from incidents.forms.filing import FilingForm
from incidents.forms.maintenance import MaintenanceForm
from incidents.forms.outages import BecauseOfAnotherForm
from incidents.forms.services import ServiceField, read_numbers
from incidents.lifecycle import ReportKind
from incidents.models import Draft, Report
from incidents.similar import Similar, find_similar

FORM = ["GET", "HEAD", "POST"]
#: What a person who comes back to an empty form, or a colleague, may not know to be sent.
JUST_NOW = timedelta(hours=1)


# --- The first question and the forms -----------------------------------------------------------------------
@require_safe
@requires(P.REPORT_DRAFT)
def report_new(request: PortalRequest) -> HttpResponse:
    """What is happening?"""
    context = {"doors": FIRST_QUESTION, "emergency": EMERGENCY, "drafts": drafts_of(request)}
    context["on_paper"] = request.user.may(P.REPORT_OFFLINE)
    return render(request, "incidents/report_new.html", context)


@require_http_methods(FORM)
@requires(P.REPORT_DRAFT)
def file_report(request: PortalRequest, slug: str) -> HttpResponse:
    """One form, opened, resumed or sent."""
    door, entity = DOORS[slug], acting(request).entity
    if active_team(entity) is None:
        return no_team(request, door, entity)
    if request.method != "POST":
        return _resume(request, door) if "draft" in request.GET else _open(request, door, entity)
    if not request.user.may(P.REPORT_FILE) and "window" not in request.POST:
        raise PermissionDenied
    form = door.form(request.POST, entity=entity)
    if (unfinished := still_open(request, door, form)) is not None:
        return unfinished
    try:
        filed = _send(request, door, form)
    except MoveRefused as refusal:
        return refused_page(request, door, form, refusal)
    return filed_answer(request, form, filed)


def still_open(request: PortalRequest, door: Door, form: FilingForm, **context: Any) -> HttpResponse | None:
    """The same page, as long as something is to be found, put right or answered; None: it may be filed."""
    if "find" in request.POST or "find" in request.GET:
        return form_page(request, door, form.unjudged(), **context)
    if "window" in request.POST:
        if isinstance(form, MaintenanceForm):
            form.take_window(request.POST["window"])
        return form_page(request, door, form.unjudged(), **context)
    if not form.is_valid():
        return form_page(request, door, form, status=422, **context)
    if isinstance(form, MaintenanceForm) and form.conflicts and not form.is_acknowledged:
        return form_page(request, door, form, status=409, asks_conflicts=True, **context)
    if found := _similar(request, form):
        return form_page(request, door, form, status=409, similar=found, **context)
    return None


def _similar(request: PortalRequest, form: FilingForm) -> Similar | None:
    """What is asked about once, and not again after its answer; of planned works the conflicts say it."""
    if "confirmed" in request.POST or isinstance(form, MaintenanceForm):
        return None
    return find_similar(
        form.kind,
        entity=form.entity,
        key=form.draft_key,
        services=[service for service, _impact in form.affected],
        provider=form.provider,
        start=form.start,
    )


def _send(request: PortalRequest, door: Door, form: FilingForm) -> tuple[Filed, ...]:
    who: dict[str, Any] = {"entity": form.entity, "key": form.draft_key, "by": request.user}
    if isinstance(form, BecauseOfAnotherForm):
        return actions.file_pair(own=form.answers(), consumed=form.consumed_answers(), **who)
    if restored_at := form.cleaned_data.get("restored_at"):
        return (actions.file_ended_outage(answers=form.answers(), restored_at=restored_at, **who),)
    return (actions.file_report(kind=door.kind, answers=form.answers(), **who),)


def file_later(
    request: PortalRequest, door: Door, form: FilingForm, above: Form, send: Callable[[], Filed], **context: Any
) -> HttpResponse:
    """What was told by telephone or written on paper before: `above` says when, and has to be right as well."""
    context["above"] = above
    if not form.is_bound:
        return form_page(request, door, form, **context)
    if (unfinished := still_open(request, door, form, **context)) is not None:
        return unfinished
    if not above.is_valid():
        return form_page(request, door, form, status=422, **context)
    try:
        filed = send()
    except MoveRefused as refusal:
        return refused_page(request, door, form, refusal, **context)
    return filed_answer(request, form, (filed,))


def refused_page(
    request: PortalRequest, door: Door, form: FilingForm, refusal: MoveRefused, **context: Any
) -> HttpResponse:
    """What only the action can know, beside the field that answers it."""
    form.add_error("emergency_reason" if isinstance(refusal, LeadTimeShort) else None, str(refusal))
    return form_page(request, door, form, status=422, **context)


def filed_answer(request: PortalRequest, form: FilingForm, filed: tuple[Filed, ...]) -> HttpResponse:
    """To the receipt; a repeated form with another text is shown what its key has filed before."""
    report = filed[0].report
    if not all(each.same_text for each in filed):
        context = {
            "report": report,
            "summary": form.answers().columns["summary"],
            "update": "update" in report.moves_for(request.user),
            "once": uuid4(),
        }
        return render(request, "incidents/already_filed.html", context, status=409)
    url = reverse("receipt", args=[report.reference])
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)


def form_page(
    request: PortalRequest,
    door: Door,
    form: FilingForm,
    *,
    page: str = "incidents/file_report.html",
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """The page of a form, or for htmx the form alone."""
    version = request.POST.get("version", "")
    if (
        request.method == "POST" and not {"call", "paper"} & context.keys()
    ):  # what was saved on the way is not said to be unsaved
        mine = Draft.objects.visible_to(request.user).select_related("last_writer")
        context.setdefault("draft", mine.filter(key=form.draft_key, kind=door.kind).first())
    may_send = request.user.may(P.REPORT_FILE) or "call" in context
    context = {
        "door": door,
        "form": form,
        "follows": consequences(form) if form.is_bound else foreseen(form),
        "may_send": may_send,
        "senders": [] if may_send else team_members(form.entity).filter(role__in=FILERS),
        "version": version if version.isascii() and version.isdigit() else "",
        "emergency": EMERGENCY if isinstance(form, MaintenanceForm) else None,
        **context,
    }
    return render(request, "incidents/_filing_form.html" if request.htmx else page, context, status=status)


def _open(request: PortalRequest, door: Door, entity: Entity) -> HttpResponse:
    """A fresh key and a fresh moment; `?service=`, `?provider=` and `?about=` choose what a link already knows."""
    services = DigitalService.objects.visible_to(request.user).active().select_related("entity")
    initial = {}
    for name, chosen in (
        ("services", services.of(entity).filter(pk__in=read_numbers(request.GET.getlist("service")))),
        ("provider_service", services.not_of(entity).filter(pk__in=read_numbers(request.GET.getlist("provider")))),
    ):
        if name in door.form.base_fields:
            initial[name] = list(chosen[:1])
    if door == OWN and (about := request.GET.get("about", "")):
        known = Report.objects.visible_to(request.user).filter(kind=ReportKind.CONSUMED_OUTAGE, reference=about[:20])
        if report := known.select_related("provider_service").first():
            initial |= outage_about(report, entity=entity)
    drafts = [draft for draft in drafts_of(request) if draft.kind == door.kind]
    filed = Report.objects.visible_to(request.user).of(entity).filter(kind=door.kind)
    sent = filed.filter(submitted_at__gte=timezone.now() - JUST_NOW).select_related("main_service")
    form = door.form(entity=entity, initial=initial)
    return form_page(request, door, form, drafts=drafts, sent=sent.order_by("-submitted_at")[:3])


def _resume(request: PortalRequest, door: Door) -> HttpResponse:
    """Go on with a draft, one's own or a colleague's; one that was filed meanwhile leads to its report."""
    try:
        key = UUID(request.GET["draft"])
    except ValueError as error:
        raise Http404 from error
    entity = acting(request).entity
    mine = Draft.objects.visible_to(request.user).select_related("last_writer")
    draft = mine.filter(key=key, kind=door.kind).first()
    if draft is None:
        reports = Report.objects.visible_to(request.user).of(entity)
        return redirect("report_detail", get_object_or_404(reports, key=key, kind=door.kind).reference)
    if door_of(draft) != door:
        return redirect(f"{door_of(draft).url}?draft={key}")
    form = door.form(text_of(draft), entity=entity).unjudged()
    return form_page(request, door, form, draft=draft, version=draft.version)


def no_team(request: PortalRequest, door: Door, entity: Entity) -> HttpResponse:
    """Nobody files without a registered team: say what to do, and for whoever files make it one tap."""
    context = {"door": door, "team_members": team_members(entity), "may_send": request.user.may(P.REPORT_FILE)}
    return render(request, "incidents/no_team.html", context, status=409)


def drafts_of(request: PortalRequest) -> list[Draft]:
    """The entity's unsent drafts with their doors, the last touched first."""
    drafts = Draft.objects.visible_to(request.user).select_related("service", "last_writer")[:5]
    return [with_door(draft) for draft in drafts]


def with_door(draft: Draft) -> Draft:
    """With the form that it belongs to, as `door`."""
    draft.door = door_of(draft)  # type: ignore[attr-defined]  # for the template alone
    return draft


# --- Fragments while a form is filled -------------------------------------------------------------------------
@require_POST
@requires(P.REPORT_DRAFT, P.REPORT_RECORD)
@limited(PREVIEWS)
def preview(request: PortalRequest, slug: str) -> HttpResponse:
    """Severity and its reason, who is told, which clocks start: from the answers so far. Writes nothing."""
    door = find_door(slug)
    form = door.form(request.POST, entity=filing_entity(request)).unjudged()
    follows = consequences(form)
    context = {"form": form, "follows": follows, "door": door, "radar": request.POST.get("radar", "") != follows.mark}
    context["may_send"] = request.user.may(P.REPORT_FILE)
    return render(request, "incidents/_preview.html", context)


@require_safe
@requires(P.REPORT_DRAFT, P.REPORT_RECORD)
@limited(SEARCH)
def service_search(request: PortalRequest) -> HttpResponse:
    """The entity's own services that hold the words, among the chips of a field."""
    return _service_options(request, own=True)


@require_safe
@requires(P.REPORT_DRAFT, P.REPORT_RECORD)
@limited(SEARCH)
def provider_search(request: PortalRequest) -> HttpResponse:
    """Other entities' services that hold the words."""
    return _service_options(request, own=False)


def _service_options(request: PortalRequest, *, own: bool) -> HttpResponse:
    """The chips of one field, those already chosen among them."""
    name = request.GET.get("field", "")
    form = next((door.form for door in DOORS.values() if name in door.form.base_fields), None)
    field = form(request.GET.copy(), entity=filing_entity(request)).fields[name] if form else None
    if not isinstance(field, ServiceField) or field.own != own:
        raise Http404
    values = field.widget.value_from_datadict(request.GET, request.FILES, name)
    context = field.widget.get_context(name, values, {"id": f"id_{name}"})
    return render(request, "forms/widgets/service_options.html", context)


def filing_entity(request: PortalRequest) -> Entity:
    """One's own entity; for a reviewer at the telephone the one she writes for."""
    code = request.POST.get("on_behalf") or request.GET.get("on_behalf")
    if code and request.user.may(P.REPORT_RECORD):
        return get_object_or_404(Entity.objects.visible_to(request.user).active(), code=code)
    return acting(request).entity


def find_door(slug: str) -> Door:
    """The door of a slug, or 404."""
    if slug not in DOORS:
        raise Http404
    return DOORS[slug]
