"""The reviewers' side: the board, its refresh in place, and the deeds in its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import push_url, retarget

from entities.decorators import PortalRequest, requires
from entities.limits import LIST_SEARCH, limited
from entities.models import User
from entities.permissions import Permission
from entities.prepared import Prepared, moment, reader
from incidents import actions
from incidents.board import ACKNOWLEDGEMENT, NOBODY, TABS, Row, Standing
from incidents.calls import number as calls_owed
from incidents.errors import MoveRefused, StaleReport
from incidents.folding import IncidentRow, incident_rows, rows_of
from incidents.forms.board import PAGE_SIZES, AssignForm, BoardFilter, DeedForm, PollForm, names_now, reviewers
from incidents.last_look import last_look, look
from incidents.lifecycle import EventKind
from incidents.models import Report
from incidents.models.report_query import ReportQuerySet
from incidents.news import SAID_WITHIN, changes_between, events_after, glance, news_of, news_of_alarms
from incidents.paging import Cut, Page
from incidents.views import bulk
from incidents.views.board_links import Link, address, for_rows, tiles, view_link, whole


@requires(Permission.BOARD_VIEW)
@require_safe
@limited(LIST_SEARCH)
def board(request: PortalRequest) -> HttpResponse:
    """The reports in the order in which their promises break; htmx gets the list alone."""
    standing = Standing.read(request.user, at=timezone.now())
    if not request.GET and standing.default_view and not request.htmx:
        return redirect(address(standing.default_view))
    look(request.session, at=timezone.now())
    chosen = BoardFilter(request.GET, user=request.user)
    page = _page(request, chosen)
    context = _context(request, chosen, page, standing)
    context |= {"rows": _rows(request, page.rows), "offer": bulk.offer(request)}
    if request.htmx and not request.htmx.history_restore_request:
        swapped = render(request, "incidents/_board_swap.html", context)
        return push_url(swapped, address(chosen.query() or context["whole"]))
    return render(request, "incidents/board.html", context)


@requires(Permission.BOARD_VIEW)
@require_safe
def board_changes(request: PortalRequest) -> HttpResponse:
    """What is new since the token; 204 when nothing is. Rows on the page are renewed in place, the others wait."""
    poll = PollForm(request.GET)
    if not poll.is_valid():
        return HttpResponse(status=204)
    token, new = poll.cleaned_data["token"], glance(poll.cleaned_data["token"], request.user)
    if not new.events and new.alarms == (poll.cleaned_data["alarms"] or 0):
        return HttpResponse(status=204)
    events = events_after(token, request.user) if new.events else []
    chosen = BoardFilter(request.GET, user=request.user)
    page, shown = _page(request, chosen), poll.cleaned_data["shown"]
    listed = {report.reference: report for report in page.rows}
    changed = {event.report.reference for event in events} & set(shown)
    reports = [listed[reference] for reference in changed & set(listed)]
    if gone := changed - set(listed):
        reports += _for_board(request).filter(reference__in=gone)
    context = _context(request, chosen, page, Standing.read(request.user, at=timezone.now()), shown=shown)
    said = news_of_alarms(context["alarms"], since=timezone.now() - SAID_WITHIN) + news_of(events)
    now_listed = [*(row.incident.reference for row in context["incidents"]), *listed]
    context |= {"incidents": _incidents_again(request, context["incidents"], shown)}
    context |= {"rows": _rows(request, reports), "news": said}
    context |= {"waiting": changes_between(shown, now_listed)}
    if any(event.kind == EventKind.REMINDED or event.move == "record_call" for event in events):
        context["calls"] = calls_owed(request.user, at=timezone.now())
    return render(request, "incidents/_board_changes.html", context)


# --- Deeds in a row -------------------------------------------------------------------------------------------


@requires(Permission.REPORT_TRIAGE)
@require_POST
def board_acknowledge(request: PortalRequest, reference: str) -> HttpResponse:
    """Take the report."""

    def acknowledge(report: Report, seen: int) -> None:
        actions.acknowledge(report, seen=seen, by=request.user)

    said = _("%(reference)s is acknowledged.") % {"reference": reference}
    return _do(request, reference, acknowledge, said=said, undo=ACKNOWLEDGEMENT)


@requires(Permission.REPORT_TRIAGE)
@require_POST
def board_undo_acknowledge(request: PortalRequest, reference: str) -> HttpResponse:
    """Take one's own acknowledgement back."""

    def undo(report: Report, seen: int) -> None:
        actions.undo_acknowledge(report, seen=seen, by=request.user)

    said = _("%(reference)s awaits acknowledgement again.") % {"reference": reference}
    return _do(request, reference, undo, said=said)


@requires(Permission.REPORT_TRIAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def board_assign(request: PortalRequest, reference: str) -> HttpResponse:
    """Ask who follows the report from now on; then give it to her, or back to the pool."""
    sent = request.GET.copy()  # the way back of an assignment says in its address where it goes
    sent.update(request.POST)
    form, report = AssignForm(sent, people=reviewers()), _find(request, reference)
    if request.method != "POST":
        context = {"report": report, "people": form.people.items(), **for_rows(request, _next(request))}
        template = "incidents/_board_assign.html" if request.htmx else "incidents/board_assign.html"
        return render(request, template, context)

    def assign(report: Report, seen: int) -> None:
        if not form.is_valid():
            raise MoveRefused(_("This person does not follow reports any more."))
        actions.assign(report, reviewer=form.cleaned_data["reviewer"], seen=seen, by=request.user)

    before = str(report.reviewer.public_id) if report.reviewer else NOBODY
    person = form.people.get(sent.get("reviewer", ""))
    said = _("%(person)s follows %(reference)s now.") if person else _("Nobody follows %(reference)s now.")
    said %= {"reference": reference, "person": person}
    return _do(request, reference, assign, said=said, undo="" if "undo" in sent else before)


def _do(
    request: PortalRequest, reference: str, deed: Callable[[Report, int], None], *, said: str, undo: str = ""
) -> HttpResponse:
    """Do it, and answer with the row (htmx) or the same board; 409 with the row as it is now when refused."""
    report, form, refusal = _find(request, reference), DeedForm(request.POST), ""
    try:
        if not form.is_valid():
            raise StaleReport(_("This report changed while you were reading it. Look at it again, then decide."))
        deed(report, form.cleaned_data["version"])
    except MoveRefused as refused:
        refusal = str(refused)
    if not (request.htmx or refusal):
        messages.success(request, said)
        query = _next(request, done=undo and reference, undo=undo) or "show=live"
        return redirect(f"{address(query)}#row-{reference}")
    [row] = _rows(request, [_find(request, reference)])
    row = replace(row, refusal=refusal, undo="" if refusal else undo)
    template = "incidents/_board_done.html" if request.htmx else "incidents/board_refused.html"
    standing, chosen = Standing.read(request.user, at=timezone.now()), _filter(request)
    context = {
        "row": row,
        "rows": [row],
        "just_done": True,
        **for_rows(request, chosen.query()),
        **tiles(standing, chosen),
    }
    return retarget(render(request, template, context, status=409 if refusal else 200), f"#row-{reference}")


# --- What the pages need ----------------------------------------------------------------------------------------


def _find(request: PortalRequest, reference: str) -> Report:
    return get_object_or_404(_for_board(request), reference=reference)


def _for_board(request: PortalRequest) -> ReportQuerySet:
    return _read(request.user, at=timezone.now(), since=last_look(request.session))


def _read(user: User, *, at: datetime, since: datetime | None) -> ReportQuerySet:
    reports = Report.objects.visible_to(user).for_board(at=at).with_tags()
    return reports.with_changes(since=since, beside=user)


#: The first page of each filter: every refresh asks for it.
LISTED = Prepared(fixed=True)


def _page(request: PortalRequest, chosen: BoardFilter) -> Page[Report]:
    user, at, since = request.user, timezone.now(), last_look(request.session)
    cut = Cut(chosen.order, chosen.size, request.GET.get("after", ""), request.GET.get("before", ""))

    def rows(at: datetime, since: datetime | None) -> ReportQuerySet:
        found = chosen.apply(Report.objects.visible_to(user), at=at)
        return cut.of(found, _read(user, at=at, since=since))  # type: ignore[return-value]  # the stubs lose its class

    if cut.key is not None or chosen.searches:
        return cut.page(list(rows(at, since)))
    key = (reader(user), chosen.query(), since is None)
    build = partial(rows, moment("at"), since and moment("since"))
    return cut.page(LISTED.ask(key, build, at=at, since=since))


def _rows(request: PortalRequest, reports: Iterable[Report]) -> list[Row]:
    at, done = timezone.now(), request.GET.get("done")  # a deed without JavaScript has just led here
    since = last_look(request.session)
    rows = [Row.of(report, user=request.user, at=at, since=since) for report in reports]
    return [replace(row, undo=request.GET.get("undo", "")) if row.report.reference == done else row for row in rows]


def _incidents(request: PortalRequest, chosen: BoardFilter, standing: Standing) -> list[IncidentRow]:
    """They head the first page of a list that folds."""
    if not (standing.grouped and chosen.folds) or {"after", "before"} & set(request.GET):
        return []
    return incident_rows(chosen.part, user=request.user, at=timezone.now())


def _incidents_again(request: PortalRequest, now: list[IncidentRow], shown: list[str]) -> list[IncidentRow]:
    """The rows of the incidents that the reader's page shows, as they are now."""
    still = [row for row in now if row.incident.reference in shown]
    gone = {each for each in shown if each.startswith("INC")} - {row.incident.reference for row in still}
    return still + (rows_of(gone, user=request.user, at=timezone.now()) if gone else [])


def _context(
    request: PortalRequest,
    chosen: BoardFilter,
    page: Page[Report],
    standing: Standing,
    *,
    shown: list[str] | None = None,
) -> dict[str, Any]:
    """Everything around the rows; `shown` are the references on the reader's page, which its refresh sends back."""
    names, chosen.tags = names_now(), standing.tags
    incidents = _incidents(request, chosen, standing)
    if shown is None:
        shown = [*(row.incident.reference for row in incidents), *(report.reference for report in page.rows)]
    everything, narrowed = whole(standing), chosen.is_narrowed and chosen.part in TABS[1:]
    here = chosen.query(**{name: request.GET[name] for name in ("after", "before") if name in request.GET})
    return {
        "now": timezone.now(),
        "incidents": incidents,
        "alarms": standing.lines,
        "may_dismiss_alarms": request.user.may(Permission.REPORT_TRIAGE),
        "on_duty": names.on_duty(at=timezone.now()),
        "on_duty_read_at": names.read_at,
        "calls": names.calls,
        **tiles(standing, chosen),
        "tabs": [
            Link(address(chosen.query(show=part.code, status="") or everything), part.label, part is chosen.part)
            for part in TABS
        ],
        "views": [view_link(view, chosen) for view in standing.views],
        "may_share": actions.may_share(request.user),
        "people": names.people,
        "sizes": [Link(address(chosen.query(rows=size)), size, size == chosen.size) for size in PAGE_SIZES],
        "page": {
            "previous_url": page.before and address(chosen.query(before=page.before)),
            "next_url": page.after and address(chosen.query(after=page.after)),
        },
        "poll_url": f"{reverse('board_changes')}?token={standing.token}&alarms={standing.alarms}"
        f"&shown={','.join(shown)}&{here}",
        "here": address(here or everything),
        "everything": address(f"show={chosen.part.code}" if narrowed else everything),
        **for_rows(request, chosen.query()),
    }


def _filter(request: PortalRequest) -> BoardFilter:
    """The filter that a form or a link carried along, read as a filter: it leads nowhere but to the board."""
    return BoardFilter(QueryDict((request.POST or request.GET).get("next", "")), user=request.user)


def _next(request: PortalRequest, **more: str) -> str:
    return _filter(request).query(**more)
