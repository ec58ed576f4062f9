"""A slow statement is told of, and what it was asked with is not."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from structlog.testing import capture_logs

from entities.models import User
from entities.tasks import clear_dead_sessions
from outage_portal.slow import watched
from tests.factories import a_person

pytestmark = pytest.mark.django_db


def test_a_slow_statement_is_logged_without_its_values(settings: Any) -> None:
    settings.SLOW_STATEMENT_MS = 0
    with capture_logs() as lines, watched():
        User.objects.filter(email="canary@portal.example").exists()
    line = next(each for each in lines if "entities_user" in each["sql"])
    assert line["event"] == "slow_statement" and line["log_level"] == "warning"
    assert "%s" in line["sql"] and "canary" not in str(lines)


def test_a_quick_one_is_not() -> None:
    with capture_logs() as lines, watched():
        a_person()
    assert not lines


def test_requests_are_watched(settings: Any, client: Client) -> None:
    settings.SLOW_STATEMENT_MS = 0
    with capture_logs() as lines:
        assert client.get("/readyz").status_code == 200
    assert any(line["event"] == "slow_statement" for line in lines)
    assert not connection.execute_wrappers


def test_background_work_is_watched(settings: Any) -> None:
    settings.SLOW_STATEMENT_MS = 0
    with capture_logs() as lines:
        clear_dead_sessions()
    assert any(line["event"] == "slow_statement" for line in lines)
