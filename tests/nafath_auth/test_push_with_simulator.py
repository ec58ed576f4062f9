"""The approval in the app over HTTP: a portal and a simulator that know each other by address only."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from queue import Queue
from typing import Any

import pytest
import requests

from entities.models import AuditEvent
from entities.permissions import Role
from nafath_auth import approval, models
from nafath_auth.models import NafathTransaction, State
from tests.factories import a_person
from tests.nafath_auth.conftest import a_regular
from tests.nafath_auth.test_no_clear_id import stored
from tests.nafath_auth.test_with_simulator import FORGED, Browser
from tests.signing import prove_sessions
from tests.simulator_process import APP_KEY, BUSY, Persona, Simulator

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def push(portal: str, simulator: Simulator, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    settings.NAFATH_ADAPTER = "push"
    settings.NAFATH_PUSH_BASE_URL = simulator.origin
    settings.NAFATH_PUSH_APP_ID, settings.NAFATH_PUSH_APP_KEY = "portal", APP_KEY
    settings.NAFATH_PUSH_ISSUERS, settings.NAFATH_PUSH_AUDIENCE = [simulator.origin], "portal"
    settings.NAFATH_PUSH_SERVER_IP, settings.NAFATH_PUSH_CALLBACK_IPS = "127.0.0.1", ["127.0.0.1", "::1"]
    monkeypatch.setattr(approval, "FIRST_QUESTION", timedelta(0))
    monkeypatch.setattr(approval, "BETWEEN_QUESTIONS", timedelta(0))
    return portal


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """An approval goes without its proof for two seconds. Where the proof is to be in time it has its thirty."""
    monkeypatch.setattr(models, "UNVERIFIED_FOR", timedelta(seconds=2))


@pytest.fixture
def brought(monkeypatch: pytest.MonkeyPatch) -> Queue[bool]:
    """Whether each callback was known, when the portal is through with it."""
    through: Queue[bool] = Queue()
    receive = approval.receive

    def received(**told: Any) -> bool:
        known = receive(**told)
        through.put(known)
        return known

    monkeypatch.setattr(approval, "receive", received)
    return through


@pytest.fixture
def browser() -> Iterator[Browser]:
    with Browser() as session:
        yield session


@pytest.fixture
def mona(push: str, simulator: Simulator) -> Persona:
    persona = simulator.personas["Mona Al-Shehri"]
    a_person(Role.ALTERNATE, number=persona.national_id)
    return persona


def wrong(simulator: Simulator, fault: str, **more: float) -> None:
    answer = requests.post(f"{simulator.origin}/sim/api/faults", json={"fault": fault, **more}, timeout=30)
    answer.raise_for_status()


def begin(browser: Browser, portal: str, persona: Persona) -> requests.Response:
    return browser.press(
        browser.get(f"{portal}/accounts/sign-in/", timeout=10),
        "/accounts/nafath/app/",
        national_id=persona.national_id,
    )


def approve(simulator: Simulator, page: requests.Response, *, number: str | None = None) -> None:
    """Choose the number that the portal shows, on the phone."""
    shown = re.search(r'number-match">(\d\d)<', page.text)
    assert shown, page.text
    with Browser() as phone:
        app = phone.get(f"{simulator.origin}/app/", timeout=30)
        assert f'value="{shown[1]}"' in app.text
        phone.press(app, "/app/", number=shown[1] if number is None else number).raise_for_status()


def until(browser: Browser, page: requests.Response, *states: State, within: float = BUSY) -> NafathTransaction:
    """Look at the waiting page, as a browser without scripts does, until it stands so."""
    end = time.monotonic() + within
    while True:
        browser.get(page.url, timeout=10)
        begun = NafathTransaction.objects.get()
        if begun.state in states or time.monotonic() > end:
            assert begun.state in states, begun.state
            return begun
        time.sleep(0.1)


def finish(browser: Browser, page: requests.Response) -> requests.Response:
    return browser.press(browser.get(page.url, timeout=10), "/accounts/nafath/app/")


def test_person_enters_with_the_number_she_chose(
    push: str, browser: Browser, simulator: Simulator, mona: Persona
) -> None:
    page = begin(browser, push, mona)
    approve(simulator, page)
    until(browser, page, State.VERIFIED)
    assert finish(browser, page).url == f"{push}/accounts/first-sign-in/"
    assert mona.national_id not in stored() + page.url


def test_second_browser_gets_neither_the_request_nor_the_door(
    push: str, browser: Browser, simulator: Simulator, mona: Persona
) -> None:
    page = begin(browser, push, mona)
    with Browser() as other:
        assert begin(other, push, mona).status_code == 409
        assert other.get(page.url, timeout=10).url.endswith("/accounts/sign-in/")
        approve(simulator, page)
        until(browser, page, State.VERIFIED)
        token = re.search(
            r'csrfmiddlewaretoken" value="(\w+)"', other.get(f"{push}/accounts/sign-in/", timeout=30).text
        )
        assert token
        body = {"csrfmiddlewaretoken": token[1]}
        other.post(f"{page.url}finish/", data=body, headers={"Referer": page.url}, timeout=30)
        assert "/accounts/sign-in/" in other.get(f"{push}/accounts/entity/", timeout=30).url
    assert NafathTransaction.objects.get().state == State.VERIFIED


def test_wrong_number_on_the_phone_rejects(push: str, browser: Browser, simulator: Simulator, mona: Persona) -> None:
    page = begin(browser, push, mona)
    approve(simulator, page, number="")
    assert until(browser, page, State.REJECTED).nid_encrypted is None


@pytest.mark.parametrize(("fault", "state"), [("reject", State.REJECTED), ("expire", State.EXPIRED)])
def test_no_of_the_app_ends_it(browser: Browser, simulator: Simulator, mona: Persona, fault: str, state: State) -> None:
    wrong(simulator, fault)
    page = begin(browser, simulator.portal_origin, mona)
    assert until(browser, page, state).nid_encrypted is None


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "fault",
    ["no_callback", *(fault for fault in FORGED if fault != "bad_nonce")],  # the app's tokens carry none
)
def test_what_does_not_prove_it_fails_closed(
    push: str, browser: Browser, simulator: Simulator, mona: Persona, fault: str
) -> None:
    wrong(simulator, fault)
    page = begin(browser, push, mona)
    approve(simulator, page)
    assert until(browser, page, State.FAILED).nid_encrypted is None
    assert "/accounts/sign-in/" in browser.get(f"{push}/accounts/entity/", timeout=30).url


@pytest.mark.usefixtures("impatient")
def test_late_callback_changes_nothing(
    push: str, browser: Browser, simulator: Simulator, mona: Persona, brought: Queue[bool]
) -> None:
    wrong(simulator, "late", seconds=5)
    page = begin(browser, push, mona)
    approve(simulator, page)
    until(browser, page, State.FAILED)
    assert brought.empty()
    assert brought.get(timeout=BUSY)
    assert NafathTransaction.objects.get().state == State.FAILED


def test_duplicate_callback_lets_in_once(
    push: str, browser: Browser, simulator: Simulator, mona: Persona, brought: Queue[bool]
) -> None:
    wrong(simulator, "duplicate")
    page = begin(browser, push, mona)
    approve(simulator, page)
    until(browser, page, State.VERIFIED)
    assert finish(browser, page).url == f"{push}/accounts/first-sign-in/"
    assert [brought.get(timeout=BUSY) for _time in range(2)] == [True, True]
    assert NafathTransaction.objects.get().state == State.CONSUMED


@pytest.mark.parametrize("fault", ["503", "hang"])
def test_nafath_away_is_told_within_seconds(
    browser: Browser, simulator: Simulator, mona: Persona, fault: str, settings: Any
) -> None:
    wrong(simulator, fault)
    started = time.monotonic()
    assert begin(browser, simulator.portal_origin, mona).status_code == 503
    assert time.monotonic() - started < 7
    assert NafathTransaction.objects.get().state == State.FAILED
    settings.NAFATH_ADAPTER = "simulator"  # the other doors are away as well
    page = browser.get(f"{simulator.portal_origin}/accounts/sign-in/", timeout=10)
    assert browser.press(page, "/accounts/nafath/start/").url.endswith("/accounts/sign-in/")


def test_wrong_key_of_the_application_is_refused(push: str, browser: Browser, mona: Persona, settings: Any) -> None:
    settings.NAFATH_PUSH_APP_KEY = "wrong"
    assert begin(browser, push, mona).status_code == 503


def test_unknown_call_reaches_no_one(simulator: Simulator) -> None:
    simulator.reset()
    say: Callable[..., requests.Response] = requests.post
    headers = {"APP-ID": "portal", "APP-KEY": APP_KEY, "X-Forwarded-For": "10.0.0.1,127.0.0.1"}
    answer = say(f"{simulator.origin}/api/v1/mfa/request/status", json={"transId": "x"}, headers=headers, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (400, "400-034-053")


def test_deed_waits_for_an_approval_of_its_own(push: str, browser: Browser, simulator: Simulator) -> None:
    persona, another = simulator.personas["Mona Al-Shehri"], simulator.personas["Yousef Al-Balawi"]
    a_regular(Role.ALTERNATE, number=persona.national_id)
    page = begin(browser, push, persona)
    approve(simulator, page)
    until(browser, page, State.VERIFIED)
    finish(browser, page)
    prove_sessions(minutes_ago=10)
    asked = browser.press(browser.get(f"{push}/accounts/my-data/", timeout=10), "/accounts/my-data/copy/")
    other = browser.press(asked, "/accounts/nafath/step-up/", national_id=another.national_id)
    assert other.status_code == 422
    assert "هذا ليس رقم هوية صاحب الجلسة" in other.text
    assert NafathTransaction.objects.count() == 1
    waiting = browser.press(other, "/accounts/nafath/step-up/", national_id=persona.national_id)
    approve(simulator, waiting)
    begun = NafathTransaction.objects.latest("created_at")
    end = time.monotonic() + BUSY
    while begun.state != State.VERIFIED and time.monotonic() < end:
        browser.get(waiting.url, timeout=10)
        begun.refresh_from_db()
    confirmed = finish(browser, waiting)
    copy = browser.press(confirmed, "/accounts/my-data/copy/")
    assert copy.headers["Content-Disposition"].startswith("attachment")
    line = AuditEvent.objects.get(action=AuditEvent.Action.STEP_UP)
    assert line.data["transaction"] == begun.trans_id
