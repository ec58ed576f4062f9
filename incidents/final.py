"""What a final report asks, by kind, severity and outcome; and what it still lacks. Source: domain/reports.md 2.5.

Written in parts, in any order: nothing is refused while it is written, everything is judged before it is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.lifecycle import ReportKind, Severity
from incidents.models import FinalReport, Report

LEAST_TEXT = 60  # characters of the summary and of the root cause
LEAST_ROWS = 4  # of the timeline
FARTHEST_DAYS = 180  # until an action is done
MOST_FACTORS = 3
KEY_TIMES = ("started_at", "detected_at", "responded_at", "mitigated_at", "restored_at", "root_cause_fixed_at")


@dataclass(frozen=True)
class Section:
    """One page of the final report."""

    slug: str
    label: str | Promise
    fields: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset()

    @property
    def has_rows(self) -> bool:
        return self.slug in {"timeline", "actions"}

    @property
    def names(self) -> tuple[str, ...]:
        """What may be lacking in it, or commented on: its fields, and its rows as a whole."""
        return (*self.fields, self.slug) if self.has_rows else self.fields


def _section(slug: str, label: Promise, *fields: str, optional: Iterable[str] = ()) -> Section:
    return Section(slug, label, fields, frozenset(optional))


SUMMARY = _section("summary", gettext_lazy("Summary"), "executive_summary")
ACTIONS = _section("actions", gettext_lazy("Corrective and preventive actions"))
TIMELINE = _section("timeline", gettext_lazy("Timeline"))
FULL = (
    SUMMARY,
    _section(
        "times", gettext_lazy("Key times and downtime"), *KEY_TIMES, "downtime_minutes", "downtime_reason",
        "downtime_basis", optional={"root_cause_fixed_at", "downtime_reason"},
    ),
    _section(
        "impact", gettext_lazy("Impact"), "users_affected_final", "transactions_failed", "transactions_delayed",
        "complaints_count", "downstream_confirmed", optional={"complaints_count"},
    ),
    _section(
        "cause", gettext_lazy("Cause"), "cause_l2", "direct_cause", "root_cause", "contributing_factors",
        "monitoring_gap", "third_parties", "recurring",
    ),
    _section(
        "recovery", gettext_lazy("Recovery"), "resolution", "permanent_fix", "permanent_fix_on", "bcp_result",
        optional={"permanent_fix_on"},
    ),
    _section(
        "lessons", gettext_lazy("Lessons"), "went_well", "went_wrong", "lucky", "lessons", "lessons_shareable",
        optional={"lucky", "lessons_shareable"},
    ),
    TIMELINE,
    ACTIONS,
)  # fmt: skip
#: S3–S4: twelve answers with the attestation (the cause in two levels is one).
SHORT = (
    SUMMARY,
    _section(
        "times", gettext_lazy("Key times and downtime"), "started_at", "detected_at", "restored_at",
        "downtime_minutes", "downtime_reason", optional={"downtime_reason"},
    ),
    _section("impact", gettext_lazy("Impact"), "users_affected_final"),
    _section("cause", gettext_lazy("Cause"), "cause_l2", "root_cause", "contributing_factors"),
    _section("recovery", gettext_lazy("Recovery"), "resolution"),
    _section("lessons", gettext_lazy("Lessons"), "lessons"),
    ACTIONS,
)  # fmt: skip
_WORKS = (
    "works", gettext_lazy("The work"), "outcome", "actual_start", "actual_end", "downtime_minutes", "rollback_used",
    "unexpected_effects",
)  # fmt: skip
#: A maintenance on tier 2–3 that went as planned: eight answers with the attestation.
CLEAN = (SUMMARY, _section(*_WORKS))
MAINTENANCE = (
    SUMMARY,
    _section(*_WORKS, "overrun_reason"),
    _section("cause", gettext_lazy("Cause"), "direct_cause", "root_cause"),
    _section("impact", gettext_lazy("Impact"), "users_affected_final", "downstream_confirmed"),
    _section(
        "lessons", gettext_lazy("Lessons"), "went_well", "went_wrong", "lessons", "lessons_shareable",
        optional={"lessons_shareable"},
    ),
    ACTIONS,
)  # fmt: skip


def sections(report: Report, final: FinalReport | None) -> list[Section]:
    """The pages this report's final report has, each with the fields that its story asks for."""
    asked = []
    for section in _profile(report, final):
        fields = tuple(name for name in section.fields if _is_asked(name, report, final))
        if fields or section.has_rows:
            asked.append(Section(section.slug, section.label, fields, section.optional))
    return asked


def _profile(report: Report, final: FinalReport | None) -> tuple[Section, ...]:
    if report.kind == ReportKind.MAINTENANCE:
        clean = report.tier >= 2 and went_as_planned(report, final)
        return CLEAN if clean else MAINTENANCE
    return FULL if report.severity <= Severity.S2 else SHORT


def went_as_planned(report: Report, final: FinalReport | None) -> bool:
    """A maintenance that succeeded inside its window."""
    outcome = (final and final.outcome) or report.outcome
    return outcome == FinalReport.Outcome.SUCCESS and not overran(report, final)


def overran(report: Report, final: FinalReport | None) -> bool:
    """Whether the work ended after its window."""
    end = (final and final.actual_end) or report.actual_end
    return bool(end and report.window_end and end > report.window_end)


#: Fields that belong to some stories only.
_ASKED_IF: dict[str, Callable[[Report, FinalReport | None], bool]] = {
    "monitoring_gap": lambda report, final: report.detection_source != "monitoring",
    "third_parties": lambda report, final: report.origin not in {"", "own", "unknown"},
    "bcp_result": lambda report, final: report.bcp_activated in {"yes", "partly"},
    "overrun_reason": overran,
    "contributing_factors": lambda report, final: report.severity <= Severity.S2 or _is_human(final),
    "direct_cause": lambda report, final: report.kind != ReportKind.MAINTENANCE or not went_as_planned(report, final),
}
_ASKED_IF["root_cause"] = _ASKED_IF["direct_cause"]


def _is_asked(name: str, report: Report, final: FinalReport | None) -> bool:
    return _ASKED_IF[name](report, final) if name in _ASKED_IF else True


def _is_human(final: FinalReport | None) -> bool:
    return final is not None and final.cause_l1 == "human"


def least_actions(report: Report) -> int:
    """How many actions are owed: two for critical and high outages, else one."""
    return 2 if report.kind == ReportKind.OWN_OUTAGE and report.severity <= Severity.S2 else 1


def _between(start: datetime | None, end: datetime | None) -> int | None:
    """Whole minutes from one to the other, where both are known."""
    return max(0, round((end - start).total_seconds() / 60)) if start and end else None


# --- What is lacking --------------------------------------------------------------------------------------------


def gaps(report: Report, final: FinalReport, *, rows: int, actions: int) -> dict[str, str]:
    """Field → why it is not yet as it must be; empty once the report may be sent. `rows` are the timeline's."""
    found: dict[str, str] = {}
    for section in sections(report, final):
        for name in section.fields:
            if name not in section.optional and _is_empty(getattr(final, name)):
                found[name] = str(_MISSING.get(name, _("Not answered yet.")))
        if section.slug == "timeline" and rows < LEAST_ROWS:
            found["timeline"] = _("Tell the story in at least %(count)d lines.") % {"count": LEAST_ROWS}
        if section.slug == "actions" and actions < least_actions(report):
            found["actions"] = _("Name at least %(count)d actions.") % {"count": least_actions(report)}
        for name, sentence in _contradictions(report, final):
            if name in section.fields:
                found[name] = sentence
    return found


_MISSING: dict[str, Promise] = {
    "downstream_confirmed": gettext_lazy("Confirm that the affected entities are complete."),
    "monitoring_gap": gettext_lazy("Monitoring did not find it: say why."),
    "third_parties": gettext_lazy("The fault came from outside: name the party and its part in it."),
    "overrun_reason": gettext_lazy("The work ended after its window: say why."),
}


def _is_empty(value: Any) -> bool:
    """Nothing was answered; «no» is an answer."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _contradictions(report: Report, final: FinalReport) -> Iterable[tuple[str, str]]:
    for name in ("executive_summary", "root_cause"):
        text = getattr(final, name).strip()
        if text and len(text) < LEAST_TEXT:
            words = {"least": LEAST_TEXT, "count": len(text)}
            yield name, _("Write at least %(least)d characters; there are %(count)d.") % words
    yield from out_of_order(final)
    counted = _between(final.started_at, final.restored_at)
    differs = final.downtime_minutes is not None and counted not in (None, final.downtime_minutes)
    if differs and not final.downtime_reason:
        sentence = _("The key times give %(count)d minutes: say why it is another figure.")
        yield "downtime_reason", sentence % {"count": counted}
    if final.permanent_fix == "planned" and final.permanent_fix_on is None:
        yield "permanent_fix_on", _("Say for when it is planned.")
    if _is_human(final) and not final.contributing_factors:
        yield "contributing_factors", _("A human error alone explains little: what made it possible?")
    if not final.downstream_confirmed:
        yield "downstream_confirmed", str(_MISSING["downstream_confirmed"])


def out_of_order(final: FinalReport) -> Iterable[tuple[str, str]]:
    """Each key time stands at or after the one before it (the same minute may hold two), and none in the future."""
    last_name, last = "", None
    for name in KEY_TIMES:
        moment: datetime | None = getattr(final, name)
        if moment is None:
            continue
        if moment > timezone.now() + timedelta(minutes=5):
            yield name, _("This time lies in the future.")
        elif last and moment < last:
            before = FinalReport._meta.get_field(last_name).verbose_name  # type: ignore[union-attr]  # a column
            yield name, _("This cannot be earlier than “%(before)s”.") % {"before": before}
        last_name, last = name, max(moment, last) if last else moment
    if final.actual_start and final.actual_end and final.actual_end < final.actual_start:
        yield "actual_end", _("The work cannot have ended before it started.")


def proposals(report: Report) -> dict[str, Any]:
    """What the report knows already, for boxes that are still empty."""
    return {
        "started_at": report.started_at,
        "detected_at": report.detected_at,
        "restored_at": report.restored_at,
        "downtime_minutes": _between(report.started_at, report.restored_at),
        "users_affected_final": report.users_affected,
        "outcome": report.outcome,
        "actual_start": report.actual_start,
        "actual_end": report.actual_end,
    }
