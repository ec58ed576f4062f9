"""A calendar feed: the windows that its owner may know of, for a calendar program that holds her private address.

The same bytes as long as nothing has changed, so that a program is told "not modified" (docs/adr/0034).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import Count, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from entities.models import Membership, User
from entities.row_security import as_system
from incidents.ics import CHANGES, Notice, worst_of, written
from incidents.models import AffectedService, CalendarToken, ReportEvent
from incidents.windows import MOST, Choice, overlapping, seen_by

BEHIND, AHEAD = timedelta(days=60), timedelta(days=400)


def owner_of(token: str) -> User | None:
    """Whoever the address was made for, acting as she did; nobody whose membership has ended, or who is gone."""
    with as_system():
        named = CalendarToken.objects.named(token).values("membership")
        membership = Membership.objects.usable().filter(pk__in=named).select_related("user", "entity").first()
    if membership is None:
        return None
    membership.user.acting = membership
    return membership.user


def feed(reader: User, *, chosen: Choice, at: datetime) -> str:
    """The calendar in the active language. One query; windows that were called off say so."""
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = overlapping(day - BEHIND, day + AHEAD).filter(seen_by(reader), chosen.condition)
    rows = _with_changes(rows.select_related("report__entity", "service__entity"))
    with as_system():  # of another entity's report only what `Notice` holds
        found = list(rows.order_by("-report__window_start", "report", "service")[:MOST])
    return written(_notices(found), name=_("Maintenance calendar"))


def _with_changes(rows: QuerySet[AffectedService]) -> QuerySet[AffectedService]:
    """How often each window was changed, and when its report last moved: the entry's SEQUENCE and DTSTAMP."""
    events = ReportEvent.objects.filter(report=OuterRef("report")).order_by()
    changes = events.filter(data__move__in=CHANGES).values("report")
    moved = events.exclude(data__move__isnull=True).values("report")
    return rows.annotate(
        revision=Coalesce(Subquery(changes.annotate(n=Count("pk")).values("n")), 0),
        changed_at=Coalesce(Subquery(moved.annotate(last=Max("recorded_at")).values("last")), "report__submitted_at"),
    )


def _notices(rows: Iterable[AffectedService]) -> Iterable[Notice]:
    for _report, of_one in groupby(rows, key=lambda row: row.report_id):
        each = list(of_one)
        first = each[0]
        yield Notice(
            report=first.report,
            services=[row.service for row in each],
            impact=worst_of(row.impact for row in each),
            revision=first.revision,  # type: ignore[attr-defined]  # annotated
            changed_at=first.changed_at,  # type: ignore[attr-defined]  # annotated
        )
