"""Clocks, written with the event that starts or meets them; and what the board reads of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from crisis_teams.readiness import active_team
from entities.row_security import as_system
from incidents.calendar import RIYADH, Calendar
from incidents.defaults import WORKING_DAY
from incidents.lifecycle import ClockKind, Lane, Move, Status, lane_of
from incidents.models import Clock, CorrectiveAction, Report, ReportEvent
from incidents.models.policy import work_calendar
from incidents.models.report_query import NEVER


def due_moment(report: Report, kind: str, *, start: datetime) -> datetime | None:
    """When a clock of this kind, started now, falls due under the report's policy; None: it does not run here."""
    if kind == ClockKind.M3:
        return report.window_start
    if kind == ClockKind.M4:
        return report.agreed_end
    # The owner answers for the tier of its own service, whatever the consumer's is worth.
    tier = report.provider_service.tier if kind == ClockKind.D1 and report.provider_service else report.tier
    rule = report.policy.rules.rule(
        kind, kind=report.kind, severity=report.severity, tier=tier, emergency=report.is_emergency
    )
    if rule is None:
        return None
    if rule.calendar == Calendar.ALWAYS:
        return start + timedelta(minutes=rule.minutes)
    return work_calendar().due(start, rule.minutes, rule.calendar)


def owner_answers(report: Report) -> bool:
    """Whether an answer is awaited of a service's owner that is known and has a team: only then its clock runs."""
    service = report.provider_service
    if report.verdict or service is None or not service.listed or service.entity_id == report.entity_id:
        return False
    with as_system():  # another entity's team: of it nothing is known here but that there is one
        return active_team(service.entity) is not None


def start_clock(
    report: Report, kind: str, *, event: ReportEvent, due_at: datetime | None = None, subject: int = 0
) -> Clock | None:
    """Start a clock at the event's recording; `due_at` only where the deed itself names the moment."""
    if kind == ClockKind.D1 and not owner_answers(report):
        return None
    if kind == ClockKind.C5 and report.clocks.filter(kind=kind, cancelled_at__isnull=True).exists():
        return None  # one interim report of an outage: owed already, or sent
    clock = new_clock(report, kind, event=event, due_at=due_at, subject=subject)
    if clock is not None:
        clock.save(force_insert=True)
    return clock


def new_clock(
    report: Report, kind: str, *, event: ReportEvent, due_at: datetime | None = None, subject: int = 0
) -> Clock | None:
    """A clock that starts at the event's recording, not saved yet; None: it does not run here."""
    start = event.recorded_at
    due_at = due_at or due_moment(report, kind, start=start)
    if due_at is None:
        return None
    clock = Clock(report=report, kind=kind, subject=subject, policy=report.policy, started_at=start, due_at=due_at)
    clock.next_mark_at = next_mark_at(clock, report=report, after=start)
    return clock


def next_mark_at(clock: Clock, *, report: Report, after: datetime) -> datetime | None:
    """The clock's first mark later than `after`."""
    marks = report.policy.rules.marks_of(clock.kind, started_at=clock.started_at, due_at=clock.due_at)
    return next((moment for moment, _mark in marks if moment > after), None)


def met_clock(report: Report, kind: str, *, started_at: datetime, due_at: datetime, at: datetime, late: bool) -> Clock:
    """A clock that filing itself meets, C1 or M1, marked late if it is; not saved yet."""
    return Clock(
        report=report,
        kind=kind,
        policy=report.policy,
        started_at=started_at,
        due_at=due_at,
        met_at=at,
        breached_at=at if late else None,
    )


def apply_move(report: Report, move: Move, *, event: ReportEvent, due: dict[str, datetime] | None = None) -> None:
    """What the table says the deed does to the clocks; `due` overrides a moment that the deed names."""
    now = event.recorded_at
    # Several questions may be open at once, so a kind may have several clocks.
    for clock in report.clocks.unmet() if _touches_clocks(move) else []:
        if clock.kind in move.meets:
            meet(clock, at=now)
        elif clock.kind in move.cancels:
            clock.cancelled_at, clock.next_mark_at = now, None
            clock.save(update_fields=["cancelled_at", "next_mark_at"])
        if clock.kind in move.pauses:
            clock.paused_at = now
            clock.save(update_fields=["paused_at"])
        if clock.kind in move.resumes:
            resume(clock, report=report, at=now)
    for kind in move.starts:
        if kind == ClockKind.C9:
            _start_actions(report, event=event)
            continue
        start_clock(
            report,
            kind,
            event=event,
            due_at=(due or {}).get(kind),
            subject=event.seq if kind == ClockKind.C4 else 0,
        )


def _start_actions(report: Report, *, event: ReportEvent) -> None:
    """A clock for each corrective action that is not verified: until the end of its own day.

    One whose day has passed by the closing is owed after a working day: until now nobody could say that it is done.
    """
    now = event.recorded_at
    least = work_calendar().due(now, WORKING_DAY, Calendar.WORKING)
    for action in CorrectiveAction.objects.filter(final_report__report=report, verified_at__isnull=True):
        day_ends = datetime.combine(action.due_on, time(23, 59), tzinfo=RIYADH)
        due_at = day_ends if day_ends > now else least
        clock = start_clock(report, ClockKind.C9, event=event, due_at=due_at, subject=action.pk)
        if clock is not None and action.done_at is not None:
            clock.paused_at = now
            clock.save(update_fields=["paused_at"])


def _touches_clocks(move: Move) -> bool:
    return bool(move.meets or move.cancels or move.pauses or move.resumes)


def meet(clock: Clock, *, at: datetime) -> None:
    """A late act is accepted, and marked late by how much; what stood still until now is given back first."""
    _give_back(clock, at=at)
    clock.met_at, clock.next_mark_at = at, None
    if at > clock.due_at:
        clock.breached_at = clock.breached_at or clock.due_at
    clock.save(update_fields=["met_at", "next_mark_at", "breached_at", "due_at", "paused_at", "paused_seconds"])


def resume(clock: Clock, *, report: Report, at: datetime) -> None:
    """The pause is given back in full."""
    if clock.paused_at is None:
        return
    _give_back(clock, at=at)
    clock.next_mark_at = next_mark_at(clock, report=report, after=at)
    clock.save(update_fields=["paused_seconds", "due_at", "paused_at", "next_mark_at"])


def _give_back(clock: Clock, *, at: datetime) -> None:
    """End a pause: the due moment moves by as long as the clock stood still. Nothing where it runs. Not saved yet."""
    if clock.paused_at is None:
        return
    pause = at - clock.paused_at
    clock.paused_seconds += int(pause.total_seconds())
    clock.due_at += pause
    clock.paused_at = None


def refresh_board(report: Report, clocks: Iterable[Clock] | None = None) -> None:
    """The lane and the next thing owed, from the running clocks. The caller saves the report.

    `clocks`: all of the report's clocks, where the caller holds them anyway.
    """
    report.lane = lane_of(report.kind, report.status, report.severity)
    if report.status == Status.CLOSED and report.clocks.unmet().filter(kind=ClockKind.C9).exists():
        report.lane = Lane.PAPERWORK  # closed, and still owing what was promised
    if clocks is None:
        clocks = report.clocks.running().order_by("id")
    running = [row for row in clocks if not (row.met_at or row.cancelled_at or row.paused_at)]
    running.sort(key=lambda row: row.due_at)
    _refresh_authority(report, running)
    if running:
        clock = running[0]
        report.next_clock, report.next_due_at = clock.kind, clock.due_at
        report.next_started_at, report.waits_on_authority = clock.started_at, clock.waits_on_authority
    else:
        report.next_clock, report.waits_on_authority = "", False
        report.next_due_at, report.next_started_at = NEVER, None


def _refresh_authority(report: Report, running: Iterable[Clock]) -> None:
    """What the authority owes first, even where the entity owes something sooner."""
    ours = next((clock for clock in running if clock.waits_on_authority), None)
    report.authority_clock, report.authority_due_at = (ours.kind, ours.due_at) if ours else ("", NEVER)
