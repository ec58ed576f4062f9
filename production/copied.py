"""A streaming copy of the house's PostgreSQL, made as docs/operations.md says: pg_basebackup, and it follows."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import psycopg

from faults.process import Process, free_port, wait_until
from faults.servers import STARTS_WITHIN, Postgres, find_program
from production.keys import HERE, PRODUCTION


class Copy:
    """Read-only. `delay`: what arrives is shown so many milliseconds later, as if the way were long; `more`: settings,
    of which the sizes may not be smaller than the primary's.
    """

    def __init__(self, primary: Postgres, folder: Path, *, delay: int, **more: str) -> None:
        self.port, self._account = free_port(), primary.account
        folder.mkdir()
        if self._account:
            shutil.chown(folder, self._account, self._account)
        data = folder / "data"
        made = [find_program("pg_basebackup", "PostgreSQL"), "-h", HERE, "-p", str(primary.port), "-U", "postgres"]
        made += ["-D", str(data), "-R", "-X", "stream", "-C", "-S", "copy", "--checkpoint=fast", "--no-sync"]
        who = {"user": self._account, "group": self._account, "extra_groups": []} if self._account else {}
        subprocess.run(made, cwd=folder, check=True, stdout=subprocess.DEVNULL, **who)  # type: ignore[call-overload]
        said = more | dict(re.findall(r"^(\w+) = (.+)$", (PRODUCTION / "replica.conf").read_text(), re.MULTILINE))
        said |= {"listen_addresses": HERE, "unix_socket_directories": str(folder)}
        said |= {"recovery_min_apply_delay": f"{delay}ms"}
        command = [find_program("postgres", "PostgreSQL"), "-D", str(data), "-p", str(self.port)]
        command += [part for name, value in said.items() for part in ("-c", f"{name}={value}")]
        self.process = Process(command, log=folder.parent / "copy.log", folder=folder, account=self._account)

    def start(self) -> float:
        """Until it answers; returns the seconds."""
        self.process.start()
        return wait_until(self._answers, within=STARTS_WITHIN, pause=0.1)

    def _answers(self) -> bool:
        try:
            return bool(self.ask("SELECT pg_is_in_recovery()"))
        except psycopg.OperationalError:
            return False

    def ask(self, sql: str) -> object:
        """The one value that it answers."""
        address = f"postgres://postgres@{HERE}:{self.port}/portal"
        with psycopg.connect(address, autocommit=True, connect_timeout=2) as connection:
            row = connection.execute(sql.encode()).fetchone()
        return row[0] if row else None

    def times_read(self) -> int:
        """How often reports have been looked for here so far; its statistics come a second late."""
        found = self.ask("SELECT seq_scan + idx_scan FROM pg_stat_user_tables WHERE relname = 'incidents_report'")
        return int(str(found or 0))
