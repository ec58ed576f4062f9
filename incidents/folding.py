"""The incidents on the board: one row each, for all of their reports that go on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

from entities.models import User
from entities.permissions import Permission
from entities.prepared import Prepared, moment, reader
from incidents.board import FOLDED, Slice
from incidents.models import Incident, Report
from incidents.models.incident import IncidentQuerySet
from incidents.models.report_query import NEVER

#: So many incidents head the board; there is a page of all.
MOST_ROWS = 25


@dataclass(frozen=True)
class IncidentRow:
    """An incident on the board, counted, with what its reader may do to it there."""

    incident: Any  # an Incident with_figures
    reference: SafeString
    name: SafeString
    due_at: datetime | None  # what the authority owes first under it
    next_at: datetime | None  # what an entity owes before that
    late: bool
    may_acknowledge: bool

    @classmethod
    def of(cls, incident: Any, *, user: User, at: datetime) -> IncidentRow:
        due, first = (moment if moment and moment < NEVER else None for moment in (incident.owed_at, incident.next_at))
        waits = incident.acknowledged_at is None and not incident.is_closed
        return cls(
            incident,
            reference=conditional_escape(incident.reference),
            name=conditional_escape(incident.name),
            due_at=due,
            next_at=first if first != due else None,
            late=first is not None and first < at,
            may_acknowledge=waits and user.may(Permission.REPORT_TRIAGE),
        )


def incident_rows(part: Slice, *, user: User, at: datetime) -> list[IncidentRow]:
    """The incidents of which a slice of the board holds a report, the worst first; one query."""
    found = HELD.ask((reader(user), part.code), lambda: _holding(part, user, at=moment("at")), at=at)
    return _rows(found, user=user, at=at)


#: Every refresh of a board that folds asks for them.
HELD = Prepared(fixed=True)


def _holding(part: Slice, user: User, *, at: datetime) -> IncidentQuerySet:
    held = Report.objects.visible_to(user).filter(part.holds(at), FOLDED, incident=OuterRef("pk"))
    found = _for_board(user).going_on().filter(Exists(held))
    return found.order_by("worst", "owed_at", "pk")[:MOST_ROWS]  # type: ignore[misc]  # annotated


def rows_of(references: Iterable[str], *, user: User, at: datetime) -> list[IncidentRow]:
    """These incidents, wherever they stand now."""
    return _rows(_for_board(user).filter(reference__in=set(references)), user=user, at=at)


def _for_board(user: User) -> IncidentQuerySet:
    return Incident.objects.visible_to(user).select_related("acknowledged_by", "service", "provider").with_figures()


def _rows(found: Iterable[Incident], *, user: User, at: datetime) -> list[IncidentRow]:
    return [IncidentRow.of(incident, user=user, at=at) for incident in found]
