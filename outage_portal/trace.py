"""One id for all log lines of a request or a task, taken over from whoever called (W3C Trace Context) or made here.

Where a collector is named, a request and a task are a span of that trace besides (entities/tracing.py, docs/adr/0060).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog
from django.http import HttpRequest, HttpResponse

from entities import tracing
from entities.tracing import Ids, Span

HEADER = "traceparent"
#: Version, trace, parent and flags; a later version may have more behind. Source: W3C Trace Context, 3.2.
_PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)
#: Whoever looks after the portal asks for these again and again: neither counted nor traced.
PROBES = frozenset({"/metrics", "/healthz", "/readyz"})
#: What else stands in a request for its method is the sender's own word.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})

_here: ContextVar[Ids | None] = ContextVar("here", default=None)


@contextmanager
def traced(name: str, kind: tracing.Kind, *, parent: object = None) -> Iterator[Span]:
    """Log lines inside carry `trace_id`: the caller's, if what it sent can be read, else a new one.

    Without a name there is no span of it.
    """
    came = _read(parent)
    opened = tracing.span(name, kind, parent=came) if name else tracing.UNHEARD
    with opened as span, _bound(span.ids or _own(came)):
        yield span


def _read(parent: object) -> Ids | None:
    found = _PARENT.fullmatch(parent) if isinstance(parent, str) else None
    return Ids(found[1], found[2], found[3]) if found else None


def _own(came: Ids | None) -> Ids:
    return Ids(came.trace if came else secrets.token_hex(16), secrets.token_hex(8), "01")


@contextmanager
def _bound(ids: Ids) -> Iterator[None]:
    before = _here.set(ids)
    try:
        with structlog.contextvars.bound_contextvars(trace_id=ids.trace, span_id=ids.span):
            yield
    finally:
        _here.reset(before)


def onward() -> str:
    """What is sent to whom we call, that its lines have the same id; empty outside of a trace."""
    here = _here.get()
    return f"00-{here.trace}-{here.span}-{here.flags}" if here else ""


class TraceContext:
    """Around the request's own log lines."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = "" if request.path in PROBES else "HTTP"
        with traced(name, "server", parent=request.headers.get(HEADER)) as span:
            response = self.get_response(request)
            if span.ids is not None:
                _tell(span, request, response)
            return response


def _tell(span: Span, request: HttpRequest, response: HttpResponse) -> None:
    """By the semantic conventions for HTTP, but without a path, a query and an address: they say who and about what."""
    method = request.method if request.method in _METHODS else "_OTHER"
    span.say({"http.request.method": str(method), "url.scheme": request.scheme or ""})
    if (match := request.resolver_match) is not None:
        span.named(f"{method} {match.view_name or match.route}")
        span.say({"http.route": f"/{match.route}"})
    else:
        span.named("HTTP" if method == "_OTHER" else str(method))
    span.answered(response.status_code, fails_from=500)
