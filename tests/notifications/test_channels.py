"""The ways out: what each answer of a gateway means, and both gateways for real."""

from __future__ import annotations

import hashlib
import hmac
import json
import smtplib
import socket
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
import requests
import responses
from django.core import mail
from django.core.mail import EmailMultiAlternatives

from incidents.models import Report
from notifications import channels
from notifications.channels import ChannelAway, ChannelRefused, ChannelUnavailable, Email, HttpSms, Message
from notifications.models import Channel, Delivery, State
from notifications.tasks import deliver_due
from tests.factories import a_person, a_report
from tests.notifications.conftest import fan_out
from tests.simulator_process import BUSY, Simulator

MESSAGE = Message(uuid4(), to="+966500000001", subject="عادت الخدمة · OUT-2026-000001", text="نص", html="<p>نص</p>")
LETTER = Message(MESSAGE.id, to="mona@example.sa", subject=MESSAGE.subject, text="نص", html="<p>نص</p>")


# --- SMS ------------------------------------------------------------------------------------------------------------


@responses.activate
def test_an_sms_is_posted_with_its_reference_and_our_token(settings: Any) -> None:
    sent = responses.post(settings.SMS_GATEWAY_URL, status=202)
    HttpSms().send(MESSAGE)
    request = sent.calls[0].request
    assert request.headers["Authorization"] == f"Bearer {settings.SMS_GATEWAY_TOKEN}"
    assert json.loads(request.body) == {"to": MESSAGE.to, "text": "نص", "reference": str(MESSAGE.id)}
    assert request.req_kwargs["timeout"] == channels.SMS_SECONDS


@responses.activate
def test_a_gateway_with_other_field_names_is_a_matter_of_settings(settings: Any) -> None:
    settings.SMS_GATEWAY_BODY = {"sender": "DGA", "messages": [{"recipient": "{to}", "body": "{text} ({reference})"}]}
    sent = responses.post(settings.SMS_GATEWAY_URL, status=200)
    HttpSms().send(replace(MESSAGE, text="نص {to}"))  # what is filled in is not filled in again
    assert json.loads(sent.calls[0].request.body) == {
        "sender": "DGA",
        "messages": [{"recipient": MESSAGE.to, "body": f"نص {{to}} ({MESSAGE.id})"}],
    }


@responses.activate
def test_an_sms_is_signed_over_its_time_and_body(settings: Any) -> None:
    settings.SMS_GATEWAY_SIGNING_KEY = "key"
    sent = responses.post(settings.SMS_GATEWAY_URL, status=202)
    HttpSms().send(MESSAGE)
    request = sent.calls[0].request
    stamp = request.headers["X-Timestamp"]
    wanted = hmac.new(b"key", stamp.encode() + b"." + request.body, hashlib.sha256).hexdigest()
    assert request.headers["X-Signature"] == f"sha256={wanted}"
    settings.SMS_GATEWAY_SIGNING_KEY = ""
    HttpSms().send(MESSAGE)
    assert "X-Signature" not in sent.calls[1].request.headers


@responses.activate
@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (400, ChannelRefused, "sms-400"),
        (422, ChannelRefused, "sms-422"),
        (429, ChannelUnavailable, "sms-429"),
        (302, ChannelUnavailable, "sms-302"),
        (503, ChannelUnavailable, "sms-503"),
        (401, ChannelAway, "sms-401"),
        (404, ChannelAway, "sms-404"),
    ],
)
def test_what_the_sms_gateway_answers_decides(settings: Any, status: int, error: type[Exception], code: str) -> None:
    responses.post(settings.SMS_GATEWAY_URL, status=status, headers={"Location": "https://elsewhere.example/"})
    with pytest.raises(error) as raised:
        HttpSms().send(MESSAGE)
    assert type(raised.value) is error
    assert str(raised.value) == code


@responses.activate
@pytest.mark.parametrize("trouble", [requests.ConnectionError("refused"), requests.Timeout("silent")])
def test_an_sms_gateway_that_does_not_answer_is_away(settings: Any, trouble: Exception) -> None:
    responses.post(settings.SMS_GATEWAY_URL, body=trouble)
    with pytest.raises(ChannelAway, match="sms-away"):
        HttpSms().send(MESSAGE)


# --- Mail -----------------------------------------------------------------------------------------------------------


def test_a_mail_carries_its_key_both_texts_and_asks_for_no_automatic_answer() -> None:
    Email().send(LETTER)
    sent = mail.outbox[0].message()
    assert sent["Message-ID"] == f"<{LETTER.id}@localhost>"
    assert sent["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in sent.walk()][1:] == ["text/plain", "text/html"]


@pytest.mark.parametrize(
    ("trouble", "error", "code"),
    [
        (smtplib.SMTPRecipientsRefused({LETTER.to: (550, b"no such user")}), ChannelRefused, "smtp-550"),
        (smtplib.SMTPRecipientsRefused({LETTER.to: (451, b"greylisted")}), ChannelUnavailable, "smtp-451"),
        (smtplib.SMTPDataError(554, b"spam"), ChannelRefused, "smtp-554"),
        (smtplib.SMTPDataError(452, b"full"), ChannelUnavailable, "smtp-452"),
        (smtplib.SMTPSenderRefused(550, b"not you", "x@y"), ChannelRefused, "smtp-550"),
        (smtplib.SMTPNotSupportedError("SMTPUTF8"), ChannelRefused, "malformed"),
        (smtplib.SMTPAuthenticationError(535, b"no"), ChannelAway, "smtp-away"),
        (smtplib.SMTPServerDisconnected("gone"), ChannelAway, "smtp-away"),
        (smtplib.SMTPConnectError(421, b"later"), ChannelAway, "smtp-away"),
        (ConnectionRefusedError(), ChannelAway, "smtp-away"),
        (TimeoutError(), ChannelAway, "smtp-away"),
        (socket.gaierror(), ChannelAway, "smtp-away"),
    ],
)
def test_what_the_mail_server_answers_decides(
    monkeypatch: pytest.MonkeyPatch, trouble: Exception, error: type[Exception], code: str
) -> None:
    def fail(self: EmailMultiAlternatives, fail_silently: bool = False) -> int:
        raise trouble

    monkeypatch.setattr(EmailMultiAlternatives, "send", fail)
    with pytest.raises(error) as raised:
        Email().send(LETTER)
    assert type(raised.value) is error
    assert str(raised.value) == code


def test_an_address_with_a_line_break_is_refused_and_tells_nobody_else() -> None:
    with pytest.raises(ChannelRefused, match="malformed"):
        Email().send(Message(uuid4(), to="mona@example.sa\nBcc: x@y.example", subject="x", text="x", html="x"))
    assert mail.outbox == []


# --- For real -------------------------------------------------------------------------------------------------------


@pytest.fixture
def real(settings: Any, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """The real channels, at the simulator's addresses."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", simulator.smtp_port
    settings.SMS_GATEWAY_URL, settings.SMS_GATEWAY_TOKEN = f"{simulator.origin}/sms/messages", simulator.sms_token
    monkeypatch.setattr(channels, "_gateway", lambda path: HttpSms())
    simulator.reset()
    return simulator


@pytest.mark.django_db
def test_mail_and_sms_arrive(real: Simulator) -> None:
    person = a_person(mobile="+966512345678", email="mona@entity.example")
    report: Report = a_report(by=person)
    fan_out()
    deliver_due()
    (sms,) = real.messages("+966512345678")
    (letter,) = real.messages("mona@entity.example")
    assert report.reference in sms["text"]
    assert sms["reference"] == str(Delivery.objects.get(channel=Channel.SMS).pk)
    assert letter["subject"].endswith(report.reference)
    assert "إرسال المستجدات" in letter["text"]
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.SENT}


@pytest.mark.django_db
def test_both_gateways_down_leave_everything_waiting(real: Simulator, settings: Any) -> None:
    settings.EMAIL_PORT, settings.SMS_GATEWAY_URL = 9, "http://127.0.0.1:9/sms"
    for _n in range(2):
        a_report()
    fan_out()
    deliver_due()
    assert {(d.state, d.attempts) for d in Delivery.objects.all()} == {(State.PENDING, 0)}


def test_a_request_signed_with_another_key_is_refused_and_shown(real: Simulator, settings: Any) -> None:
    settings.SMS_GATEWAY_SIGNING_KEY = "another"
    with pytest.raises(ChannelAway, match="sms-401"):  # it is our access that is wrong: the others are spared
        HttpSms().send(MESSAGE)
    assert real.messages(MESSAGE.to) == []
    page = requests.get(f"{real.origin}/phone/?ui_locales=en", timeout=BUSY).text
    assert "The signature is wrong" in page


def test_the_pretend_gateways_refuse_on_demand(real: Simulator) -> None:
    for fault, way, message, code in (
        ("sms_400", HttpSms(), MESSAGE, "sms-400"),
        ("mail_550", Email(), LETTER, "smtp-550"),
    ):
        requests.post(f"{real.origin}/sim/api/faults", json={"fault": fault}, timeout=BUSY).raise_for_status()
        with pytest.raises(ChannelRefused, match=code):
            way.send(message)
    requests.post(f"{real.origin}/sim/api/faults", json={"fault": "sms_503"}, timeout=BUSY).raise_for_status()
    with pytest.raises(ChannelUnavailable, match="sms-503"):
        HttpSms().send(MESSAGE)
    real.reset()
    HttpSms().send(MESSAGE)
