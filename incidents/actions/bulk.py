"""One deed on several reports: each for itself, so that one which has moved on does not hold the others back.

What was done can be taken back in one go for a minute, by the same deeds the other way round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from entities.models import User
from incidents.actions.following import assign
from incidents.actions.moves import acknowledge, undo_acknowledge
from incidents.actions.tags import tag, untag
from incidents.errors import MoveRefused
from incidents.models import Report


class Picked(NamedTuple):
    """A report, and the version of it that was read."""

    report: Report
    seen: int | None


@dataclass
class Outcome:
    """On which reports it was done, with what undoes it there; and which refused, in words."""

    done: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def acknowledge_all(picked: Iterable[Picked], *, by: User) -> Outcome:
    """Take each report."""

    def deed(report: Report, seen: int | None) -> str:
        acknowledge(report, seen=seen, by=by)
        return ""

    return _each(picked, deed)


def assign_all(picked: Iterable[Picked], *, reviewer: User | None, by: User) -> Outcome:
    """Give each to a reviewer, or to the pool. What undoes it is who followed it before, by public id."""

    def deed(report: Report, seen: int | None) -> str:
        before = str(report.reviewer.public_id) if report.reviewer else ""
        assign(report, reviewer=reviewer, seen=seen, by=by)
        return before

    return _each(picked, deed)


def tag_all(picked: Iterable[Picked], *, label: str, by: User) -> Outcome:
    """Put a tag on each. Of a tag it does not matter which version of the report was read."""

    def deed(report: Report, _seen: int | None) -> str:
        tag(report, label=label, by=by)
        return label

    return _each(picked, deed)


def untag_all(picked: Iterable[Picked], *, label: str, by: User) -> Outcome:
    """Take a tag off each."""

    def deed(report: Report, _seen: int | None) -> str:
        untag(report, label=label, by=by)
        return label

    return _each(picked, deed)


def undo_all(deed: str, reports: Iterable[Report], *, was: Mapping[str, str], by: User) -> Outcome:
    """Take one of the four back. `was` says of each reference what was there; whoever is gone is nobody."""
    people = User.objects.in_bulk([each for each in was.values() if deed == "assign" and each], field_name="public_id")
    before = {str(public_id): person for public_id, person in people.items()}
    backwards: dict[str, Callable[[Report, int | None], object]] = {
        "acknowledge": lambda report, _seen: undo_acknowledge(report, by=by),
        "assign": lambda report, _seen: assign(report, reviewer=before.get(was[report.reference]), by=by),
        "tag": lambda report, _seen: untag(report, label=was[report.reference], by=by),
        "untag": lambda report, _seen: tag(report, label=was[report.reference], by=by),
    }
    return _each([Picked(report, None) for report in reports], backwards[deed])


def _each(picked: Iterable[Picked], deed: Callable[[Report, int | None], object]) -> Outcome:
    outcome = Outcome()
    for report, seen in picked:
        try:
            outcome.done[report.reference] = str(deed(report, seen) or "")
        except MoveRefused as refusal:
            outcome.refused[report.reference] = str(refusal)
    return outcome
