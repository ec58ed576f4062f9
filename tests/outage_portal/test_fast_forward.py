"""Time passes in the demo: what is owed comes nearer, every mark speaks once, and what happened keeps its hour."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents import actions
from incidents.lifecycle import EventKind
from incidents.models import Clock, Draft, Report
from notifications.models import Delivery
from outage_portal.demo.environment import Demo
from outage_portal.management.commands.fast_forward import stretch
from tests import factories

LADDER = ["before-10", "due", "plus-25", "plus-50", "plus-100"]


@pytest.fixture(autouse=True)
def _in_the_demo(settings: Any) -> None:
    settings.DEMO = True
    settings.SMS_GATEWAY_URL = "http://127.0.0.1:9/none"


@pytest.fixture
def director(db: None) -> User:
    return factories.a_person(Role.DIRECTOR)


@pytest.fixture
def followed(director: User) -> Report:
    """A critical outage, acknowledged, whose first update is owed within the hour."""
    service = factories.a_service(entity=director.acting.entity, tier=0)  # type: ignore[union-attr]
    report = factories.a_report(by=director, service=service)
    actions.acknowledge(report, by=factories.a_reviewer())
    return report


def marks(report: Report) -> list[str]:
    return list(report.events.filter(kind=EventKind.REMINDED, clock__kind="C3").values_list("mark", flat=True))


def test_a_missed_update_climbs_the_ladder_once(followed: Report, director: User) -> None:
    call_command("fast_forward", "2h30m")
    assert marks(followed) == LADDER
    assert [clock.kind for clock in Clock.objects.running().filter(report=followed, breached_at__isnull=False)] == [
        "C3"
    ]
    told = Delivery.objects.filter(person=director, event__report=followed, event__kind=EventKind.REMINDED)
    assert told.filter(channel="in_app").count() == len(LADDER)
    assert [message for message in mail.outbox if director.email in message.to]


def test_a_second_stretch_repeats_nothing(followed: Report) -> None:
    call_command("fast_forward", "1h15m")
    before = marks(followed)
    call_command("fast_forward", "5m")
    call_command("fast_forward", "5m")
    assert before == LADDER[: len(before)] and marks(followed)[: len(before)] == before
    assert len(set(marks(followed))) == len(marks(followed))


def test_an_update_in_time_keeps_the_ladder_away(followed: Report, director: User) -> None:
    call_command("fast_forward", "40m")
    actions.post_update(followed, phase="identified", message="السبب معروف ويُعالج.", by=director)
    call_command("fast_forward", "40m")
    assert marks(followed) == []


def test_what_is_owed_comes_nearer_and_what_happened_stays(followed: Report, director: User) -> None:
    service = factories.a_service(entity=director.acting.entity)  # type: ignore[union-attr]
    window = factories.a_report("MNT", by=director, service=service)
    followed.refresh_from_db()
    draft = Draft.objects.create(kind="OUT", entity=followed.entity, started_by=director, last_writer=director)
    events = list(followed.events.values_list("seq", "at", "recorded_at", "hash"))
    due, start, written = followed.next_due_at, window.window_start, draft.updated_at

    call_command("fast_forward", "30m")

    for thing in (followed, window, draft):
        thing.refresh_from_db()
    half = timedelta(minutes=30)
    assert (due - followed.next_due_at, start - window.window_start, written - draft.updated_at) == (half,) * 3
    assert Clock.objects.running().get(report=followed, kind="C3").due_at == followed.next_due_at
    assert list(followed.events.values_list("seq", "at", "recorded_at", "hash")) == events
    call_command("verify_history")


def test_a_paused_clock_loses_nothing(followed: Report) -> None:
    clock = Clock.objects.get(report=followed, kind="C3")
    Clock.objects.filter(pk=clock.pk).update(paused_at=timezone.now())
    left = clock.due_at - timezone.now()
    call_command("fast_forward", "6h")
    clock.refresh_from_db()
    assert clock.paused_at is not None
    assert abs(clock.due_at - clock.paused_at - left) < timedelta(seconds=5)
    assert marks(followed) == []


@pytest.mark.parametrize(("text", "minutes"), [("30m", 30), ("2h", 120), ("1d", 1440), ("1h30m", 90), (" 2H ", 120)])
def test_a_stretch_is_read(text: str, minutes: int) -> None:
    assert stretch(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "soon", "0m", "-2h", "15d", "2h soon", "2 hours", "٢h x"])
def test_what_is_no_stretch_is_explained(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="30m, 2h or 1d"):
        stretch(text)


def test_time_stands_outside_the_demo(settings: Any, tmp_path: Path) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="make demo"):
        call_command("fast_forward", "2h", directory=tmp_path)


def test_time_stands_in_production(settings: Any, tmp_path: Path) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="never in production"):
        call_command("fast_forward", "2h")


def test_another_shell_finds_the_running_demo(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEMO = False
    Demo.prepare(tmp_path, port=8000, simulator_port=9010)
    entered: list[tuple[str, ...]] = []

    def enter(demo: Demo, *arguments: str) -> None:
        entered.append(arguments)
        raise SystemExit(0)

    monkeypatch.setattr(Demo, "enter", enter)
    with pytest.raises(SystemExit):
        call_command("fast_forward", "1d2h", directory=tmp_path)
    assert entered == [("fast_forward", "1d120m", "--directory", str(tmp_path))]
