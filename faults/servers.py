"""A PostgreSQL and a Redis of the drill's own, on free ports, in a folder that is thrown away."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

import psycopg
import redis

from faults.process import Process, free_port, wait_until

#: initdb and postgres refuse to work as root.
POSTGRES_ACCOUNT = "postgres"
STARTS_WITHIN = 60.0


def find_program(name: str, hint: str) -> str:
    """Raises SystemExit with what to install."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda place: int(place.parts[-3]))
    found = str(places[-1]) if places else shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if not found:
        raise SystemExit(f"This needs {hint} on this machine: {name} was not found.")
    return found


class Postgres:
    """As production runs it: what is committed is on the disk (fsync, full_page_writes and synchronous_commit).

    `more`: further settings of the server's.
    """

    def __init__(self, folder: Path, **more: str) -> None:
        self.port, self.folder = free_port(), folder
        self.account = POSTGRES_ACCOUNT if os.getuid() == 0 else ""
        if self.account:
            shutil.chown(folder, self.account, self.account)
        data = folder / "data"
        said = {"listen_addresses": "127.0.0.1", "max_connections": "60", "unix_socket_directories": str(folder)}
        said |= more
        command = [find_program("postgres", "PostgreSQL"), "-D", str(data), "-p", str(self.port)]
        command += [part for name, value in said.items() for part in ("-c", f"{name}={value}")]
        self.process = Process(command, log=folder.parent / "postgres.log", folder=folder, account=self.account)
        made = [find_program("initdb", "PostgreSQL"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        made += ["--locale", "C", "--data-checksums", "--no-sync"]
        who = {"user": self.account, "group": self.account, "extra_groups": []} if self.account else {}
        subprocess.run(made, cwd=folder, check=True, stdout=subprocess.DEVNULL, **who)  # type: ignore[call-overload]

    def address(self, role: str = "postgres", database: str = "postgres") -> str:
        return f"postgres://{role}@127.0.0.1:{self.port}/{database}"

    def start(self) -> float:
        """Until it answers; returns the seconds. What it was killed in the middle of is recovered first."""
        self.process.start()
        return wait_until(self._answers, within=STARTS_WITHIN, pause=0.1)

    def _answers(self) -> bool:
        if not self.process.is_alive:  # those it had started still hold its memory: once more
            self.process.start()
        try:
            psycopg.connect(self.address(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def kill(self) -> None:
        """SIGKILL to the postmaster; those it had started notice, and go."""
        self.process.send(signal.SIGKILL)
        if self.process.process:
            self.process.process.wait()

    def stop(self) -> None:
        self.process.stop(by=signal.SIGINT, within=15)


class Redis:
    """Nothing of it is kept: started again, it is empty."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        command = [find_program("redis-server", "Redis"), "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no", "--dir", str(folder), "--maxmemory-policy", "noeviction"]
        self.process = Process(command, log=folder / "redis.log", folder=folder)

    @property
    def address(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self.process.start()
        with redis.Redis(port=self.port, socket_timeout=1) as client:
            wait_until(lambda: self._answers(client), within=STARTS_WITHIN, pause=0.05)

    @staticmethod
    def _answers(client: redis.Redis) -> bool:
        with suppress(redis.RedisError, OSError):
            return bool(client.ping())
        return False

    def messages(self, task: str) -> int:
        """How many wait for this task or are worked on: a worker says that it has one when it has done it."""
        with redis.Redis(port=self.port, socket_timeout=5) as client:
            found: list[bytes] = [*client.lrange("celery", 0, -1), *client.hvals("unacked")]
        return sum(task.encode() in message for message in found)

    def freeze(self) -> None:
        """It keeps its connections, and answers nobody."""
        self.process.send(signal.SIGSTOP)

    def kill(self) -> None:
        self.process.kill()

    def stop(self) -> None:
        self.process.stop(within=5)


@contextmanager
def small_disk(megabytes: int = 1) -> Iterator[tuple[Path, bool]]:
    """A folder with so much room, and whether it is a disk of its own: without root it is a common folder."""
    folder = Path(mkdtemp(prefix="faults-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "tmpfs", str(folder)]
    is_own = os.getuid() == 0 and subprocess.run(mount, check=False, stderr=subprocess.DEVNULL).returncode == 0
    try:
        yield folder, is_own
    finally:
        if is_own:
            for _ in range(20):  # somebody may still be closing a file
                if subprocess.run(["umount", str(folder)], check=False, stderr=subprocess.DEVNULL).returncode == 0:
                    break
                time.sleep(0.2)
        shutil.rmtree(folder, ignore_errors=True)
