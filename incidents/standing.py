"""Where a report stands, for one reader: its steps, what is owed by when, whom a delay has reached, who hears next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from entities.models import User
from entities.permissions import Permission
from entities.templatetags.moments import day_time
from entities.templatetags.ticking import due, since
from incidents.lifecycle import ENDED, WAITS_ON_AUTHORITY, WAITS_ON_PROVIDER, ClockKind, ReportKind, Status
from incidents.models import Clock, FinalReport, Report
from incidents.models.report_query import ReportQuerySet
from incidents.wording import cadence, people

C, S = ClockKind, Status
#: From this share of its time on, a clock is near.
NEAR = 0.75


@dataclass(frozen=True)
class Step:
    """One station of the case; `state` is done, now or nothing yet, and `note` its time or what is expected."""

    label: str
    state: str = ""
    note: str = ""


@dataclass(frozen=True)
class Owed:
    """Something owed by a moment, as a sentence for this reader."""

    clock: Clock
    mine: bool
    tone: str
    title: SafeString
    details: tuple[str, ...]


# --- What is owed ----------------------------------------------------------------------------------------------

# Both sentences stand behind «المطلوب منكم: »; the noun decides the verb's form in Arabic, so each clock has its own.
_LATE: dict[str, Promise] = {
    C.C2: gettext_lazy("the acknowledgement, {t} late"),
    C.C3: gettext_lazy("an update, {t} late"),
    C.C4: gettext_lazy("an answer to a question, {t} late"),
    C.C5: gettext_lazy("the interim report, {t} late"),
    C.C6: gettext_lazy("the final report, {t} late"),
    C.C7: gettext_lazy("the review of the final report, {t} late"),
    C.C8: gettext_lazy("the completion of the final report, {t} late"),
    C.C9: gettext_lazy("a corrective action, {t} late"),
    C.M2: gettext_lazy("a look at the maintenance notice, {t} late"),
    C.M3: gettext_lazy("the start of the work, {t} late"),
    C.M4: gettext_lazy("the end of the work, {t} beyond the window"),
    C.D1: gettext_lazy("an answer to the report, {t} late"),
    C.D2: gettext_lazy("a ruling on the dispute, {t} late"),
    C.D3: gettext_lazy("a word on whether the service is back, {t} late"),
}
_COMING: dict[str, Promise] = {
    C.C2: gettext_lazy("the acknowledgement by {at}"),
    C.C3: gettext_lazy("an update by {at}"),
    C.C4: gettext_lazy("an answer to a question by {at}"),
    C.C5: gettext_lazy("the interim report by {at}"),
    C.C6: gettext_lazy("the final report by {at}"),
    C.C7: gettext_lazy("the review of the final report by {at}"),
    C.C8: gettext_lazy("the completion of the final report by {at}"),
    C.C9: gettext_lazy("a corrective action by {at}"),
    C.M2: gettext_lazy("a look at the maintenance notice by {at}"),
    C.M3: gettext_lazy("the start of the work at {at}"),
    C.M4: gettext_lazy("the end of the work by {at}"),
    C.D1: gettext_lazy("an answer to the report by {at}"),
    C.D2: gettext_lazy("a ruling on the dispute by {at}"),
    C.D3: gettext_lazy("a word on whether the service is back, by {at}"),
}


_REQUIRED: dict[str, Promise] = {
    "authority": gettext_lazy("Required of the authority"),
    "entity": gettext_lazy("Required of the entity"),
    "provider": gettext_lazy("Required of the service's owner"),
}


def with_own_clock(reports: ReportQuerySet) -> ReportQuerySet:
    """Reports, each with what its entity owes first: `Report.next_clock` may be the authority's, and due sooner."""
    running = (
        Clock.objects.running().filter(report=OuterRef("pk")).exclude(kind__in=WAITS_ON_AUTHORITY | WAITS_ON_PROVIDER)
    )
    first = running.order_by("due_at", "id")
    return reports.annotate(
        own_clock=Subquery(first.values("kind")[:1]),
        own_due_at=Subquery(first.values("due_at")[:1]),
        own_started_at=Subquery(first.values("started_at")[:1]),
    )


def owed(report: Report, clocks: Iterable[Clock], *, reader: User, at: datetime) -> list[Owed]:
    """What is owed now: the reader's own first, then what is due first. Paused clocks owe nothing."""
    side = _side(reader, report)
    acts = side != "authority" or reader.may(Permission.REPORT_TRIAGE)  # an auditor or admin reads what others owe
    running = [c for c in clocks if not (c.met_at or c.cancelled_at or c.paused_at) and c.kind in _LATE]
    found = [_owed(report, clock, side=side, acts=acts, at=at) for clock in running]
    return sorted(found, key=lambda each: (not each.mine, each.clock.due_at, each.clock.pk))


def overdue(clock: Clock) -> SafeString:
    """What a clock that ran out wants, and how late it is: «an update, 2 h late»."""
    return format_html(str(_LATE[clock.kind]), t=since(clock.due_at))


def _side(reader: User, report: Report) -> str:
    """As whom she reads: for the authority, for the entity that reports, or as the owner of the service."""
    if reader.may(Permission.BOARD_VIEW):
        return "authority"
    own = reader.acting is not None and reader.acting.entity_id == report.entity_id
    return "entity" if own else "provider"


def _owed(report: Report, clock: Clock, *, side: str, acts: bool, at: datetime) -> Owed:
    owner = "authority" if clock.waits_on_authority else "provider" if clock.waits_on_provider else "entity"
    mine = owner == side
    whom = _("Required of you") if mine and acts else str(_REQUIRED[owner])
    late = at > clock.due_at
    if late:
        what = overdue(clock)
    else:
        by = format_html(str(_COMING[clock.kind]), at=day_time(clock.due_at))
        what = format_html("{} ({})", by, due(clock.due_at))
    gone = (at - clock.started_at) / clock.length
    return Owed(
        clock=clock,
        mine=mine,
        tone="late" if late else "near" if gone >= NEAR else "calm",
        title=format_html("{}: {}", whom, what),
        details=tuple(_heard(report, clock, late=late)),
    )


def _heard(report: Report, clock: Clock, *, late: bool) -> Iterable[str]:
    """When it was due, who has been told, and who hears next and when: from the policy's marks."""
    if late:
        yield format_html(_("It was due at {at}."), at=day_time(clock.due_at))
    marks = report.policy.rules.marks_of(clock.kind, started_at=clock.started_at, due_at=clock.due_at)
    coming = [(moment, mark) for moment, mark in marks if clock.next_mark_at and moment >= clock.next_mark_at]
    spoken = [mark.code for _moment, mark in marks[: len(marks) - len(coming)]]
    told = report.policy.rules.heard_by(clock.kind, spoken)
    if told:
        yield _("Told: %(people)s.") % {"people": people(told)}
    for moment, mark in coming:
        if new := people(role for role in mark.audience if role not in told):
            yield format_html(_("At {at} a notice goes to {people}."), at=day_time(moment), people=new)
            return


# --- The steps --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Station:
    """A step before anyone knows how far the case has come."""

    label: str
    done_at: datetime | None = None
    expected: str = ""


#: At which station a report of the kind stands now; one past the last: all done.
_HERE: dict[str, dict[str, int]] = {
    ReportKind.OWN_OUTAGE: {
        S.SUBMITTED: 1, S.ACTIVE: 2, S.RESTORED: 4, S.REVISION: 4, S.FINAL_REVIEW: 5, S.CLOSED: 6,
    },
    ReportKind.MAINTENANCE: {
        S.SCHEDULED: 2, S.IN_PROGRESS: 3, S.COMPLETED: 4, S.REVISION: 4, S.FINAL_REVIEW: 5, S.CLOSED: 6,
    },
    ReportKind.CONSUMED_OUTAGE: {S.SUBMITTED: 1, S.ACTIVE: 2, S.RESTORED: 3, S.CLOSED: 4},
}  # fmt: skip


def steps(report: Report, clocks: Sequence[Clock], *, final: FinalReport | None) -> list[Step]:
    """The stations of a kind, each with its time or what is expected; an early end stands in place of the rest."""
    stations = _stations(report, clocks, final)
    if report.status in ENDED - {S.CLOSED}:
        walked = [Step(each.label, "done", day_time(each.done_at)) for each in stations if each.done_at]
        return [*walked, Step(report.get_status_display(), "now")]
    here = _HERE[report.kind][report.status]
    if report.status == S.SCHEDULED and stations[1].done_at is None:
        here = 1
    return [
        Step(each.label, _state(each, position, here), day_time(each.done_at) if each.done_at else each.expected)
        for position, each in enumerate(stations)
    ]


def _state(station: _Station, position: int, here: int) -> str:
    if position == here:
        return "now"
    # Behind us without a time: an acknowledgement that nobody has given yet stays open, for all to see.
    return "done" if station.done_at or (position < here and not station.expected) else ""


def _stations(report: Report, clocks: Sequence[Clock], final: FinalReport | None) -> list[_Station]:
    noted = next((clock.met_at for clock in clocks if clock.kind == C.M2 and clock.met_at), None)
    filed = _Station(_("Filing"), report.submitted_at)
    acknowledged = _Station(_("Acknowledgement"), report.acknowledged_at, _by(clocks, C.C2))
    expected = format_html(_("expected {at}"), at=day_time(at)) if (at := report.expected_restoration_at) else ""
    restored = _Station(_("Restoration"), report.restored_at, expected)
    sent = report.status in {S.FINAL_REVIEW, S.CLOSED} and final is not None
    last = [
        _Station(_("Final report"), final.attested_at if final and sent else None, _by(clocks, C.C8, C.C6)),
        _Station(_("Closing"), report.closed_at, _by(clocks, C.C7)),
    ]
    match report.kind:
        case ReportKind.OWN_OUTAGE:
            updates = _Station(_("Updates"), expected=cadence(report) if report.is_open else "")
            return [filed, acknowledged, updates, restored, *last]
        case ReportKind.MAINTENANCE:
            begin = _Station(_("Start of the work"), report.actual_start, day_time(report.window_start))
            end = _Station(_("End of the work"), report.actual_end, day_time(report.agreed_end))
            return [filed, _Station(_("Noted by the authority"), noted, _by(clocks, C.M2)), begin, end, *last]
        case _:
            return [filed, acknowledged, restored, _Station(_("Closing"), report.closed_at)]


def _by(clocks: Iterable[Clock], *kinds: str) -> str:
    """«حتى 12:48»: when the first of these clocks that still runs falls due."""
    running = {clock.kind: clock for clock in clocks if not (clock.met_at or clock.cancelled_at)}
    clock = next((running[kind] for kind in kinds if kind in running), None)
    return format_html(_("by {at}"), at=day_time(clock.due_at)) if clock else ""
