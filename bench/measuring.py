"""What a line of the results is, and what work costs: CPU seconds, for the machines that measure are busy ones.

Of a page the web process's own are held to a bar, and those of PostgreSQL's process stand beside them. Of the
background work both are added: they take turns, so that on a machine with nothing else to do the sum is what the clock
shows (docs/adr/0045).
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection

from entities.row_security import TELL

COUNTS, ROUNDS = 3, 4
#: What frames a transaction is no question (decisions.md, Queries).
FRAMING = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")


class Measurement(NamedTuple):
    """One line: what, how much, in which unit, its bar in words, whether it holds, and whether the machine decides."""

    name: str
    value: float
    unit: str
    bar: str = ""
    holds: bool = True
    absolute: bool = False


def at_most(name: str, value: float, unit: str, bar: float | None) -> Measurement:
    """A figure that may not be larger; None: it has no bar."""
    if bar is None:
        return Measurement(name, round(value, 3), unit)
    return Measurement(name, round(value, 3), unit, f"≤ {bar:g}", value <= bar)


def at_least(name: str, value: float, unit: str, bar: float) -> Measurement:
    """So much a second: what the machine can is in it."""
    return Measurement(name, round(value), unit, f"≥ {bar:g}", value >= bar, absolute=True)


# --- Requests -------------------------------------------------------------------------------------------------------


@dataclass
class Page:
    """Something to ask for, and the least CPU time it cost the web process, and the database, in seconds."""

    name: str
    ask: Callable[[], Any]
    bar: float | None = None
    queries_bar: int | None = None
    status: int = 200
    requests: int = 6  #: a round
    queries: int = 0
    answer: bytes = b""
    least: float = float("inf")
    database: float = float("inf")

    def count(self) -> None:
        """The least of `COUNTS`: what is read once a minute and process is in one of them at the most."""
        asked: list[str] = []

        def counted(execute: Any, sql: str, *rest: Any) -> Any:
            asked.append(sql)
            return execute(sql, *rest)

        counts = []
        for _ in range(COUNTS):
            asked.clear()
            with connection.execute_wrapper(counted):
                answer = self.ask()
            counts.append(sum(sql != TELL and not sql.startswith(FRAMING) for sql in asked))
        assert answer.status_code == self.status, f"{self.name}: {answer.status_code}"
        self.queries = min(counts)
        self.answer = b"" if answer.streaming else answer.content

    def time(self) -> None:
        for _ in range(self.requests):
            asked, started = _database(), time.process_time()
            answer = self.ask()
            self.least = min(self.least, time.process_time() - started)
            self.database = min(self.database, _database() - asked)
            assert answer.status_code == self.status, f"{self.name}: {answer.status_code}"

    def against(self, limit: Page) -> Iterator[Measurement]:
        yield at_most(self.name, self.least / limit.least, "x the limit page", self.bar)
        yield at_most(f"{self.name}, database", self.database * 1000, "ms CPU", None)
        yield at_most(f"{self.name}, queries", self.queries, "queries", self.queries_bar)


# --- Background work ------------------------------------------------------------------------------------------------


@dataclass
class Run:
    """What a piece of work cost."""

    rows: int = 0
    #: Of CPU, of this process and of PostgreSQL's for it; by the clock where that one is elsewhere.
    seconds: float = 0.0
    clock: float = 0.0
    queries: int = 0
    grown: float = 0.0  #: megabytes that the process holds more than before, at its most


def measured(work: Callable[[], int]) -> Run:
    run = Run()
    with _counted(run):
        before, clock, started = megabytes(), time.monotonic(), _spent()
        run.rows = work()
        run.seconds, run.clock = _spent() - started, time.monotonic() - clock
        run.grown = megabytes() - before
    return run


def megabytes() -> float:
    """The most that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _spent() -> float:
    database = _database()
    return time.process_time() + database if database else time.monotonic()


def _database() -> float:
    """CPU seconds of PostgreSQL's process for us; 0 where it is elsewhere."""
    schedule = Path("/proc") / str(_backend()) / "schedstat"
    return int(schedule.read_text().split()[0]) / 1e9 if schedule.exists() else 0.0


def _backend() -> int | None:
    """The process of PostgreSQL that works for us, on this machine."""
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    name = Path("/proc") / str(pid) / "comm"
    return int(pid) if name.exists() and name.read_text().startswith("postgres") else None


@contextmanager
def _counted(run: Run) -> Iterator[None]:
    def counted(execute: Callable[..., object], *rest: object) -> object:
        run.queries += 1
        return execute(*rest)

    with connection.execute_wrapper(counted):
        yield
