"""What leaves the portal as a file of its own: the sealed record of a closed report, a maintenance's calendar entry."""

from __future__ import annotations

import logging

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from entities.decorators import PortalRequest, requires
from entities.permissions import Permission as P
from entities.templatetags.moments import on_paper
from incidents import actions
from incidents.case import Case
from incidents.errors import PaperRefused, PaperUnavailable, StaleReport
from incidents.ics import calendar_file
from incidents.lifecycle import ReportKind
from incidents.record import contents
from incidents.views.report_page import find

logger = logging.getLogger(__name__)


@requires(P.REPORT_EXPORT)
@require_safe
def report_record(request: PortalRequest, reference: str) -> HttpResponse:
    """The sealed record, the same bytes for everyone; its first reader has it made."""
    case, language = find(request, reference), get_language() or "ar"
    if not case.has_record:
        raise Http404
    actions.mark_reading(case.report, part="record", by=request.user)
    try:
        record = actions.seal(case.report, language=language)
        return _file(record.read(), f"{reference}-{language}.pdf", "application/pdf")
    except PaperUnavailable:
        return _to_print(request, case)
    except StaleReport as stale:
        messages.error(request, str(stale))
    except PaperRefused:
        logger.exception("record_not_as_sealed", extra={"reference": reference})
        messages.error(
            request, _("The sealed file is missing or was changed, so it is not given out. Tell the authority.")
        )
    return redirect("report_detail", reference)


def _to_print(request: PortalRequest, case: Case) -> HttpResponse:
    """The same words as a page, where the machine makes no PDF: printed, not sealed."""
    with on_paper():
        context = contents(case.report, actions.closing_of(case.report))
        return render(request, "incidents/record_print.html", context)


@requires(P.REPORT_EXPORT)
@require_safe
def report_calendar(request: PortalRequest, reference: str) -> HttpResponse:
    """The window of a maintenance for a calendar."""
    report = find(request, reference).report
    if report.kind != ReportKind.MAINTENANCE:
        raise Http404
    entry = calendar_file(report, at=timezone.now())
    return _file(entry.content.encode(), entry.name, "text/calendar; charset=utf-8")


def _file(content: bytes, name: str, content_type: str) -> HttpResponse:
    """Always as a download; every signed-in answer is kept by no cache."""
    response = HttpResponse(content, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
