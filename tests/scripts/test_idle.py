"""Before a session ends one is asked; one press goes on, and what was typed stays."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, Route, expect

from tests.scripts.conftest import ORIGIN, Open

pytestmark = pytest.mark.wide

BODY = """
<textarea name="message">typed</textarea>
<dialog id="signed-out"><form method="dialog"><button>Go on here</button></form></dialog>
<dialog id="session-ending" data-ask="/accounts/stay/" data-after="0">
  <bdi data-countdown></bdi>
  <p data-extends="yes">idle</p><p data-extends="no" hidden>over for good</p>
  <form method="post" action="/accounts/stay/" data-extends="yes"><button autofocus>Stay</button></form>
</dialog>"""


class Server:
    """Knows how many seconds are left; a POST gives fifteen minutes."""

    def __init__(self, page: Page, left: int, *, extends: bool = True) -> None:
        self.left, self.extends, self.asked = left, extends, []  # type: ignore[var-annotated]  # methods
        page.context.route(f"{ORIGIN}/accounts/stay/", self.answer)

    def answer(self, route: Route) -> None:
        self.asked.append((route.request.method, route.request.headers.get("x-background")))
        if route.request.method == "POST":
            self.left = 900
        if self.left < 0:
            route.fulfill(status=302, headers={"Location": "/sign-in/"})
        else:
            route.fulfill(
                body=json.dumps({"left": self.left, "extends": self.extends}), content_type="application/json"
            )


def opened(open_page: Open, left: int, *, extends: bool = True) -> tuple[Page, Server]:
    page = open_page("")
    server = Server(page, left, extends=extends)
    page.context.unroute(f"{ORIGIN}/")
    return open_page(BODY), server


def test_two_minutes_before_the_end_one_press_goes_on(open_page: Open) -> None:
    page, server = opened(open_page, 118)
    expect(page.locator("#session-ending")).to_be_visible()
    expect(page.locator("[data-countdown]")).to_contain_text("1:5")
    page.keyboard.press("Enter")
    expect(page.locator("#session-ending")).to_be_hidden()
    page.wait_for_timeout(500)  # the dialog's "close" event comes after it is shut
    assert server.asked == [("GET", "1"), ("POST", None)]
    assert page.input_value("textarea") == "typed"


def test_escape_is_somebody_who_is_here(open_page: Open) -> None:
    page, server = opened(open_page, 118)
    expect(page.locator("#session-ending")).to_be_visible()
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.keyboard.press("Escape")
    assert server.asked[-1] == ("POST", None)
    expect(page.locator("#session-ending")).to_be_hidden()


def test_another_tab_that_stays_shuts_the_question_here(open_page: Open) -> None:
    page, server = opened(open_page, 118)
    expect(page.locator("#session-ending")).to_be_visible()
    other = open_page(BODY)
    expect(other.locator("#session-ending")).to_be_visible()
    other.get_by_role("button", name="Stay").click()
    expect(page.locator("#session-ending")).to_be_hidden()
    page.wait_for_timeout(500)
    assert server.asked.count(("POST", None)) == 1


def test_after_the_end_the_page_says_so_and_keeps_what_was_typed(open_page: Open) -> None:
    page, _server = opened(open_page, -1)
    expect(page.locator("#signed-out")).to_be_visible()
    assert page.input_value("textarea") == "typed"


def test_hours_that_are_over_offer_no_more_of_them(open_page: Open) -> None:
    page, _server = opened(open_page, 60, extends=False)
    expect(page.locator("text=over for good")).to_be_visible()
    expect(page.get_by_role("button", name="Stay")).to_be_hidden()
