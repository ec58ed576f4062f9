"""The record of a closed report: the whole case in words, as its entity and the authority read it, for paper.

Everything is told up to the event that closed it, with the year of every moment: paper is read years later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import get_language_info, override, pgettext
from django.utils.translation import gettext as _

from entities.templatetags.moments import on_paper, stretch
from entities.templatetags.ticking import short_duration
from incidents import facts
from incidents.document import Page, pages
from incidents.lifecycle import ClockKind, EventKind, ReportKind
from incidents.models import Attachment, Clock, Report, ReportEvent
from incidents.paper import Paper
from incidents.severity import reasons_in_words
from incidents.timeline import Entry, tell

#: A page of the log takes a third of a second. In a longer history the reminders stay in the portal, counted.
LONGEST_LOG = 300


@dataclass(frozen=True)
class Moment:
    """A key time, and how long after an earlier one it came."""

    label: str
    at: datetime
    after: str = ""


@dataclass(frozen=True)
class Deadline:
    """A clock of the case, and how it was met."""

    label: str | Promise
    due_at: datetime
    met_at: datetime | None
    outcome: str
    is_late: bool


def record_html(report: Report, closing: ReportEvent, *, language: str, template: str = "incidents/record.html") -> str:
    """The document in one language. Reads a dozen queries; call it outside a transaction."""
    with override(language), on_paper():
        direction = "rtl" if get_language_info(language)["bidi"] else "ltr"
        return render_to_string(template, contents(report, closing) | {"language": language, "direction": direction})


def contents(report: Report, closing: ReportEvent) -> dict[str, Any]:
    """What the record tells, in the active language."""
    # What runs on after the closing is not sealed with it.
    clocks = list(report.clocks.exclude(kind=ClockKind.C9).order_by("started_at", "id"))
    paper = Paper.of(report)
    entries = _entries(report, closing, clocks)
    return {
        "report": report,
        "paper": paper,
        "pages": _pages(report, paper),
        "affected": list(report.affected.select_related("service")),
        "severity_reasons": reasons_in_words(report.severity_reasons),
        "facts": [*facts.leading(report), *facts.further(report, outside=False)],
        "moments": list(_moments(report, paper)),
        "deadlines": [_deadline(clock) for clock in clocks],
        "entries": entries,
        "left_out": closing.seq - len(entries),
        "closed": entries[-1],
        "closing": closing,
        "files": list(Attachment.objects.of(report)),
        "classification": pgettext("classification", "Restricted"),
        "demo": settings.DEMO,
    }


def _pages(report: Report, paper: Paper) -> list[Page]:
    """None where no final report is owed."""
    return pages(paper) if report.kind != ReportKind.CONSUMED_OUTAGE and paper.final.pk else []


def _entries(report: Report, closing: ReportEvent, clocks: Iterable[Clock]) -> list[Entry]:
    late = {clock.met_at: clock.late_by for clock in clocks if clock.met_at and clock.late_by}
    events = report.events.filter(seq__lte=closing.seq).with_actors().order_by("seq")
    if closing.seq > LONGEST_LOG:
        events = events.exclude(kind=EventKind.REMINDED)
    return [tell(event, report, late=late) for event in events]


def _moments(report: Report, paper: Paper) -> Iterable[Moment]:
    """The stations of the case, each measured from the one that it answers to."""
    stations: list[tuple[str, datetime | None, str]] = [
        (_("Start of the outage"), report.started_at, ""),
        (_("Detection"), report.detected_at, _("Start of the outage")),
        (_("Filing"), report.submitted_at, _("Detection")),
        (_("Acknowledgement"), report.acknowledged_at, _("Filing")),
        (_("Start of the window"), report.window_start, ""),
        (_("End of the window"), report.window_end, _("Start of the window")),
        (_("Start of the work"), report.actual_start, ""),
        (_("End of the work"), report.actual_end, _("Start of the work")),
        (_("Restoration"), report.restored_at, _("Start of the outage")),
        (_("Final report"), paper.final.attested_at, _("Restoration") if report.restored_at else _("End of the work")),
        (_("Closing"), report.closed_at, _("Filing")),
    ]
    known = {label: at for label, at, _before in stations}
    for label, at, before in stations:
        if at is not None:
            start = known.get(before)
            yield Moment(label, at, _after(before, _minute(at) - _minute(start)) if start and at >= start else "")


def _minute(at: datetime) -> datetime:
    """As it stands on the paper, so that a reader who subtracts finds the same."""
    return at.replace(second=0, microsecond=0)


def _after(before: str, length: timedelta) -> str:
    """To the minute within three days, as key figures are compared."""
    hours, minutes = divmod(int(length.total_seconds() // 60), 60)
    exact = _("%(h)s h %(m)s min") % {"h": hours, "m": f"{minutes:02}"} if minutes else _("%(n)s h") % {"n": hours}
    words = exact if hours and length < timedelta(days=3) else stretch(length)
    return _("%(length)s after “%(before)s”") % {"length": words, "before": before}


def _deadline(clock: Clock) -> Deadline:
    late = clock.late_by
    if clock.met_at is None:
        outcome = _("No longer owed")
    elif late:
        outcome = format_html("{}", _("%(t)s late") % {"t": short_duration(late)})
    else:
        outcome = _("In time")
    return Deadline(ClockKind(clock.kind).label, clock.due_at, clock.met_at, outcome, bool(late))
