"""The outside world of these tests: mail lands in Django's outbox, SMS in a list, and either may be told to fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents.models import Report
from notifications import actions, channels
from notifications.channels import Message
from notifications.models import Delivery
from notifications.tasks import deliver_due
from tests.factories import a_person


class FakeSms:
    """A gateway that keeps what it takes; set `error` to make it fail."""

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.error: Exception | None = None

    def send(self, message: Message) -> None:
        if self.error is not None:
            raise self.error
        self.taken.append(message)


@pytest.fixture(autouse=True)
def sms(monkeypatch: pytest.MonkeyPatch) -> FakeSms:
    gateway = FakeSms()
    monkeypatch.setattr(channels, "_gateway", lambda path: gateway)
    return gateway


def fan_out() -> int:
    return actions.fan_out_new_events(at=timezone.now())


def send_all() -> int:
    """One tick of each task."""
    fan_out()
    return deliver_due()


def colleague(report: Report, role: Role = Role.ALTERNATE, **fields: Any) -> User:
    """Somebody of the entity that reports."""
    return a_person(role, entity=report.entity, **fields)


def heard(person: User, **about: Any) -> set[str]:
    """By which channels she is told, of one event or of all."""
    return set(to(person, **about).values_list("channel", flat=True))


def to(person: User, **about: Any) -> QuerySet[Delivery]:
    return Delivery.objects.filter(person=person, **about)


Deed = Callable[[Report], object]
