"""A person at a browser: signed in by a session cookie, at a width and in a language."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from entities.models import User
from tests.conftest import sign_in

PHONE, DESK = 390, 1440  # CSS pixels


@dataclass
class Visitor:
    """A browser window with somebody in it; `complaints` holds what its console or its policy objected to."""

    context: BrowserContext
    origin: str
    complaints: list[str]

    def open(self, path: str) -> Page:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"{path}: {error}"))
        page.on("console", lambda m: self.complaints.append(f"{path}: {m.text}") if m.type == "error" else None)
        page.on("request", lambda r: self._same_host(path, r.url))
        page.goto(self.origin + path)
        return page

    def _same_host(self, path: str, url: str) -> None:
        if not url.startswith((self.origin, "data:", "blob:")):
            self.complaints.append(f"{path} asked {url}")


@pytest.fixture
def visit(browser: Browser, live_server: LiveServer) -> Iterator[Callable[..., Visitor]]:
    """`visit(person, width=PHONE, javascript=False)`; nobody is signed in when person is None."""
    contexts: list[BrowserContext] = []

    def visit_(person: User | None = None, *, width: int = DESK, javascript: bool = True, **options: Any) -> Visitor:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=javascript, reduced_motion="reduce", **options
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        if person is not None:
            key = sign_in(Client(), person).cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": live_server.url}])
        return Visitor(context, live_server.url, [])

    yield visit_
    for context in contexts:
        context.close()
