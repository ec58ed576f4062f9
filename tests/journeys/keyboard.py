"""Somebody without a mouse: every step lands on something that is seen, has a ring, and is left again."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

#: What the focused element shows: its own ring, or that of the chip or card that stands for it.
FOCUS = """async () => {
  if (matchMedia("(scripting: enabled)").matches) {  // or no frame calls anybody back
    await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
  }
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const shown = at.closest(".chip, .choice-card, .check, .persona") ?? at;
  const ring = (one) => {
    const style = getComputedStyle(one);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
  };
  const box = shown.getBoundingClientRect();
  const on = (x, y) => {
    const found = document.elementFromPoint(x, y);
    return Boolean(found) && (shown.contains(found) || found.contains(shown));
  };
  const points = [0.1, 0.5, 0.9].flatMap((x) => [0.1, 0.5, 0.9].map((y) => [x, y]));
  return {
    name: at.id || at.name || at.getAttribute("href") || at.textContent.trim().slice(0, 40) || at.tagName,
    ring: ring(at) || ring(shown),
    seen: points.some(([x, y]) => on(box.x + box.width * x, box.y + box.height * y)),
  };
}"""


class Keyboard:
    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, key: str, times: int = 1) -> None:
        for _ in range(times):
            self.page.keyboard.press(key)

    def types(self, text: str) -> None:
        self.page.keyboard.type(text)

    def is_on(self, selector: str) -> bool:
        return bool(self.page.evaluate("selector => Boolean(document.activeElement?.matches(selector))", selector))

    def tabs_to(self, selector: str, *, back: bool = False, within: int = 90) -> None:
        """Tab on until one stands on it; every stop on the way is seen, and none is a trap."""
        for _ in range(within):
            if self.is_on(selector):
                return
            before = self.page.evaluate_handle("document.activeElement")
            self.press("Shift+Tab" if back else "Tab")
            assert not before.evaluate("before => before !== document.body && before === document.activeElement"), (
                f"{self.page.url}: the focus is caught"
            )
            self.is_seen()
        raise AssertionError(f"{self.page.url}: {within} steps did not reach {selector}")

    def is_seen(self) -> None:
        focus = self.page.evaluate(FOCUS)
        if focus is not None:
            assert focus["ring"], f"{self.page.url}: {focus['name']} has the focus and shows it by nothing"
            assert focus["seen"], f"{self.page.url}: {focus['name']} has the focus and is covered"

    def goes_round(self) -> list[str]:
        """Tab from the skip link through the whole page and back to it; the stops, in their order."""
        self.tabs_to(".skip")
        stops: list[str] = []
        while not (self.is_on(".skip") and stops):
            self.press("Tab")
            self.is_seen()
            focus = self.page.evaluate(FOCUS)
            stops.append(focus["name"] if focus else "the browser")
            assert len(stops) < 300, f"{self.page.url}: no way round"
        return stops

    def arrives(self, path: str) -> None:
        """The page whose address ends so, whatever it carries along."""
        self.page.wait_for_url(lambda url: urlsplit(url).path.endswith(path))
        expect(self.page.locator("main")).to_be_visible()
