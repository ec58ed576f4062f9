"""The limit page: the least that a page of this stack can be, for the board to be measured against.

Session, person, one keyset query of 25 rows with their names, one template that says what a row of the board says. No
permissions, no tiles, no filter, no navigation.
"""

from __future__ import annotations

from pathlib import Path

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template import Context, Engine
from django.urls import path

from incidents.lifecycle import Lane
from incidents.models import Report
from incidents.paging import BOARD_ORDER, page_of
from outage_portal.urls import urlpatterns as portal

ROWS = 25
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
COLUMNS = (
    "reference", "kind", "status", "severity", "version", "lane", "started_at", "next_clock", "next_due_at",
    "entity__name_ar", "main_service__name_ar", "reviewer__name_ar",
)  # fmt: skip
TEMPLATE = Engine(builtins=["django.templatetags.i18n"]).from_string(
    Path(__file__).with_name("limit.html").read_text(encoding="utf-8")
)


@login_required
def limit(request: HttpRequest) -> HttpResponse:
    """The first rows in the board's order, or those after a cursor."""
    reports = Report.objects.filter(lane__lt=Lane.ENDED).select_related("entity", "main_service", "reviewer")
    page = page_of(reports.only(*COLUMNS), order=BOARD_ORDER, size=ROWS, after=request.GET.get("after", ""))
    return HttpResponse(TEMPLATE.render(Context({"page": page, "person": request.user.name})))


urlpatterns = [path("bench/limit/", limit), *portal]
