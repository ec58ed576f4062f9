"""One id for all log lines of a request or a task, taken over from whoever called (W3C Trace Context) or made here.

There are no spans and no exporter: docs/adr/0041.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from django.http import HttpRequest, HttpResponse

HEADER = "traceparent"
#: Version, trace, parent and flags; a later version may have more behind. Source: W3C Trace Context, 3.2.
_PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?", re.ASCII)


@contextmanager
def traced(parent: object = None) -> Iterator[None]:
    """Log lines inside carry `trace_id`: the caller's, if what it sent can be read, else a new one."""
    found = _PARENT.fullmatch(parent) if isinstance(parent, str) else None
    with structlog.contextvars.bound_contextvars(
        trace_id=found[1] if found else secrets.token_hex(16), span_id=secrets.token_hex(8)
    ):
        yield


def onward() -> str:
    """What is sent to whom we call, that its lines have the same id; empty outside of a trace."""
    bound = structlog.contextvars.get_contextvars()
    return f"00-{bound['trace_id']}-{bound['span_id']}-01" if "trace_id" in bound else ""


class TraceContext:
    """Around the request's own log lines."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with traced(request.headers.get(HEADER)):
            return self.get_response(request)
