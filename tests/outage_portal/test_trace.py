"""Every log line of a request or a task carries one id: the caller's where it sent one, else its own."""

from __future__ import annotations

import re
from typing import Any

import pytest
import structlog
from celery import Task
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from structlog.testing import LogCapture

from outage_portal.celery import app
from outage_portal.trace import TraceContext, onward, traced

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


def bound() -> dict[str, Any]:
    return structlog.contextvars.get_contextvars()


def inside(parent: str | None) -> dict[str, Any]:
    """What is bound while a request with this header is answered."""
    seen: dict[str, Any] = {}

    def view(_request: HttpRequest) -> HttpResponse:
        seen.update(bound())
        return HttpResponse()

    headers = {"traceparent": parent} if parent is not None else {}
    TraceContext(view)(RequestFactory().get("/", headers=headers))
    return seen


@pytest.mark.parametrize("parent", [PARENT, f"cc-{PARENT[3:]}-what-will-come"])
def test_a_callers_trace_is_taken_over_with_a_span_of_our_own(parent: str) -> None:
    seen = inside(parent)
    assert seen["trace_id"] == TRACE
    assert re.fullmatch(r"[0-9a-f]{16}", seen["span_id"])
    assert seen["span_id"] not in parent
    assert "trace_id" not in bound()


@pytest.mark.parametrize(
    "parent",
    [
        None, "", "1000000008", PARENT.upper(), f"ff{PARENT[2:]}", PARENT + "\n", PARENT.replace(TRACE, "0" * 32),
        PARENT.replace(TRACE, "٤" * 32), PARENT + "0",
    ],
)  # fmt: skip
def test_what_is_no_trace_begins_a_new_one(parent: str | None) -> None:
    one, other = inside(parent)["trace_id"], inside(parent)["trace_id"]
    assert re.fullmatch(r"[0-9a-f]{32}", one)
    assert one not in {TRACE, other}


@pytest.mark.django_db
def test_the_requests_own_lines_carry_it(client: Client) -> None:
    heard = LogCapture()
    structlog_processors = structlog.get_config()["processors"]
    kept = list(structlog_processors)
    structlog_processors[:] = [structlog.contextvars.merge_contextvars, heard]  # loggers keep the list itself
    try:
        client.get("/en/", headers={"traceparent": PARENT})
    finally:
        structlog_processors[:] = kept
    assert {entry["event"] for entry in heard.entries} >= {"request_started", "request_finished"}
    assert {entry["trace_id"] for entry in heard.entries} == {TRACE}


def test_a_task_goes_on_with_the_trace_of_whoever_handed_it_over(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: dict[str, Any] = {}
    monkeypatch.setattr(Task, "apply_async", lambda _self, *_args, **options: sent.update(options))

    def work() -> str:
        return str(bound()["trace_id"])

    task = app.task(work, name="tests.trace", shared=False)
    try:
        task.apply_async()
        assert "headers" not in sent
        with traced("", "consumer", parent=PARENT):
            task.delay()
            assert sent["headers"] == {"traceparent": onward()}
        assert task.apply(headers=sent["headers"]).get() == TRACE
        assert task.apply().get() != TRACE
    finally:
        app.tasks.pop("tests.trace")
