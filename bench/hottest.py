"""The queries that are asked most, and the index that must answer each however large its table grows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import QuerySet

from incidents.lifecycle import Lane
from incidents.models import Clock, Report, ReportEvent
from notifications.models import Delivery


class Query(NamedTuple):
    """What asks it, the question, and the index."""

    name: str
    asked: QuerySet[ReportEvent] | QuerySet[Report] | QuerySet[Clock] | QuerySet[Delivery]
    index: str

    def plan(self, how: str = "") -> list[str]:
        """As PostgreSQL explains it; `how`: with which options."""
        sql, values = self.asked.query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {how} {sql}", values)
            return [line for (line,) in cursor.fetchall()]


def hottest(report: Report, *, at: datetime) -> Iterator[Query]:
    """Ten, about one report, its entity and its reporter, at a moment."""
    reports, open_ones = Report.objects.all(), Report.objects.filter(lane__lt=Lane.ENDED)
    person, newest = report.filed_by_id, ReportEvent.objects.latest("pk").pk
    inbox = Delivery.objects.filter(person=person).in_app()
    yield Query("The board's first rows", open_ones.on_the_board()[:26], "report_board")
    yield Query(
        "What the authority owes and is late with",
        open_ones.filter(authority_due_at__lt=at).order_by("authority_due_at")[:26],
        "report_on_authority",
    )
    yield Query("A report by its reference", reports.filter(reference=report.reference), "incidents_report_reference")
    yield Query("A report's history", report.events.order_by("seq"), "event_seq_once")
    yield Query(
        "The newest reports of an entity",
        reports.filter(entity=report.entity_id).order_by("-submitted_at")[:26],
        "report_of_entity",
    )
    newer = ReportEvent.objects.filter(pk__gt=newest).order_by("-pk")[:50]
    yield Query("What is new on the board", newer, "reportevent_pkey")
    yield Query(
        "Clocks for the sweep", Clock.objects.due(at=at).order_by("next_mark_at", "pk")[:2000], "clock_to_sweep"
    )
    yield Query("Events for the fan-out", ReportEvent.objects.not_fanned_out().order_by("pk")[:100], "event_to_fan_out")
    yield Query(
        "Messages to send",
        Delivery.objects.filter(state="pending", next_try_at__lte=at).order_by("next_try_at")[:50],
        "delivery_to_send",
    )
    yield Query("A person's messages", inbox.order_by("-created_at")[:26], "delivery_inbox")
