"""The entity's side: the list of its reports, the page of one, and its attachments."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from entities.decorators import PortalRequest, acting, requires
from entities.limits import LIST_SEARCH, UPLOADS, limited
from entities.permissions import Permission as P
from incidents import actions
from incidents.board import TABS
from incidents.errors import MoveRefused
from incidents.forms.attachments import AttachmentForm
from incidents.models import Attachment, Report
from incidents.paging import BOARD_ORDER, NEWEST_FIRST, page_of
from incidents.standing import with_own_clock
from incidents.views.report_page import find, live, show

PAGE = 25


@requires(P.ENTITY_HOME, P.BOARD_VIEW)
@require_safe
@limited(LIST_SEARCH)
def report_list(request: PortalRequest) -> HttpResponse:
    """The entity's own reports, and those that others filed about its services; reviewers are led to the board."""
    if not request.user.may(P.ENTITY_HOME):
        return redirect("board")
    now, words = timezone.now(), request.GET.get("q", "").strip()[:200]
    part = next((tab for tab in TABS if tab.code == request.GET.get("show")), TABS[0])
    reports = Report.objects.visible_to(request.user)
    found = reports.searched_by(request.user, words).filter(part.holds(now))
    cursors = {name: request.GET.get(name, "") for name in ("after", "before")}
    order = NEWEST_FIRST if part.code == "ended" else BOARD_ORDER
    page = page_of(found, with_own_clock(reports.for_page()), order=order, size=PAGE, **cursors)
    counts = reports.unsettled().aggregate(**{tab.code: Count("pk", filter=tab.holds(now)) for tab in TABS[:2]})
    context = {
        "rows": [(report, report.own_due_at is not None and report.own_due_at < now) for report in page.rows],  # type: ignore[attr-defined]  # annotated
        "own": acting(request).entity_id,
        "words": words,
        "may_file": request.user.may(P.REPORT_FILE),
        "everything": _list_url(part.code, ""),
        "part": part,
        "tabs": [(tab, _list_url(tab.code, words), counts.get(tab.code)) for tab in TABS],
        "page": {
            "previous_url": page.before and _list_url(part.code, words, before=page.before),
            "next_url": page.after and _list_url(part.code, words, after=page.after),
        },
    }
    return render(request, "incidents/report_list.html", context)


def _list_url(show: str, words: str, **cursor: str) -> str:
    said = {"show": "" if show == TABS[0].code else show, "q": words, **cursor}
    query = urlencode({name: value for name, value in said.items() if value})
    return f"{reverse('report_list')}?{query}" if query else reverse("report_list")


@requires(P.REPORT_VIEW)
@require_safe
def report_detail(request: PortalRequest, reference: str) -> HttpResponse:
    """The story of a report. With `since`, what has changed on a page that shows so many events: 204 if nothing has."""
    case = find(request, reference)
    since = request.GET.get("since")
    if since is None:
        actions.mark_reading(case.report, part="page", by=request.user)
        return show(request, case)
    if since == str(case.report.event_count):
        return HttpResponse(status=204)
    return live(request, case)


# --- Attachments ----------------------------------------------------------------------------------------------


@requires(P.REPORT_UPDATE, P.REPORT_TRIAGE)
@require_POST
@limited(UPLOADS)
def attachment_add(request: PortalRequest, reference: str) -> HttpResponse:
    """Keep one file. The script sends them one by one and gets its row, or the sentence why not (422)."""
    case = find(request, reference)
    form = AttachmentForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            attachment = actions.attach(
                case.report, upload=form.cleaned_data["file"], content_type=form.content_type, by=request.user
            )
        except MoveRefused as refusal:
            form.add_error("file", str(refusal))
        else:
            if request.htmx:
                context: dict[str, Any] = {"file": attachment, "report": case.report}
                return render(request, "incidents/_file.html", context)
            messages.success(request, _("The file %(name)s is attached.") % {"name": attachment.name})
            return redirect(f"{reverse('report_detail', args=[reference])}#files")
    if request.htmx:
        return render(request, "incidents/_file_refused.html", {"form": form}, status=422)
    return show(request, case, file_form=form, status=422)


@requires(P.REPORT_VIEW)
@require_safe
def attachment_download(request: PortalRequest, reference: str, attachment: UUID) -> HttpResponseBase:
    """A file, always as a download: never shown by the browser in the portal's name."""
    case = find(request, reference)
    if case.outside:
        raise Http404
    found = get_object_or_404(Attachment.objects.visible_to(request.user).of(case.report), pk=attachment)
    try:
        content = found.file.open("rb")
    except FileNotFoundError as gone:
        raise Http404 from gone
    actions.mark_reading(case.report, part="file", by=request.user)
    response = FileResponse(content, as_attachment=True, filename=found.name, content_type=found.content_type)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
