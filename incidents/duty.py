"""What the duty page reads: who is on duty now, the coming two weeks by day, and where nobody is planned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils import timezone

from entities.models import User
from incidents.actions import may_hand_over
from incidents.models import DutyShift

AGENDA_DAYS, WARNED_DAYS = 14, 7
#: Between two shifts nobody notices less.
LEAST_GAP = timedelta(minutes=5)


@dataclass(frozen=True)
class Turn:
    """A shift as the agenda shows it, on the day on which it starts; a running one on today."""

    shift: DutyShift
    is_on: bool
    starts_here: bool
    ends_here: bool
    may_hand_over: bool


@dataclass
class Day:
    day: date
    turns: list[Turn] = field(default_factory=list)


@dataclass(frozen=True)
class Gap:
    """A stretch in which nobody has this duty."""

    post: str
    start: datetime
    end: datetime

    @property
    def label(self) -> str:
        return str(DutyShift.Post(self.post).label)


@dataclass(frozen=True)
class Roster:
    """The roster from now on, for one reader."""

    on_duty: list[Turn]
    days: list[Day]
    gaps: list[Gap]
    missing: list[str]  # the duties that nobody has now

    @classmethod
    def read(cls, user: User, *, at: datetime) -> Roster:
        """One query."""
        first = timezone.localdate(at)
        end = at + timedelta(days=AGENDA_DAYS)
        shifts = list(DutyShift.objects.visible_to(user).between(at, end).with_people())
        turns = [_turn(shift, user=user, today=first, at=at) for shift in shifts]
        days = [Day(first + timedelta(days=n)) for n in range(AGENDA_DAYS)]
        for turn in turns:
            place = max((timezone.localdate(turn.shift.starts_at) - first).days, 0)
            if place < AGENDA_DAYS:
                days[place].turns.append(turn)
        on_duty = sorted((turn for turn in turns if turn.is_on), key=lambda turn: turn.shift.role)
        held = {turn.shift.role for turn in on_duty}
        return cls(
            on_duty=on_duty,
            days=days,
            gaps=list(gaps(shifts, start=at, end=at + timedelta(days=WARNED_DAYS))),
            missing=[str(post.label) for post in DutyShift.Post if post not in held],
        )


def _turn(shift: DutyShift, *, user: User, today: date, at: datetime) -> Turn:
    starts, ends = timezone.localdate(shift.starts_at), timezone.localdate(shift.ends_at)
    is_on = shift.is_on(at=at)
    return Turn(
        shift,
        is_on=is_on,
        starts_here=starts >= today,
        ends_here=ends == max(starts, today),
        may_hand_over=is_on and may_hand_over(shift, by=user),
    )


def gaps(shifts: Iterable[DutyShift], *, start: datetime, end: datetime) -> Iterator[Gap]:
    """Where nobody is planned between two moments, the leads first; `shifts` in the order in which they start."""
    for post in (DutyShift.Post.LEAD, DutyShift.Post.REVIEWER):
        covered = start
        for shift in shifts:
            if shift.role != post or shift.starts_at >= end:
                continue
            if shift.starts_at - covered >= LEAST_GAP:
                yield Gap(post, covered, shift.starts_at)
            covered = max(covered, shift.ends_at)
        if end - covered >= LEAST_GAP:
            yield Gap(post, covered, end)
