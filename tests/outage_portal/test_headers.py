"""Every answer carries the headers that protect the reader, whoever gives it: a refusal at the door as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError
from django.test import Client

from entities.models import User
from entities.permissions import Role
from tests.factories import a_person

pytestmark = pytest.mark.django_db

HEADERS = {
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=()",
}


def broken(browser: Client, error: Exception) -> Any:
    with mock.patch("incidents.views.guide.Policy.objects.in_force", side_effect=error):
        return browser.get("/guide/")


ANSWERS: dict[str, tuple[int, Callable[[Client], Any]]] = {
    "page": (200, lambda browser: browser.get("/reports/")),
    "not found": (404, lambda browser: browser.get("/no-such-page/")),
    "refused": (403, lambda browser: browser.get("/board/")),
    "path with NUL": (400, lambda browser: browser.get("/guide/?q=%00")),
    "large body": (413, lambda browser: browser.post("/accounts/sign-out/", {"x": "a" * (1024 * 1024 + 1)})),
    "forged host": (400, lambda browser: browser.get("/", headers={"Host": "evil.example"})),
    "missing slash": (301, lambda browser: browser.get("/reports")),
    "sign-in wanted": (302, lambda browser: Client().get("/reports/")),
    "forged form": (403, lambda browser: Client(enforce_csrf_checks=True).post("/accounts/nafath/start/")),
    "admin's desk": (302, lambda browser: browser.get("/admin/")),
    "static file": (200, lambda browser: browser.get("/static/js/autosave.js")),
    "our own fault": (500, lambda browser: broken(browser, RuntimeError("a bug"))),
    "database away": (503, lambda browser: broken(browser, OperationalError("away"))),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_of_any_kind_carries_the_headers(client_of: Callable[[User], Client], name: str) -> None:
    browser = client_of(a_person(Role.DIRECTOR))
    browser.raise_request_exception = False
    status, ask = ANSWERS[name]
    answer = ask(browser)
    answer.close()
    assert answer.status_code == status
    missing = [name for name, value in HEADERS.items() if value not in answer.headers.get(name, "")]
    assert missing == []
