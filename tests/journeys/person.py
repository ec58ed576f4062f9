"""Somebody at a browser, as the walks tell of it: she reads what is there and presses what she sees.

Nothing here asks for a language or for a script: a form is known by where it leads, an answer by what it means.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, Response, expect

from tests.journeys.conftest import Visitor
from tests.journeys.hands import Hand, Mouse
from tests.simulator_process import Persona, Simulator

ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


class Person:
    def __init__(self, visitor: Visitor, prefix: str = "", *, hand: type[Hand] = Mouse) -> None:
        self.visitor, self.prefix = visitor, prefix
        self.page: Page = visitor.open(f"{prefix}/")
        self.hand = hand(self.page)

    # --- In and out -------------------------------------------------------------------------------------------
    def signs_in_by_card(self, persona: Persona) -> None:
        self._goes_to_nafath()
        name = persona.name_en if self.prefix else persona.name
        self.hand.presses(
            self.page.locator("button.persona", has=self.page.locator("b", has_text=re.compile(f"^{name}$")))
        )
        self._arrives()

    def signs_in_by_code(self, persona: Persona, simulator: Simulator) -> None:
        """The ID in the digits of an Arabic keyboard, then the code that the phone received."""
        self._goes_to_nafath()
        self.hand.writes(self.page.locator('[name="national_id"]'), persona.national_id.translate(ARABIC_DIGITS))
        self.hand.presses(self.page.locator('form:has([name="national_id"]) button[type="submit"]'))
        code = self.page.locator('[name="code"]')
        expect(code).to_be_visible()
        self.hand.writes(code, simulator.latest_code(persona))
        self.hand.presses(self.page.locator('form:has([name="code"]) button[type="submit"]'))
        self._arrives()

    def confirms_with_nafath(self) -> None:
        """What was sent waits for her proof, and goes on: without a script by one press more."""
        ask = self.page.locator('main form[action$="/accounts/nafath/step-up/"] button').first
        expect(ask).to_be_visible()
        has_scripts = self._has_scripts()
        self.hand.presses(ask)
        self.hand.presses(self.page.locator('button[name="person"]'))
        self.page.wait_for_url(f"{self.visitor.origin}/**")
        if not has_scripts:
            self.hand.presses(self.page.locator("main form button"))

    def signs_out(self) -> None:
        """Out of the portal and of Nafath: without a script the way there takes one press more."""
        has_scripts = self._has_scripts()
        self.hand.presses(self.page.locator(".masthead details[data-menu] > summary"))
        self.hand.presses(self.page.locator('.masthead form[action$="/accounts/sign-out/"] button'))
        if not has_scripts:
            self.hand.presses(self.page.locator("form[data-onward] button"))
        self.page.wait_for_url(f"{self.visitor.origin}{self.prefix}/accounts/signed-out/?state=*")

    def is_asked_who_she_is(self) -> bool:
        """Nafath remembers nobody: the way in leads to its sign-in again."""
        self.goes("/")
        self._goes_to_nafath()
        return self.page.locator('[name="national_id"]').is_visible()

    def _has_scripts(self) -> bool:
        return bool(self.page.evaluate("matchMedia('(scripting: enabled)').matches"))

    def _goes_to_nafath(self) -> None:
        self.hand.presses(self.page.locator('form[action$="/accounts/nafath/start/"] button'))
        self.page.wait_for_url(re.compile(r"/login/"))

    def _arrives(self) -> None:
        """The first time one confirms what is registered; and one turns to the language that one reads."""
        self.page.wait_for_url(f"{self.visitor.origin}/**")
        confirm = self.page.locator('form[action*="/accounts/first-sign-in/"] button[type="submit"]')
        if confirm.count():
            self.hand.presses(confirm)
            expect(confirm).to_have_count(0)
        wanted = "en" if self.prefix else "ar"
        if self.page.locator("html").get_attribute("lang") != wanted:
            self.hand.presses(self.page.locator(f'.masthead button[name="language"][value="{wanted}"]'))
        expect(self.page.locator(f'html[lang="{wanted}"] .masthead details[data-menu]')).to_be_visible()

    # --- Looking ----------------------------------------------------------------------------------------------
    def goes(self, path: str) -> None:
        self.page.goto(self.visitor.origin + self.prefix + path)

    def follows(self, path: str) -> None:
        """The link on this page that leads to an address ending so."""
        self.hand.presses(self.page.locator(f'main a[href$="{path}"]:visible').first)
        self.page.wait_for_url(f"**{path}")

    def sees(self, *words: str) -> None:
        for each in words:
            expect(self.page.locator("main")).to_contain_text(each)

    # --- Answering --------------------------------------------------------------------------------------------
    def chooses(self, **answers: object) -> None:
        for name, value in answers.items():
            self._choice(f'input[name="{name}"][value="{value}"]')

    def picks(self, name: str, place: int = 0) -> None:
        """The answer that stands in this place: for the moments, whose values nobody knows beforehand."""
        self._choice(f'input[name="{name}"]', place)

    def _choice(self, selector: str, place: int = 0) -> None:
        self.hand.ticks(self.page.locator(f"{selector}:visible").nth(place))

    def writes(self, **texts: str) -> None:
        for name, text in texts.items():
            self.hand.writes(self.page.locator(f'[name="{name}"]:visible').first, text)

    def presses(self, action: str) -> None:
        """Send the form that leads to an address ending so; the page's own form when it says no address."""
        button = self.form(action).locator('button[type="submit"]:visible').first
        with self.page.expect_response(lambda answer: self._answers(answer, action)):
            self.hand.presses(button)
        self.page.wait_for_load_state()

    @staticmethod
    def _answers(answer: Response, action: str) -> bool:
        return answer.request.method == "POST" and urlsplit(answer.url).path.endswith(action)

    def form(self, action: str) -> Locator:
        return self.page.locator(f'main form[action$="{action}"]:visible').first

    # --- Deeds on a report's page -----------------------------------------------------------------------------
    def opens(self, report: str, deed: str = "") -> None:
        """A report's page; and the question of a deed: a dialog, or without a script a page."""
        self.goes(f"/reports/{report}/")
        if deed:
            self.hand.presses(self.page.locator(f'main a[href*="do={deed}"]:visible').first)

    def has_done(self, action: str) -> None:
        """Send a deed, and read that it is done."""
        self.presses(action)
        expect(self.page.locator("#messages .notice--good")).to_be_visible()
