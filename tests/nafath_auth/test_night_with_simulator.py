"""The night on which the pretend Nafath is down, over HTTP from end to end: an outage is filed within three minutes."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from django.utils import timezone

from entities.models import Breaker
from entities.permissions import Role
from incidents.models import Report
from incidents.tasks import record_due_reminders
from nafath_auth.adapters.trust import TIMEOUT
from nafath_auth.tasks import probe_nafath
from notifications.tasks import deliver_due, fan_out
from tests.factories import a_person, a_service, a_team
from tests.incidents.typed import minimal
from tests.nafath_auth.test_with_simulator import Browser, sign_in
from tests.simulator_process import BUSY, SMS_TOKEN, Simulator

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]
PATIENCE = TIMEOUT[1]  # seconds that whoever waits for a Nafath that hangs has waited


@pytest.fixture
def browser(portal: str, simulator: Simulator, settings: Any) -> Iterator[Browser]:
    """A browser, and a portal whose messages go to the simulator's phone and mailbox."""
    settings.SMS_GATEWAY_URL = f"{simulator.origin}/sms/messages"
    settings.SMS_GATEWAY_TOKEN = SMS_TOKEN
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", simulator.smtp_port
    with Browser() as session:
        yield session


def choose(simulator: Simulator, fault: str) -> None:
    """On the simulator's page, as a person does."""
    with Browser() as hand:
        page = hand.get(f"{simulator.origin}/sim/faults", timeout=BUSY)
        hand.press(page, "/sim/faults", fault=fault).raise_for_status()


def read_code(simulator: Simulator, to: str) -> str:
    """From the phone or the mailbox; the messages leave as a worker's tick sends them."""
    fan_out()
    deliver_due()
    text = simulator.messages(to)[0]["text"]
    found = re.search(r"(?<!\d)\d{6}(?!\d)", text)
    assert found, text
    return found[0]


@pytest.mark.parametrize("fault", ["503", "hang"])
def test_director_files_an_own_outage_while_nafath_is_down(
    portal: str, browser: Browser, simulator: Simulator, fault: str
) -> None:
    khalid = simulator.personas["Khalid Al-Otaibi"]
    person = a_person(Role.DIRECTOR, number=khalid.national_id, mobile=khalid.mobile, email=khalid.email)
    assert person.acting is not None
    a_team(person.acting.entity)
    service = a_service(entity=person.acting.entity)
    probe_nafath()  # all is well, and the description of Nafath is kept for an hour
    choose(simulator, fault)
    began, presses = time.monotonic(), 0

    page = browser.get(f"{portal}/en/accounts/sign-in/", timeout=10)
    assert "/en/accounts/code/" not in page.text
    while "/en/accounts/code/" not in page.text:  # at most three presses, or the tick that asks by itself
        probe_nafath()
        page, presses = browser.press(page, "/en/accounts/nafath/"), presses + 1
        assert presses <= 3
    assert "Nafath is not answering now" in page.text

    page = browser.get(f"{portal}/en/accounts/code/", timeout=10)
    page = browser.press(page, "/en/accounts/code/", national_id=khalid.national_id)
    assert page.url == f"{portal}/en/accounts/code/enter/"
    code = read_code(simulator, khalid.mobile)
    assert read_code(simulator, khalid.email) == code
    page = browser.press(page, "/en/accounts/code/enter/", code=code)
    assert "دخلت برمز" in page.text  # home speaks her language

    page = browser.get(f"{portal}/en/reports/new/own-outage/", timeout=10)
    answers = minimal("own-outage", service=service)
    del answers["key"], answers["opened_at"]
    page = browser.press(page, "/en/reports/new/own-outage/", **answers)
    report = Report.objects.get()
    assert page.url == f"{portal}/en/reports/{report.reference}/receipt/"
    # The sign-in page, the presses on it, the ID, the code, the form: each loaded and sent once by hand.
    assert presses + 6 <= 9
    assert time.monotonic() - began < 60  # of three minutes; the rest is a person's
    assert report.unconfirmed_at is not None
    assert report.filed_by_id == person.pk

    choose(simulator, "")
    assert probe_nafath()
    assert not Breaker.objects.open(at=timezone.now()).exists()
    with Browser() as another:
        assert another.get(f"{portal}/accounts/code/", timeout=10).status_code == 403
    assert browser.get(f"{portal}/en/reports/{report.reference}/", timeout=10).status_code == 200  # it lives on
    with Browser() as whole:
        sign_in(whole, portal, simulator, khalid)
    record_due_reminders()
    report.refresh_from_db()
    assert report.unconfirmed_at is None
    assert report.events.filter(kind="IDENTIFIED").count() == 1


def test_sign_in_that_fails_is_answered_within_seconds(portal: str, browser: Browser, simulator: Simulator) -> None:
    choose(simulator, "hang")
    page = browser.get(f"{portal}/accounts/sign-in/", timeout=10)
    began = time.monotonic()
    browser.press(page, "/accounts/nafath/")
    assert time.monotonic() - began < 2 * PATIENCE, "it waited once"
    for _ in range(2):
        browser.press(page, "/accounts/nafath/")
    began = time.monotonic()
    browser.press(page, "/accounts/nafath/")  # open: nobody waits for it any more
    assert time.monotonic() - began < PATIENCE
    assert requests.get(f"{simulator.origin}/phone/", timeout=BUSY).ok
