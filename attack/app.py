"""The approval in the Nafath app: proofs that are brought twice, by others, for others, or not at all."""

from __future__ import annotations

import re
import time
import uuid
from typing import Any

import jwt
import requests

from attack.browser import Browser, form_of
from attack.doors import ALTERNATE, DIRECTOR
from attack.house import House
from attack.plan import attack, refused
from attack.tokens import FORGERIES

CALLBACK = "/integrations/nafath/callback/"
#: Somebody else for each of them: three requests a person in ten minutes are all that the portal sends.
PEOPLE = {
    "replayed": "Fahad Al-Dosari",
    "from elsewhere": "Noura Al-Qahtani",
    "taken over": "Saad Al-Mutairi",
    "unproven": "Reem Al-Anazi",
    "of another": "Abdullah Al-Zahrani",
    "mixed": "Hind Al-Subaie",
}


@attack("Nafath's proof of an approval, brought again once the door was opened", adapter="push")
def proof_replayed(house: House) -> str:
    with Browser() as victim, Browser() as thief:
        page = _begin(house, victim, PEOPLE["replayed"])
        _approve(house, page)
        _until(house, page, "VERIFIED")
        entered = victim.press(victim.get(page.url), "/finish/")
        refused(house.is_in(victim), unless="the sign-in itself failed: this attack tried nothing")
        status = _bring(house, page, _proof(house, page, PEOPLE["replayed"]))
        refused(_row(house, page)["state"] == "CONSUMED", unless="it opens the request anew")
        for browser in (victim, thief):
            if browser is victim:
                browser.press(entered, "/accounts/sign-out/")
            _finish(house, browser, page)
            refused(not house.is_in(browser), unless="it opened a second session")
        return f"{status}, and the request stays used up"


@attack("A proof signed by Nafath, brought from an address that is not Nafath's", adapter="push")
def proof_from_elsewhere(house: House) -> str:
    with Browser() as victim, Browser() as thief:
        page = _begin(house, victim, PEOPLE["from elsewhere"])
        proof = _proof(house, page, PEOPLE["from elsewhere"])
        answer = thief.post(house.origin + CALLBACK, json=_body(house, page, proof))
        refused(answer.status_code == 403, unless=f"the answer was {answer.status_code}")
        refused(_row(house, page)["state"] == "WAITING", unless="the proof was taken")
        return "403, the request waits on"


@attack("A second browser watches, and finishes, the approval that another has begun", adapter="push")
def finished_by_another(house: House) -> str:
    with Browser() as victim, Browser() as thief:
        page = _begin(house, victim, PEOPLE["taken over"])
        number = re.search(r'number-match">(\d\d)<', page.text)
        shown = thief.get(page.url)
        refused(number and number[0] not in shown.text, unless="the thief is shown the number to choose")
        again = _begin(house, thief, PEOPLE["taken over"])
        refused(again.status_code == 409, unless="the thief gets a request for the same person")
        _approve(house, page)
        _until(house, page, "VERIFIED")
        _finish(house, thief, page)
        refused(not house.is_in(thief), unless="the thief is signed in as the victim")
        refused(_row(house, page)["state"] == "VERIFIED", unless="the thief has used it up")
        return "not shown, not finished, still the victim's own"


@attack("An approval that Nafath calls COMPLETED, without the token that proves it", adapter="push")
def completed_without_proof(house: House) -> str:
    house.fault("no_callback")
    try:
        with Browser() as browser:
            page = _begin(house, browser, PEOPLE["unproven"])
            _approve(house, page)
            _until(house, page, "APPROVED", looking=browser, within=30)  # the portal asks after ten seconds
            _finish(house, browser, page)
            refused(not house.is_in(browser), unless="a word without a proof opened a session")
            refused(_row(house, page)["state"] == "APPROVED", unless="it counts as proven")
    finally:
        house.fault("")
    return "told as a word, opens nothing"


@attack("A proof for another ID than the one that was typed", adapter="push")
def proof_of_another(house: House) -> str:
    with Browser() as browser:
        page = _begin(house, browser, PEOPLE["of another"])
        status = _bring(house, page, _proof(house, page, DIRECTOR))
        refused(status == 400, unless=f"the answer was {status}")
        _finish(house, browser, page)
        refused(not house.is_in(browser), unless="somebody typed one ID and is signed in by another")
        refused(_row(house, page)["state"] == "WAITING", unless="whoever reaches the callback closes requests")
        return f"{status}, the request waits on for its own"


@attack("The proof of one request, brought for another", adapter="push")
def proof_of_another_request(house: House) -> str:
    with Browser() as browser, Browser() as other:
        page, theirs = _begin(house, browser, PEOPLE["mixed"]), _begin(house, other, ALTERNATE)
        proof = _proof(house, theirs, PEOPLE["mixed"])
        own = _bring(house, page, proof)
        mixed = _body(house, page, proof) | {"transId": _row(house, theirs)["trans_id"]}
        status = requests.post(house.origin + CALLBACK, json=mixed, timeout=30).status_code
        refused((own, status) == (400, 404), unless=f"the answers were {own} and {status}")
        states = {_row(house, each)["state"] for each in (page, theirs)}
        refused(states == {"WAITING"}, unless=f"one of them is {states}")
        return f"{own} and {status}, both wait on"


@attack(f"{len(FORGERIES) - 1} forged tokens, one after another, for approvals that were given", adapter="push")
def forged_proofs(house: House) -> str:
    people = [name for name, each in house.personas.items() if each["state"] == "ok" and "demo-a" not in str(each)]
    people = [name for name in people if name not in PEOPLE.values()]
    faults = [fault for fault in FORGERIES if fault != "bad_nonce"]  # the app's tokens carry none
    for fault, name in zip(faults, people, strict=False):
        house.fault(fault, national_id=house.number(name))
        with Browser() as browser:
            page = _begin(house, browser, name)
            _approve(house, page)
            until = time.monotonic() + 15
            while _row(house, page)["id"] not in _refused_proofs(house) and time.monotonic() < until:
                time.sleep(0.1)
            refused(_row(house, page)["id"] in _refused_proofs(house), unless=f"{fault}: nobody noticed")
            _finish(house, browser, page)
            refused(not house.is_in(browser), unless=f"{fault} opened a session")
            refused(_row(house, page)["state"] == "WAITING", unless=f"{fault} counts as a proof")
    return "each refused and logged, and no request was closed by it"


# --- What they need -----------------------------------------------------------------------------------------------


def _begin(house: House, browser: Browser, name: str) -> requests.Response:
    """Type the ID; the page with the number to choose."""
    page = browser.get(f"{house.origin}/accounts/sign-in/")
    return browser.press(page, "/accounts/nafath/app/", national_id=house.number(name))


def _approve(house: House, page: requests.Response) -> None:
    """Choose the right number on the phone."""
    row = _row(house, page)
    with Browser() as phone:
        phone.press(phone.get(f"{house.simulator}/app/"), f"/app/{row['trans_id']}/", number=row["random"])


def _finish(house: House, browser: Browser, page: requests.Response) -> None:
    """What the button on the waiting page would send, whether the page shows it or not."""
    token = form_of(browser.get(f"{house.origin}/accounts/sign-in/"), "/")[1]["csrfmiddlewaretoken"]
    data = {"csrfmiddlewaretoken": token}
    browser.post(f"{page.url}finish/", data=data, headers={"Referer": page.url})


def _proof(house: House, page: requests.Response, name: str) -> str:
    """A token as Nafath itself would sign it, with its own key, for that request and this persona."""
    application = {"APP-ID": "portal", "APP-KEY": "portal-demo-key"}
    [published] = requests.get(f"{house.simulator}/api/v1/mfa/jwk", headers=application, timeout=30).json()["keys"]
    now, number = int(time.time()), house.number(name)
    claims = {
        "iss": house.simulator,
        "aud": "portal",
        "iat": now,
        "exp": now + 150,
        "jti": str(uuid.uuid4()),
        "sub": number,
        "nin": number,
        "transId": _row(house, page)["trans_id"],
        "status": "COMPLETED",
    }
    key = (house.log.parent / "simulator.pem").read_text()
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": published["kid"]})


def _body(house: House, page: requests.Response, proof: str) -> dict[str, str]:
    row = _row(house, page)
    return {"requestId": row["id"], "transId": row["trans_id"], "token": proof}


def _bring(house: House, page: requests.Response, proof: str) -> int:
    """To the callback, from the address that is Nafath's; the status."""
    return requests.post(house.origin + CALLBACK, json=_body(house, page, proof), timeout=30).status_code


def _row(house: House, page: requests.Response) -> dict[str, Any]:
    """The request behind a waiting page."""
    columns = ("id", "state", "trans_id", "random")
    sql = "SELECT id::text, state, trans_id, random FROM nafath_auth_nafathtransaction WHERE id::text = %s"
    [row] = house.ask(sql, page.url.rstrip("/").rpartition("/")[2])
    return dict(zip(columns, row, strict=True))


def _until(
    house: House, page: requests.Response, state: str, *, looking: Browser | None = None, within: float = 15
) -> None:
    """Wait for that state; `looking` reloads the page meanwhile. Raises GotThrough when it never comes."""
    until = time.monotonic() + within
    while _row(house, page)["state"] != state and time.monotonic() < until:
        if looking:
            looking.get(page.url)
        time.sleep(0.2)
    stands = _row(house, page)["state"]
    refused(stands == state, unless=f"the request stands at {stands}: this attack tried nothing")


def _refused_proofs(house: House) -> set[str]:
    """The requests for which a wrong proof was logged."""
    lines = (line for line in house.log.read_text().splitlines() if "nafath_callback_refused" in line)
    return {found[0] for line in lines if (found := re.search(r"[0-9a-f-]{36}", line.partition('"transaction"')[2]))}
