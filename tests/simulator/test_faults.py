"""The page on which things are made to go wrong; the phone, the people and the page itself stay up."""

import re

import pytest
import requests

from tests.simulator.browser import WATERMARKS, Browser
from tests.simulator_process import Persona, Simulator

DOORS = ("/.well-known/openid-configuration", "/login/", "/api/v1/mfa/jwk")
STAY_UP = ("/phone/", "/sim/api/personas", "/sim/faults", "/sim/api/messages", "/healthz")


def choose(browser: Browser, **fields: str) -> requests.Response:
    page = browser.get("/sim/faults")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert token
    body = {"csrfmiddlewaretoken": token[1], **fields}
    return browser.session.post(browser._url("/sim/faults"), data=body, timeout=10)


@pytest.mark.parametrize("language", ["ar", "en"])
def test_page_lists_the_one_table_in_both_languages(simulator: Simulator, browser: Browser, language: str) -> None:
    page = browser.get(f"/sim/faults?ui_locales={language}").text
    assert WATERMARKS[language] in page
    known = requests.post(f"{simulator.origin}/sim/api/faults", json={"fault": "?"}, timeout=30).json()["faults"]
    assert len(known) >= 18
    for name in known:
        assert f'value="{name}"' in page
        assert f">{name}<" not in page, "it has no words yet"


def test_every_other_page_leads_to_it(browser: Browser) -> None:
    for path in ("/phone/", "/app/", "/login/"):
        assert 'href="/sim/faults"' in browser.get(path).text, path


def test_doors_refuse_and_the_phone_stays_up(simulator: Simulator, browser: Browser) -> None:
    choose(browser, fault="503")
    assert [browser.get(path).status_code for path in DOORS] == [503, 503, 503]
    assert [browser.get(path).status_code for path in STAY_UP] == [200] * len(STAY_UP)
    choose(browser, fault="")
    assert browser.get("/login/").status_code == 200


def test_doors_hang(simulator: Simulator, browser: Browser) -> None:
    choose(browser, fault="hang")
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{simulator.origin}/.well-known/openid-configuration", timeout=0.3)
    assert requests.get(f"{simulator.origin}/phone/", timeout=10).ok


def test_doors_are_slow_and_answer(simulator: Simulator, browser: Browser) -> None:
    choose(browser, fault="slow")
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{simulator.origin}/login/", timeout=0.3)
    assert browser.get("/login/").status_code == 200


def test_fault_of_one_person_is_hers_alone(simulator: Simulator, browser: Browser, khalid: Persona) -> None:
    body = {"fault": "reject", "national_id": khalid.national_id}
    requests.post(f"{simulator.origin}/sim/api/faults", json=body, timeout=30).raise_for_status()
    page = browser.get("/sim/faults").text
    assert f"يُرفض الطلب في التطبيق — {khalid.name}" in page
    simulator.reset()
    assert khalid.name not in browser.get("/sim/faults").text.split("<h2>")[-1]


def test_what_makes_no_sense_is_refused(simulator: Simulator, browser: Browser) -> None:
    assert choose(browser, fault="503", person="1").status_code == 422
    assert choose(browser, fault="no such thing").status_code == 422
    unknown = {"fault": "reject", "national_id": "1"}
    assert requests.post(f"{simulator.origin}/sim/api/faults", json=unknown, timeout=30).status_code == 400
