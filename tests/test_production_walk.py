"""The walk (`make production-check`) is run by .ci/run; here, its list and the parts of production it does not read."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from gunicorn.config import Config

from production.keys import PRODUCTION
from production.plan import whole_list
from production.serving import Lines

ROOT = Path(__file__).resolve().parent.parent


def test_each_step_says_what_is_expected_once() -> None:
    listed = whole_list()
    assert len({each.what for each in listed}) == len(listed) == len({each.take.__name__ for each in listed})
    assert all(each.what and each.expected for each in listed)
    assert listed is whole_list()


def test_the_access_log_holds_no_query_and_no_secret_of_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    lines, written = Lines(Config()), list[str]()
    monkeypatch.setattr(lines.access_log, "info", written.append)
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": '/calendar/feed/canary-token.ics"\\', "QUERY_STRING": "code=canary",
        "RAW_URI": "/?code=canary", "HTTP_X_REQUEST_ID": "r1", "HTTP_COOKIE": "canary", "HTTP_USER_AGENT": "canary",
    }  # fmt: skip
    lines.access(SimpleNamespace(status="200 OK", sent=12), None, environ, timedelta(milliseconds=34))
    environ["PATH_INFO"] = "/people/1000000008/"
    lines.access(SimpleNamespace(status=404, sent=0), None, environ, timedelta(0))
    first, second = (json.loads(line) for line in written)
    assert (first["status"], first["bytes"], first["ms"], first["request_id"]) == (200, 12, 34, "r1")
    assert "canary" not in "".join(written) and second["path"] == "/people/[national-id]/"


def test_the_page_of_the_proxy_speaks_both_languages_and_loads_nothing() -> None:
    page = (PRODUCTION / "away.html").read_text()
    assert '<html lang="ar" dir="rtl">' in page and '<div lang="en" dir="ltr">' in page
    assert not re.search(r"style|script|src=|href=", page)


@pytest.mark.wide
@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_a_migration_may_take_its_time_and_waits_a_second_for_a_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the connection is afterwards what it was."""
    seen: list[Any] = []

    def limits() -> tuple[str, str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")
            return tuple(cursor.fetchone())

    monkeypatch.setattr(
        "django.core.management.commands.migrate.Command.handle", lambda *_, **__: seen.append(limits())
    )
    before = limits()
    call_command("migrate", verbosity=0)
    assert seen == [("0", "1s")] and limits() == before != seen[0]
