"""The portal's own checks: what production must not be served with."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.db import connection

from tests.outage_portal.test_production import GOOD
from tests.web_role import as_owner


def found() -> set[str | None]:
    return {error.id for error in run_checks(databases=["default"])}


def test_production_is_clean_to_the_last_warning() -> None:
    environment = {**os.environ, **GOOD, "SECRET_KEY": "aB3dE5gH" * 8}
    environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)  # set by tests that drive a browser
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    ran = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "no issues (0 silenced)" in ran.stdout


def test_a_back_end_that_takes_passwords_is_refused(settings: Any, db: None) -> None:
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
    assert "outage_portal.E007" in found()


def test_sessions_outside_the_database_are_refused(settings: Any, db: None) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    assert "outage_portal.E008" in found()


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("", True),
        ("http://collector:4318/v1/traces", True),
        ("https://[::1]:4318/v1/traces", True),
        ("collector:4317/v1/traces", False),
        ("grpc://collector:4317/v1/traces", False),
        ("http:///v1/traces", False),
        ("http://collector:otlp/v1/traces", False),
        ("http://the collector/v1/traces", False),
        ("http://collector\n:4318/v1/traces", False),
    ],
)
def test_what_is_no_address_of_a_collector_is_refused(settings: Any, db: None, address: str, is_one: bool) -> None:
    settings.TRACES_ENDPOINT = address
    assert ("outage_portal.E009" not in found()) is is_one


@pytest.mark.wide
def test_a_database_role_that_goes_past_the_locks_is_refused_in_production(settings: Any, db: None) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("row-level security is PostgreSQL's")
    settings.PRODUCTION = True
    assert "outage_portal.E005" not in found()
    with as_owner():
        assert "outage_portal.E005" in found()
