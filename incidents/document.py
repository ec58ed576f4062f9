"""A final report in words: section by section, for who checks it before sending and for who reads it after."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from entities.templatetags.moments import full_moment, stretch, thousands
from incidents.choices import all_called, called
from incidents.final import Section
from incidents.lifecycle import EventKind
from incidents.models import FieldComment, FinalReport, Report
from incidents.paper import Paper
from incidents.timeline import tell
from incidents.wording import listed

#: The story of a report is told by what happened, not by who was reminded, given the case or sent a file.
_STORY = ~Q(
    kind__in=[
        EventKind.REMINDED,
        EventKind.ASSIGNED,
        EventKind.ATTACHED,
        EventKind.SEVERITY,
        EventKind.EXTENDED,
        EventKind.SIGNED,
    ]
)
_MOST_ROWS = 40


@dataclass(frozen=True)
class Line:
    """A field and its value in words; empty where nothing is written. `gap`: what is still lacking."""

    name: str
    label: str
    value: str
    written: bool
    gap: str
    comments: list[FieldComment]


@dataclass(frozen=True)
class Page:
    """A section with its lines."""

    section: Section
    lines: list[Line]
    gap: str
    comments: list[FieldComment]


def pages(paper: Paper) -> list[Page]:
    """Every section that is asked for, with what is written there."""
    return [
        Page(
            section,
            [_line(paper, name) for name in section.fields],
            paper.gaps.get(section.slug, "") if section.has_rows else "",
            _comments(paper, section.slug) if section.has_rows else [],
        )
        for section in paper.sections
    ]


def _line(paper: Paper, name: str) -> Line:
    label = _("Cause") if name == "cause_l2" else str(FinalReport._meta.get_field(name).verbose_name)  # type: ignore[union-attr]  # a column
    value, written = _value(paper.final, name)
    return Line(name, label, value, written, paper.gaps.get(name, ""), _comments(paper, name))


def _comments(paper: Paper, name: str) -> list[FieldComment]:
    return [comment for comment in paper.comments if comment.field == name]


def _value(final: FinalReport, name: str) -> tuple[str, bool]:
    """A field in words, and whether a person wrote them."""
    value = getattr(final, name)
    if value in (None, "", []):
        return "", False
    if name in SPOKEN:
        return SPOKEN[name](final), False
    if isinstance(value, datetime):
        return full_moment(value), False
    if isinstance(value, bool):
        return (_("Yes") if value else _("No")), False
    return (thousands(value), False) if isinstance(value, int) else (str(value), True)


#: Fields whose value is not its own words.
SPOKEN: dict[str, Callable[[FinalReport], str]] = {
    "cause_l2": lambda final: f"{called('cause_l1', final.cause_l1)} — {called('cause_l2', final.cause_l2)}",
    "contributing_factors": lambda final: listed(all_called("contributing_factors", final.contributing_factors)),
    "downtime_minutes": lambda final: f"{thousands(final.downtime_minutes)} ({stretch(final.downtime_minutes)})",
    "downtime_basis": lambda final: str(final.get_downtime_basis_display()),
    "permanent_fix": lambda final: str(final.get_permanent_fix_display()),
    "permanent_fix_on": lambda final: date_format(final.permanent_fix_on) if final.permanent_fix_on else "",
    "outcome": lambda final: str(final.get_outcome_display()),
}


def history_rows(report: Report) -> list[dict[str, Any]]:
    """The timeline's first rows, from the report's own history; the writer changes them as she likes."""
    rows: list[dict[str, Any]] = []
    for at, text in ((report.started_at, _("The outage starts.")), (report.detected_at, _("The outage is noticed."))):
        if at:
            rows.append({"at": at, "text": text})
    told = (tell(event, report) for event in report.events.filter(_STORY).order_by("seq")[:_MOST_ROWS])
    rows += [{"at": entry.at, "text": _told(entry.look.title, entry.text)} for entry in told]
    return [{**row, "from_history": True} for row in sorted(rows, key=lambda row: row["at"])]


def _told(title: object, text: str) -> str:
    words = " ".join(strip_tags(text.replace("<br>", " ")).split())
    return (f"{title}: {words}" if words else str(title))[:300]


def kept_rows(rows: Iterable[Any], *names: str) -> list[dict[str, Any]]:
    """Rows as their forms show them."""
    return [{name: getattr(row, name) for name in names} for row in rows]
