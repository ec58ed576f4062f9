"""The OpenID provider, asked as the portal asks it."""

import time

import requests

from tests.simulator.browser import WATERMARKS, Browser, query_of
from tests.simulator_process import Persona, Simulator


def test_discovery_names_every_endpoint(simulator: Simulator, browser: Browser) -> None:
    found = browser.get("/.well-known/openid-configuration").json()
    assert found["issuer"] == simulator.origin
    assert found["code_challenge_methods_supported"] == ["S256"]
    for name in ("authorization", "token", "userinfo", "end_session"):
        assert found[f"{name}_endpoint"].startswith(simulator.origin)


def test_code_flow_gives_a_signed_identity(simulator: Simulator, browser: Browser, khalid: Persona) -> None:
    path = browser.ask_for_code(khalid)
    callback = browser.follow(browser.post(path, code=simulator.latest_code(khalid)))
    assert callback.headers["Location"].startswith(f"{simulator.portal_origin}/accounts/nafath/callback/?")
    assert query_of(callback)["state"] == "the-state"
    token = browser.redeem(callback)
    claims = browser.verified(token)
    assert claims["sub"] == claims["userid"] == "1000000008"
    assert (claims["arabicName"], claims["englishName"]) == ("خالد العتيبي", "Khalid Al-Otaibi")
    assert (claims["acr"], claims["amr"], claims["nonce"]) == ("urn:nafath-sim:aal2", ["otp"], "the-nonce")
    assert abs(time.time() - float(str(claims["auth_time"]))) < 30
    bearer = {"Authorization": f"Bearer {token.json()['access_token']}"}
    assert browser.get("/identity/o/api/userinfo", headers=bearer).json()["sub"] == claims["sub"]


def test_wrong_verifier_is_refused(browser: Browser, khalid: Persona) -> None:
    assert browser.redeem(browser.press_card(khalid), code_verifier="x" * 64).status_code == 400


def test_code_is_good_once(browser: Browser, khalid: Persona) -> None:
    callback = browser.press_card(khalid)
    assert browser.redeem(callback).status_code == 200
    assert browser.redeem(callback).status_code == 400


def test_unregistered_callback_is_refused(browser: Browser, khalid: Persona) -> None:
    browser.press_card(khalid)
    answer = browser.get(browser.authorize_path(redirect_uri="http://localhost:1/steal/"), allow_redirects=False)
    assert "الطلب غير صالح" in answer.text
    assert WATERMARKS["ar"] in answer.text


def test_second_sign_in_needs_no_code(browser: Browser, khalid: Persona) -> None:
    browser.press_card(khalid)
    assert "code" in query_of(browser.get(browser.authorize_path(), allow_redirects=False))


def test_prompt_login_forces_a_fresh_code(simulator: Simulator, browser: Browser, khalid: Persona) -> None:
    first = browser.verified(browser.redeem(browser.press_card(khalid)))
    time.sleep(1.1)
    page = browser.follow(browser.get(browser.authorize_path(prompt="login"), allow_redirects=False))
    assert "/reauth/" in page.url
    path = browser.post(page.url).headers["Location"]
    callback = browser.follow(browser.post(path, code=simulator.latest_code(khalid)))
    again = browser.verified(browser.redeem(callback))
    assert again["sub"] == first["sub"]
    assert float(str(again["auth_time"])) > float(str(first["auth_time"]))


def test_sign_out_returns_to_the_portal(simulator: Simulator, browser: Browser, khalid: Persona) -> None:
    hint = browser.redeem(browser.press_card(khalid)).json()["id_token"]
    query = {
        "id_token_hint": hint,
        "post_logout_redirect_uri": f"{simulator.portal_origin}/en/accounts/signed-out/",
        "state": "s",
    }
    answer = browser.get("/identity/o/logout", params=query, allow_redirects=False)
    assert answer.headers["Location"] == f"{simulator.portal_origin}/en/accounts/signed-out/?state=s"
    assert "/login/" in browser.get(browser.authorize_path(), allow_redirects=False).headers["Location"]


def test_sign_out_by_a_form_is_carried_over_without_its_token(
    simulator: Simulator, browser: Browser, khalid: Persona
) -> None:
    hint = browser.redeem(browser.press_card(khalid)).json()["id_token"]
    form = {
        "id_token_hint": hint,
        "client_id": "portal",
        "post_logout_redirect_uri": f"{simulator.portal_origin}/accounts/signed-out/",
        "state": "s",
    }
    # From another site a browser posts without its cookies.
    carried = requests.post(f"{simulator.origin}/identity/o/logout", data=form, timeout=5, allow_redirects=False)
    assert carried.status_code == 303
    assert hint not in carried.headers["Location"]
    answer = browser.get(carried.headers["Location"], allow_redirects=False)
    assert answer.headers["Location"] == f"{simulator.portal_origin}/accounts/signed-out/?state=s"
    assert "/login/" in browser.get(browser.authorize_path(), allow_redirects=False).headers["Location"]


def test_sign_out_refuses_a_foreign_address(browser: Browser, khalid: Persona) -> None:
    browser.press_card(khalid)
    query = {"client_id": "portal", "post_logout_redirect_uri": "https://example.org/"}
    answer = browser.get("/identity/o/logout", params=query, allow_redirects=False)
    assert "الطلب غير صالح" in answer.text
