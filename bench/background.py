"""The background work: the sweep against one unchained statement, the fan-out, and the delivery of mails.

CPU seconds of the worker and of its process in the database (`measuring.py`), and what the clock said beside them; the
two sweeps are measured in the same run.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone

from bench.measuring import Measurement, Run, at_least, at_most, measured
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

#: Events that are fanned out; half as many mails are sent.
MESSAGES = 1000
#: Rounds; the first of them warms what it reads.
SWEEPS = 2
UNCHAINED = """
    INSERT INTO incidents_reportevent
        (report_id, seq, kind, at, recorded_at, role, entity_code, clock_id, mark, data, prev_hash, hash)
    SELECT r.id, r.event_count + 1, 'REMINDED', %(at)s, %(at)s, 'SYS', '', c.id, 'due', '{}', r.head_hash, r.head_hash
    FROM incidents_clock c JOIN incidents_report r ON r.id = c.report_id
    WHERE c.met_at IS NULL AND c.cancelled_at IS NULL AND c.paused_at IS NULL AND c.next_mark_at <= %(at)s
    ON CONFLICT DO NOTHING
"""


def measure_background(number: int) -> list[Measurement]:
    """The bars 6 and 7 of the performance page, with a due reminder for each of `number` reports."""
    settle_memory()  # as a worker's process does
    sweep, alone, again = _sweeps(number)
    _leave_to_tell(MESSAGES)
    _people_of_each_entity()
    told = measured(_fan_out)
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend"):
        sent = measured(_deliver)
    return [*_of_the_sweep(sweep, alone, again), *_of_messages(told, sent)]


def _sweeps(number: int) -> tuple[Run, Run, Run]:
    """The sweep, the same rows by one statement, each the cheapest of some rounds, and a sweep that finds nothing."""
    rounds = []
    for n in range(SWEEPS):
        at = timezone.now()
        due = _make_due(number, at=at, subject=1000 + n)
        alone = measured(partial(_unchained, at))
        sweep = measured(partial(actions.record_due_reminders, at=at))
        assert alone.rows == sweep.rows == due, (alone.rows, sweep.rows, due)
        rounds.append((sweep, alone))
    again = measured(partial(actions.record_due_reminders, at=at))
    sweeps, alones = zip(*rounds, strict=True)
    return min(sweeps, key=_seconds), min(alones, key=_seconds), again


def _seconds(run: Run) -> float:
    return run.seconds


def tell_some() -> None:
    """Deliveries of so many events, as the fan-out writes them."""
    _leave_to_tell(MESSAGES)
    _people_of_each_entity()
    _fan_out()
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ANALYZE notifications_delivery, incidents_reportevent")


def _of_the_sweep(sweep: Run, alone: Run, again: Run) -> Iterator[Measurement]:
    thousands = sweep.rows / 1000
    yield at_least("sweep, reminders", sweep.rows / sweep.seconds, "rows a CPU second", 5000)
    yield Measurement("sweep, reminders by the clock", round(sweep.rows / sweep.clock), "rows a second")
    yield at_most("sweep against one statement", sweep.seconds / alone.seconds, "x", 8)
    yield at_most("sweep, queries", (sweep.queries - 5) / thousands, "per 1,000 rows, and 5", 4)
    yield at_most("sweep, memory", sweep.grown, "MB more", 30)
    yield at_most("sweep again, reminders", again.rows, "rows", 0)
    yield at_most("sweep again", again.seconds / sweep.seconds, "x the first", 0.5)


def _of_messages(told: Run, sent: Run) -> Iterator[Measurement]:
    yield at_least("fan-out, deliveries", told.rows / told.seconds, "a CPU second", 1000)
    yield Measurement("fan-out by the clock", round(told.rows / told.clock), "a second")
    yield at_least("delivery, mails", sent.rows / sent.seconds, "a CPU second and worker", 200)
    yield Measurement("delivery by the clock", round(sent.rows / sent.clock), "a second and worker")
    yield Measurement("delivery, queries", round(sent.queries / max(1, sent.rows), 1), "a mail")


def _make_due(number: int, *, at: datetime, subject: int) -> int:
    """An update that is owed since a minute, for each of so many reports; everything else owes nothing."""
    Clock.objects.filter(next_mark_at__lte=at).update(next_mark_at=None)
    started, due = at - timedelta(minutes=61), at - timedelta(minutes=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO incidents_clock (report_id, kind, subject, policy_id, started_at, due_at, paused_seconds,"
            " extended, next_mark_at) SELECT id, 'C3', %s, policy_id, %s, %s, 0, false, %s FROM incidents_report"
            " ORDER BY id LIMIT %s",
            [subject, started, due, due, number],
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
    while sent < MESSAGES // 2 and (keys := list(mails.due(at=timezone.now()).values_list("pk", flat=True)[:SIZE])):
        batch = Batch(keys, at=timezone.now())
        sent += sum(deliver(key, at=timezone.now(), batch=batch) is not None for key in keys)
    return sent
