"""How far behind the background work is: in words for admins, in numbers for whoever brings the token."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from entities.models import User
from entities.permissions import Role
from incidents.actions import record_due_reminders
from incidents.models import Clock
from incidents.tasks import HEARTBEAT
from notifications.figures import figures
from notifications.models import Channel, Delivery, State
from notifications.tasks import DELIVER_HEARTBEAT, FAN_OUT_HEARTBEAT, deliver_due, fan_out
from tests.factories import a_person, a_report

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
TOKEN = "a-token-of-the-metrics"


@pytest.fixture
def heard(own_cache: None) -> None:
    """Every tick has just run."""
    for key in (HEARTBEAT, FAN_OUT_HEARTBEAT, DELIVER_HEARTBEAT):
        cache.set(key, timezone.now().timestamp())


def bad(*, after: timedelta = timedelta()) -> set[str]:
    return {"/".join([each.name, *each.tags.values()]) for each in figures(at=timezone.now() + after) if each.is_bad}


def test_a_house_in_order_has_nothing_bad(heard: None) -> None:
    a_report()
    fan_out()
    deliver_due()
    assert bad() == set()


def test_ticks_that_were_never_heard_of_or_too_long_ago_are_bad(own_cache: None) -> None:
    ticks = {f"portal_heartbeat_age_seconds/{task}" for task in ("sweep", "fan_out", "deliver")}
    assert bad() == ticks
    cache.set(HEARTBEAT, timezone.now().timestamp() - 181)
    cache.set(FAN_OUT_HEARTBEAT, timezone.now().timestamp() - 100)
    assert bad() == ticks - {"portal_heartbeat_age_seconds/fan_out"}


def test_an_event_that_waits_is_measured_from_its_recording(heard: None) -> None:
    a_report()
    assert "portal_oldest_event_seconds" in bad(after=timedelta(minutes=2, seconds=5))
    fan_out()
    assert "portal_oldest_event_seconds" not in bad(after=timedelta(minutes=2, seconds=5))


def test_a_due_mark_that_nobody_wrote_is_measured_from_its_moment(heard: None) -> None:
    a_report()
    clock = Clock.objects.filter(next_mark_at__isnull=False).earliest("next_mark_at")
    assert clock.next_mark_at
    late = clock.next_mark_at + timedelta(minutes=4) - timezone.now()
    assert "portal_oldest_mark_seconds" in bad(after=late)
    record_due_reminders(at=timezone.now() + late)
    assert "portal_oldest_mark_seconds" not in bad(after=late)


def test_a_message_that_waits_and_one_that_was_given_up_are_told_apart(heard: None) -> None:
    a_report()
    fan_out()
    deliver_due()
    mail = Delivery.objects.filter(channel=Channel.EMAIL)
    mail.update(state=State.PENDING, created_at=timezone.now() - timedelta(minutes=11))
    assert bad() == {"portal_oldest_delivery_seconds/email"}
    mail.update(state=State.FAILED)
    assert bad() == {"portal_deliveries_failed"}


@pytest.mark.parametrize(
    ("path", "word"), [("/operations/", "العمليات الخلفية"), ("/en/operations/", "workers and beat")]
)
def test_an_admin_reads_what_is_wrong_and_what_to_do(
    client_of: ClientOf, own_cache: None, path: str, word: str
) -> None:
    admin = client_of(a_person(Role.ADMIN))
    page = admin.get(path).content.decode()
    assert page.count("pill--late") == 3
    assert page.count(word) == 1  # three figures, one thing to do
    part = admin.get(path, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert 'id="operations"' in part


@pytest.mark.parametrize("brought", ["", f"Bearer {TOKEN}x", TOKEN, "Bearer "])
def test_whoever_brings_no_token_finds_no_metrics(client: Client, settings: Any, brought: str) -> None:
    settings.METRICS_TOKEN = TOKEN
    assert client.get("/metrics", headers={"Authorization": brought}).status_code == 404
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": brought}).status_code == 404


def test_prometheus_reads_every_figure(client: Client, settings: Any, heard: None) -> None:
    settings.METRICS_TOKEN = TOKEN
    report = a_report()
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    read = {family.name: family for family in text_string_to_metric_families(answer.content.decode())}
    answered = {"portal_answers", "portal_answer_seconds"}
    assert set(read) == {each.name for each in figures(at=timezone.now())} | answered
    assert {sample.labels["task"] for sample in read["portal_heartbeat_age_seconds"].samples} == {
        "sweep", "fan_out", "deliver",
    }  # fmt: skip
    assert report.reference not in answer.content.decode()


def test_it_stays_cheap(heard: None, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(7):
        figures(at=timezone.now())
