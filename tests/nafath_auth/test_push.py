"""In by the app: the proof is the signed callback, for the number that was typed, in the browser that began."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import responses
import time_machine
from django.core.cache import caches
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from entities.models import AuditEvent
from nafath_auth import approval
from nafath_auth.adapters.push import Trouble
from nafath_auth.checks import nafath_check
from nafath_auth.models import NafathTransaction, State
from tests.factories import an_entity
from tests.nafath_auth.conftest import a_regular
from tests.nafath_auth.issuer import KEY, Issuer, a_key
from tests.nafath_auth.test_no_clear_id import stored
from tests.nafath_auth.test_oidc import signed_with_the_public_key

BASE = "https://nafath.example/stg"
NUMBER, OTHER = "1000000008", "1000000016"
CALLBACK = "/integrations/nafath/callback/"


class App:
    """Nafath's side: takes requests, tells their status, signs tokens."""

    def __init__(self, mock: responses.RequestsMock) -> None:
        self.mock, self.status, self.asked = mock, "WAITING", 0
        self.published = {"first": KEY}
        self.bodies: list[dict[str, Any]] = []
        self.keys_read = 0
        self.error: tuple[int, str] | Exception | None = None
        mock.add_callback("POST", f"{BASE}/api/v1/mfa/request", self._request)
        mock.add_callback("POST", f"{BASE}/api/v1/mfa/request/status", self._status)
        mock.add_callback("GET", f"{BASE}/api/v1/mfa/jwk", self._keys)

    def _request(self, request: Any) -> tuple[int, dict[str, str], str]:
        if isinstance(self.error, Exception):
            raise self.error
        if self.error:
            return self.error[0], {}, self.error[1]
        self.bodies.append({**json.loads(request.body), "url": request.url, "headers": dict(request.headers)})
        return 201, {}, json.dumps({"transId": f"trans-{len(self.bodies)}", "random": "07"})

    def _status(self, request: Any) -> tuple[int, dict[str, str], str]:
        self.asked += 1
        return 200, {}, json.dumps({"status": self.status})

    def _keys(self, request: Any) -> tuple[int, dict[str, str], str]:
        self.keys_read += 1
        issuer = Issuer(published=self.published)
        return 200, {}, json.dumps(issuer._keys(request))

    def token(self, begun: NafathTransaction, *, key: Any = KEY, kid: str = "first", **claims: Any) -> str:
        now = int(time.time())
        usual = {
            "iss": "Nafath App", "aud": "Portal", "iat": now, "nbf": now, "exp": now + 150,
            "sub": NUMBER, "nin": NUMBER, "transId": begun.trans_id, "status": "COMPLETED",
            "firstName": "منى", "familyName": "الشهري", "dateOfBirthG": "01-01-1980",
        }  # fmt: skip
        kept = {name: value for name, value in (usual | claims).items() if value is not None}
        return jwt.encode(kept, key, algorithm="RS256", headers={"kid": kid})


@pytest.fixture
def app(db: None, settings: Any) -> Iterator[App]:
    settings.NAFATH_ADAPTER = "push"
    settings.NAFATH_PUSH_BASE_URL = BASE
    settings.NAFATH_PUSH_APP_ID, settings.NAFATH_PUSH_APP_KEY = "id", "key"
    settings.NAFATH_PUSH_ISSUERS, settings.NAFATH_PUSH_AUDIENCE = ["Nafath App"], "Portal"
    settings.NAFATH_PUSH_SERVER_IP, settings.NAFATH_PUSH_CALLBACK_IPS = "10.0.0.9", ["127.0.0.0/8"]
    caches["process"].clear()
    an_entity(authority=True)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield App(mock)
    caches["process"].clear()


def ask(browser: Client, number: str = NUMBER, **fields: str) -> HttpResponse:
    answer = browser.post("/accounts/nafath/app/", {"national_id": number, **fields})
    assert isinstance(answer, HttpResponse)
    return answer


def begin(browser: Client, number: str = NUMBER) -> NafathTransaction:
    answer = ask(browser, number)
    assert answer.status_code == 302, answer.content.decode()
    return NafathTransaction.objects.get(pk=answer.headers["Location"].rstrip("/").rpartition("/")[2])


def bring(begun: NafathTransaction, token: str, **changed: Any) -> int:
    body = {"requestId": str(begun.pk), "transId": begun.trans_id, "token": token} | changed
    return Client().post(CALLBACK, json.dumps(body), content_type="application/json").status_code


def page(browser: Client, begun: NafathTransaction, **headers: str) -> HttpResponse:
    answer = browser.get(f"/accounts/nafath/app/{begun.pk}/", headers=headers)
    assert isinstance(answer, HttpResponse)
    return answer


def finish(browser: Client, begun: NafathTransaction) -> HttpResponse:
    answer = browser.post(f"/accounts/nafath/app/{begun.pk}/finish/")
    assert isinstance(answer, HttpResponse)
    return answer


def is_in(browser: Client) -> bool:
    return "_auth_user_id" in browser.session


# --- The way in ---------------------------------------------------------------------------------------------


def test_person_enters_by_the_signed_callback(app: App, client: Client) -> None:
    person = a_regular()
    begun = begin(client)
    shown = page(client, begun).content.decode()
    assert 'class="number-match">07<' in shown
    assert '<meta http-equiv="refresh" content="3">' in shown
    assert bring(begun, app.token(begun)) == 200
    ready = page(client, begun, hx_request="true")
    assert ready.status_code == 286
    assert f'action="/accounts/nafath/app/{begun.pk}/finish/"' in ready.content.decode()
    assert finish(client, begun).headers["Location"] == "/"
    assert client.session["_auth_user_id"] == str(person.pk)
    begun.refresh_from_db()
    assert (begun.state, begun.nid_encrypted, begun.identity_encrypted) == (State.CONSUMED, None, None)
    assert AuditEvent.objects.filter(action=AuditEvent.Action.SIGN_IN).count() == 1


def test_request_is_the_contracts(app: App, client: Client) -> None:
    begun = begin(client)
    (sent,) = app.bodies
    assert (sent["nationalId"], sent["service"]) == (NUMBER, "Login")
    assert sent["url"].endswith(f"?local=ar&requestId={begun.pk}")
    assert (sent["headers"]["APP-ID"], sent["headers"]["APP-KEY"]) == ("id", "key")
    assert sent["headers"]["X-Forwarded-For"] == "127.0.0.1,10.0.0.9"


def test_resident_and_arabic_digits_are_understood(app: App, client: Client) -> None:
    resident = "2000000006"
    a_regular(number=resident)
    begun = begin(client, " ٢٠٠٠ ٠٠٠ ٠٠٦\u200f")
    assert bring(begun, app.token(begun, nin=None, iqamaNumber=resident, sub="x")) == 200
    finish(client, begun)
    assert is_in(client)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "id"),
        ("10000x0008", "Use digits only."),
        ("100000000", "An ID number has 10 digits; 9 were entered."),
        ("3000000004", "An ID number starts with 1 or 2."),
        ("1000000009", "The ID number is not valid. Check the 10 digits."),
    ],
)
def test_each_mistake_has_its_sentence(app: App, client: Client, typed: str, sentence: str) -> None:
    answer = client.post("/en/accounts/nafath/app/", {"national_id": typed})
    assert answer.status_code == 422
    assert ("Enter your ID or Iqama number." if sentence == "id" else sentence) in answer.content.decode()
    assert not app.bodies


def test_number_goes_by_post_alone(app: App, client: Client) -> None:
    assert client.get("/accounts/nafath/app/", {"national_id": NUMBER}).status_code == 405
    assert Client(enforce_csrf_checks=True).post("/accounts/nafath/app/", {"national_id": NUMBER}).status_code == 403


def test_doors_of_the_other_way_are_closed(app: App, client: Client, settings: Any) -> None:
    assert client.post("/accounts/nafath/start/").status_code == 404
    settings.NAFATH_ADAPTER = "oidc"
    assert ask(client).status_code == client.post(CALLBACK).status_code == 404


# --- What does not let in -----------------------------------------------------------------------------------


def test_second_browser_neither_sees_nor_finishes_it(app: App, client: Client) -> None:
    a_regular()
    begun, other = begin(client), Client()
    assert ask(other).status_code == 409
    assert page(other, begun).status_code == 302
    bring(begun, app.token(begun))
    assert finish(other, begun).status_code == 302
    assert not is_in(other)
    finish(client, begun)
    assert is_in(client)


def test_approval_without_its_token_fails_closed(app: App, client: Client) -> None:
    a_regular()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        begun = begin(client)
        app.status = "COMPLETED"
        clock.shift(11)
        assert 'role="status"' in page(client, begun).content.decode()
        begun.refresh_from_db()
        assert begun.state == State.APPROVED
        assert finish(client, begun).status_code == 400
        clock.shift(31)
        page(client, begun)
        begun.refresh_from_db()
        assert (begun.state, begun.nid_encrypted) == (State.FAILED, None)
        assert bring(begun, app.token(begun)) == 200
        finish(client, begun)
    assert not is_in(client)


def wrong_tokens(app: App, begun: NafathTransaction) -> dict[str, str]:
    hs256 = Issuer()
    signed_with_the_public_key(hs256)
    claims = jwt.decode(app.token(begun), options={"verify_signature": False})
    return {
        "another person": app.token(begun, nin=OTHER),
        "audience": app.token(begun, aud="Another"),
        "issuer": app.token(begun, iss="https://elsewhere.example"),
        "transaction": app.token(begun, transId="trans-other"),
        "no transaction": app.token(begun, transId=None),
        "rejected": app.token(begun, status="REJECTED"),
        "no status": app.token(begun, status=None),
        "expired": app.token(begun, exp=int(time.time()) - 61),
        "not yet": app.token(begun, nbf=int(time.time()) + 90),
        "no expiry": app.token(begun, exp=None),
        "another's signature": app.token(begun, key=a_key()),
        "unknown key": app.token(begun, kid="unheard-of"),
        "alg none": jwt.encode(claims, None, algorithm="none", headers={"kid": "first"}),
        "HS256": str(hs256.token),
        "visitor": app.token(begun, nin="3000000004"),
        "garbage": "not.a.token",
    }


def test_no_wrong_token_verifies_and_the_right_one_still_does(app: App, client: Client) -> None:
    a_regular()
    begun = begin(client)
    for name, token in wrong_tokens(app, begun).items():
        assert bring(begun, token) == 400, name
        begun.refresh_from_db()
        assert begun.state == State.WAITING, name
    assert bring(begun, app.token(begun), transId="trans-other") == 404
    finish(client, begun)
    assert not is_in(client)
    assert bring(begun, app.token(begun, nbf=int(time.time()) + 30)) == 200


def test_new_key_is_fetched_once_and_no_address_of_the_token_is_asked(app: App, client: Client) -> None:
    begun, new = begin(client), a_key()
    assert bring(begun, app.token(begun, kid="unheard-of", jwks_uri="https://evil.example/jwk")) == 400
    assert app.keys_read == 2
    app.published["second"] = new
    assert bring(begun, app.token(begun, key=new, kid="second")) == 200
    assert app.keys_read == 3


def test_callback_that_comes_twice_or_late_changes_nothing(app: App, client: Client) -> None:
    a_regular()
    begun = begin(client)
    token = app.token(begun)
    assert bring(begun, token) == bring(begun, token) == 200
    finish(client, begun)
    assert bring(begun, token) == 200
    begun.refresh_from_db()
    assert begun.state == State.CONSUMED
    again = Client()
    finish(again, begun)
    assert not is_in(again)


def test_expired_request_is_not_opened_by_a_late_token(app: App, client: Client) -> None:
    begun = begin(client)
    with time_machine.travel(timezone.now() + approval.timedelta(seconds=81), tick=False):
        assert bring(begun, app.token(begun)) == 200
        begun.refresh_from_db()
        assert (begun.state, begun.nid_encrypted) == (State.EXPIRED, None)


def test_identity_waits_five_minutes_and_no_longer(app: App, client: Client) -> None:
    begun = begin(client)
    bring(begun, app.token(begun))
    with time_machine.travel(timezone.now() + approval.timedelta(minutes=5, seconds=1), tick=False):
        assert finish(client, begun).status_code == 400
        approval.close_overdue(at=timezone.now())
    begun.refresh_from_db()
    assert (begun.state, begun.identity_encrypted) == (State.EXPIRED, None)


@pytest.mark.parametrize("told", ["REJECTED", "EXPIRED"])
def test_no_of_the_app_is_told(app: App, client: Client, told: str) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        begun = begin(client)
        app.status = told
        clock.shift(11)
        assert page(client, begun, hx_request="true").status_code == 286
    begun.refresh_from_db()
    assert (begun.state, begun.nid_encrypted) == (told, None)


def test_nafath_is_asked_after_ten_seconds_and_every_five(app: App, client: Client) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        begun = begin(client)
        for _ in range(10):  # every third second until the thirtieth
            clock.shift(3)
            page(client, begun)
    assert app.asked == 4  # at 12, 18, 24 and 30


# --- What Nafath refuses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "trouble", "status"),
    [
        ((400, '{"code": "400-034-050", "reference": 7}'), Trouble.BUSY, 409),
        ((400, '{"code": "400-034-051"}'), Trouble.EXPIRED, 409),
        ((400, '{"code": "400-034-053"}'), Trouble.UNKNOWN, 409),
        ((422, '{"code": "422-031-046"}'), Trouble.INVALID, 409),
        ((403, "Forbidden"), Trouble.CLOSED, 503),
        ((404, "No Mapping Rule matched"), Trouble.AWAY, 503),
        ((503, ""), Trouble.AWAY, 503),
        ((200, "[]"), Trouble.AWAY, 503),
        ((200, '{"transId": "x", "random": "seven"}'), Trouble.AWAY, 503),
        (responses.ConnectionError("gone"), Trouble.AWAY, 503),
    ],
)
def test_each_refusal_has_its_sentence(app: App, client: Client, error: Any, trouble: Trouble, status: int) -> None:
    app.error = error
    answer = ask(client)
    assert answer.status_code == status
    assert str(trouble.label) in answer.content.decode().replace("&#x27;", "'")
    begun = NafathTransaction.objects.get()
    assert (begun.state, begun.nid_encrypted) == (State.FAILED, None)
    assert begun.reference == ("7" if trouble == Trouble.BUSY else "")


def test_fourth_request_in_ten_minutes_is_refused(app: App, client: Client) -> None:
    app.error = (422, '{"code": "422-031-046"}')
    for _ in range(3):
        assert ask(client).status_code == 409
    refused = ask(client)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "600")


def test_an_address_may_ask_as_often_as_the_setting_says(app: App, client: Client, settings: Any) -> None:
    settings.NAFATH_PUSH_MOST_AN_ADDRESS = 2
    numbers = [NUMBER, OTHER, "1000000024"]
    assert [ask(client, number).status_code for number in numbers] == [302, 302, 429]


@pytest.mark.parametrize(
    "case",
    [("1000000009", None, 422), (NUMBER, (422, '{"code": "422-031-046"}'), 409), (NUMBER, (500, ""), 503)],
    ids=["wrong", "not accepted", "away"],
)
def test_refused_number_is_given_back_to_whoever_typed_it_and_kept_nowhere(
    app: App, client: Client, caplog: pytest.LogCaptureFixture, case: tuple[str, Any, int]
) -> None:
    caplog.set_level(logging.DEBUG)
    typed, app.error, status = case
    answer = ask(client, typed)
    assert answer.status_code == status
    assert f'value="{typed}"' in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert typed not in stored() + caplog.text + str(dict(client.session))
    assert typed not in client.get("/accounts/sign-in/").content.decode()


# --- The callback's own door --------------------------------------------------------------------------------


def test_callback_is_taken_from_nafath_alone_and_short_and_as_json(app: App, settings: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.get(CALLBACK).status_code == 405
    assert client.post(CALLBACK, {"token": "x"}).status_code == 415
    assert client.post(CALLBACK, "x" * 16385, content_type="application/json").status_code == 413
    for body in (" ", "[]", "{", '{"requestId": 1}', '{"requestId": "x", "transId": "", "token": ""}', "[" * 9000):
        assert client.post(CALLBACK, body, content_type="application/json").status_code == 400, body[:20]
    settings.NAFATH_PUSH_CALLBACK_IPS = ["10.1.0.0/16"]
    assert client.post(CALLBACK, "{}", content_type="application/json").status_code == 403


# --- What is kept -------------------------------------------------------------------------------------------


def test_number_stands_nowhere_in_clear(
    app: App, client: Client, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    a_regular()
    begun = begin(client)
    bring(begun, app.token(begun, nin=OTHER))
    half = stored() + page(client, begun).content.decode()
    bring(begun, app.token(begun))
    ready = stored()
    finish(client, begun)
    assert is_in(client)
    seen = (half, ready, stored(), caplog.text, "".join(capsys.readouterr()), app.bodies[0]["url"])
    for text in seen:
        assert NUMBER not in text
        assert OTHER not in text


# --- The settings -------------------------------------------------------------------------------------------


def test_settings_of_push_are_judged(app: App, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["portal.gov.sa"]
    assert nafath_check(None) == []
    settings.NAFATH_PUSH_AUDIENCE = settings.NAFATH_PUSH_APP_KEY = ""
    settings.NAFATH_PUSH_CALLBACK_IPS = ["somewhere"]
    missing, wrong = nafath_check(None)
    assert (missing.id, wrong.id) == ("nafath_auth.E004", "nafath_auth.E005")
    assert missing.msg == "NAFATH_ADAPTER=push needs NAFATH_PUSH_APP_KEY, NAFATH_PUSH_AUDIENCE."


def test_pretended_app_stays_on_ones_own_machine(app: App, settings: Any) -> None:
    settings.NAFATH_PUSH_BASE_URL = "http://127.0.0.1:9010"
    settings.ALLOWED_HOSTS = ["portal.gov.sa"]
    assert [error.id for error in nafath_check(None)] == ["nafath_auth.E001"]
