"""What a handover note says of the board, a line a fact: what is late, owed soon and silent, what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext, override

from entities.models import User
from incidents.lifecycle import ClockKind, EventKind, Lane, Severity
from incidents.models import Incident, Report, ReportEvent
from incidents.silent import Line, lines_for

AHEAD = timedelta(hours=4)
#: So many lines a part names; the rest is counted.
NAMED = 15


@dataclass(frozen=True)
class Board:
    """The board at one moment, for its note."""

    since: datetime
    at: datetime
    late: list[Report]
    soon: list[Report]
    silent: list[Report]
    alarms: list[Line]
    incidents: list[Any]
    changed: dict[str, int]  # how many events of a kind

    @classmethod
    def read(cls, user: User, *, since: datetime, at: datetime) -> Board:
        """Six queries, each of the open rows alone; what was filed, restored and closed since is counted."""
        open_ones = Report.objects.visible_to(user).for_board(at=at).filter(lane__lt=Lane.ENDED).on_the_board()
        events = ReportEvent.objects.visible_to(user).filter(recorded_at__gt=since, recorded_at__lte=at)
        counted = events.order_by().values("kind", "data__move").annotate(n=Count("pk"))
        return cls(
            since=since,
            at=at,
            late=list(open_ones.filter(next_due_at__lt=at)),
            soon=list(open_ones.filter(next_due_at__range=(at, at + AHEAD))),
            silent=list(open_ones.filter(silent=True)),  # type: ignore[misc]  # annotated
            alarms=lines_for(user),
            incidents=list(Incident.objects.visible_to(user).going_on().with_figures().order_by("pk")),
            changed=_changes(counted),
        )


_CHANGES: dict[str, Callable[[int], str]] = {
    "filed": lambda n: ngettext("%(n)s report filed", "%(n)s reports filed", n),
    "acknowledge": lambda n: ngettext("%(n)s acknowledged", "%(n)s acknowledged", n),
    "restore": lambda n: ngettext("%(n)s restored", "%(n)s restored", n),
    "reopen": lambda n: ngettext("%(n)s down again", "%(n)s down again", n),
    "close": lambda n: ngettext("%(n)s closed", "%(n)s closed", n),
}


def _changes(counted: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in counted:
        code = "filed" if row["kind"] == EventKind.FILED else row["data__move"]
        if code in _CHANGES:
            found[code] = found.get(code, 0) + row["n"]
    return {code: found[code] for code in _CHANGES if code in found}


def handover_text(board: Board, *, language: str) -> str:
    """The note in one language."""
    with override(language):
        return "\n".join(_lines(board))


def _lines(board: Board) -> Iterator[str]:
    yield _("Handover at %(moment)s, of what happened since %(since)s") % {
        "moment": _moment(board.at),
        "since": _moment(board.since),
    }
    yield from _part(_("Late"), [_report(report) for report in board.late])
    yield from _part(_("Owed within 4 hours"), [_report(report) for report in board.soon])
    yield from _part(_("Silent: the next update is long late"), [_named(report) for report in board.silent])
    yield from _part(_("Suspected outages nobody has reported"), [_alarm(line) for line in board.alarms])
    yield from _part(_("Incidents going on"), [_incident(incident) for incident in board.incidents])
    yield from _part(_("In this shift"), [_CHANGES[code](n) % {"n": n} for code, n in board.changed.items()])


def _part(title: str, lines: list[str]) -> Iterator[str]:
    yield ""
    yield (
        _("%(title)s: %(n)s") % {"title": title, "n": len(lines)}
        if lines
        else _("%(title)s: nothing") % {"title": title}
    )
    yield from (f"– {line}" for line in lines[:NAMED])
    if (more := len(lines) - NAMED) > 0:
        yield "– " + npgettext("handover", "and %(n)s more", "and %(n)s more", more) % {"n": more}


def _named(report: Report) -> str:
    severity = Severity(report.severity).label
    return _("%(reference)s, %(severity)s: %(service)s, %(entity)s") % {
        "reference": report.reference,
        "severity": severity,
        "service": report.main_service.name,
        "entity": report.entity.name,
    }


def _report(report: Report) -> str:
    clock = ClockKind(report.next_clock).label if report.next_clock else ""
    owner = _("on the authority") if report.waits_on_authority else _("on the entity")
    return _("%(report)s – %(clock)s, %(owner)s, due %(moment)s") % {
        "report": _named(report),
        "clock": clock,
        "owner": owner,
        "moment": _moment(report.next_due_at),
    }


def _alarm(line: Line) -> str:
    return _("%(service)s, %(entity)s") % {"service": line.alarm.service.name, "entity": line.alarm.entity.name}


def _incident(incident: Any) -> str:
    reports = ngettext("%(n)s report", "%(n)s reports", incident.reports) % {"n": incident.reports}
    return f"{incident.reference}: {incident.name} – {reports}"


def _moment(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")
