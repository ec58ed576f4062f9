"""The spans themselves, by OpenTelemetry's SDK: imported by tracing.py where a collector is named, and nowhere else."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from time import perf_counter
from typing import Any

import structlog
from django.conf import settings
from django.db import connections
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.util.re import parse_env_headers

from entities.tracing import Attributes, Ids, Kind

log = structlog.get_logger(__name__)
#: How long a process that ends goes on sending, in seconds: a collector that hangs keeps nobody from stopping.
END_SECONDS = 2.0


class _Own:
    """What this process sends with. A forked child begins anew: the thread that sends does not come along."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.lock = threading.Lock()
        self.tracer: trace.Tracer | None = None
        self.provider: TracerProvider | None = None


_own = _Own()
os.register_at_fork(after_in_child=_own.forget)


def tracer() -> trace.Tracer:
    """This process's own, made when it is asked for first."""
    with _own.lock:
        if _own.tracer is None:
            _own.tracer = _started()
        return _own.tracer


def _started() -> trace.Tracer:
    """A thread sends what has ended, in batches. What keeps it from starting is logged, and there are no spans then."""
    try:
        provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
        headers = parse_env_headers(settings.OTLP_HEADERS, liberal=True)
        provider.add_span_processor(
            BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.TRACES_ENDPOINT, headers=headers))
        )
    except Exception:
        log.exception("traces_not_started")
        return trace.NoOpTracer()
    _own.provider = provider
    return provider.get_tracer("outage_portal")


def _resource() -> Resource:
    """Our name, unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES gives another; the rest is the SDK's."""
    found = Resource.create()
    is_named = not str(found.attributes[SERVICE_NAME]).startswith("unknown_service")
    return found if is_named else found.merge(Resource({SERVICE_NAME: "outage-portal"}))


def end() -> None:
    """Send what waits, for END_SECONDS at most; afterwards a new span would begin anew."""
    provider = _own.provider
    _own.forget()
    if provider is not None:
        sending = threading.Thread(target=provider.shutdown, daemon=True)
        sending.start()
        sending.join(END_SECONDS)


class Heard:
    """A span of the SDK's, as tracing.py wants one."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def ids(self) -> Ids | None:
        own = self._span.get_span_context()
        return Ids(f"{own.trace_id:032x}", f"{own.span_id:016x}", f"{own.trace_flags:02x}") if own.is_valid else None

    def named(self, name: str) -> None:
        self._span.update_name(name)

    def say(self, attributes: Attributes) -> None:
        self._span.set_attributes(dict(attributes))

    def answered(self, status: int, *, fails_from: int = 400) -> None:
        self._span.set_attribute("http.response.status_code", status)
        if status >= fails_from:
            self.failed(str(status))

    def failed(self, why: Exception | str) -> None:
        kind = why if isinstance(why, str) else f"{type(why).__module__}.{type(why).__qualname__}"
        self._span.set_status(trace.StatusCode.ERROR)
        self._span.set_attribute("error.type", kind.removeprefix("builtins."))


class _Asked:
    """How many statements a request or a task gave to the databases, and how long they took; not which."""

    def __init__(self) -> None:
        self.statements, self.ms = 0, 0.0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        began = perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.statements += 1
            self.ms += (perf_counter() - began) * 1000


@contextmanager
def begun(name: str, kind: Kind, attributes: Attributes, *, parent: Ids | None) -> Iterator[Heard]:
    """tracing.span, where somebody listens."""
    spans = tracer().start_as_current_span(
        name,
        context=None if kind == "client" else _after(parent),
        kind=trace.SpanKind[kind.upper()],
        attributes=dict(attributes),
        record_exception=False,  # its text may hold what people wrote
        set_status_on_exception=False,
    )
    with spans as span:
        heard = Heard(span)
        counted = _counted(heard) if kind != "client" and span.is_recording() else nullcontext()
        try:
            with counted:
                yield heard
        except Exception as error:
            heard.failed(error)
            raise


@contextmanager
def _counted(heard: Heard) -> Iterator[None]:
    asked = _Asked()
    with ExitStack() as watched:
        for connection in connections.all():
            watched.enter_context(connection.execute_wrapper(asked))
        try:
            yield
        finally:
            heard.say({"portal.db.statements": asked.statements, "portal.db.ms": round(asked.ms, 1)})


def _after(parent: Ids | None) -> Context:
    """The caller's trace, which goes on here; without one a new trace, whatever else is going on."""
    if parent is None:
        return Context()
    flags = trace.TraceFlags(int(parent.flags, 16) & trace.TraceFlags.SAMPLED)
    came = trace.SpanContext(int(parent.trace, 16), int(parent.span, 16), is_remote=True, trace_flags=flags)
    return trace.set_span_in_context(trace.NonRecordingSpan(came), Context())
