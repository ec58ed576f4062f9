"""gunicorn loads the portal once; a worker that is replaced costs nobody its loading (docs/adr/0062)."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
from django.conf import settings as portal
from django.core.management.base import BaseCommand
from django.db import OperationalError

import outage_portal
from faults.process import Process, wait_until
from outage_portal import checked
from production import serving
from production.house import answers
from tests.a_collector import an_environment
from tests.simulator_process import free_port

PATIENCE = 60  # seconds; a busy machine starts a Python
CONFIG = """
from production.serving import *
max_requests, max_requests_jitter = 3, 0
"""
LOADED = """
import os
from pathlib import Path
with Path(__file__).with_name("loaded.txt").open("a") as file:
    file.write(f"{os.getpid()}\\n")
from outage_portal.wsgi import application
"""


def test_the_portal_is_loaded_once_for_all_the_workers_that_come_and_go(tmp_path: Path) -> None:
    (tmp_path / "patient.py").write_text(CONFIG)
    (tmp_path / "door.py").write_text(LOADED)
    origin = f"http://127.0.0.1:{free_port()}"
    named = an_environment(
        BIND=origin.removeprefix("http://"),
        DATABASE_URL=f"sqlite:///{tmp_path}/portal.sqlite3",
        PYTHONPATH=f"{portal.BASE_DIR}:{tmp_path}",
    )
    command = [sys.executable, "-m", "gunicorn", "door:application", "--config", str(tmp_path / "patient.py")]
    log = tmp_path / "log.txt"
    gunicorn = Process([*command, "--workers", "2"], log=log, environment=named, folder=tmp_path)
    gunicorn.start()
    try:
        wait_until(lambda: answers(f"{origin}/healthz"), within=PATIENCE)
        statuses = {requests.get(f"{origin}/en/nowhere/", timeout=PATIENCE).status_code for _n in range(20)}
    finally:
        gunicorn.stop()
    assert statuses == {404}
    assert log.read_text().count("Booting worker") >= 6
    assert (tmp_path / "loaded.txt").read_text() == f"{gunicorn.pid}\n"


@pytest.mark.parametrize("was_asked", [True, False], ids=["there when it started", "away when it started"])
def test_a_database_that_was_away_is_asked_by_each_process(monkeypatch: pytest.MonkeyPatch, was_asked: bool) -> None:
    """Whether row security holds for the role that one has there."""
    asked: list[object] = []
    monkeypatch.setitem(sys.modules, "outage_portal.wsgi", SimpleNamespace(is_checked=was_asked))
    monkeypatch.setattr(outage_portal, "wsgi", sys.modules["outage_portal.wsgi"], raising=False)
    monkeypatch.setattr(BaseCommand, "check", lambda _self, **what: asked.append(what))
    serving.post_worker_init(None)
    assert asked == ([] if was_asked else [{"databases": ["default"]}])


def test_while_the_database_is_away_the_rest_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def check(_self: object, **what: object) -> None:
        asked.append(what)
        if what:
            raise OperationalError

    monkeypatch.setattr(BaseCommand, "check", check)
    assert not checked.check()
    assert asked == [{"databases": ["default"]}, {}]
