"""What could not be delivered is shown by reason, and the messages of one reason are sent again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from entities.models import AuditEvent, User
from entities.permissions import Role
from notifications.models import Channel, Delivery, State
from notifications.tasks import fan_out
from tests.factories import a_person, a_report, a_reviewer

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


@pytest.fixture
def director() -> User:
    """Three mails to her were refused, and three SMS were given up."""
    person = a_person(Role.DIRECTOR)
    for _n in range(3):
        a_report(by=person)
    fan_out()
    hers = Delivery.objects.filter(person=person)
    hers.filter(channel=Channel.EMAIL).update(state=State.FAILED, last_error="smtp-550")
    hers.filter(channel=Channel.SMS).update(state=State.FAILED, last_error="sms-503")
    return person


def test_an_admin_sees_reasons_counts_and_whom_nothing_reaches(director: User, client_of: ClientOf) -> None:
    admin = client_of(a_reviewer(Role.ADMIN))
    page = admin.get("/en" + reverse("failed_deliveries")).content.decode()
    for words in ("refuses the address", "smtp-550", "for three days", "sms-503", director.name_en):
        assert words in page
    assert director.email not in page
    assert reverse("failed_deliveries") in admin.get(reverse("operations")).content.decode()


def test_the_messages_of_one_reason_are_sent_again_and_on_record(director: User, client_of: ClientOf) -> None:
    admin = a_reviewer(Role.ADMIN)
    answer = client_of(admin).post(reverse("failed_deliveries"), {"channel": "email", "code": "smtp-550"}, follow=True)
    assert "smtp-550" not in answer.content.decode()
    states = dict.fromkeys(Delivery.objects.filter(person=director).values_list("channel", "state"))
    assert set(states) == {("email", State.PENDING), ("sms", State.FAILED)}
    assert AuditEvent.objects.get(action=AuditEvent.Action.CONFIGURATION).person == admin.public_id


def test_nothing_failed_is_said(client_of: ClientOf) -> None:
    page = client_of(a_reviewer(Role.ADMIN)).get("/en" + reverse("failed_deliveries")).content.decode()
    assert "Nothing failed" in page
