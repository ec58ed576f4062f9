"""The admins' desk for deliveries."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from entities.models import AuditEvent, User
from entities.permissions import Role
from notifications.models import Channel, Delivery, State
from tests.factories import a_report, a_reviewer
from tests.notifications.conftest import fan_out

pytestmark = pytest.mark.django_db
LIST = "admin:notifications_delivery_changelist"


@pytest.fixture
def failed() -> Delivery:
    a_report(summary="تعطل الموزّع الرئيس")
    fan_out()
    delivery = Delivery.objects.get(channel=Channel.SMS)
    delivery.state, delivery.last_error, delivery.attempts = State.FAILED, "sms-400", 3
    delivery.save()
    return delivery


def test_an_admin_sends_what_failed_again(client_of: Callable[[User], Client], failed: Delivery) -> None:
    admin = a_reviewer(Role.ADMIN)
    browser = client_of(admin)
    shown = browser.get(reverse(LIST), {"state__exact": "failed"}).content.decode()
    assert "sms-400" in shown
    answer = browser.post(reverse(LIST), {"action": "retry", "_selected_action": [str(failed.pk)]})
    assert answer.status_code == 302
    failed.refresh_from_db()
    assert (failed.state, failed.attempts, failed.last_error) == (State.PENDING, 0, "")
    line = AuditEvent.objects.get(action=AuditEvent.Action.CONFIGURATION)
    assert (line.person, line.data["retried"]) == (admin.public_id, [str(failed.pk)])


def test_nothing_else_can_be_done_to_a_delivery(client_of: Callable[[User], Client], failed: Delivery) -> None:
    browser = client_of(a_reviewer(Role.ADMIN))
    page = browser.get(reverse("admin:notifications_delivery_change", args=[failed.pk]))
    assert page.status_code == 200
    assert "تعطل الموزّع الرئيس" not in page.content.decode()
    assert browser.get(reverse("admin:notifications_delivery_add")).status_code == 403
    assert browser.post(reverse("admin:notifications_delivery_delete", args=[failed.pk])).status_code == 403


def test_a_reviewer_is_refused(client_of: Callable[[User], Client], failed: Delivery) -> None:
    assert client_of(a_reviewer()).get(reverse(LIST)).status_code in {302, 403}
