"""Which of the deeds that the table allows have their moment now: what the table cannot know."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from incidents.actions.handshake import may_rule
from incidents.actions.merging import UNDO_MERGE_WITHIN
from incidents.actions.pausing import PAUSABLE
from incidents.actions.updates import may_undo
from incidents.lifecycle import ClockKind, Verdict
from incidents.models.report_query import REOPEN_WITHIN

if TYPE_CHECKING:
    from incidents.case import Case


def _undoes(case: Case) -> bool:
    return case.report.restored_by_id == case.reader.pk and may_undo(case.report, at=case.at)


def _reopens(case: Case) -> bool:
    """Within a day, and where the restoration cannot be undone more simply."""
    restored = case.report.restored_recorded_at
    return restored is not None and case.at - restored <= REOPEN_WITHIN and not _undoes(case)


def _parts(case: Case) -> bool:
    """A merge is taken back within a day."""
    merged = case.report.merged_at
    return merged is not None and case.at - merged <= UNDO_MERGE_WITHIN


def _disputed(case: Case) -> bool:
    return case.report.verdict == Verdict.NOT_OURS and not case.report.ruling


def _runs(case: Case, kind: ClockKind) -> bool:
    return any(clock.kind == kind and not clock.extended for clock in case.running)


#: The deeds that have a moment of their own.
TIMELY: dict[str, Callable[[Case], bool]] = {
    "acknowledge": lambda case: case.report.acknowledged_at is None,
    "undo_acknowledge": lambda case: False,  # the board offers it, for some seconds
    "note": lambda case: _runs(case, ClockKind.M2),
    "extend_window": lambda case: _runs(case, ClockKind.M4),
    "answer": lambda case: bool(case.history.questions),
    "withdraw": lambda case: not case.report.withdrawal_reason,
    "confirm_withdrawal": lambda case: bool(case.report.withdrawal_reason),
    "undo_restore": _undoes,
    "reopen": _reopens,
    "stretch_update": lambda case: case.update_clock is not None,
    "merge": lambda case: bool(case.report.has_twins and not case.report.has_folded),  # type: ignore[attr-defined]  # annotated
    "undo_merge": _parts,
    "verdict": lambda case: not case.report.ruling,
    "dispute": lambda case: not case.report.ruling,
    "rule": lambda case: _disputed(case) and may_rule(case.report, case.reader),
    "ask_extension": lambda case: _runs(case, ClockKind.C6) and case.history.extension_asked is None,
    "refuse_extension": lambda case: case.history.extension_asked is not None,
    "extend_final": lambda case: _runs(case, ClockKind.C6),
    "submit_interim": lambda case: _runs(case, ClockKind.C5),
    "report_action": lambda case: any(each.done_at is None for each in case.actions),
    "verify_action": lambda case: case.has_to_verify,
    "return_action": lambda case: case.has_to_verify,
    "pause_final": lambda case: any(clock.kind in PAUSABLE for clock in case.running),
    "resume_final": lambda case: case.standing_still is not None,
}
