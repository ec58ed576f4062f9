"""A program of the drill: started in a session of its own, so that it dies, freezes and wakes when it is told to."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    """A port that nobody listens on, below those lent to outgoing calls: it is free again whenever a server returns."""
    for port in random.SystemRandom().sample(range(20_000, 32_000), 100):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError("no free port")


def wait_until(holds: Callable[[], object], *, within: float, pause: float = 0.2) -> float:
    """Wait on a state, not on a time; returns the seconds it took. Raises TimeoutError."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > within:
            raise TimeoutError(f"not within {within:.0f} s")
        time.sleep(pause)
    return time.monotonic() - began


def children_of(pid: int) -> list[int]:
    """The processes that it has started itself; none of one that is gone."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


class Process:
    """What runs under a command. `account`: the user it runs as, when that is not us."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        folder: Path = ROOT,
        account: str = "",
    ) -> None:
        self.command, self.log, self.folder, self.account = command, log, folder, account
        self.environment = environment
        self.process: subprocess.Popen[bytes] | None = None
        self.is_wanted = False

    def start(self) -> None:
        who = {"user": self.account, "group": self.account, "extra_groups": []} if self.account else {}
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **who,  # type: ignore[call-overload]
            )
        self.is_wanted = True

    @property
    def pid(self) -> int:
        if self.process is None:
            raise RuntimeError(f"{self.command[0]} was never started")
        return self.process.pid

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def ended_unasked(self) -> bool:
        return self.is_wanted and not self.is_alive

    @property
    def children(self) -> list[int]:
        """The processes that it has started itself."""
        return children_of(self.pid)

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL, to it and to all that it has started."""
        self.is_wanted = False
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, *, by: signal.Signals = signal.SIGTERM, within: float = 25) -> None:
        """Ask it to end, and kill what does not."""
        self.is_wanted = False
        if self.process is None:
            return
        if self.is_alive:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGCONT)
                self.send(by)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(within)
        self.kill()
