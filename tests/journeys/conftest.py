"""A person at a browser: signed in by a session cookie, at a width and in a language."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page
from pytest_django.live_server_helper import LiveServer

from entities.models import User
from tests.conftest import sign_in

PHONE, DESK = 390, 1440  # CSS pixels
#: htmx's lines when one goes on while a page renews itself; whatever is a fault has a line of its own.
CUT_OFF = ("htmx:afterRequest", "htmx:sendAbort")


@dataclass
class Visitor:
    """A browser window with somebody in it; `complaints` holds what its console or its policy objected to."""

    context: BrowserContext
    origin: str
    complaints: list[str]
    beside: tuple[str, ...] = ()  # other origins one may be sent to: Nafath

    def open(self, path: str) -> Page:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda m: self._console(page.url, m))
        page.on("request", lambda r: self._same_host(page.url, r.url))
        page.goto(self.origin + path)
        return page

    def _console(self, page: str, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(CUT_OFF):
            self.complaints.append(f"{page}: {message.text}")

    def _same_host(self, page: str, url: str) -> None:
        if not url.startswith((self.origin, *self.beside, "data:", "blob:")):
            self.complaints.append(f"{page} asked {url}")
        if "id_token" in url:
            self.complaints.append(f"{page} wrote a token into {url}")


@pytest.fixture
def visit(browser: Browser, live_server: LiveServer) -> Iterator[Callable[..., Visitor]]:
    """`visit(person, width=PHONE, javascript=False)`; nobody is signed in when person is None."""
    contexts: list[BrowserContext] = []

    def visit_(
        person: User | None = None,
        *,
        width: int = DESK,
        javascript: bool = True,
        origin: str = "",
        beside: tuple[str, ...] = (),
        **options: Any,
    ) -> Visitor:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=javascript, reduced_motion="reduce", **options
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        if person is not None:
            key = sign_in(Client(), person).cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": live_server.url}])
        return Visitor(context, origin or live_server.url, [], beside)

    yield visit_
    for context in contexts:
        context.close()
