"""The whole way over HTTP: a portal and a simulator that know each other by address only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import pytest
import requests

from entities.models import AuditEvent
from entities.permissions import Role
from tests.factories import a_membership, a_person
from tests.nafath_auth.conftest import a_regular
from tests.signing import prove_sessions
from tests.simulator_process import Persona, Simulator

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]

#: What the simulator forges, and why the portal refuses it.
FORGED = {
    "bad_signature": "token: InvalidSignatureError",
    "alg_none": "token: InvalidAlgorithmError",
    "hs256": "token: InvalidAlgorithmError",
    "unknown_kid": "token: unknown key",
    "bad_issuer": "token: InvalidIssuerError",
    "bad_audience": "token: InvalidAudienceError",
    "bad_nonce": "nonce",
    "expired_token": "token: ExpiredSignatureError",
    "other_subject": "userinfo: another subject",
}


class Browser(requests.Session):
    """Follows redirects and fills in the one form of a page that leads to `action`."""

    def press(self, page: requests.Response, action: str = "", **fields: str) -> requests.Response:
        forms = re.findall(r"<form(.*?)</form>", page.text, re.DOTALL)
        form = next(form for form in forms if f'action="{action}' in form or not action)
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        target = re.search(r'action="([^"]*)"', form)
        address = urljoin(page.url, target[1].replace("&amp;", "&") if target else "")
        return self.post(address, data={**hidden, **fields}, headers={"Referer": page.url}, timeout=10)


@pytest.fixture
def browser(portal: str) -> Iterator[Browser]:
    with Browser() as session:
        yield session


def go_to_nafath(browser: Browser, portal: str, prefix: str = "") -> requests.Response:
    return browser.press(browser.get(f"{portal}{prefix}/accounts/sign-in/", timeout=10), f"{prefix}/accounts/nafath/")


def sign_in(
    browser: Browser, portal: str, simulator: Simulator, persona: Persona, prefix: str = ""
) -> requests.Response:
    """Type the number, read the code on the phone, type the code."""
    asked = browser.press(go_to_nafath(browser, portal, prefix), national_id=persona.national_id)
    return browser.press(asked, code=simulator.latest_code(persona))


def test_person_enters_with_the_code_and_leaves_everywhere(portal: str, browser: Browser, simulator: Simulator) -> None:
    mona = simulator.personas["Mona Al-Shehri"]
    person = a_person(Role.ALTERNATE, number=mona.national_id, name_ar=mona.name)
    page = sign_in(browser, portal, simulator, mona)
    assert page.url == f"{portal}/accounts/first-sign-in/"
    assert mona.name in page.text
    assert AuditEvent.objects.get(action=AuditEvent.Action.SIGN_IN).person == person.public_id
    leaving = browser.press(browser.get(f"{portal}/accounts/sign-out/", timeout=10), "/accounts/sign-out/")
    left = browser.press(leaving, f"{simulator.origin}/identity/o/logout")
    assert left.url.startswith(f"{portal}/accounts/signed-out/?state=")
    assert "وانتهت جلسة النفاذ" in left.text
    assert urlsplit(go_to_nafath(browser, portal).url).path == "/login/"


def test_nafath_remembers_whoever_left_this_site_only(portal: str, browser: Browser, simulator: Simulator) -> None:
    yousef = simulator.personas["Yousef Al-Balawi"]
    person = a_person(Role.ALTERNATE, number=yousef.national_id)
    a_membership(person, role=Role.MEMBER)
    browser.press(sign_in(browser, portal, simulator, yousef, prefix="/en"), "/en/accounts/first-sign-in/")
    browser.press(browser.get(f"{portal}/accounts/sign-out/", timeout=10), "/accounts/sign-out/", scope="portal")
    back = go_to_nafath(browser, portal, prefix="/en")
    assert back.url == f"{portal}/en/accounts/entity/"  # she first came by the English door
    assert back.text.count('name="membership"') == 2


def test_identity_without_registration_is_refused(portal: str, browser: Browser, simulator: Simulator) -> None:
    stranger = simulator.personas["Abdulrahman Al-Yami"]
    page = sign_in(browser, portal, simulator, stranger)
    assert page.status_code == 403
    assert stranger.national_id not in page.text
    assert browser.get(f"{portal}/accounts/entity/", timeout=10).url.startswith(f"{portal}/accounts/sign-in/")


@pytest.mark.usefixtures("own_cache")  # ten sign-ins are as many as an address has in a minute
@pytest.mark.parametrize("whose", ["everybody's", "hers"])
def test_no_token_that_only_looks_like_one_opens(
    portal: str, browser: Browser, simulator: Simulator, whose: str
) -> None:
    mona = simulator.personas["Mona Al-Shehri"]
    a_person(Role.ALTERNATE, number=mona.national_id)
    own = {} if whose == "everybody's" else {"national_id": mona.national_id}
    reasons = FORGED if whose == "everybody's" else {"bad_audience": FORGED["bad_audience"]}
    for number, fault in enumerate(reasons):
        wrong(simulator, fault, **own)
        page = go_to_nafath(browser, portal) if number else sign_in(browser, portal, simulator, mona)
        assert page.status_code == 400, fault
    logged = AuditEvent.objects.filter(action=AuditEvent.Action.SIGN_IN_REFUSED).order_by("pk")
    assert [line.data["reason"] for line in logged] == list(reasons.values())
    wrong(simulator, "", **own)
    assert go_to_nafath(browser, portal).url == f"{portal}/accounts/first-sign-in/"


def test_answer_in_the_name_of_another_issuer_is_not_redeemed(
    portal: str, browser: Browser, simulator: Simulator
) -> None:
    mona = simulator.personas["Mona Al-Shehri"]
    a_person(Role.ALTERNATE, number=mona.national_id)
    wrong(simulator, "mix_up")
    assert sign_in(browser, portal, simulator, mona).status_code == 400
    assert AuditEvent.objects.get(action=AuditEvent.Action.SIGN_IN_REFUSED).data["reason"] == "callback: another issuer"


def wrong(simulator: Simulator, fault: str, **more: str) -> None:
    """Let it go wrong at Nafath from now on, for everybody or for whose `national_id` is told."""
    answer = requests.post(f"{simulator.origin}/sim/api/faults", json={"fault": fault, **more}, timeout=30)
    answer.raise_for_status()


def test_deed_waits_for_nafath_to_ask_her_anew(portal: str, browser: Browser, simulator: Simulator) -> None:
    mona = simulator.personas["Mona Al-Shehri"]
    a_regular(Role.ALTERNATE, number=mona.national_id)
    sign_in(browser, portal, simulator, mona)
    prove_sessions(minutes_ago=10)
    mine = browser.get(f"{portal}/accounts/my-data/", timeout=10)
    asked = browser.press(mine, "/accounts/my-data/copy/")
    assert urlsplit(asked.url).path == "/accounts/nafath/step-up/"
    nafath = browser.press(asked, "/accounts/nafath/step-up/")
    assert urlsplit(nafath.url).path == "/reauth/"  # it knows her, and asks her all the same
    simulator.reset()
    confirmed = browser.press(browser.press(nafath, "/reauth/"), code=simulator.latest_code(mona))
    assert urlsplit(confirmed.url).path == "/accounts/nafath/step-up/"
    copy = browser.press(confirmed, "/accounts/my-data/copy/")
    assert copy.headers["Content-Disposition"].startswith("attachment")
    assert AuditEvent.objects.filter(action=AuditEvent.Action.STEP_UP, data__deed="my_data_copy").count() == 1
