"""How many answers this machine has given, of which kind and how fast: counted by every process in a file they share.

Prometheus asks one process, and gunicorn has several. Each holds a row of the file and writes in no other, so that
nobody waits for anybody; a reader adds the rows up. A row outlives its process and goes on with the next one that
takes it, so that a sum falls only when the file is made anew. Source: docs/adr/0041.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

CLASSES = ("2xx", "3xx", "4xx", "5xx")
#: In seconds: how many answers took no longer than each is counted.
BOUNDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
ROWS = 256  #: more processes than this on one machine count each for itself
#: Of a row in numbers of eight bytes: the classes, the bounds, all answers, their microseconds.
ALL, MICROSECONDS = len(CLASSES) + len(BOUNDS), len(CLASSES) + len(BOUNDS) + 1
COLUMNS = 16


@dataclass(frozen=True)
class Tally:
    """What has been counted. `within`: bound in seconds -> how many took no longer."""

    answers: dict[str, int]
    within: dict[float, int]
    total: int
    seconds: float


class Counter:
    """Counts in the file, or for this process alone where the file cannot be opened or has no row left."""

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self._lock, self._pid = threading.Lock(), 0
        self._shared: memoryview | None = None
        self._descriptor = -1

    def add(self, status: int, seconds: float) -> None:
        """One answer. It waits for no other process, and for a thread of this one for as long as adding takes."""
        with self._lock:
            self._settle()
            if (name := f"{status // 100}xx") in CLASSES:
                self._raise(CLASSES.index(name), 1)
            for column, bound in enumerate(BOUNDS, len(CLASSES)):
                if seconds <= bound:
                    self._raise(column, 1)
            self._raise(ALL, 1)
            self._raise(MICROSECONDS, int(seconds * 1_000_000))

    def read(self) -> Tally:
        """The rows of all processes, those that are gone as well."""
        with self._lock:
            self._settle()
            sums = [sum(self._numbers[column::COLUMNS]) for column in range(COLUMNS)]
        within = dict(zip(BOUNDS, sums[len(CLASSES) : ALL], strict=True))
        return Tally(dict(zip(CLASSES, sums[: len(CLASSES)], strict=True)), within, sums[ALL], sums[MICROSECONDS] / 1e6)

    def _settle(self) -> None:
        """A row of this very process: a child does not inherit its parent's."""
        if self._pid == os.getpid():
            return
        self._pid, row = os.getpid(), self._row_of_the_file()
        if row is None or self._shared is None:
            self._numbers, self._first = memoryview(mmap.mmap(-1, COLUMNS * 8)).cast("Q"), 0
        else:
            self._numbers, self._first = self._shared, row * COLUMNS

    def _row_of_the_file(self) -> int | None:
        """The first that no living process holds; the lock ends with the process, however it ends."""
        if self.file is None:
            return None
        with suppress(OSError):
            self._open(self.file)
            for row in range(ROWS):
                with suppress(BlockingIOError, PermissionError):
                    fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, row)
                    return row
        return None

    def _open(self, file: Path) -> None:
        """Once, and never closed: a process that closes any descriptor of a file gives up its locks on it."""
        if self._shared is not None:
            return
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        size = ROWS * COLUMNS * 8
        if os.fstat(self._descriptor).st_size < size:
            os.ftruncate(self._descriptor, size)
        self._shared = memoryview(mmap.mmap(self._descriptor, size)).cast("Q")

    def _raise(self, column: int, by: int) -> None:
        self._numbers[self._first + column] += by
