"""`make fuzz`: FUZZ malformed requests (20,000 unless said otherwise), a table of them, and what broke.

FUZZ_SEED draws the same ones again; `python -m fuzz report_update` sends to some addresses alone, by their names.
FUZZ_SERVER names the PostgreSQL server and a database from which another may be created.
"""

from __future__ import annotations

import io
import os
import secrets
import sys
import time
from urllib.parse import urlsplit

import psycopg

SERVER = os.environ.get("FUZZ_SERVER", "postgres://postgres@127.0.0.1:5432/postgres")
FULL = 20_000


def main() -> int:
    name = f"fuzz_{os.getpid()}"
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"'.encode())
    try:
        return _fuzzed(urlsplit(SERVER)._replace(path=f"/{name}").geturl())
    finally:
        with psycopg.connect(SERVER, autocommit=True) as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def _fuzzed(database: str) -> int:
    began, log = time.monotonic(), io.StringIO()
    size = int(os.environ.get("FUZZ", FULL))
    seed = int(os.environ.get("FUZZ_SEED") or secrets.randbelow(10**6))
    print(f"FUZZ={size} FUZZ_SEED={seed}", flush=True)
    from fuzz.house import opened

    with opened(database, log):
        from fuzz.ledger import broken_lines
        from fuzz.table import printed
        from fuzz.walker import Walker

        walker = Walker(seed, log)
        walker.look_around()
        print(
            f"[{time.monotonic() - began:.0f} s {time.process_time():.0f} cpu] {len(walker.addresses)} addresses.",
            flush=True,
        )
        walker.walk(size, set(sys.argv[1:]))
        printed(walker)
        lines = list(broken_lines())
    for line in lines:
        print(line)
    took = f"{time.monotonic() - began:.0f} s, {time.process_time():.0f} s of the processor"
    print(f"[{took}] {walker.sent} requests, {len(walker.failures)} defects, {len(lines)} lines open.")
    return 1 if walker.failures or lines else 0


if __name__ == "__main__":
    sys.exit(main())
