"""A collector for OpenTelemetry on loopback that keeps what it is sent, and what its bytes say."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from entities import tracing

PATH = "/v1/traces"


def an_environment(**more: str) -> dict[str, str]:
    """Of a process of its own, to which nobody names a collector unless `more` does."""
    told = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    return {**told, "DJANGO_SETTINGS_MODULE": "outage_portal.settings", **more}


@dataclass(frozen=True)
class Seen:
    """A span as it arrived."""

    name: str
    kind: str
    trace: str
    span: str
    parent: str
    attributes: dict[str, Any]
    is_error: bool
    events: int
    links: int
    resource: dict[str, Any]


def spans_in(body: bytes) -> list[Seen]:
    """What a request of the exporter says."""
    return [
        _seen(span, _told(each.resource.attributes))
        for each in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in each.scope_spans
        for span in scope.spans
    ]


def _seen(span: Sent, resource: dict[str, Any]) -> Seen:
    assert not span.status.message and not span.trace_state
    return Seen(
        name=span.name,
        kind=Sent.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        trace=span.trace_id.hex(),
        span=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        attributes=_told(span.attributes),
        is_error=span.status.code == Status.STATUS_CODE_ERROR,
        events=len(span.events),
        links=len(span.links),
        resource=resource,
    )


def _told(attributes: Any) -> dict[str, Any]:
    def value(pair: KeyValue) -> Any:
        return getattr(pair.value, str(pair.value.WhichOneof("value")))

    return {pair.key: value(pair) for pair in attributes}


class Posted(SpanExporter):
    """What would be posted to a collector, in the very bytes: nothing leaves, so other requests may be mocked."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.bodies.append(encode_spans(spans).SerializeToString())
        return SpanExportResult.SUCCESS

    def spans(self) -> list[Seen]:
        """Those until now, in the order of their ends."""
        tracing.end()
        found = [span for body in self.bodies for span in spans_in(body)]
        assert not [span for span in found if span.events or span.links]
        return found


@dataclass
class Collector:
    """Where it listens, and each request that came."""

    origin: str
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def spans(self) -> list[Seen]:
        return [span for body in self.bodies for span in spans_in(body)]


@contextmanager
def a_collector() -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the standard library's name
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == PATH and self.headers["Content-Type"] == "application/x-protobuf"
            collector.bodies.append(body)
            collector.headers.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    collector = Collector(f"http://127.0.0.1:{server.server_port}")
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield collector
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
