"""Everything that is sent is caught, and machines may ask for it."""

import hashlib
import hmac
import json
import smtplib
import time
from email.message import EmailMessage
from uuid import uuid4

import pytest
import requests

from tests.simulator.browser import Browser
from tests.simulator_process import Persona, Simulator


def test_sms_gateway_stores_a_reference_once(simulator: Simulator, khalid: Persona) -> None:
    body = {"to": khalid.mobile, "text": "تنبيه من البوابة", "reference": str(uuid4())}
    first, second = (post_sms(simulator, body) for _ in range(2))
    assert first.status_code == second.status_code == 202
    assert first.json() == second.json()
    assert [message["text"] for message in simulator.messages(khalid.mobile)] == ["تنبيه من البوابة"]


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"to": "0500000111", "text": "x", "reference": str(uuid4())},
        {"to": [], "text": {}, "reference": 1},
    ],
)
def test_sms_gateway_refuses_what_is_no_sms(simulator: Simulator, body: object) -> None:
    assert post_sms(simulator, body).status_code == 400


def test_sms_gateway_wants_its_token(simulator: Simulator) -> None:
    assert post_sms(simulator, {}, token="wrong").status_code == 401


def test_mail_is_caught_and_shown(simulator: Simulator, browser: Browser, khalid: Persona) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "portal@example.sa", khalid.email, "بلاغ OUT-2026-000001"
    mail["Message-ID"] = "<one@portal>"
    mail.set_content("عادت الخدمة: http://localhost:8000/r/1/ <b>")
    mail.add_alternative("<p>HTML</p>", subtype="html")
    with smtplib.SMTP("127.0.0.1", simulator.smtp_port, timeout=30) as server:
        server.send_message(mail)
    (caught,) = simulator.messages(khalid.email)
    assert (caught["subject"], caught["reference"]) == ("بلاغ OUT-2026-000001", "<one@portal>")
    assert caught["text"].startswith("عادت الخدمة")
    assert simulator.messages(khalid.national_id) == [caught]
    page = browser.get("/phone/").text
    assert '<a href="http://localhost:8000/r/1/" rel="nofollow">' in page
    assert "&lt;b&gt;" in page


def test_personas_are_published(simulator: Simulator, khalid: Persona) -> None:
    assert (khalid.national_id, khalid.role, khalid.entity, khalid.state) == (
        "1000000008",
        "DIRECTOR",
        "demo-a",
        "ok",
    )
    states = {persona.state for persona in simulator.personas.values()}
    assert states == {"ok", "not_registered", "suspended", "ended", "person_inactive", "entity_suspended"}


def post_sms(simulator: Simulator, body: object, token: str = "") -> requests.Response:
    content, stamp = json.dumps(body).encode(), str(int(time.time()))
    digest = hmac.new(b"demo-sms-signing-key", stamp.encode() + b"." + content, hashlib.sha256).hexdigest()
    headers = {
        "Authorization": f"Bearer {token or simulator.sms_token}",
        "X-Timestamp": stamp,
        "X-Signature": f"sha256={digest}",
    }
    return requests.post(f"{simulator.origin}/sms/messages", data=content, headers=headers, timeout=30)
