"""A deed sent by htmx: whatever becomes of it, what was written stays."""

from __future__ import annotations

from pathlib import Path

import django_htmx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.scripts.conftest import ORIGIN, Open

pytestmark = pytest.mark.wide

BODY = """
<meta name="htmx-config" content='{"includeIndicatorStyles": false, "allowEval": false}'>
<script src="/htmx.js"></script>
<dialog id="signed-out">signed out</dialog>
<div id="report">
  <form action="/update/" method="post" hx-post="/update/" hx-target="#report" hx-swap="outerHTML">
    <textarea name="message">what was written</textarea><div class="form-actions"><button>send</button></div>
  </form>
  <template id="deed-unsent"><p class="unsent">not sent</p></template>
</div>"""


def opened(open_page: Open) -> Page:
    page = open_page("")
    script = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js"
    page.context.route(f"{ORIGIN}/htmx.js", lambda route: route.fulfill(path=script, content_type="text/javascript"))
    return open_page(BODY)


def answer(page: Page, handle: object) -> None:
    page.context.route(f"{ORIGIN}/update/", handle)  # type: ignore[arg-type]
    page.get_by_role("button").click()


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_deed_without_an_answer_is_said_beside_the_words(open_page: Open, status: int) -> None:
    page = opened(open_page)
    answer(page, lambda route: route.fulfill(status=status, body="<html>the house is on fire</html>"))
    expect(page.locator(".unsent")).to_have_text("not sent")
    assert page.locator("textarea").input_value() == "what was written"


def test_a_broken_line_is_said_once_however_often_it_breaks(open_page: Open) -> None:
    page = opened(open_page)
    answer(page, lambda route: route.abort())
    expect(page.locator(".unsent")).to_have_count(1)
    page.get_by_role("button").click()
    expect(page.locator(".unsent")).to_have_count(1)


def test_an_answer_from_the_sign_in_page_opens_the_dialog_and_keeps_the_words(open_page: Open) -> None:
    page = opened(open_page)
    swaps = page.evaluate(
        """() => {
          const elt = document.querySelector("form");
          const xhr = { responseURL: "/sign-in/", status: 200 };
          const detail = { xhr, requestConfig: { path: "/update/", elt }, shouldSwap: true };
          document.dispatchEvent(new CustomEvent("htmx:beforeSwap", { detail }));
          return detail.shouldSwap;
        }"""
    )
    assert swaps is False
    expect(page.locator("#signed-out")).to_be_visible()
    assert page.locator("textarea").input_value() == "what was written"


def test_an_old_token_sends_the_form_as_a_page_of_its_own(open_page: Open) -> None:
    page = opened(open_page)
    sent: list[str | None] = []

    def refuse(route: Route) -> None:
        sent.append(route.request.headers.get("hx-request"))
        route.fulfill(status=403, body="<html>here it is again</html>", content_type="text/html")

    answer(page, refuse)
    expect(page.locator("body")).to_have_text("here it is again")
    assert sent == ["true", None]
