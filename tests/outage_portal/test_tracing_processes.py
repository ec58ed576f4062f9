"""Spans leave in the background: out of every forked process, and without anybody waiting for a collector."""

from __future__ import annotations

import secrets
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from django.conf import settings as portal
from django.db import connection
from django.test import Client

from entities import spans, tracing
from faults.process import wait_until
from incidents.models import Report
from production.house import answers
from tests.a_collector import PATH, Collector, a_collector, an_environment
from tests.conftest import sign_in
from tests.factories import a_service
from tests.incidents.typed import a_director, minimal
from tests.simulator_process import free_port

#: No batch leaves by its time: what arrives was sent at the end of its process.
NEVER = {"OTEL_BSP_SCHEDULE_DELAY": "600000"}
PATIENCE = 60  # seconds; a busy machine starts a Python
LATEST = spans.END_SECONDS + 3
#: On a busy machine two seconds may not do.
PATIENT = f"from entities import spans\nspans.END_SECONDS = {PATIENCE}\n"
#: A file for each task that is done.
MARKING = """
from pathlib import Path
from celery.signals import task_postrun

@task_postrun.connect(weak=False)
def mark(task_id, **_signal):
    Path(__file__).with_name(f"{task_id}.done").touch()
"""

FORKED = """
import os, django
django.setup()
from entities import spans, tracing
spans.END_SECONDS = 60
with tracing.span("parent", "consumer"):
    pass
children = []
for number in (1, 2):
    children.append(os.fork())
    if not children[-1]:
        with tracing.span(f"child {number}", "consumer"):
            pass
        tracing.end()
        os._exit(0)
assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
tracing.end()
"""


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    yield
    tracing.end()


@pytest.fixture
def collector() -> Iterator[Collector]:
    with a_collector() as listening:
        yield listening


@contextmanager
def running(*command: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, *command], cwd=portal.BASE_DIR, env=an_environment(**NEVER, **environment),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


# --- Each process sends its own ------------------------------------------------------------------------------------


def test_a_forked_process_sends_what_is_its_own(collector: Collector) -> None:
    named = an_environment(
        **NEVER,
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.origin + "/",
        OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer%20abc",
        OTEL_SERVICE_NAME="the-portal",
    )
    command = [sys.executable, "-c", FORKED]
    done = subprocess.run(command, cwd=portal.BASE_DIR, env=named, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert sorted(span.name for span in collector.spans) == ["child 1", "child 2", "parent"]
    assert len({span.resource["service.instance.id"] for span in collector.spans}) == 3
    assert {span.resource["service.name"] for span in collector.spans} == {"the-portal"}
    assert {headers["authorization"] for headers in collector.headers} == {"Bearer abc"}


def test_gunicorns_workers_send_theirs_before_they_go(collector: Collector, tmp_path: Path) -> None:
    port = free_port()
    where = {"BIND": f"127.0.0.1:{port}", "DATABASE_URL": f"sqlite:///{tmp_path}/portal.sqlite3"}
    config = tmp_path / "patient.py"
    config.write_text(f"from production.serving import *\n{PATIENT}")
    command = ["-m", "gunicorn", "outage_portal.wsgi", "--config", str(config), "--workers", "2"]
    with running(*command, **where, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=collector.origin + PATH) as gunicorn:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/healthz"), within=PATIENCE)
        with ThreadPoolExecutor(4) as people:
            pages = [f"http://127.0.0.1:{port}/en/nowhere/{number}" for number in range(8)]
            found = list(people.map(lambda page: requests.get(page, timeout=PATIENCE, allow_redirects=False), pages))
        assert {answer.status_code for answer in found} <= {301, 302, 404}
        assert collector.spans == []
        gunicorn.send_signal(signal.SIGTERM)
        gunicorn.wait(timeout=PATIENCE)
    assert [span.name for span in collector.spans] == ["GET"] * len(pages)


@pytest.mark.wide
@pytest.mark.django_db(transaction=True)
def test_celerys_children_send_theirs_before_they_go(collector: Collector, tmp_path: Path) -> None:
    if connection.vendor != "postgresql" or not portal.REDIS_URL:
        pytest.skip("needs PostgreSQL and Redis")
    import redis

    from entities.tasks import clear_dead_sessions

    database = connection.settings_dict
    where = f"postgres://{database['USER']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    (tmp_path / "patient.py").write_text(PATIENT + MARKING)
    queue = f"traced-{secrets.token_hex(4)}"  # a worker of another test may listen to the usual one
    command = ["-m", "celery", "-A", "outage_portal", "worker", "--concurrency", "2", "--include", "patient"]
    command += ["--queues", queue]
    named = {"PYTHONPATH": str(tmp_path), "OTEL_EXPORTER_OTLP_ENDPOINT": collector.origin}
    with running(*command, DATABASE_URL=where, **named) as worker:
        headers = {"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"}
        sent = [clear_dead_sessions.apply_async(queue=queue, headers=headers).id for _n in range(4)]
        marks = [tmp_path / f"{task}.done" for task in sent]
        wait_until(lambda: all(mark.exists() for mark in marks), within=PATIENCE)
        worker.send_signal(signal.SIGTERM)
        worker.wait(timeout=PATIENCE)
    with redis.Redis.from_url(portal.REDIS_URL) as broker:
        broker.delete(*broker.scan_iter(f"*{queue}"))
    ours = [span for span in collector.spans if span.name == "entities.tasks.clear_dead_sessions"]
    assert len(ours) == 4 and {span.kind for span in ours} == {"consumer"}
    assert not [span for span in ours if span.is_error]
    assert {(span.trace, span.parent) for span in ours} == {("ab" * 16, "cd" * 8)}


# --- Nobody waits ----------------------------------------------------------------------------------------------------


def silent(*, is_there: bool = True) -> tuple[str, int]:
    """A collector that takes a connection and says nothing, or an address where nobody is; and its socket.

    The port stays taken until this process ends: an exporter goes on trying for ten seconds after its test, and would
    find the collector of a later one there.
    """
    own = socket.socket()
    own.bind(("127.0.0.1", 0))
    if is_there:
        own.listen()
    return f"http://127.0.0.1:{own.getsockname()[1]}{PATH}", own.detach()


@pytest.mark.django_db
@pytest.mark.parametrize("is_there", [True, False], ids=["hangs", "is away"])
def test_a_collector_that_hangs_or_is_away_holds_nobody_up(
    settings: Any, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "1")  # a batch leaves at once: it is under way while people file
    director = a_director()
    assert director.acting is not None
    browser, services = sign_in(Client(), director), [a_service(entity=director.acting.entity) for _n in range(3)]
    settings.TRACES_ENDPOINT, listener = silent(is_there=is_there)
    tracing.begin()
    began = time.monotonic()
    for service in services:
        assert browser.post("/reports/new/own-outage/", minimal("own-outage", service=service)).status_code == 302
    took = time.monotonic() - began
    ending = time.monotonic()
    tracing.end()
    assert time.monotonic() - ending < LATEST
    assert Report.objects.count() == 3
    assert took < 25, "each would have waited ten seconds, the exporter's own patience"
    if is_there:
        assert select.select([listener], [], [], 0)[0], "nobody called it"


def test_what_cannot_be_kept_is_dropped(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A collector that hangs costs the queue's 2,048 spans of memory, and then the oldest."""
    settings.TRACES_ENDPOINT, _listener = silent()
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "10")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "10")
    began = time.monotonic()
    for number in range(500):
        with tracing.span(f"{number}", "consumer"):
            pass
    assert time.monotonic() - began < 5
    tracing.end()
