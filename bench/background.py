"""The background work: the sweep against one unchained statement, the fan-out, and the delivery of mails.

Wall-clock seconds, for the database does half of the work; the two sweeps are measured in the same run.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone

from bench.board import Measurement
from entities.models import Entity
from entities.permissions import Role
from incidents import actions
from incidents.lifecycle import Lane
from incidents.models import Clock, Report, ReportEvent
from notifications.actions import deliver, fan_out_new_events
from notifications.batches import SIZE, Batch
from notifications.models import Channel, Delivery
from outage_portal.celery import settle_memory
from tests.factories import a_person
from tests.web_role import as_owner

#: Events that are fanned out, and mails that are sent.
MESSAGES = 2000
UNCHAINED = """
    INSERT INTO incidents_reportevent
        (report_id, seq, kind, at, recorded_at, role, entity_code, clock_id, mark, data, prev_hash, hash)
    SELECT r.id, r.event_count + 1, 'REMINDED', %(at)s, %(at)s, 'SYS', '', c.id, 'due', '{}', r.head_hash, r.head_hash
    FROM incidents_clock c JOIN incidents_report r ON r.id = c.report_id
    WHERE c.met_at IS NULL AND c.cancelled_at IS NULL AND c.paused_at IS NULL AND c.next_mark_at <= %(at)s
    ON CONFLICT DO NOTHING
"""


@dataclass
class Run:
    """What a piece of work cost."""

    rows: int = 0
    seconds: float = 0.0
    queries: int = 0
    grown: float = 0.0  #: megabytes that the process holds more than before, at its most


def measure_background(number: int) -> list[Measurement]:
    """The bars 6 and 7 of the performance page, with a due reminder for each of `number` reports."""
    settle_memory()  # as a worker's process does
    at = timezone.now()
    due = _make_due(number, at=at)
    alone = _measured(lambda: _unchained(at))
    sweep = _measured(lambda: actions.record_due_reminders(at=at))
    assert alone.rows == sweep.rows == due, (alone.rows, sweep.rows, due)
    again = _measured(lambda: actions.record_due_reminders(at=at))
    _leave_to_tell(MESSAGES)
    _people_of_each_entity()
    told = _measured(_fan_out)
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend"):
        sent = _measured(_deliver)
    return [*_of_the_sweep(sweep, alone, again), *_of_messages(told, sent)]


def _of_the_sweep(sweep: Run, alone: Run, again: Run) -> Iterator[Measurement]:
    thousands = sweep.rows / 1000
    yield _at_least("sweep, reminders", sweep.rows / sweep.seconds, "rows a second", 5000)
    yield _at_most("sweep against one statement", sweep.seconds / alone.seconds, "x", 8)
    yield _at_most("sweep, queries", (sweep.queries - 5) / thousands, "per 1,000 rows, and 5", 4)
    yield _at_most("sweep, memory", sweep.grown, "MB more", 30)
    yield _at_most("sweep again, reminders", again.rows, "rows", 0)
    yield _at_most("sweep again", again.seconds / sweep.seconds, "x the first", 0.5)


def _of_messages(told: Run, sent: Run) -> Iterator[Measurement]:
    yield _at_least("fan-out, deliveries", told.rows / told.seconds, "a second", 1000)
    yield _at_least("delivery, mails", sent.rows / sent.seconds, "a second, worker", 200)
    yield Measurement("delivery, queries", round(sent.queries / max(1, sent.rows), 1), "a mail", None, True)


def _at_most(name: str, value: float, unit: str, bar: float) -> Measurement:
    return Measurement(name, round(value, 3), unit, bar, value <= bar)


def _at_least(name: str, value: float, unit: str, bar: float) -> Measurement:
    return Measurement(name, round(value), f"{unit}, at least {bar:g}", None, value >= bar)


def _measured(work: Callable[[], int]) -> Run:
    run = Run()
    with _counted(run):
        before, started = _megabytes(), time.monotonic()
        run.rows = work()
        run.seconds, run.grown = time.monotonic() - started, _megabytes() - before
    return run


@contextmanager
def _counted(run: Run) -> Iterator[None]:
    def counted(execute: Callable[..., object], *rest: object) -> object:
        run.queries += 1
        return execute(*rest)

    with connection.execute_wrapper(counted):
        yield


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _make_due(number: int, *, at: datetime) -> int:
    """An update that is owed since a minute, for each of so many reports; everything else owes nothing."""
    Clock.objects.filter(next_mark_at__lte=at).update(next_mark_at=None)
    started, due = at - timedelta(minutes=61), at - timedelta(minutes=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO incidents_clock (report_id, kind, subject, policy_id, started_at, due_at, paused_seconds,"
            " extended, next_mark_at) SELECT id, 'C3', 1000, policy_id, %s, %s, 0, false, %s FROM incidents_report"
            " ORDER BY id LIMIT %s",
            [started, due, due, number],
        )
        made = cursor.rowcount
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ANALYZE incidents_clock")
    return int(made)


def _unchained(at: datetime) -> int:
    """The same rows by one statement, without a chain; taken back."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(UNCHAINED, {"at": at})
        rows = int(cursor.rowcount)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # the foreign keys are looked up at the end, as ever
        transaction.set_rollback(True)
    return rows


def _leave_to_tell(number: int) -> None:
    """Of everything that waits, so many events of open reports are left; the others count as told."""
    open_ones = Report.objects.filter(lane__lt=Lane.ENDED).values("pk")
    newest = ReportEvent.objects.not_fanned_out().filter(report__in=open_ones).order_by("-pk")
    keys = list(newest.values_list("pk", flat=True)[:number])
    ReportEvent.objects.not_fanned_out().exclude(pk__in=keys).update(fanned_out_at=timezone.now())


def _people_of_each_entity() -> None:
    """A director and an alternate for each entity that has nobody."""
    for entity in Entity.objects.filter(memberships=None):
        a_person(entity=entity)
        a_person(Role.ALTERNATE, entity=entity)


def _fan_out() -> int:
    before = Delivery.objects.count()
    while fan_out_new_events(at=timezone.now()):
        pass
    return Delivery.objects.count() - before


def _deliver() -> int:
    """As the task does it, of the mails alone."""
    mails = Delivery.objects.filter(channel=Channel.EMAIL)
    sent = 0
    while sent < MESSAGES and (keys := list(mails.due(at=timezone.now()).values_list("pk", flat=True)[:SIZE])):
        batch = Batch(keys, at=timezone.now())
        sent += sum(deliver(key, at=timezone.now(), batch=batch) is not None for key in keys)
    return sent
