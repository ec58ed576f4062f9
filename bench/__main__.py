"""`make bench`: a database of its own, filled with BENCH reports, measured, written down, and dropped.

BENCH_SERVER names the PostgreSQL server and a database from which another may be created.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

SERVER = os.environ.get("BENCH_SERVER", "postgres://postgres@127.0.0.1:5432/postgres")
NUMBER = int(os.environ.get("BENCH", "10000"))
RESULTS = Path(__file__).with_name("results.json")


def main() -> int:
    name = f"bench_{os.getpid()}"
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
    try:
        found = _measured(urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}")))
    finally:
        with psycopg.connect(SERVER, autocommit=True) as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    RESULTS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    failed = [each["name"] for each in found if not each["holds"]]
    if failed:
        print(f"Over the bar: {'; '.join(failed)}.", file=sys.stderr)
    return bool(failed)


def _measured(database: str) -> list[dict[str, object]]:
    os.environ |= {"DATABASE_URL": database, "DEBUG": "off", "DJANGO_SETTINGS_MODULE": "outage_portal.settings"}
    import django
    from django.conf import settings

    settings.LOGGING["handlers"]["console"]["stream"] = io.StringIO()  # written as ever, read by nobody
    django.setup()
    settings.ROOT_URLCONF = "bench.limit"
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.DATABASES["default"]["OPTIONS"] = {}  # filling takes longer than a request may
    from django.core.management import call_command

    from bench.background import measure_background
    from bench.board import Measurement, measure
    from bench.fill import fill
    from tests import web_role

    call_command("migrate", verbosity=0)
    started = time.monotonic()
    people = fill(NUMBER)
    took = round(time.monotonic() - started, 1)
    web_role.settle()
    lines = [
        Measurement(f"filling {NUMBER} reports", took, "s", None, True),
        *measure(*people),
        *measure_background(NUMBER),
    ]
    for line in lines:
        bar = "" if line.bar is None else f"≤ {line.bar:g}"
        print(f"{line.name:44} {line.value:>10g} {line.unit:18} {bar:8} {'' if line.holds else 'OVER'}")
    return [{"reports": NUMBER, **line._asdict()} for line in lines]


if __name__ == "__main__":
    sys.exit(main())
