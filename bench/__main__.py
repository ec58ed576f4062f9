"""`make bench`: for each size of BENCH a database of its own, filled, measured and dropped; then what differs by size.

BENCH=10000, or several: BENCH=10000,100000,1000000. BENCH_SERVER names the PostgreSQL server and a database from which
another may be created. With BENCH_ABSOLUTE=off, as CI does it, what the machine decides (so much a second) is printed
and fails nothing, and what KNOWN names fails when it is beyond that.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

SERVER = os.environ.get("BENCH_SERVER", "postgres://postgres@127.0.0.1:5432/postgres")
SIZES = sorted(int(size) for size in os.environ.get("BENCH", "10000").split(","))
EVERYTHING = os.environ.get("BENCH_ABSOLUTE", "on") != "off"
RESULTS = Path(__file__).with_name("results.json")
#: May not grow with the table: (what, times what it is at the smallest size).
FLAT = {"board": 1.15, "filing, the POST": 1.15, "web process, memory": 1.1}

#: Over its bar, and known to be: until it holds CI sees to it that it gets no worse (docs/adr/0045).
KNOWN = json.loads(Path(__file__).with_name("known.json").read_text(encoding="utf-8"))

Line = dict[str, Any]


def main() -> int:
    found = [line for size in SIZES for line in _measured(size)]
    found += _flat(found)
    for line in found:
        value = f"{line['reports']:>8} {line['name']:52} {line['value']:>10g} {line['unit']:26}"
        print(f"{value} {line['bar']:8} {'' if line['holds'] else 'OVER'}")
    failed = [f"{line['name']} ({line['reports']})" for line in found if not line["holds"] and _counts(line)]
    kept = [{name: value for name, value in line.items() if name != "absolute"} for line in found]
    RESULTS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if failed:
        print(f"Over the bar: {'; '.join(failed)}.", file=sys.stderr)
    return bool(failed)


def _counts(line: Line) -> bool:
    """In CI what the machine decides fails nothing, and what is known to be over its bar when it is further over."""
    if EVERYTHING:
        return True
    return not line["absolute"] and line["value"] > KNOWN.get(line["name"], 0)


def _measured(size: int) -> list[Line]:
    name = f"bench_{os.getpid()}_{size}"
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
    try:
        with tempfile.TemporaryDirectory() as directory:
            results = Path(directory, "results.json")
            database = urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))
            asked = [sys.executable, "-m", "bench.run", str(size), database, str(results)]
            subprocess.run(asked, check=True)  # noqa: S603  # ourselves
            lines: list[Line] = json.loads(results.read_text(encoding="utf-8"))
            return lines
    finally:
        with psycopg.connect(SERVER, autocommit=True) as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _flat(found: list[Line]) -> Iterator[Line]:
    """The largest size against the smallest, each as multiples of its own run's limit page."""
    values = {(line["reports"], line["name"]): line["value"] for line in found}
    small, large = SIZES[0], SIZES[-1]
    for name, bar in FLAT.items() if small != large else ():
        times = round(values[large, name] / values[small, name], 3)
        said = {"unit": f"x that at {small}", "bar": f"≤ {bar:g}", "holds": times <= bar, "absolute": False}
        yield {"reports": large, "name": f"{name}, flat", "value": times, **said}


if __name__ == "__main__":
    sys.exit(main())
