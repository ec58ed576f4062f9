"""Spans for OpenTelemetry, where a collector is named: of requests, tasks and calls out of the house (docs/adr/0060).

Without a collector nothing of OpenTelemetry is imported. A span says which kind of thing happened, how long it took and
how it ended: never who, about what, or in which words.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import urlsplit

from django.conf import settings

#: Requests, tasks, and what we ask of others.
Kind = Literal["server", "consumer", "client"]
Attributes = Mapping[str, str | int | float]


@dataclass(frozen=True)
class Ids:
    """A trace, a span of it, and flags that say whether it is kept: hexadecimal digits, as in W3C Trace Context."""

    trace: str
    span: str
    flags: str


class Span(Protocol):
    """What may be said of a span while it lasts."""

    @property
    def ids(self) -> Ids | None:
        """None where there are no traces."""

    def named(self, name: str) -> None:
        """By what is known only afterwards."""

    def say(self, attributes: Attributes) -> None: ...

    def answered(self, status: int, *, fails_from: int = 400) -> None:
        """The status of an HTTP answer; from `fails_from` on it is a failure."""

    def failed(self, why: Exception | str) -> None:
        """A short word, or an error, of which the class alone is told: its text may hold what people wrote."""


class Unheard:
    """The span of a portal without a collector."""

    ids = None

    def named(self, name: str) -> None:
        pass

    def say(self, attributes: Attributes) -> None:
        pass

    def answered(self, status: int, *, fails_from: int = 400) -> None:
        pass

    def failed(self, why: Exception | str) -> None:
        pass


UNHEARD: AbstractContextManager[Span] = nullcontext(Unheard())


def span(
    name: str, kind: Kind, attributes: Attributes | None = None, *, parent: Ids | None = None
) -> AbstractContextManager[Span]:
    """Requests and tasks begin a trace or go on with their caller's; a call belongs to whatever is going on."""
    if not settings.TRACES_ENDPOINT:
        return UNHEARD
    from entities import spans

    return spans.begun(name, kind, attributes or {}, parent=parent)


def calling(whom: str, method: str, address: str) -> AbstractContextManager[Span]:
    """A call by HTTP; of its address the machine alone is told. Nothing of the trace is sent along."""
    if not settings.TRACES_ENDPOINT:
        return UNHEARD
    attributes = {"http.request.method": method, "peer.service": whom, **_machine(address)}
    return span(f"{method} {whom}", "client", attributes)


def _machine(address: str) -> Attributes:
    try:
        where = urlsplit(address)
        port = where.port or (443 if where.scheme == "https" else 80)
    except ValueError:  # no address: whoever calls it is told so
        return {}
    return {"server.address": where.hostname or "", "server.port": port}


def begin() -> None:
    """At the start of a process that serves, so that its first request need not wait for the imports."""
    if settings.TRACES_ENDPOINT:
        from entities import spans

        spans.tracer()


def end() -> None:
    """Before a process ends: send what waits. Where nothing was begun, nothing is imported."""
    if begun := sys.modules.get("entities.spans"):
        begun.end()
