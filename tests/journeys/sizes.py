"""How a page stands at the sizes between the phone and the desk, with large text, and what it weighs."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

from playwright.sync_api import Page, Response

NARROWEST, WIDEST = 320, 1920  # CSS pixels
FIRST_VIEW, LATER_VIEW = 300_000, 40_000  # bytes, compressed (performance.md, bar 10)
_CUT_OFF = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
USUAL_TEXT, LARGE_TEXT = 16, 32  # pixels: as a person sets her browser


def cut_off(page: Page) -> Iterator[str]:
    """Where the page is wider than the window: at the outermost widths, and with text of twice the size."""
    for width in (NARROWEST, WIDEST):
        page.set_viewport_size({"width": width, "height": 900})
        yield from _wider(page, f"at {width}")
    page.set_viewport_size({"width": 1280, "height": 900})
    settings = page.context.new_cdp_session(page)
    settings.send("Page.setFontSizes", {"fontSizes": {"standard": LARGE_TEXT}})
    yield from _wider(page, "at 1280 with text of twice the size")
    settings.send("Page.setFontSizes", {"fontSizes": {"standard": USUAL_TEXT}})


def _wider(page: Page, how: str) -> Iterator[str]:
    if (pixels := page.evaluate(_CUT_OFF)) > 1:
        yield f"{page.url} {how}: {pixels} px too wide"


class Scales:
    """Weighs what a window loads: the page alone, and all of it, compressed as the proxy would."""

    def __init__(self, page: Page) -> None:
        self._answers: list[Response] = []
        page.on("response", lambda answer: self._answers.append(answer))  # noqa: PLW0108  # Playwright takes no builtin

    def weigh(self) -> tuple[int, int]:
        """Bytes of the documents, and of everything that was loaded."""
        weights = [(answer.request.resource_type, _weight(answer)) for answer in self._answers if answer.ok]
        return sum(weight for kind, weight in weights if kind == "document"), sum(weight for _kind, weight in weights)


def _weight(answer: Response) -> int:
    """A font is packed already; a browser hands everything else over unpacked."""
    body = answer.body()
    return len(body) if answer.request.resource_type == "font" else len(gzip.compress(body))
