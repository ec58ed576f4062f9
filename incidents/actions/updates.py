"""Updates, the restoration, and its undoing. An update with phase "restored" is the move restore: one action."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import User
from incidents.actions.moves import conclude, lock, take
from incidents.actions.timekeeping import due_moment
from incidents.errors import MoveRefused
from incidents.lifecycle import ClockKind, EventKind, Move, Phase, ReportKind, Severity
from incidents.models import Report, ReportEvent, UpdateDraft

UNDO_WITHIN = timedelta(minutes=10)
NO_CHANGE_RUNNING = 2  # at most twice running on S1–S2 (domain/reports.md 2.4)
#: Columns an update may bring up to date, beside the phase.
CARRIED = frozenset(
    {
        "users_affected", "users_affected_est", "suspected_cause", "detection_source", "workaround", "channels",
        "beneficiaries", "regions", "origin", "data_impact", "bcp_activated", "actions_taken", "help_needed",
        "expected_restoration_at", "supplier_name", "upstream_service",
    }
)  # fmt: skip


def find_once(report: Report, once: str) -> ReportEvent | None:
    """The event that a repeated form already wrote."""
    return report.events.filter(data__once=once).first() if once else None


@transaction.atomic
def post_update(
    report: Report,
    *,
    phase: str,
    message: str = "",
    no_change: bool = False,
    next_update_at: datetime | None = None,
    columns: dict[str, Any] | None = None,
    visibility: str = "consumers",
    once: str = "",
    at: datetime | None = None,
    by: User,
) -> ReportEvent:
    """What changed, and when the next word comes: meets and restarts C3. Raises MoveRefused."""
    report, move = take(report, "update", by=by)
    if earlier := find_once(report, once):
        return earlier
    if phase == Phase.RESTORED:
        raise MoveRefused(_("Say when the service came back: use “Service restored”."))
    if no_change:
        _refuse_a_third_no_change(report)
    changed = carry(report, columns or {})
    if report.kind == ReportKind.CONSUMED_OUTAGE and report.clocks.running().filter(kind=ClockKind.D3).exists():
        report.still_down_at = at or timezone.now()
    report.phase = phase or report.phase
    data: dict[str, Any] = {"phase": report.phase, "visibility": visibility, **changed}
    if no_change:
        data["no_change"] = True
    if message:
        UpdateDraft.objects.filter(report=report, person=by).delete()
    return conclude(
        report, move, kind=EventKind.UPDATED, at=at, by=by,
        data={**data, "message": message, **({"once": once} if once else {})},
        due=_promised(report, move, next_update_at),
    )  # fmt: skip


def _refuse_a_third_no_change(report: Report) -> None:
    last = list(report.events.filter(kind=EventKind.UPDATED).order_by("-seq")[:NO_CHANGE_RUNNING])
    quiet = len(last) == NO_CHANGE_RUNNING and all(event.data.get("no_change") for event in last)
    if report.severity <= Severity.S2 and quiet:
        raise MoveRefused(_("“No change” was sent twice running: say in one sentence what is being done."))


def carry(report: Report, columns: dict[str, Any]) -> dict[str, Any]:
    """Bring columns up to date; the event keeps both values, so that the history of a figure is kept."""
    changed: dict[str, Any] = {}
    for name, value in columns.items():
        if name not in CARRIED:
            raise ValueError(f"an update does not carry {name}")
        before = getattr(report, name)
        if before != value:
            if name == "expected_restoration_at" and before is not None:
                report.expected_changes += 1
            setattr(report, name, value)
            changed[name] = [_plain(before), _plain(value)]
    return {"changed": changed} if changed else {}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return getattr(value, "pk", value)


def _promised(report: Report, move: Move, promised: datetime | None) -> dict[str, datetime]:
    """The entity may promise the next word sooner than the cadence, never later."""
    report.next_update_at = None
    if promised is None or ClockKind.C3 not in move.starts:
        return {}
    latest = due_moment(report, ClockKind.C3, start=timezone.now())
    report.next_update_at = min(promised, latest) if latest else promised
    return {ClockKind.C3: report.next_update_at}


@transaction.atomic
def restore(
    report: Report,
    *,
    restored_at: datetime,
    message: str = "",
    once: str = "",
    at: datetime | None = None,
    by: User,
) -> ReportEvent:
    """The service is back since `restored_at`: meets C3, starts C6. Raises MoveRefused."""
    report, move = take(report, "restore", by=by)
    if earlier := find_once(report, once):
        return earlier
    now = at or timezone.now()
    refuse_impossible_restoration(report, restored_at, at=now)
    report.restored_at = min(restored_at, now)
    report.restored_recorded_at, report.restored_by = now, by
    report.phase = Phase.RESTORED
    data = {"phase": Phase.RESTORED.value, "restored_at": report.restored_at.isoformat(), "message": message}
    return conclude(report, move, at=at, by=by, data={**data, **({"once": once} if once else {})})


@transaction.atomic
def restore_pair(
    report: Report,
    other: Report,
    *,
    restored_at: datetime,
    message: str = "",
    once: str = "",
    at: datetime | None = None,
    by: User,
) -> ReportEvent:
    """Both reports of one submission end together. Raises MoveRefused, and then neither has changed."""
    for each in sorted((report, other), key=lambda each: each.pk):
        lock(each)  # in one order everywhere, so that two people never wait for each other
    restore(other, restored_at=restored_at, message=message, once=once, at=at, by=by)
    return restore(report, restored_at=restored_at, message=message, once=once, at=at, by=by)


def refuse_impossible_restoration(report: Report, restored_at: datetime, *, at: datetime) -> None:
    """A service comes back after it went, and not in the future (5 minutes are forgiven). Raises MoveRefused."""
    if report.started_at and restored_at < report.started_at:
        raise MoveRefused(_("The service cannot have come back before the outage started."))
    if restored_at > at + timedelta(minutes=5):
        raise MoveRefused(_("The time of restoration lies in the future."))


@transaction.atomic
def undo_restore(report: Report, *, at: datetime | None = None, by: User) -> ReportEvent:
    """Take a restoration back: the same person, within 10 minutes. Raises MoveRefused."""
    report, move = take(report, "undo_restore", by=by)
    now = at or timezone.now()
    if report.restored_by_id != by.pk or not may_undo(report, at=now):
        raise MoveRefused(_("A restoration is undone by whoever sent it, within 10 minutes. Use “Reopen” instead."))
    report.restored_at = report.restored_recorded_at = report.restored_by = None
    report.phase = Phase.MONITORING
    return conclude(report, move, at=at, by=by)


def may_undo(report: Report, *, at: datetime) -> bool:
    """Whether the ten minutes after a restoration still run."""
    return report.restored_recorded_at is not None and at - report.restored_recorded_at <= UNDO_WITHIN
