"""What /readyz names: a portal that can file answers 200, and says what limps."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from incidents.tasks import HEARTBEAT, record_due_reminders
from notifications import health
from notifications.models import Delivery, State
from notifications.tasks import DELIVER_HEARTBEAT, FAN_OUT_HEARTBEAT, deliver_due, fan_out
from tests.factories import a_report

pytestmark = pytest.mark.django_db


@pytest.fixture
def swept(own_cache: None) -> None:
    cache.set(HEARTBEAT, timezone.now().timestamp())


@pytest.fixture
def frozen() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_house_in_order_has_nothing_to_name(swept: None, client: Client) -> None:
    assert client.get("/readyz").json() == {"status": "ok", "degraded": []}


def test_a_sweep_that_is_late_or_was_never_heard_of_is_named(own_cache: None) -> None:
    assert health.degraded_parts() == ["sweep"]
    cache.set(HEARTBEAT, timezone.now().timestamp() - 181)
    assert health.degraded_parts() == ["sweep"]
    record_due_reminders()
    assert health.degraded_parts() == []


def test_a_message_that_waits_for_ten_minutes_is_named(swept: None, client: Client) -> None:
    a_report()
    fan_out()
    Delivery.objects.filter(state=State.PENDING).update(created_at=timezone.now() - timedelta(minutes=9))
    assert health.degraded_parts() == []
    Delivery.objects.filter(state=State.PENDING).update(created_at=timezone.now() - timedelta(minutes=11))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["degraded"]) == (200, ["deliveries"])


def test_an_event_that_nobody_fans_out_is_named(swept: None, monkeypatch: pytest.MonkeyPatch) -> None:
    a_report()
    assert health.degraded_parts() == []
    monkeypatch.setattr(health, "EVENT_LATE", timedelta(seconds=-1))
    assert health.degraded_parts() == ["events"]


def test_a_broker_that_refuses_is_named(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    assert health.degraded_parts() == ["broker"]


def test_a_broker_that_is_frozen_is_named_within_a_second(settings: Any, frozen: int) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{frozen}/0"
    started = timezone.now()
    assert health.degraded_parts() == ["broker"]
    assert timezone.now() - started < timedelta(seconds=5)


def test_it_never_raises(swept: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any, **kwargs: Any) -> None:
        raise OperationalError

    monkeypatch.setattr("notifications.models.DeliveryQuerySet.exists", away)
    monkeypatch.setattr("incidents.models.event.ReportEventQuerySet.exists", away)
    assert health.degraded_parts() == []


def test_it_is_cheap(swept: None, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]  # a fixture
    with django_assert_max_num_queries(5):  # one a part that the database is asked of, two for events and notices
        health.degraded_parts()


def test_each_tick_leaves_a_heartbeat() -> None:
    fan_out()
    deliver_due()
    now = timezone.now().timestamp()
    for name in (FAN_OUT_HEARTBEAT, DELIVER_HEARTBEAT):
        assert now - cache.get(name) < 60
