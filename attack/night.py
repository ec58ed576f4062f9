"""The code door, which a lead opens by hand: codes that are guessed or carried off, and what a code does not open."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import requests
from django.urls import reverse

from attack.browser import Browser
from attack.doors import ALTERNATE, DIRECTOR, OF_THIS_VISIT, REVIEWER
from attack.doors import STRANGER as UNKNOWN
from attack.foreign import LEAD, addresses, patterns
from attack.house import House
from attack.plan import attack, refused
from attack.walls import STRANGER

ASK, ENTER, STATE = "/accounts/code/", "/accounts/code/enter/", "/accounts/nafath/state/"
#: What such a session is for, by the names of the addresses; every other one that asks for a session is closed to it.
WITHIN = {
    "affected_too", "attachment_add", "attachment_download", "calendar", "choose_language", "draft_discard",
    "draft_save", "file_because_of_another", "file_consumed_outage", "file_emergency_maintenance", "file_maintenance",
    "file_own_outage", "final_edit", "follow_entity", "follow_report", "follow_service", "following", "inbox",
    "inbox_count", "inbox_open", "inbox_read_all", "incident_situation", "preview", "provider_search", "receipt",
    "report_answer", "report_ask_extension", "report_complete", "report_detail", "report_extend_window",
    "report_interim", "report_list", "report_new", "report_no_change", "report_reopen", "report_restore",
    "report_undo_restore", "report_update", "report_update_draft", "report_verdict", "reports_about_us",
    "service_search", "silent_deny", "silent_outage", "silent_report", "status_list", "status_service", "stay",
}  # fmt: skip


@attack("A code guessed: three wrong ones, then the right one")
def guessed_code(house: House) -> str:
    with _night(house), Browser() as browser:
        page = _asked(house, browser, ALTERNATE)
        right = _code_of(house, ALTERNATE)
        for guess in range(3):
            page = browser.press(page, ENTER, code=f"{(int(right) + guess + 1) % 10**6:06}")
        page = browser.press(page, ENTER, code=right)
        refused(page.status_code == 422 and not house.is_in(browser), unless="the fourth try opened a session")
    return "the fourth try is refused, whatever it says"


@attack("A code asked for in one browser, entered in another")
def code_in_another_browser(house: House) -> str:
    with _night(house), Browser() as victim, Browser() as thief:
        page = _asked(house, victim, ALTERNATE)
        code = _code_of(house, ALTERNATE)
        stranger = _asked(house, thief, STRANGER)
        thief.press(stranger, ENTER, code=code)
        refused(not house.is_in(thief), unless="the thief is signed in as the victim")
        victim.press(page, ENTER, code=code)
        refused(house.is_in(victim), unless="the code itself is not right: this attack tried nothing")
    return "refused there, and good where it was asked for"


@attack("IDs typed into the code door one after another, to learn whose is registered")
def who_is_registered(house: House) -> str:
    pages = {}
    with _night(house):
        for name in (DIRECTOR, REVIEWER, UNKNOWN, "Maha Al-Sayari", "Raed Al-Hamdan"):
            with Browser() as browser:
                page = _asked(house, browser, name)
                refused(house.number(name) not in page.text + page.url, unless="the page holds the ID")
                pages[name] = (page.status_code, page.url, re.sub(OF_THIS_VISIT, "•", page.text))
    refused(len(set(pages.values())) == 1, unless="the pages differ")
    return f"{len(pages)} IDs, of a director and of a stranger among them: one page"


@attack("A session that a code opened, at every address beyond filing and updating")
def code_beyond_its_scope(house: House) -> str:
    own, tried = dict(addresses(house)), 0  # first: it may sign her in by Nafath, which would end her code's session
    with _night(house), Browser() as browser, Browser() as nobody:
        page = _asked(house, browser, DIRECTOR)
        entered = browser.press(page, ENTER, code=_code_of(house, DIRECTOR))
        home = browser.get(house.origin + "/")
        led = f"{entered.status_code} at {entered.url}, {home.status_code} at {home.url}"
        refused('id="by-code"' in home.text, unless=f"no code session ({led}): nothing was tried")
        token = home.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        for pattern in patterns():
            name = str(pattern.name)
            path = own.get(name) or reverse(name)
            led = nobody.get(house.origin + path, allow_redirects=False).headers.get("Location", "")
            if name in WITHIN or "/accounts/sign-in/" not in led:
                continue  # what is for everybody is open to her as well
            for method in ("GET", "POST"):
                sent = {"csrfmiddlewaretoken": token} if method == "POST" else None
                headers = {"Referer": home.url}
                answer = browser.request(method, house.origin + path, data=sent, headers=headers, allow_redirects=False)
                tried += 1
                refused(answer.status_code in (403, 405), unless=f"{method} {name}: {answer.status_code}")
        refused(tried > 2 * len(WITHIN), unless="hardly an address was tried")
        desk = browser.get(f"{house.origin}/admin/", allow_redirects=False).status_code
        refused(desk in (302, 403, 404), unless=f"the admins' desk answers {desk}")
    return f"{tried + 1} calls, all closed"


# --- What they need -----------------------------------------------------------------------------------------------


@contextmanager
def _night(house: House) -> Iterator[None]:
    """A lead opens the code door by hand, and closes it afterwards."""
    with house.enter(LEAD) as lead:
        _turn(house, lead, "open")
        try:
            yield
        finally:
            _turn(house, lead, "close")


def _turn(house: House, lead: Browser, to: str) -> None:
    page = lead.get(house.origin + STATE)
    answer = lead.press(page, STATE, do=to, reason="=1+1<script>alert(1)</script>")
    refused(answer.status_code == 200, unless=f"a lead cannot {to} the code door: {answer.status_code}")


def _asked(house: House, browser: Browser, name: str) -> requests.Response:
    """The page on which the code is entered."""
    page = browser.get(house.origin + ASK)
    return browser.press(page, ASK, national_id=house.number(name))


def _code_of(house: House, name: str) -> str:
    """The code of the newest SMS, once it has come: a line of its own, for a reference ends in six digits as well."""
    mobile, until = house.personas[name]["mobile"], time.monotonic() + 30
    [(asked,)] = house.ask("SELECT max(created_at) FROM nafath_auth_doorcode")
    while time.monotonic() < until:
        caught = requests.get(f"{house.simulator}/sim/api/messages", params={"to": mobile}, timeout=30).json()
        for each in caught:
            found = re.search(r"^\d{6}$", each["text"], re.MULTILINE)
            if found and not each["code"] and datetime.fromisoformat(each["at"]) > asked:
                return found[0]
        time.sleep(0.3)
    raise LookupError(f"{name} was sent no code")
