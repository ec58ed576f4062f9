"""`python -m bench.plans`: how PostgreSQL answers the hottest queries at PLANS=100000 reports, into docs/plans.md.

BENCH_SERVER names the server; the database is its own, and dropped. Under the web's role and row-level security.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from bench.__main__ import SERVER

NUMBER = int(os.environ.get("PLANS", "100000"))
PAGE = Path(__file__).parents[1] / "docs" / "plans.md"
HEAD = """# Plans

How PostgreSQL answers the hottest queries with {number:,} reports, under the web's role and row-level security, as the
system: written by `python -m bench.plans` (`PLANS` reports), never by hand. That each has its index is tested
(`tests/test_plans.py`). "Never executed" are conditions of row-level security that this identity does not need.
"""


def main() -> int:
    name = f"plans_{os.getpid()}"
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
    try:
        database = urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))
        return subprocess.run([sys.executable, "-m", "bench.plans", database]).returncode  # noqa: S603, PLW1510  # ourselves
    finally:
        with psycopg.connect(SERVER, autocommit=True) as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def write(database: str) -> None:
    """Fill the database and write the page."""
    from bench.run import begin

    begin(database)
    from django.core.management import call_command

    from bench.fill import fill
    from tests import web_role

    call_command("migrate", verbosity=0)
    fill(NUMBER)
    web_role.settle()
    PAGE.write_text("\n".join(_page()) + "\n", encoding="utf-8")


def _page() -> Iterator[str]:
    from django.utils import timezone

    from bench.background import tell_some
    from bench.hottest import hottest
    from incidents.models import Report

    tell_some()
    yield HEAD.format(number=NUMBER)
    for query in hottest(Report.objects.latest("pk"), at=timezone.now()):
        query.plan()  # so that what it reads is warm
        yield f"## {query.name}: `{query.index}`\n\n```"
        yield from query.plan("(ANALYZE, BUFFERS, COSTS OFF)")
        yield "```\n"


if __name__ == "__main__":
    sys.exit(write(sys.argv[1]) if len(sys.argv) > 1 else main())  # type: ignore[func-returns-value]
