"""What others report about one's services: the list of it, the owner's answer, the authority's ruling."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from entities.decorators import PortalRequest, acting, requires
from entities.permissions import Permission as P
from incidents import actions
from incidents.lifecycle import OPEN, Lane, ReportKind
from incidents.models import Report
from incidents.models.report_query import NEVER, ReportQuerySet
from incidents.paging import NEWEST_FIRST, Order, page_of
from incidents.views.following import perform

PAGE = 25
BY_ANSWER = Order("answer", ("due", "id"))
PARTS = {
    "": gettext_lazy("Waiting for your answer"),
    "answered": gettext_lazy("Answered"),
    "ended": gettext_lazy("Over"),
}


@requires(P.ENTITY_HOME)
@require_safe
def reports_about_us(request: PortalRequest) -> HttpResponse:
    """Reports of other entities about this one's services: what waits for an answer first."""
    part = request.GET.get("show", "") if request.GET.get("show", "") in PARTS else ""
    seen = Report.objects.visible_to(request.user)
    found = _found(seen.about_services_of(acting(request).entity), part)
    cursors = {name: request.GET.get(name, "") for name in ("after", "before")}
    page = page_of(_with_others(found, seen), order=NEWEST_FIRST if part else BY_ANSWER, size=PAGE, **cursors)
    url, now = reverse("reports_about_us"), timezone.now()
    here = f"{url}?show={part}&" if part else f"{url}?"
    context: dict[str, Any] = {
        "rows": [(report, report.answer_due_at is not None and report.answer_due_at < now) for report in page.rows],  # type: ignore[attr-defined]  # annotated
        "part": part,
        "parts": [(code, label, f"{url}?show={code}" if code else url) for code, label in PARTS.items()],
        "page": {
            "previous_url": page.before and f"{here}before={page.before}",
            "next_url": page.after and f"{here}after={page.after}",
        },
    }
    return render(request, "incidents/about_us.html", context)


def _found(reports: ReportQuerySet, part: str) -> ReportQuerySet:
    """The reports of one tab, with the moment by which the answer is owed."""
    reports = reports.with_answer_due().annotate(due=Coalesce(F("answer_due_at"), NEVER)).for_page()
    match part:
        case "answered":
            return reports.filter(lane__lte=Lane.OPEN, status__in=OPEN).exclude(verdict="")
        case "ended":
            return reports.exclude(status__in=OPEN)
    return reports.unanswered()


def _with_others(reports: ReportQuerySet, seen: ReportQuerySet) -> ReportQuerySet:
    """Each with how many more entities report the same service now."""
    same = seen.filter(kind=ReportKind.CONSUMED_OUTAGE, lane__lte=Lane.OPEN, status__in=OPEN)
    same = same.filter(provider_service=OuterRef("provider_service")).exclude(pk=OuterRef("pk"))
    counted = same.order_by().values("provider_service").annotate(n=Count("entity", distinct=True)).values("n")
    return reports.annotate(others=Subquery(counted))


@requires(P.REPORT_FILE)
@require_POST
def report_verdict(request: PortalRequest, reference: str) -> HttpResponse:
    """The service's owner says what it found."""
    return perform(request, reference, "verdict", actions.give_verdict, said=_("Your answer is sent."))


@requires(P.REPORT_TRIAGE)
@require_POST
def report_rule(request: PortalRequest, reference: str) -> HttpResponse:
    """The authority says on whose side the fault lies."""
    return perform(request, reference, "rule", actions.rule, said=_("The ruling is sent to both entities."))
