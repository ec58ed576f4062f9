"""Thirty entities report one provider within ten minutes: minute by minute, and what each person hears of it.

Source: domain/lifecycle.md, Reminders ("Reports grouped under one incident have one C2 and one ladder").
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from entities.models import Notice, User
from entities.permissions import Role
from incidents.lifecycle import EventKind, ReportKind
from incidents.models import Incident, ReportEvent
from incidents.tasks import record_due_reminders
from notifications.models import Channel, Delivery, State
from notifications.tasks import deliver_due, fan_out
from tests.factories import a_person, a_report, a_reviewer, a_service, a_shift, a_team

pytestmark = pytest.mark.django_db
#: At most so many SMS reach a person in a quarter of an hour, and then one that says how many more there are.
SMS_AT_ONCE = 4
#: In an hour and a quarter, by one channel: single messages while nobody knows of a group yet, then the marks.
MOST = 15


def marks(person: User) -> Counter[tuple[str, str]]:
    """How often she was told each mark of each clock."""
    told = Delivery.objects.filter(person=person, channel=Channel.IN_APP, event__kind=EventKind.REMINDED)
    return Counter((each.event.data["clock"], each.event.mark) for each in told.select_related("event") if each.event)


def left(person: User, channel: str) -> int:
    """How many messages reached her by it."""
    return Delivery.objects.filter(person=person, channel=channel, state=State.SENT).count()


def test_thirty_in_ten_minutes_are_one_case_one_ladder_and_few_messages(settings: Any) -> None:
    settings.SMS_GATEWAY = "notifications.channels.InApp"
    provider = a_service(tier=0)
    a_team(provider.entity)
    owner = a_person(Role.DIRECTOR, entity=provider.entity)
    reviewer, lead, off_duty = a_reviewer(), a_reviewer(Role.LEAD), a_reviewer()
    for person in (reviewer, lead):
        a_shift(person)
    start = timezone.now()
    for minute in (*range(10), 20, 35, 50, 75):
        with time_machine.travel(start + timedelta(minutes=minute), tick=False):
            for _n in range(3 if minute < 10 else 0):
                a_report(ReportKind.CONSUMED_OUTAGE, provider=provider)
            record_due_reminders()
            fan_out()
            deliver_due()
            if minute == 9:
                assert Incident.objects.get().members.count() == 30
                assert left(reviewer, Channel.SMS) <= SMS_AT_ONCE
    assert Notice.objects.filter(kind=Notice.Kind.INCIDENT_OPENED).count() == 1
    assert ReportEvent.objects.filter(kind=EventKind.REMINDED, clock__kind="D1", mark="plus-100").count() == 30
    for person in (reviewer, lead, owner):
        assert marks(person) and set(marks(person).values()) == {1}, "each mark is heard once for all thirty"
    assert {clock for clock, _mark in marks(owner)} == {"D1"}
    for person in (reviewer, lead, owner):
        counts = {channel: left(person, channel) for channel in (Channel.SMS, Channel.EMAIL)}
        assert max(counts.values()) <= MOST, counts
    assert not Delivery.objects.filter(person=off_duty).exclude(channel=Channel.IN_APP).exists()
