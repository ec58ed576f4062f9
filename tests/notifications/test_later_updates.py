"""An update that comes later: whoever waits for it hears by when, and reads why in the portal alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from entities.permissions import Role
from incidents import actions
from notifications.inbox import page_of
from notifications.messages import message_for
from notifications.models import Channel
from tests.factories import a_dependency, a_person, a_report, a_reviewer, a_service
from tests.notifications.conftest import fan_out, to

pytestmark = pytest.mark.django_db
WHY = "بانتظار قطعة من المورد"


def test_consumers_read_the_reason_in_the_portal_and_the_mail_says_only_by_when() -> None:
    service, consumer = a_service(), a_person(Role.DIRECTOR)
    assert consumer.acting is not None
    a_dependency(a_service(entity=consumer.acting.entity), service)
    report = a_report(service=service)
    event = actions.stretch_update(report, until=timezone.now() + timedelta(days=2), note=WHY, by=a_reviewer())
    fan_out()
    mail = message_for(to(consumer, channel=Channel.EMAIL).get(event=event), at=timezone.now())
    assert "موعد المستجدات القادمة" in mail.text
    assert WHY not in mail.text
    (entry,) = [e for group in page_of(consumer).groups for e in group.entries if e.delivery.event == event]
    assert WHY in entry.text
