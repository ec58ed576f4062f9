"""One size in a process of its own: `python -m bench.run NUMBER DATABASE RESULTS`; the database is empty."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from pathlib import Path


def begin(database: str) -> None:
    """Django as the portal has it, on that database, and with time to fill it."""
    os.environ |= {"DATABASE_URL": database, "DEBUG": "off", "DJANGO_SETTINGS_MODULE": "outage_portal.settings"}
    import django
    from django.conf import settings

    settings.LOGGING["handlers"]["console"]["stream"] = io.StringIO()  # written as ever, read by nobody
    django.setup()
    settings.ROOT_URLCONF = "bench.limit"
    settings.ALLOWED_HOSTS = ["testserver", "portal.example"]
    options = settings.DATABASES["default"]["OPTIONS"]
    options["options"] += " -c statement_timeout=0 -c lock_timeout=0"  # filling takes longer than a request may


def main(number: int, database: str, results: Path) -> None:
    """Fill, measure, and write the lines down."""
    begin(database)
    from django.core.management import call_command

    from bench.background import measure_background
    from bench.board import measure
    from bench.fill import fill
    from bench.measuring import at_most
    from tests import web_role

    call_command("migrate", verbosity=0)
    started = time.monotonic()
    people = fill(number)
    filled = time.monotonic() - started
    web_role.settle()
    lines = [at_most("filling", filled, "s", None), *measure(*people), *measure_background(min(number, MOST_DUE))]
    results.write_text(json.dumps([{"reports": number, **line._asdict()} for line in lines]), encoding="utf-8")


#: Reminders that are due at once, at the most.
MOST_DUE = 100_000

if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
