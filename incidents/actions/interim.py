"""The interim report of a critical outage: owed three days after its end, or after two days without one (clock C5).

Source: domain/lifecycle.md, Clocks. It is one sentence more than an update and far less than a final report: what is
known of the cause, how many are affected, what has been done. docs/adr/0044.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from entities.models import User
from incidents.actions.moves import conclude, take, take_for_sweep
from incidents.actions.updates import carry, find_once
from incidents.defaults import INTERIM_AFTER
from incidents.errors import MoveRefused
from incidents.lifecycle import ClockKind, ReportKind, Severity
from incidents.models import Clock, Report, ReportEvent
from incidents.models.report_query import ReportQuerySet


def to_owe_interim(*, at: datetime) -> ReportQuerySet:
    """Critical outages of own services that go on since 48 hours, and of which no interim report is owed or sent."""
    known = Clock.objects.filter(report=OuterRef("pk"), kind=ClockKind.C5, cancelled_at__isnull=True)
    lasting = Report.objects.open_outages().filter(kind=ReportKind.OWN_OUTAGE, started_at__lte=at - INTERIM_AFTER)
    return lasting.filter(~Exists(known), severity=Severity.S1)


def owe_interim(report: Report, *, at: datetime) -> ReportEvent | None:
    """Start C5. A restoration that was taken back does not put off what was owed before it."""
    found, move = take_for_sweep(report, "owe_interim")
    if not to_owe_interim(at=at).filter(pk=found.pk).exists():
        return None
    asked = found.events.filter(data__move="owe_interim").values("recorded_at")
    before = found.clocks.filter(kind=ClockKind.C5, started_at__in=asked).order_by("started_at", "pk").first()
    event = conclude(found, move, at=at, due={ClockKind.C5: before.due_at} if before else None, by=None)
    return event if found.clocks.running().filter(kind=ClockKind.C5).exists() else None


@transaction.atomic
def submit_interim(
    report: Report,
    *,
    note: str,
    columns: dict[str, Any] | None = None,
    once: str = "",
    at: datetime | None = None,
    by: User,
) -> ReportEvent:
    """What is known so far, while an interim report is owed: meets C5. Raises MoveRefused.

    `columns` are brought up to date, as by an update.
    """
    report, move = take(report, "submit_interim", by=by)
    if earlier := find_once(report, once):
        return earlier
    if not report.clocks.unmet().filter(kind=ClockKind.C5).exists():
        raise MoveRefused(_("No interim report is owed now."))
    changed = carry(report, columns or {})
    return conclude(report, move, at=at, note=note, data={**changed, **({"once": once} if once else {})}, by=by)
