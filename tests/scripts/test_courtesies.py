"""The small things scripts do for a page: ticking, counting, sending files one by one, copying, shortcuts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import override
from playwright.sync_api import Route, expect

from entities.templatetags.ticking import due_text
from tests.scripts.conftest import ORIGIN, Open

pytestmark = pytest.mark.wide

MINUTES = (-4000, -185, -60, -12, -1, 0, 1, 7, 60, 185, 2879, 2880, 4400, 20000)


@pytest.mark.parametrize("language", ["ar", "en"])
def test_page_says_the_same_durations_as_the_server(open_page: Open, language: str) -> None:
    now = datetime.now(UTC)
    moments = [now + timedelta(minutes=minutes, seconds=20) for minutes in MINUTES]
    times = "".join(f'<p><time data-due="{moment.isoformat()}">?</time></p>' for moment in moments)
    page = open_page(times, language=language)
    with override(language):
        said_here = [due_text(moment, at=datetime.now(UTC)) for moment in moments]
    assert page.locator("time").all_text_contents() == said_here


def test_clock_turns_late_by_itself(open_page: Open) -> None:
    now = datetime.now(UTC)
    start, due = (now - timedelta(hours=1)).isoformat(), (now - timedelta(minutes=2)).isoformat()
    page = open_page(
        f'<div class="clock" data-start="{start}"><time data-due="{due}"></time>'
        '<progress max="100" value="1"></progress></div>'
    )
    expect(page.locator(".clock--late time")).to_have_text("2 min late")
    assert page.locator("progress").evaluate("bar => bar.value") == 100


def test_counter_counts_down_and_warns_aloud_only_near_the_end(open_page: Open) -> None:
    page = open_page('<textarea id="t" maxlength="200"></textarea><p data-counter-for="t">At most 200</p>')
    page.fill("textarea", "x" * 50)
    expect(page.locator("[data-counter-for]")).to_have_text("150 characters left")
    page.wait_for_timeout(1_200)
    expect(page.locator("[aria-live]")).to_have_text("")
    page.fill("textarea", "x" * 199)
    expect(page.locator("[aria-live]")).to_have_text("1 character left")


def test_files_go_one_by_one_and_a_broken_one_can_be_sent_again(open_page: Open) -> None:
    page = open_page("""
      <form data-uploads="#files" action="/files/" method="post"><input type="file" name="file" multiple>
        <template data-upload-row><li><b data-name></b><progress></progress><i data-failed hidden>Failed</i>
          <button type="button" data-again hidden>Send again</button></li></template></form><ul id="files"></ul>""")
    answers = [(200, "<li>first, stored</li>"), (0, ""), (422, "Too large"), (200, "<li>second, stored</li>")]
    sent: list[bytes] = []

    def answer(route: Route) -> None:
        sent.append(route.request.post_data_buffer or b"")
        status, body = answers[len(sent) - 1]
        route.fulfill(status=status, body=body) if status else route.abort()

    page.route(f"{ORIGIN}/files/", answer)
    page.set_input_files(
        "input",
        [{"name": f"{name}.txt", "mimeType": "text/plain", "buffer": name.encode()} for name in ("a", "b", "c")],
    )
    files = page.locator("#files li")
    expect(files.nth(0)).to_have_text("first, stored")
    expect(files.nth(2)).to_contain_text("Too large")
    expect(files.nth(2).locator("button")).to_be_hidden()  # refused: the same file would be refused again
    files.nth(1).locator("button").click()
    expect(files.nth(1)).to_have_text("second, stored")
    assert [body.count(b"filename=") for body in sent] == [1, 1, 1, 1]


def test_shortcut_presses_its_button_and_can_be_switched_off(open_page: Open) -> None:
    page = open_page(
        """
      <button data-shortcut="a">Take</button><input data-shortcut="/">
      <dialog id="keyboard-help"><label><input type="checkbox" data-shortcuts-switch>On</label></dialog>""".replace(
            ' onclick=""', ""
        )
    )
    page.evaluate(
        "document.querySelector('button').addEventListener('click', e => { e.target.textContent = 'Taken'; })"
    )
    page.keyboard.press("a")
    expect(page.locator("button")).to_have_text("Taken")
    page.keyboard.press("?")
    expect(page.locator("dialog")).to_be_visible()
    page.uncheck("[data-shortcuts-switch]")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("input[data-shortcut]")).not_to_be_focused()


def test_menu_closes_when_one_moves_on(open_page: Open) -> None:
    page = open_page(
        '<details data-menu><summary>Menu</summary><a href="#x">In</a></details><a href="#y">Elsewhere</a>'
    )
    page.click("summary")
    page.keyboard.press("Escape")
    expect(page.locator("details")).not_to_have_attribute("open", "")
    page.click("summary")
    page.focus("text=Elsewhere")
    expect(page.locator("details")).not_to_have_attribute("open", "")
