"""The board, its refresh, an entity's list and a report's page, each as a multiple of the limit page.

In one process, with Django's test client, under the web's role and row-level security: CPU seconds of this process a
request, the least of interleaved rounds. Telling the database for whom it works is no query of a page, but its time is.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.urls import reverse

from bench import limit
from entities.models import User
from entities.row_security import TELL, acting_as, as_system
from incidents.lifecycle import Lane
from incidents.models import Report, ReportEvent
from tests.conftest import sign_in

ROUNDS, REQUESTS = 4, 6
FILTERS: dict[str, dict[str, Any]] = {
    "board": {},
    "board, late on our side": {"show": "late"},
    "board, awaiting acknowledgement": {"show": "new"},
    "board, paperwork": {"show": "paperwork"},
    "board, ended": {"show": "ended"},
    "board, search": {"q": "بوابة 1"},
    "board, search among ended": {"show": "ended", "q": "بوابة 17"},
    "board, every filter": {
        "q": "بوابة", "kind": "OUT", "severity": "1", "sector": "digital", "reviewer": "nobody", "late": "on",
    },
}  # fmt: skip


class Measurement(NamedTuple):
    """One line: what, how much, in which unit, the most (or no) it may be, and whether it holds."""

    name: str
    value: float
    unit: str
    bar: float | None
    holds: bool


@dataclass
class Page:
    """Something to ask for, and the least it cost."""

    name: str
    ask: Callable[[], Any]
    bar: float | None = None
    queries_bar: int | None = None
    status: int = 200
    queries: int = 0
    size: int = 0
    least: float = float("inf")

    def count(self) -> None:
        """Twice, so that what is read once a minute and process has been read."""
        self.ask()
        self.queries = 0

        def counted(execute: Any, sql: str, *rest: Any) -> Any:
            self.queries += sql != TELL
            return execute(sql, *rest)

        with connection.execute_wrapper(counted):
            answer = self.ask()
        assert answer.status_code == self.status, f"{self.name}: {answer.status_code}"
        self.size = len(answer.content)

    def time(self) -> None:
        for _ in range(REQUESTS):
            started = time.process_time()
            self.ask()
            self.least = min(self.least, time.process_time() - started)


def measure(reviewer: User, member: User) -> list[Measurement]:
    """Every page against the limit page, in interleaved rounds."""
    pages = _pages(reviewer, member)
    with acting_as(None):  # as requests come from outside
        for page in pages:
            page.count()
        gc.collect()
        for _ in range(ROUNDS):
            for page in pages:
                page.time()
    base, *others = pages
    found = [
        Measurement(base.name, round(base.least * 1000, 2), "ms CPU", None, True),
        Measurement(f"{base.name}, HTML", base.size, "bytes", None, True),
    ]
    for page in others:
        found.append(_against(page.name, page.least / base.least, "x the limit page", page.bar))
        found.append(_against(f"{page.name}, queries", page.queries, "queries", page.queries_bar))
    size = round(others[0].size / base.size, 2)
    return [*found, Measurement("board, HTML", size, "x the limit page", None, True)]


def _against(name: str, value: float, unit: str, bar: float | None) -> Measurement:
    return Measurement(name, round(value, 3), unit, bar, bar is None or value <= bar)


def _pages(reviewer: User, member: User) -> list[Page]:
    with override_settings(MIDDLEWARE=limit.MIDDLEWARE):
        bare = sign_in(Client(), reviewer)
        bare.get("/bench/limit/")  # its chain of middleware is made now, and stays
    desk, entity = sign_in(Client(), reviewer), sign_in(Client(), member)
    shown = ",".join(Report.objects.on_the_board().values_list("reference", flat=True)[: limit.ROWS])
    quiet = {"token": ReportEvent.objects.latest("pk").pk, "shown": shown}
    own = Report.objects.visible_to(member)
    report = reverse("report_detail", args=[own.filter(lane=Lane.URGENT).first().reference])  # type: ignore[union-attr]

    def get(client: Client, url: str, query: dict[str, Any] | None = None) -> Callable[[], Any]:
        return lambda: client.get(url, query)

    def whole() -> Any:
        """The limit page asks nobody's rights, and pays for telling the database so, as every page does."""
        with as_system():
            return bare.get("/bench/limit/")

    board = [Page(name, get(desk, reverse("board"), query), bar=2.0, queries_bar=6) for name, query in FILTERS.items()]
    return [
        Page("limit page", whole),
        *board,
        Page("board's refresh, nothing new", get(desk, reverse("board_changes"), quiet), 0.25, 4, status=204),
        Page("list of an entity", get(entity, reverse("report_list")), queries_bar=6),
        Page("list of an entity, ended", get(entity, reverse("report_list"), {"show": "ended"}), queries_bar=6),
        Page("page of a report", get(entity, report), queries_bar=10),
    ]


assert not settings.DEBUG
