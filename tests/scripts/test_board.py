"""The board's script: it asks while it is looked at, says little, and never moves what one is about to press."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from tests.scripts.conftest import ORIGIN, Open

pytestmark = pytest.mark.wide

BOARD = """
  <time id="board-time">00:00:00</time><span id="board-stale" hidden>stale</span>
  <button id="board-pause" type="button" hidden><span>Pause</span><span hidden>Resume</span></button>
  <div id="board-news" role="status"></div><ul id="board-said" hidden></ul><div id="board-poll"></div>
  <table><tr id="row"><th class="cell-lead"><a class="lead" href="/report/">Report</a></th>
    <td><button id="undo" data-vanishes="30">Undo</button></td></tr></table>
  <template id="board-unsent"><span class="refusal">Not done</span></template>
  <dialog id="signed-out">Signed out</dialog>"""

#: htmx as the script knows it: events on the document, and one function.
PRETEND = """([name, id, more]) => {
  const elt = document.getElementById(id), path = "/board/changes/";
  const date = () => "Sun, 22 Nov 2026 09:00:04 GMT";
  const xhr = {status: 200, responseURL: location.origin + path, getResponseHeader: date, ...more.xhr};
  const requestConfig = {elt, path, triggeringEvent: {submitter: elt}};
  const detail = {elt, target: elt, xhr, requestConfig, shouldSwap: true};
  const event = new CustomEvent(name, {bubbles: true, cancelable: true, detail});
  elt.dispatchEvent(event);
  return [!event.defaultPrevented, detail.shouldSwap];
}"""


@pytest.fixture
def board(open_page: Open) -> Page:
    page = open_page(BOARD)
    page.evaluate("window.asked = 0; window.htmx = {trigger: () => { window.asked += 1; }, ajax: () => {}}")
    page.clock.install()
    return page


def happen(page: Page, name: str, element: str = "board-poll", **more: object) -> list[bool]:
    found: list[bool] = page.evaluate(PRETEND, [f"htmx:{name}", element, more])
    return found


def answer(page: Page, **news: str) -> None:
    """The server's answer has come, with these sentences by event."""
    items = "".join(f'<li data-event="{event[1:]}">{sentence}</li>' for event, sentence in news.items())
    page.evaluate(f"document.getElementById('board-said').innerHTML = {json.dumps(items)}")
    happen(page, "afterRequest")


def test_each_refresh_is_dated_and_a_failed_one_is_admitted(board: Page) -> None:
    answer(board)
    expect(board.locator("#board-time")).to_have_text("12:00:04")
    happen(board, "afterRequest", xhr={"status": 0, "responseURL": ""})
    expect(board.locator("#board-stale")).to_be_visible()
    expect(board.locator("#board-time")).to_have_text("12:00:04")
    answer(board)
    expect(board.locator("#board-stale")).to_be_hidden()


def test_news_is_said_once_and_one_sentence_in_thirty_seconds(board: Page) -> None:
    news = board.locator("#board-news")
    answer(board, e1="First.")
    board.clock.run_for(10)
    expect(news).to_have_text("First.")
    board.clock.run_for(9_000)
    answer(board, e1="First.", e2="Second.")
    board.clock.run_for(9_000)
    answer(board, e2="Second.", e3="Third.")
    expect(news).to_have_text("First.")
    board.clock.run_for(13_000)
    expect(news).to_have_text("2 reports are new or newly late.")
    answer(board, e3="Third.")
    board.clock.run_for(60_000)
    expect(news).to_have_text("2 reports are new or newly late.")


def test_a_paused_board_does_not_ask_and_asks_at_once_when_resumed(board: Page) -> None:
    assert happen(board, "beforeRequest") == [True, True]
    board.click("#board-pause")
    expect(board.locator("#board-pause")).to_have_text("Resume", use_inner_text=True)
    assert happen(board, "beforeRequest")[0] is False
    assert happen(board, "beforeRequest", "undo")[0] is True, "deeds go on"
    board.click("#board-pause")
    assert board.evaluate("window.asked") == 1
    assert happen(board, "beforeRequest")[0] is True


def test_an_answer_from_the_sign_in_page_is_not_put_into_the_board(board: Page) -> None:
    away = {"responseURL": f"{ORIGIN}/accounts/sign-in/"}
    assert happen(board, "beforeSwap", xhr=away)[1] is False
    happen(board, "afterRequest", xhr=away)
    expect(board.locator("#signed-out")).to_be_visible()
    expect(board.locator("#board-time")).to_have_text("00:00:00")
    assert happen(board, "beforeRequest")[0] is False


def test_the_offer_to_undo_stays_its_time_and_leaves_the_focus_in_its_row(board: Page) -> None:
    board.evaluate("document.getElementById('board-pause').hidden = true")
    happen(board, "load", "row")
    expect(board.locator("#board-pause")).to_be_visible()  # the script has seen the row
    board.focus("#undo")
    assert happen(board, "oobBeforeSwap", "row")[1] is False, "a refresh does not take the offer away"
    board.clock.run_for(29_000)
    expect(board.locator("#undo")).to_be_visible()
    board.clock.run_for(1_100)
    expect(board.locator("#undo")).to_have_count(0)
    expect(board.locator("a.lead")).to_be_focused()
    assert happen(board, "oobBeforeSwap", "row")[1] is True


def test_a_deed_without_an_answer_says_so_in_its_row(board: Page) -> None:
    for _ in range(2):
        happen(board, "sendError", "undo")
    expect(board.locator(".cell-lead .refusal")).to_have_count(1)
    happen(board, "sendError")
    expect(board.locator(".refusal")).to_have_count(1)
