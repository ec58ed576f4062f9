"""A real worker and a real beat, on PostgreSQL and Redis: time passes by itself, without anyone pressing a key."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from entities.permissions import Role
from incidents.lifecycle import EventKind
from incidents.models import Clock
from notifications.models import Channel, Delivery, State
from tests.factories import a_person, a_report, a_service

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]
PATIENCE = 90  # seconds; a busy machine starts two Pythons


@pytest.fixture
def background(tmp_path: Path) -> Iterator[None]:
    if connection.vendor != "postgresql" or not settings.REDIS_URL:
        pytest.skip("needs PostgreSQL and Redis")
    database = connection.settings_dict
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgres://{database['USER']}@{database['HOST']}:{database['PORT']}/{database['NAME']}",
        "SWEEP_SECONDS": "1",
        "FAN_OUT_SECONDS": "1",
        "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
    }
    celery = [sys.executable, "-m", "celery", "-A", "outage_portal"]
    commands = [
        [*celery, "worker", "--pool", "solo", "--loglevel", "warning", "--without-mingle", "--without-gossip"],
        [*celery, "beat", "--loglevel", "warning", "--schedule", str(tmp_path / "beat")],
    ]
    with (tmp_path / "log").open("w") as log:
        parts = [
            subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stdout=log, stderr=log)
            for command in commands
        ]
        yield
        for part in parts:
            part.terminate()
        for part in parts:
            try:
                part.wait(timeout=20)
            except subprocess.TimeoutExpired:
                part.kill()


def eventually(holds: Callable[[], bool], what: str) -> None:
    """Wait on a state, not on a time."""
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, f"it did not come to pass: {what}"
        time.sleep(0.3)


def test_a_missed_update_is_reminded_and_told_by_itself(background: None) -> None:
    service = a_service(tier=0)
    director = a_person(Role.DIRECTOR, entity=service.entity)
    colleague = a_person(Role.ALTERNATE, entity=service.entity)
    report = a_report(by=director, service=service)
    eventually(
        lambda: Delivery.objects.filter(person=colleague, channel=Channel.EMAIL, state=State.SENT).exists(),
        "the colleague's mail of the filing",
    )
    now = timezone.now()
    clock = report.clocks.get(kind="C3")
    Clock.objects.filter(pk=clock.pk).update(
        started_at=now - timedelta(minutes=61), due_at=now - timedelta(minutes=1), next_mark_at=now
    )
    eventually(lambda: report.events.filter(kind=EventKind.REMINDED, mark="due").exists(), "the reminder")
    reminded = report.events.get(kind=EventKind.REMINDED, mark="due")
    eventually(
        lambda: Delivery.objects.filter(event=reminded, person=director, channel=Channel.IN_APP).exists(),
        "the reminder in the inbox",
    )
    assert report.events.filter(kind=EventKind.REMINDED, mark="due").count() == 1
