"""The call list as it is read: whom to ring, about what, who is next, and what earlier calls brought."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils.safestring import SafeString

from entities.models import Membership, User
from entities.permissions import Permission, Role
from incidents.contacts import CALL_ORDER
from incidents.lifecycle import Severity
from incidents.models import CallTask, ReportEvent
from incidents.models.event import ReportEventQuerySet
from incidents.standing import overdue
from incidents.timeline import Entry, tell

SHOWN = 50
#: Whom a call goes to: last whoever the ladder's top rung tells (domain/lifecycle.md, Reminders: +100 %).
RUNG = [*CALL_ORDER, Role.HEAD_CONTACT]
Outcome = CallTask.Outcome


@dataclass(frozen=True)
class Person:
    """One of those to ring, with what ringing her brought so far."""

    member: Membership
    outcomes: tuple[str, ...]

    @property
    def is_wrong(self) -> bool:
        return Outcome.WRONG_NUMBER in self.outcomes

    @property
    def last(self) -> str:
        """What the last call to her brought, in words; empty: nobody rang her."""
        return str(Outcome(self.outcomes[-1]).label) if self.outcomes else ""


@dataclass(frozen=True)
class Line:
    """A call in the list."""

    task: CallTask
    holder: User | None
    mine: bool
    calls: int  # made so far
    last: str  # what the last of them brought

    @property
    def what(self) -> SafeString:
        return overdue(self.task.clock)


def lines(user: User, *, at: datetime) -> list[Line]:
    """The calls that are owed now, the worst first. Two queries."""
    tasks = list(CallTask.objects.visible_to(user).owed(at=at).for_page()[:SHOWN])
    made: defaultdict[int, list[str]] = defaultdict(list)
    for event in _calls(user, tasks).values_list("data__call", "data__outcome"):
        made[event[0]].append(event[1])
    return [_line(task, made[task.pk], user=user, at=at) for task in tasks]


def number(user: User, *, at: datetime) -> int:
    """How many calls are owed now."""
    return CallTask.objects.visible_to(user).owed(at=at).count()


def _line(task: CallTask, made: list[str], *, user: User, at: datetime) -> Line:
    holder = task.holder(at=at)
    last = str(Outcome(made[-1]).label) if made else ""
    return Line(task, holder, holder == user, len(made), last)


def _calls(user: User, tasks: Iterable[CallTask]) -> ReportEventQuerySet:
    found = ReportEvent.objects.visible_to(user).filter(report__in={task.report_id for task in tasks})
    return found.filter(data__move="record_call").order_by("pk")


@dataclass(frozen=True)
class Call:
    """One call, for the person who may make it."""

    task: CallTask
    reader: User
    at: datetime

    @cached_property
    def _events(self) -> list[ReportEvent]:
        return list(_calls(self.reader, [self.task]).filter(data__call=self.task.pk).with_actors())

    @cached_property
    def people(self) -> list[Person]:
        """Whom to ring, in the order in which they are rung: the director, her alternates, members, the IT leader.

        Last the head contact, where the entity has registered her number.
        """
        found = Membership.objects.visible_to(self.reader).usable().filter(entity=self.task.entity, role__in=RUNG)
        members = list(found.exclude(role=Role.HEAD_CONTACT, user__mobile="").select_related("user"))
        members.sort(key=lambda each: (RUNG.index(Role(each.role)), each.pk))
        brought: defaultdict[int, list[str]] = defaultdict(list)
        for event in self._events:
            brought[event.data["membership"]].append(event.data["outcome"])
        return [Person(each, tuple(brought[each.pk])) for each in members]

    @cached_property
    def next(self) -> Person | None:
        """Who is rung now: of those with a right number whoever was rung least, the first of the order."""
        right = [each for each in self.people if not each.is_wrong and each.member.user.mobile]
        return min(right, key=lambda each: len(each.outcomes), default=None)

    @property
    def entries(self) -> list[Entry]:
        """What earlier calls brought, as the report's history tells it."""
        return [tell(event, self.task.report) for event in self._events]

    @property
    def is_over(self) -> bool:
        """Somebody was reached, or what was owed has come."""
        return self.task.reached_at is not None or self.task.clock.is_over

    @property
    def holder(self) -> User | None:
        return self.task.holder(at=self.at)

    @property
    def waits(self) -> bool:
        """A word was promised, and its time has not passed."""
        return self.task.waits_until is not None and self.task.waits_until > self.at

    @property
    def may_take(self) -> bool:
        return self.reader.may(Permission.REPORT_TRIAGE) and not self.is_over and self.holder is None

    @property
    def mine(self) -> bool:
        return self.reader.may(Permission.REPORT_TRIAGE) and not self.is_over and self.holder == self.reader

    @property
    def reveals(self) -> bool:
        """She may ask for a number in full, after a fresh sign-in and with a reason."""
        return self.reader.may(Permission.CONTACT_REVEAL)

    @property
    def calls_at_once(self) -> bool:
        """The reviewer of an open S1 or S2 outage needs neither; it is written down all the same."""
        report = self.task.report
        follows = self.reader.may(Permission.REPORT_TRIAGE) and report.reviewer_id == self.reader.pk
        return follows and report.is_open and report.severity <= Severity.S2

    @property
    def what(self) -> SafeString:
        return overdue(self.task.clock)
