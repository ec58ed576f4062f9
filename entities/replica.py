"""A streaming copy of the database that answers pages which only read, where DATABASE_URL_REPLICA names one.

Whatever is not said to read it asks the primary, as does all that stands in a transaction there. The copy is used while
it answers and is hardly behind; that is measured now and then, and remembered by each process (docs/adr/0054).
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from entities import row_security

PRIMARY, REPLICA = "default", "replica"
#: Seconds: so far behind it may be and still answer, so long a measurement holds, and so long one is left alone that
#: does not answer. What it shows is at most MOST_BEHIND + KNOWN_FOR old.
MOST_BEHIND, KNOWN_FOR, AWAY_FOR = 2.0, 2.0, 5.0
#: Seconds for its machine to take a connection; libpq itself waits for two at least.
KNOCKS_FOR = 0.3
# The primary is asked first: a copy that has replayed all of that has every row that was kept by then. Its own word for
# how far it has come would say "all" when nothing reaches it any more.
WRITTEN = "SELECT pg_current_wal_lsn()::text, clock_timestamp()"
REPLAYED = "SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn() >= %s::pg_lsn, pg_last_xact_replay_timestamp()"

_reads: ContextVar[bool] = ContextVar("reads_the_replica", default=False)


# --- Who is asked ---------------------------------------------------------------------------------------------------


class Router:
    """Django's question which database is asked; `DATABASE_ROUTERS` where there is a copy."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return reads_from()

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return PRIMARY

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        """A row is the same row, wherever it was read."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == PRIMARY


def is_named() -> bool:
    """Whether this process has been told of a copy."""
    return REPLICA in connections


def reads_from() -> str:
    """The database that a question asked now goes to: never the copy inside a transaction of the primary's."""
    return REPLICA if _reads.get() and not connections[PRIMARY].in_atomic_block else PRIMARY


@contextmanager
def reading() -> Iterator[None]:
    """Questions go to the copy, under the same row-level security as those to the primary."""
    outer = _reads.set(True)
    try:
        with row_security.told_beside(connections[REPLICA]):
            yield
    finally:
        _reads.reset(outer)


@contextmanager
def from_primary() -> Iterator[None]:
    """Questions go to the primary whoever asks: for what a process remembers and shows to others than the asker."""
    outer = _reads.set(False)
    try:
        yield
    finally:
        _reads.reset(outer)


# --- How it is ------------------------------------------------------------------------------------------------------


def measure() -> float | None:
    """How many seconds the copy is behind; None where it does not answer, is no copy, or has replayed nothing yet.

    Both moments are the primary's. Raises django.db.Error where the primary does not answer.
    """
    with connections[PRIMARY].cursor() as cursor:
        cursor.execute(WRITTEN)
        written, now = cursor.fetchone()
    wrapper = connections[REPLICA]
    try:
        _knock(wrapper)
        with wrapper.cursor() as cursor:
            cursor.execute(REPLAYED, [written])
            is_copy, has_all, last = cursor.fetchone()
    except (Error, OSError):
        wrapper.close()
        return None
    if not is_copy or (last is None and not has_all):
        return None
    return 0.0 if has_all else max(0.0, (now - last).total_seconds())


def _knock(wrapper: BaseDatabaseWrapper) -> None:
    """Raises OSError where nobody listens: a machine that is gone keeps no reader waiting."""
    host, port = wrapper.settings_dict["HOST"], wrapper.settings_dict["PORT"]
    if wrapper.connection is None and host and not host.startswith("/"):
        socket.create_connection((host, int(port or 5432)), KNOCKS_FOR).close()


@dataclass
class _Known:
    """What this process knows of the copy, until when (seconds of the monotonic clock)."""

    is_fit: bool = False
    until: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


_known = _Known()


def is_fit() -> bool:
    """Whether the copy may answer. One thread looks anew when the last look is too old; the others go by that."""
    if time.monotonic() >= _known.until and _known.lock.acquire(blocking=False):
        try:
            lag = None
            with suppress(Error):
                lag = measure()
            _know(is_fit=lag is not None and lag <= MOST_BEHIND)
        finally:
            _known.lock.release()
    return _known.is_fit


def turn_away() -> None:
    """It has failed somebody: the primary answers for a while."""
    _know(is_fit=False)


def _know(*, is_fit: bool) -> None:
    _known.is_fit, _known.until = is_fit, time.monotonic() + (KNOWN_FOR if is_fit else AWAY_FOR)
