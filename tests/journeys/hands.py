"""How somebody touches a page: with a mouse, or with nothing but the keys."""

from __future__ import annotations

from typing import Protocol

from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.journeys.keyboard import Keyboard


class Hand(Protocol):
    def __init__(self, page: Page) -> None: ...
    def presses(self, what: Locator) -> None: ...
    def ticks(self, what: Locator) -> None: ...
    def writes(self, where: Locator, text: str) -> None: ...
    def selects(self, what: Locator, value: str) -> None: ...
    def attaches(self, what: Locator, file: FilePayload) -> None: ...


class Mouse:
    def __init__(self, page: Page) -> None:
        self.page = page

    def presses(self, what: Locator) -> None:
        what.click()

    def ticks(self, what: Locator) -> None:
        what.check(force=True)  # the chip stands for it

    def writes(self, where: Locator, text: str) -> None:
        where.fill(text)

    def selects(self, what: Locator, value: str) -> None:
        what.select_option(value)

    def attaches(self, what: Locator, file: FilePayload) -> None:
        what.set_input_files(file)


class Keys:
    """Tab and Shift+Tab to what is meant, which then shows that one stands there; Enter, Space, arrows, letters."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.keyboard = Keyboard(page)

    def presses(self, what: Locator) -> None:
        self._goes_to(what)
        self.keyboard.press("Enter")

    def ticks(self, what: Locator) -> None:
        """A box by Space; of radios one enters the group, and the arrows choose."""
        if what.get_attribute("type") != "radio":
            self._goes_to(what)
            if not what.is_checked():
                self.keyboard.press("Space")
        else:
            self._enters_the_group(what)
            self.keyboard.press("Space")
            for _ in range(60):
                if what.is_checked():
                    break
                self.keyboard.press("ArrowDown")
        expect(what).to_be_checked()

    def writes(self, where: Locator, text: str) -> None:
        self._goes_to(where)
        if where.get_attribute("type") == "date":  # its parts stand in the browser's order: month, day, year
            year, month, day = text.split("-")
            self.keyboard.types(month + day + year)
        else:
            self.keyboard.press("Control+A")
            self.keyboard.types(text)
        expect(where).to_have_value(text)

    def selects(self, what: Locator, value: str) -> None:
        self._goes_to(what)
        for _ in range(60):
            if what.input_value() == value:
                return
            self.keyboard.press("ArrowDown")
        raise AssertionError(f"{self.page.url}: no arrow leads to {value}")

    def attaches(self, what: Locator, file: FilePayload) -> None:
        with self.page.expect_file_chooser() as chooser:
            self._goes_to(what)  # what it asks of the page is answered after the page knows that a choice is expected
            self.keyboard.press("Enter")  # a key takes another way to the page, and might come before
        chooser.value.set_files(file)

    def _goes_to(self, what: Locator, group: str = "") -> None:
        """By the shorter way; the ring is asked for where one stops (test_keyboard asks it of every stop)."""
        what.wait_for()
        arrived = "(what, group) => what === document.activeElement || (group && document.activeElement.name === group)"
        before = (
            "what => Boolean(document.activeElement.compareDocumentPosition(what) & Node.DOCUMENT_POSITION_PRECEDING)"
        )
        meant = what.element_handle()  # found once: to look for it at every stop takes longer than the key
        key = "Shift+Tab" if meant.evaluate(before) else "Tab"
        for _ in range(250):
            if meant.evaluate(arrived, group):
                break
            self.keyboard.press(key)
        else:
            raise AssertionError(f"{self.page.url}: no key leads to {what}")
        self.keyboard.is_seen()

    def _enters_the_group(self, what: Locator) -> None:
        """Whichever of the group takes the focus: the one that is chosen, else the first or the last."""
        self._goes_to(what, str(what.get_attribute("name")))
