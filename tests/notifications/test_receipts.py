"""The SMS gateway's receipts: signed or by token, once and for all, and never a word about what is known here."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_network
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from entities.models import User
from entities.permissions import Role
from incidents.models import Report
from notifications import actions
from notifications.addresses import LAST, failing_channels
from notifications.channels import OF_THE_ADDRESS, signature
from notifications.failures import failures
from notifications.models import RESENT, Channel, Delivery, State
from tests.factories import a_person, a_report
from tests.notifications.conftest import FakeSms

pytestmark = pytest.mark.django_db
URL = "/integrations/sms/receipts/"
TOKEN = "demo-sms-receipts-token"
Bring = Callable[..., HttpResponse]


@pytest.fixture
def report() -> Report:
    return a_report()


@pytest.fixture
def sent(report: Report) -> Delivery:
    """An SMS that the gateway took."""
    return an_sms(report)


def an_sms(report: Report, *, person: User | None = None, event: int = 0, state: str = State.SENT) -> Delivery:
    person = person or a_person(Role.ALTERNATE, entity=report.entity)
    return Delivery.objects.create(
        event=list(report.events.all())[event], person=person, membership=person.memberships.get(),
        channel=Channel.SMS, state=state, sent_at=timezone.now(),
    )  # fmt: skip


@pytest.fixture
def bring(client: Client) -> Bring:
    """As the gateway does; what is said goes into the body."""

    def bring_(of: Delivery | None = None, status: str = "delivered", headers: Any = None, **said: Any) -> HttpResponse:
        body = {"reference": str(of.reference) if of else str(uuid4()), "status": status, **said}
        headers = {"Authorization": f"Bearer {TOKEN}"} if headers is None else headers
        return client.post(URL, json.dumps(body), content_type="application/json", headers=headers)

    return bring_


def test_what_reached_the_telephone_is_marked_delivered(sent: Delivery, bring: Bring) -> None:
    assert bring(sent).status_code == 200
    sent.refresh_from_db()
    assert sent.delivered_at and sent.state == State.SENT


def test_a_failed_receipt_is_a_failure_with_the_gateways_reason(sent: Delivery, bring: Bring) -> None:
    assert bring(sent, "UNDELIVERED", reason="Absent Subscriber +966512345678").status_code == 200
    sent.refresh_from_db()
    assert (sent.state, sent.last_error) == (State.FAILED, "receipt-absent-subscriber")
    [group] = failures()
    assert (group.channel, group.code, group.count) == (Channel.SMS, "receipt-absent-subscriber", 1)
    with translation.override("en"):
        assert "gateway" in str(group.reason)


def test_the_same_receipt_twice_changes_nothing(sent: Delivery, bring: Bring) -> None:
    bring(sent)
    first = Delivery.objects.values().get(pk=sent.pk)
    assert bring(sent).status_code == 200
    assert bring(sent, "failed").status_code == 200  # what reached it has reached it
    assert Delivery.objects.values().get(pk=sent.pk) == first


def test_a_late_word_that_it_reached_the_telephone_counts(sent: Delivery, bring: Bring) -> None:
    bring(sent, "failed")
    bring(sent)
    sent.refresh_from_db()
    assert (sent.state, sent.last_error) == (State.SENT, "")


@pytest.mark.parametrize("status", ["accepted", "enroute", "", "x" * 300])
def test_a_word_on_the_way_ends_nothing(sent: Delivery, bring: Bring, status: str) -> None:
    assert bring(sent, status).status_code == 200
    sent.refresh_from_db()
    assert sent.state == State.SENT and sent.delivered_at is None


def test_what_is_unknown_or_no_sms_is_answered_as_what_is_known(sent: Delivery, bring: Bring) -> None:
    known = bring(sent)
    Delivery.objects.filter(pk=sent.pk).update(channel=Channel.EMAIL, delivered_at=None)
    for answer in (bring(None), bring(sent, "failed")):
        assert (answer.status_code, answer.content) == (known.status_code, known.content)
    sent.refresh_from_db()
    assert sent.state == State.SENT


def test_a_receipt_that_overtakes_the_sender_is_asked_for_again(report: Report, bring: Bring) -> None:
    answer = bring(an_sms(report, state=State.LEASED))
    assert answer.status_code == 503 and answer["Retry-After"]


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer "}, {"Authorization": "طلب"}]
)
def test_without_the_token_nothing_is_heard(sent: Delivery, bring: Bring, headers: dict[str, str]) -> None:
    assert bring(sent, "failed", headers=headers).status_code == 401
    sent.refresh_from_db()
    assert sent.state == State.SENT


def test_where_a_key_is_named_it_has_to_be_signed_and_fresh(sent: Delivery, client: Client, settings: Any) -> None:
    settings.SMS_RECEIPTS_TOKEN, settings.SMS_RECEIPTS_SIGNING_KEY = "", "a key"
    body = json.dumps({"reference": str(sent.pk), "status": "delivered"})

    def post(stamp: str, signed: str) -> int:
        headers = {"X-Timestamp": stamp, "X-Signature": signed}
        return client.post(URL, body, content_type="application/json", headers=headers).status_code

    now, old = str(int(time.time())), str(int(time.time()) - 3600)
    assert post(now, "sha256=0") == post("", "") == post("9" * 400, "x") == 401
    assert post(old, signature("a key", stamp=old, body=body.encode())) == 401
    assert post(now, signature("a key", stamp=now, body=body.encode())) == 200


def test_with_neither_token_nor_key_there_is_no_door(bring: Bring, settings: Any) -> None:
    settings.SMS_RECEIPTS_TOKEN = ""
    assert bring(None).status_code == 404


def test_from_another_address_than_the_gateways_nothing_is_read(sent: Delivery, bring: Bring, settings: Any) -> None:
    settings.SMS_RECEIPTS_IPS = [ip_network("192.0.2.0/24")]
    assert bring(sent).status_code == 403
    settings.SMS_RECEIPTS_IPS = [ip_network("127.0.0.0/8")]
    assert bring(sent).status_code == 200


@pytest.mark.parametrize(
    "body",
    ["{", "[]", '"x"', "1", "null", "[" * 9000, '{"reference": {}}', '{"reference": "x", "status": "delivered"}',
     '{"reference": null, "status": null}', '{"status": "failed"}'],
)  # fmt: skip
def test_what_is_no_receipt_is_refused_without_a_fault(client: Client, body: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert client.post(URL, body, content_type="application/json", headers=headers).status_code == 400


def test_what_is_too_big_or_no_json_is_not_read(client: Client) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert client.post(URL, "x" * 20_000, content_type="application/json", headers=headers).status_code == 413
    assert client.post(URL, {"reference": "x"}, headers=headers).status_code == 415
    assert client.get(URL).status_code == 405


def test_a_gateway_has_its_own_names(sent: Delivery, client: Client, settings: Any) -> None:
    settings.SMS_RECEIPTS_BODY = {
        "reference": "clientRef", "status": "dlr", "reason": "err", "delivered": ["1"], "failed": ["2"],
    }  # fmt: skip
    body = json.dumps({"clientRef": str(sent.pk), "dlr": 2, "err": "UNKNOWN_SUBSCRIBER"})
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert client.post(URL, body, content_type="application/json", headers=headers).status_code == 200
    sent.refresh_from_db()
    assert sent.last_error == "receipt-unknown-subscriber"


# --- What follows ----------------------------------------------------------------------------------------------------


def test_numbers_whose_last_messages_failed_are_known_as_dead(report: Report, bring: Bring) -> None:
    person = a_person(Role.ALTERNATE, entity=report.entity)
    for number in range(LAST):
        report.record("ATTACHED", by=None, at=timezone.now() + timedelta(seconds=number), data={"name": "x"})
        assert failing_channels(person) == []
        bring(an_sms(report, person=person, event=number), "failed", reason="unknown-subscriber")
    assert failing_channels(person) == [Channel.SMS]


def test_a_telephone_that_was_off_is_no_dead_number() -> None:
    assert OF_THE_ADDRESS.fullmatch("receipt-unknown-subscriber")
    assert not OF_THE_ADDRESS.fullmatch("receipt-expired")


def test_sent_once_more_it_is_another_message_to_the_gateway(sent: Delivery, bring: Bring, sms: FakeSms) -> None:
    bring(sent, "failed")
    before = sent.reference
    actions.retry([sent], by=a_person(Role.ADMIN))
    sent.refresh_from_db()
    assert sent.reference != before and sent.state == State.PENDING
    actions.deliver(sent.pk, at=timezone.now() + timedelta(seconds=1))
    assert [message.id for message in sms.taken] == [sent.reference]
    Delivery.objects.filter(pk=sent.pk).update(resent=0)
    old = Delivery.objects.get(pk=sent.pk)
    Delivery.objects.filter(pk=sent.pk).update(resent=1)
    assert bring(old, "failed").status_code == 200  # of the message before: it is answered, and heard no more
    sent.refresh_from_db()
    assert sent.state == State.SENT
    bring(sent)
    sent.refresh_from_db()
    assert sent.delivered_at


def test_every_reference_leads_back_to_its_delivery(sent: Delivery) -> None:
    for times in range(RESENT):
        sent.resent = times
        assert sent.pk in Delivery.keys_of(sent.reference)
    assert reverse("sms_receipt") == URL
