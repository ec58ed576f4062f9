"""The calendar of maintenance: whose services are worked on when, as far as the reader may know of it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from entities.decorators import PortalRequest, requires
from entities.permissions import Permission as P
from incidents.days import Sheet, read_day
from incidents.forms.calendar import VIEWS, CalendarFilter


@requires(P.REPORT_VIEW)
@require_safe
def calendar_page(request: PortalRequest) -> HttpResponse:
    """A month, a week, or an agenda. Without a choice: the month, and on a phone its agenda."""
    asked = request.GET.get("view", "")
    view = asked if asked in dict(VIEWS) else "month"
    chosen = CalendarFilter(request.GET, user=request.user)
    sheet = Sheet(view, on=read_day(request.GET.get("day", "")), reader=request.user, chosen=chosen.choice)
    context = {
        "sheet": sheet,
        "filter": chosen,
        "views": VIEWS,
        "asked": asked if asked in dict(VIEWS) else "",
        "today": timezone.localdate(),
        "may_file": request.user.may(P.REPORT_DRAFT),
        "keeps_freezes": request.user.may(P.BOARD_VIEW),
    }
    return render(request, "incidents/calendar.html", context)
