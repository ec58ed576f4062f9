"""What is typed into a draft is saved by itself, and never lost."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, Route, expect

from tests.scripts.conftest import ORIGIN, Open

pytestmark = pytest.mark.wide

BODY = """
<form id="report" data-autosave-url="/draft/" method="post">
  <input type="hidden" name="csrfmiddlewaretoken" value="old">
  <div id="draft-status">Not saved<input type="hidden" name="version" value="1"></div>
  <textarea name="message"></textarea>
</form>
<template id="draft-unsaved"><b>Not saved yet</b></template>
<dialog id="signed-out"><form method="dialog"><button>Go on here</button></form></dialog>
"""


class Server:
    """Answers the draft's URL with what the test has put in line; keeps what it was sent."""

    def __init__(self, page: Page, *answers: tuple[int, str]) -> None:
        self.answers = list(answers)
        self.sent: list[dict[str, str]] = []
        page.route(f"{ORIGIN}/draft/", self.answer)

    def answer(self, route: Route) -> None:
        self.sent.append({name: values[0] for name, values in parse_qs(route.request.post_data or "").items()})
        status, body = self.answers.pop(0) if self.answers else (200, "Saved")
        if status == 0:
            route.abort()
        elif status == 302:
            route.fulfill(status=302, headers={"Location": "/sign-in/"})
        else:
            route.fulfill(status=status, body=body, content_type="text/html; charset=utf-8")


def test_draft_is_saved_two_seconds_after_the_last_key(open_page: Open) -> None:
    page = open_page(BODY)
    server = Server(page, (200, 'Saved 02:11<input type="hidden" name="version" value="2">'))
    page.type("textarea", "انقطاع")
    expect(page.locator("#draft-status")).to_contain_text("Saved 02:11")
    assert server.sent == [{"csrfmiddlewaretoken": "old", "version": "1", "message": "انقطاع"}]
    page.type("textarea", " كلي")
    expect(page.locator("#draft-status")).to_have_text("Saved")
    assert server.sent[1]["version"] == "2"  # the answer's version goes along with the next save


def test_draft_that_somebody_else_changed_waits_for_a_decision(open_page: Open) -> None:
    page = open_page(BODY)
    mine = '<button data-autosave-again name="keep" value="mine">Keep mine</button>'
    server = Server(page, (409, f"Mona changed this {mine}"), (200, "Saved mine"))
    page.type("textarea", "one")
    expect(page.locator("#draft-status")).to_contain_text("Mona changed this")
    page.type("textarea", " two")
    page.wait_for_timeout(2_500)
    assert len(server.sent) == 1  # nobody's words are overwritten unasked
    page.click("text=Keep mine")
    expect(page.locator("#draft-status")).to_contain_text("Saved mine")
    assert server.sent[1]["keep"] == "mine"
    assert server.sent[1]["message"] == "one two"


@pytest.mark.parametrize("status", [401, 302])
def test_draft_of_a_person_whose_session_ended_is_saved_after_signing_in(open_page: Open, status: int) -> None:
    page = open_page(BODY)
    server = Server(page, (status, ""))
    page.type("textarea", "kept")
    expect(page.locator("#signed-out")).to_be_visible()
    assert page.input_value("textarea") == "kept"
    fresh = BODY.replace('value="old"', 'value="fresh"')
    page.route(f"{ORIGIN}/", lambda route: route.fulfill(body=fresh, content_type="text/html; charset=utf-8"))
    page.click("text=Go on here")
    expect(page.locator("#draft-status")).to_contain_text("Saved")
    assert server.sent[-1]["message"] == "kept"
    assert server.sent[-1]["csrfmiddlewaretoken"] == "fresh"


@pytest.mark.parametrize("failure", [0, 503])
def test_draft_that_could_not_be_saved_says_so_and_is_tried_again(open_page: Open, failure: int) -> None:
    page = open_page(BODY)
    server = Server(page, (failure, ""))
    page.type("textarea", "kept")
    expect(page.locator("#draft-status")).to_contain_text("Not saved yet")
    expect(page.locator("#draft-status")).to_contain_text("Saved", timeout=8_000)
    assert server.sent[-1]["message"] == "kept"
    assert server.sent[-1]["version"] == "1"
