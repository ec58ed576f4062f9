"""The entity's home: what to press when something breaks, then what is owed, then how things stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID, uuid4

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from crisis_teams.models import FILERS
from crisis_teams.readiness import Readiness, readiness
from entities.among import Among
from entities.decorators import PortalRequest, acting
from entities.models import DigitalService, Entity, Membership, ServiceDependency
from entities.permissions import Permission as P
from incidents.forms.doors import EMERGENCY, FIRST_QUESTION
from incidents.lifecycle import OPEN, WAITS_ON_AUTHORITY, WAITS_ON_PROVIDER, Lane, ReportKind
from incidents.models import Clock, Report
from incidents.models.clock import ClockQuerySet
from incidents.models.report_query import ReportQuerySet
from incidents.silent import lines_for
from incidents.states import ServiceState, relied_on
from incidents.views.filing import drafts_of

OWED, RELIED_ON, RECENT, COUNTED = 8, 8, 5, 99
RUNNING = (Lane.URGENT, Lane.OPEN)
#: What a line shows: to name all columns of a report costs more than to read them.
CONFIRM_COLUMNS = ("reference", "submitted_at", "on_behalf_caller", "main_service__name_ar", "main_service__name_en")
CLOCK_COLUMNS = (
    "kind", "started_at", "due_at", "report__reference",
    "report__lane", "report__main_service__name_ar", "report__main_service__name_en",
)  # fmt: skip
Down = tuple[DigitalService, UUID, str]


def entity_home(request: HttpRequest) -> HttpResponse:
    """For whoever acts in an entity; `outage_portal.views.home` has asked that. A fixed number of queries."""
    portal_request = cast(PortalRequest, request)
    entity, user, now = acting(portal_request).entity, portal_request.user, timezone.now()
    reports = Report.objects.visible_to(user).of(entity)
    owed, asked = _owed(Clock.objects.visible_to(user), entity)
    ready = readiness(entity, at=now)
    others = relied_on(entity, at=now, limit=RELIED_ON)
    context = {
        "entity": entity,
        "alarms": lines_for(user),
        "doors": FIRST_QUESTION,
        "emergency": EMERGENCY,
        "may_draft": user.may(P.REPORT_DRAFT),
        "may_send": user.may(P.REPORT_FILE),
        "may_confirm": user.may(P.REPORT_BIND),
        "appoints": user.may(P.TEAM_APPOINT),
        "senders": _senders(ready),
        "about_us": _about_us(asked, at=now),
        "drafts": drafts_of(portal_request) if user.may(P.REPORT_DRAFT) else [],
        "to_confirm": reports.recorded_for_it().select_related("main_service").only(*CONFIRM_COLUMNS)[:3],
        "to_decide": user.may(P.DEPENDENCY_KEEP)
        and ServiceDependency.objects.visible_to(user).waiting(entity).exists(),
        "owed": owed[: OWED + 1],
        "owed_shown": OWED,
        "ready": ready,
        "relied_on": others,
        "down": _down(others, reports),
        "recent": reports.for_board().order_by("-submitted_at")[:RECENT],
    }
    return render(request, "incidents/home.html", context)


def _down(others: list[tuple[DigitalService, ServiceState]], reports: ReportQuerySet) -> list[Down]:
    """Other entities' services that are down, each with a key for one tap and with our own open report of it."""
    services = [service for service, state in others if state == ServiceState.DOWN]
    if not services:
        return []
    ours = reports.filter(kind=ReportKind.CONSUMED_OUTAGE, provider_service__in=services, status__in=OPEN)
    reported = dict(ours.values_list("provider_service", "reference"))
    return [(service, uuid4(), reported.get(service.pk, "")) for service in services]


def _owed(clocks: ClockQuerySet, entity: Entity) -> tuple[list[Clock], list[Clock]]:
    """What the entity owes on its own reports, and to those who report its services; each the first due first.

    A running outage stands before all else: what a closed report promised for this day does not push it down. One
    query of three slices: however many of one kind are due, they hide none of the other.
    """
    own = Q(report__entity=entity) & ~Q(kind__in=WAITS_ON_AUTHORITY | WAITS_ON_PROVIDER)
    asked = Q(report__provider_service__entity=entity, kind__in=WAITS_ON_PROVIDER)
    running = clocks.running().order_by("due_at", "pk")
    firsts = Q(Among("pk", running.filter(own).values("pk")[: OWED + 1]))
    firsts |= Q(Among("pk", running.filter(own, report__lane__in=RUNNING).values("pk")[: OWED + 1]))
    firsts |= Q(Among("pk", running.filter(asked).values("pk")[:COUNTED]))
    found = running.filter(firsts).select_related("report__main_service").only(*CLOCK_COLUMNS)
    rows = sorted(found, key=lambda row: row.report.lane not in RUNNING)  # the first due first among its like
    return [row for row in rows if not row.waits_on_provider], [row for row in rows if row.waits_on_provider]


@dataclass(frozen=True)
class AboutUs:
    """Reports about the entity's services that wait for its answer: how many, and by when the first is owed."""

    number: int
    due_at: datetime
    is_late: bool


def _about_us(asked: list[Clock], *, at: datetime) -> AboutUs | None:
    """Counted as far as anybody counts; nothing where nothing waits."""
    return AboutUs(len(asked), asked[0].due_at, asked[0].due_at < at) if asked else None


def _senders(ready: Readiness) -> list[Membership]:
    """Who can send a report today."""
    return [seat.membership for seat in ready.seats if seat.usable and seat.membership.role in FILERS]
