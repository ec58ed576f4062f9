"""A page in a real browser, without a server: its HTML, the scripts of static/, and answers made up by the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import override
from playwright.sync_api import Browser, Page, Route

from entities.templatetags.ticking import spoken_words

ORIGIN = "https://portal.test"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:"

Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Open a page with this body; anything it throws, or its policy refuses, fails the test."""
    context = browser.new_context()
    complaints: list[str] = []

    def open_(body: str, *, language: str = "en") -> Page:
        with override(language):
            words = spoken_words()
        script = '<script type="module" src="/static/js/portal.js"></script>'
        html = f'<!doctype html><html lang="{language}"><body>{body}{words}{script}'
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None
        )
        context.route(
            f"{ORIGIN}/",
            lambda route: route.fulfill(
                body=html, headers={"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY}
            ),
        )
        context.route(f"{ORIGIN}/static/**", _static)
        page.goto(f"{ORIGIN}/")
        page.wait_for_load_state("networkidle")
        return page

    yield open_
    context.close()
    assert not complaints


def _static(route: Route) -> None:
    path = route.request.url.removeprefix(f"{ORIGIN}/")
    route.fulfill(body=Path(settings.BASE_DIR, path).read_text(encoding="utf-8"), content_type="text/javascript")
