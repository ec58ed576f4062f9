"""Several workers at once, on a database that lets them be: nobody waits, nothing is told twice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from django.db import connection
from django.db.models import Count

from incidents.models import ReportEvent
from notifications import channels
from notifications.channels import Message
from notifications.models import Channel, Delivery, State
from notifications.tasks import deliver_due, fan_out
from tests.factories import a_report, a_reviewer

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]
WORKERS = 4


class Slow:
    """Counts what leaves; taking its time, so that the others come by meanwhile."""

    def __init__(self) -> None:
        self.sent: Counter[object] = Counter()
        self._pause = threading.Event()

    def send(self, message: Message) -> None:
        self._pause.wait(0.005)
        self.sent[message.id] += 1


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer: this is about PostgreSQL")
    slow = Slow()
    monkeypatch.setattr(channels, "channel", lambda name: slow)
    yield slow


def together(work: Callable[[], int]) -> int:
    """The same work in all workers at the same moment; the sum of what they did."""
    start = threading.Barrier(WORKERS)

    def run() -> int:
        with closing(connection):
            start.wait()
            return work()

    with ThreadPoolExecutor(WORKERS) as pool:
        return sum(future.result() for future in [pool.submit(run) for _n in range(WORKERS)])


def test_four_fan_outs_take_each_event_once(gateway: Slow) -> None:
    a_reviewer()
    for _n in range(12):
        a_report()
    assert together(fan_out) == 12
    assert not ReportEvent.objects.not_fanned_out().exists()
    doubled = Delivery.objects.values("event", "person", "channel").annotate(n=Count("pk")).filter(n__gt=1)
    assert not doubled.exists()


def test_four_senders_send_each_message_once(gateway: Slow) -> None:
    for _n in range(12):
        a_report()
    fan_out()
    together(deliver_due)
    sent = Delivery.objects.exclude(channel=Channel.IN_APP)
    assert set(sent.values_list("state", flat=True)) == {State.SENT}
    assert set(gateway.sent.values()) == {1}
    assert len(gateway.sent) == sent.count() == 24
