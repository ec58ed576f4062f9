"""IAM over HTTP: a signed request out, a form from another site back, and no clear word of why when it is wrong."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.core.cache import caches

from entities.models import AuditEvent, User
from entities.permissions import Role
from tests.factories import a_person
from tests.nafath_auth import test_push_with_simulator as in_app
from tests.nafath_auth.conftest import a_regular
from tests.nafath_auth.test_no_clear_id import stored
from tests.nafath_auth.test_with_simulator import FORGED, Browser, sign_in
from tests.signing import prove_sessions
from tests.simulator_process import Persona, Simulator

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]
push = in_app.push


@pytest.fixture
def iam(portal: str, simulator: Simulator, settings: Any) -> str:
    by_iam(simulator, settings)
    return portal


def by_iam(simulator: Simulator, settings: Any) -> None:
    settings.NAFATH_ADAPTER = "iam"
    settings.NAFATH_IAM_AUTHORIZE_URL = f"{simulator.origin}/authservice/authorize"
    settings.NAFATH_IAM_CLIENT_ID = simulator.portal_origin
    settings.NAFATH_IAM_PRIVATE_KEY_PATH = simulator.portal_key
    settings.NAFATH_IAM_ISSUER = f"{simulator.origin}/userauth"
    settings.NAFATH_IAM_JWKS_URL = f"{simulator.origin}/authservice/jwks"
    settings.NAFATH_IAM_LOGOUT_URL = f"{simulator.origin}/authservice/logout"
    caches["process"].clear()


@pytest.fixture
def browser() -> Iterator[Browser]:
    with Browser() as session:
        yield session


@pytest.fixture
def mona(iam: str, simulator: Simulator) -> Persona:
    persona = simulator.personas["Mona Al-Shehri"]
    a_person(Role.ALTERNATE, number=persona.national_id)
    return persona


def begin(browser: Browser, portal: str, prefix: str = "") -> requests.Response:
    page = browser.get(f"{portal}{prefix}/accounts/sign-in/", timeout=10)
    return browser.press(page, f"{prefix}/accounts/nafath/start/")


def press_card(browser: Browser, page: requests.Response, persona: Persona) -> requests.Response:
    """One press on the persona's card; the page that carries the form back."""
    cards = re.findall(
        r'<button type="submit" class="persona" name="person" value="(\d+)">(.*?)</button>', page.text, re.S
    )
    (card,) = [key for key, words in cards if persona.name in words or persona.name_en in words]
    return browser.press(page, "/login/as/", person=card)


def test_person_enters_with_one_press_and_leaves_everywhere(
    iam: str, browser: Browser, simulator: Simulator, mona: Persona
) -> None:
    back = press_card(browser, begin(browser, iam, "/en"), mona)
    page = browser.press(back, iam)
    assert page.url == f"{iam}/en/accounts/first-sign-in/"
    assert mona.national_id not in stored() + "".join(step.url for step in page.history) + page.url
    out = browser.press(browser.get(f"{iam}/en/accounts/sign-out/", timeout=10), "/en/accounts/sign-out/")
    assert out.url == f"{iam}/en/accounts/signed-out/"
    assert "/login/" in begin(browser, iam).url


def test_what_was_brought_is_good_once(iam: str, browser: Browser, mona: Persona) -> None:
    back = press_card(browser, begin(browser, iam), mona)
    browser.press(back, iam)
    with Browser() as other:
        assert other.press(back, iam).status_code == 400
        assert "/accounts/sign-in/" in other.get(f"{iam}/accounts/entity/", timeout=5).url
    browser.cookies.clear(domain="localhost.local")
    assert browser.press(back, iam).status_code in (200, 400)
    assert AuditEvent.objects.filter(action=AuditEvent.Action.SIGN_IN).count() == 1
    assert not AuditEvent.objects.filter(action=AuditEvent.Action.SIGN_IN_REFUSED).exists()


@pytest.mark.parametrize("fault", FORGED)
def test_what_does_not_prove_it_lets_nobody_in(
    iam: str, browser: Browser, simulator: Simulator, mona: Persona, fault: str
) -> None:
    in_app.wrong(simulator, fault)
    page = browser.press(press_card(browser, begin(browser, iam), mona), iam)
    assert page.status_code == 400
    assert AuditEvent.objects.filter(action=AuditEvent.Action.SIGN_IN_REFUSED).count() == 1
    assert "/accounts/sign-in/" in browser.get(f"{iam}/accounts/entity/", timeout=5).url


def test_request_signed_by_another_is_refused(
    iam: str, browser: Browser, settings: Any, tmp_path: Path, simulator: Simulator
) -> None:
    path = tmp_path / "other.pem"
    path.write_text(Path(simulator.portal_key).with_name("simulator.pem").read_text())
    settings.NAFATH_IAM_PRIVATE_KEY_PATH = str(path)
    assert begin(browser, iam).status_code == 400


def test_unreadable_key_of_our_own_is_told_calmly(iam: str, browser: Browser, settings: Any) -> None:
    settings.NAFATH_IAM_PRIVATE_KEY_PATH = "/nowhere.pem"
    assert begin(browser, iam).url.endswith("/accounts/sign-in/")


def test_same_person_keeps_her_account_when_the_adapter_changes(push: str, simulator: Simulator, settings: Any) -> None:
    mona = simulator.personas["Mona Al-Shehri"]
    person = a_person(Role.ALTERNATE, number=mona.national_id)
    settings.NAFATH_ADAPTER = "simulator"
    with Browser() as browser:
        assert sign_in(browser, push, simulator, mona).status_code == 200
    settings.NAFATH_ADAPTER = "push"
    with Browser() as browser:
        page = in_app.begin(browser, push, mona)
        in_app.approve(simulator, page)
        in_app.until(browser, page, in_app.State.VERIFIED)
        assert in_app.finish(browser, page).status_code == 200
    by_iam(simulator, settings)
    with Browser() as browser:
        back = press_card(browser, begin(browser, push), mona)
        assert browser.press(back, push).status_code == 200
    assert AuditEvent.objects.filter(action=AuditEvent.Action.SIGN_IN, person=person.public_id).count() == 3
    assert SocialAccount.objects.get().user_id == person.pk
    assert User.objects.filter(memberships__isnull=False).distinct().count() == 1


def test_deed_waits_for_iam_to_ask_her_anew(iam: str, browser: Browser, simulator: Simulator) -> None:
    persona = simulator.personas["Mona Al-Shehri"]
    a_regular(Role.ALTERNATE, number=persona.national_id)
    browser.press(press_card(browser, begin(browser, iam), persona), iam)
    prove_sessions(minutes_ago=10)
    time.sleep(1)  # IAM counts in seconds: the sign-in must be older than the request
    asked = browser.press(browser.get(f"{iam}/accounts/my-data/", timeout=10), "/accounts/my-data/copy/")
    nafath = browser.press(asked, "/accounts/nafath/step-up/")
    assert "/reauth/" in nafath.url
    card = re.search(r'formaction="([^"]+)"\s+name="person"\s+value="(\d+)"', nafath.text)
    assert card is not None
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', nafath.text))
    again = browser.post(
        urljoin(nafath.url, card[1].replace("&amp;", "&")),
        data={**hidden, "person": card[2]},
        headers={"Referer": nafath.url},
        timeout=10,
    )
    confirmed = browser.press(again, iam)
    copy = browser.press(confirmed, "/accounts/my-data/copy/")
    assert copy.headers["Content-Disposition"].startswith("attachment")
