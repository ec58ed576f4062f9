"""Spans: off unless a collector is named; then a span a request, a task and a call, and never who or about what."""

from __future__ import annotations

import subprocess
import sys
from typing import Any
from uuid import uuid4

import pytest
import responses
import structlog
from django.conf import settings as portal
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from entities import tracing
from entities.tasks import clear_dead_sessions
from nafath_auth.adapters import trust
from notifications.channels import ChannelAway, ChannelRefused, Email, HttpSms, Message
from outage_portal.celery import SystemTask, app
from outage_portal.trace import TraceContext, onward, traced
from tests.a_collector import Posted, an_environment
from tests.conftest import sign_in
from tests.factories import a_reviewer

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
KEPT, LEFT_OUT = f"00-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-00"
MESSAGE = Message(uuid4(), to="+966500000001", subject="OUT-2026-000001", text="نص", html="<p>نص</p>")


# --- Off ------------------------------------------------------------------------------------------------------------

OFF = """
import sys, django
django.setup()
from django.http import HttpResponse
from django.test import RequestFactory
import outage_portal.celery, notifications.channels, nafath_auth.adapters.trust, production.serving
from entities import tracing
from outage_portal.trace import TraceContext
tracing.begin()
assert TraceContext(lambda request: HttpResponse("well"))(RequestFactory().get("/")).status_code == 200
with tracing.calling("sms", "POST", "https://sms.example/"):
    pass
tracing.end()
there = [name for name, module in sys.modules.items() if module]
print([name for name in there if "opentelemetry" in name or "protobuf" in name or name == "entities.spans"])
"""


def test_without_a_collector_nothing_of_it_is_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", OFF],
        cwd=portal.BASE_DIR,
        env=an_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


def test_without_a_collector_no_statement_is_counted(settings: Any) -> None:
    assert settings.TRACES_ENDPOINT == ""
    with tracing.span("anything", "server") as span:
        assert span.ids is None and not connection.execute_wrappers


# --- A request ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_request_is_a_span_by_its_route(posted: Posted) -> None:
    reader = sign_in(Client(), a_reviewer())
    assert reader.get("/en/reports/OUT-2026-000077/?q=secret").status_code == 404
    [span] = posted.spans()
    assert (span.name, span.kind, span.is_error) == ("GET report_detail", "server", False)
    asked = span.attributes.pop("portal.db.statements")
    assert asked > 1 and span.attributes.pop("portal.db.ms") > 0
    assert span.attributes == {
        "http.request.method": "GET",
        "http.route": "/en/reports/<str:reference>/",
        "http.response.status_code": 404,
        "url.scheme": "http",
    }
    assert span.resource["service.name"] == "outage-portal"
    assert "host.name" not in span.resource and "process.command_line" not in span.resource


def inside(request: HttpRequest, status: int = 200) -> dict[str, str]:
    """What the log lines of a request carry, and what would be handed on."""
    seen: dict[str, str] = {}

    def view(_request: HttpRequest) -> HttpResponse:
        seen.update(structlog.contextvars.get_contextvars(), onward=onward())
        return HttpResponse(status=status)

    TraceContext(view)(request)
    return seen


def test_its_ids_are_those_of_its_log_lines(posted: Posted) -> None:
    seen = inside(RequestFactory().get("/"))
    [span] = posted.spans()
    assert (span.trace, span.span, span.parent) == (seen["trace_id"], seen["span_id"], "")
    assert seen["onward"].startswith(f"00-{span.trace}-{span.span}-")
    assert int(seen["onward"][-2:], 16) & 1, "it is kept"


def test_a_callers_trace_goes_on(posted: Posted) -> None:
    seen = inside(RequestFactory().get("/", headers={"traceparent": KEPT}))
    [span] = posted.spans()
    assert (span.trace, span.parent) == (TRACE, PARENT) == (seen["trace_id"], PARENT)


def test_what_the_caller_leaves_out_is_no_span_and_keeps_its_id(posted: Posted) -> None:
    seen = inside(RequestFactory().get("/", headers={"traceparent": LEFT_OUT}))
    assert posted.spans() == []
    assert seen["trace_id"] == TRACE and seen["onward"].endswith("-00")


def test_a_part_of_the_traces_is_kept_as_the_sampler_says(posted: Posted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0")
    seen = inside(RequestFactory().get("/"))
    assert len(seen["trace_id"]) == 32 and posted.spans() == []


def test_an_answer_of_5xx_is_an_error_and_a_method_of_the_senders_is_not_repeated(posted: Posted) -> None:
    inside(RequestFactory().generic("MONA", "/"), status=503)
    [span] = posted.spans()
    assert (span.name, span.is_error) == ("HTTP", True)
    assert span.attributes["http.request.method"] == "_OTHER" and span.attributes["error.type"] == "503"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_a_probe_is_none(posted: Posted, path: str) -> None:
    assert len(inside(RequestFactory().get(path))["trace_id"]) == 32
    assert posted.spans() == []


def test_what_cannot_start_is_logged_and_holds_nobody_up(posted: Posted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "0")
    with structlog.testing.capture_logs() as lines:
        assert len(inside(RequestFactory().get("/"))["trace_id"]) == 32
    assert [line["event"] for line in lines] == ["traces_not_started"]


# --- A task ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_task_is_a_span_of_the_trace_it_was_handed(posted: Posted) -> None:
    clear_dead_sessions.apply(headers={"traceparent": KEPT}).get()
    [span] = posted.spans()
    assert (span.name, span.kind, span.trace) == ("entities.tasks.clear_dead_sessions", "consumer", TRACE)
    assert span.attributes.keys() == {"portal.db.statements", "portal.db.ms"}


class Failing(SystemTask):
    name = "tests.failing_span"

    def run(self) -> None:
        raise ConnectionError("Mona Al-Shehri 1000000008")


def test_a_task_that_fails_says_by_what_class(posted: Posted) -> None:
    task = Failing()
    task.bind(app)
    task.push_request(called_directly=False)
    try:
        task()
    finally:
        task.pop_request()
    with pytest.raises(ConnectionError):
        task()
    assert [(span.is_error, span.attributes["error.type"]) for span in posted.spans()] == 2 * [
        (True, "ConnectionError")
    ]


# --- A call out of the house ----------------------------------------------------------------------------------------


@responses.activate
def test_an_sms_is_a_span_below_its_task(posted: Posted, settings: Any) -> None:
    settings.SMS_GATEWAY_URL = "https://sms.example/secret/messages?token=secret"
    sent = responses.post(settings.SMS_GATEWAY_URL, status=422)
    with traced("deliver", "consumer"), pytest.raises(ChannelRefused):
        HttpSms().send(MESSAGE)
    call, task = posted.spans()
    assert (call.name, call.kind, call.is_error) == ("POST sms", "client", True)
    assert (call.trace, call.parent) == (task.trace, task.span)
    assert call.attributes == {
        "http.request.method": "POST",
        "http.response.status_code": 422,
        "error.type": "422",
        "peer.service": "sms",
        "server.address": "sms.example",
        "server.port": 443,
    }
    assert "traceparent" not in sent.calls[0].request.headers


def test_a_mail_is_one_that_says_whether_the_relay_took_it(
    posted: Posted, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "relay.example", 587
    Email().send(MESSAGE)

    def refuse(*_args: object) -> int:
        raise ConnectionRefusedError(MESSAGE.to)

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    with pytest.raises(ChannelAway):
        Email().send(MESSAGE)
    taken, away = posted.spans()
    relay = {"peer.service": "mail", "server.address": "relay.example", "server.port": 587}
    assert (taken.name, taken.kind, taken.attributes) == ("SEND mail", "client", relay)
    assert away.is_error and away.attributes == {**relay, "error.type": "ConnectionRefusedError"}
    assert len(mail.outbox) == 1


@responses.activate
@pytest.mark.django_db
def test_nafath_is_one_and_of_its_address_the_machine_alone(posted: Posted) -> None:
    responses.get("https://nafath.example/user/1000000008", status=204)
    trust.call("GET", "https://nafath.example/user/1000000008")
    with pytest.raises(trust.NafathUnavailable):
        trust.call("GET", "https://nafath.example:not-a-port/")
    answered, unasked = posted.spans()
    assert (answered.name, answered.attributes["server.address"]) == ("GET nafath", "nafath.example")
    assert "1000000008" not in str(answered)
    assert unasked.is_error and "server.address" not in unasked.attributes
