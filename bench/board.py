"""The board, its refresh, lists, a report's page, deeds and every other page, each as a multiple of the limit page.

In one process, with Django's test client, under the web's role and row-level security: CPU seconds of this process a
request, the least of interleaved rounds. Telling the database for whom it works is no query of a page, but its time is.
"""

from __future__ import annotations

import gc
import gzip
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, NamedTuple
from unittest import mock

from django.conf import settings
from django.test import Client, override_settings
from django.urls import reverse

from bench import limit
from bench.deeds import deeds
from bench.measuring import ROUNDS, Measurement, Page, at_most, megabytes
from bench.walk import every_page
from entities import limits
from entities.models import User
from entities.row_security import acting_as, as_system
from incidents.lifecycle import Lane
from incidents.models import Report, ReportEvent
from incidents.news import glance
from tests.conftest import sign_in

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


class Cast(NamedTuple):
    """Who asks: a reviewer, the director of an entity with its share of the reports, and one of its open reports."""

    reviewer: User
    member: User
    report: Report

    @classmethod
    def of(cls, reviewer: User, member: User) -> Cast:
        return cls(reviewer, member, Report.objects.visible_to(member).filter(lane=Lane.URGENT)[0])


def measure(reviewer: User, member: User) -> list[Measurement]:
    """Every page against the limit page, in interleaved rounds."""
    cast = Cast.of(reviewer, member)
    base, walked = _limit(reviewer), list(every_page(cast))
    others = [*_pages(cast), *walked]
    _in_rounds([base, *others])
    with ExitStack() as stack:
        done = list(deeds(cast, stack))
        _in_rounds([base, *done])  # afterwards, for they change what the board shows
    pages = [base, *others, *done]
    weights = {page.name: len(gzip.compress(page.answer)) / 1024 for page in pages}
    heaviest = max(weights, key=lambda name: weights[name])
    return [
        Measurement(base.name, round(base.least * 1000, 2), "ms CPU"),
        Measurement(f"{base.name}, database", round(base.database * 1000, 2), "ms CPU"),
        Measurement(f"{base.name}, HTML", len(base.answer), "bytes"),
        *(line for page in pages[1:] for line in page.against(base)),
        at_most("board, HTML", len(others[0].answer) / len(base.answer), "x the limit page", 1.3),
        at_most(f"heaviest page, compressed: {heaviest}", weights[heaviest], "KB", 40),
        Measurement("web process, memory", round(megabytes()), "MB at most"),
    ]


def _in_rounds(pages: list[Page]) -> None:
    count = limits._count  # it counts as ever, and refuses nobody: one person asks here for a hundred
    patient = mock.patch.object(limits, "_count", lambda key, seconds: min(1, count(key, seconds)))
    with patient, acting_as(None):  # as requests come from outside
        for page in pages:
            page.count()
        gc.collect()
        for _ in range(ROUNDS):
            for page in pages:
                page.time()


def _limit(reviewer: User) -> Page:
    with override_settings(MIDDLEWARE=limit.MIDDLEWARE):
        bare = sign_in(Client(), reviewer)
        bare.get("/bench/limit/")  # its chain of middleware is made now, and stays

    def whole() -> Any:
        """The limit page asks nobody's rights, and pays for telling the database so, as every page does."""
        with as_system():
            return bare.get("/bench/limit/")

    return Page("limit page", whole)


def _pages(cast: Cast) -> list[Page]:
    desk, entity = sign_in(Client(), cast.reviewer), sign_in(Client(), cast.member)
    shown = ",".join(Report.objects.on_the_board().values_list("reference", flat=True)[: limit.ROWS])
    token = ReportEvent.objects.latest("pk").pk
    quiet = {"token": token, "alarms": glance(token, cast.reviewer).alarms, "shown": shown}
    report = reverse("report_detail", args=[cast.report.reference])

    def get(client: Client, url: str, query: dict[str, Any] | None = None) -> Callable[[], Any]:
        return lambda: client.get(url, query)

    board = [Page(name, get(desk, reverse("board"), query), bar=2.0, queries_bar=6) for name, query in FILTERS.items()]
    own, services = reverse("report_list"), {"field": "provider_service", "provider_service_q": "بوابة"}
    return [
        *board,
        Page("board's refresh, nothing new", get(desk, reverse("board_changes"), quiet), 0.25, 4, status=204),
        Page("list of an entity", get(entity, own), queries_bar=6),
        Page("list of an entity, ended", get(entity, own, {"show": "ended"}), queries_bar=6),
        Page("list of an entity, search", get(entity, own, {"q": "بوابة 17"}), queries_bar=6),
        Page("page of a report", get(entity, report), queries_bar=10),
        Page("page of a report, at the desk", get(desk, report), queries_bar=10),
        Page("search for a service", get(entity, reverse("provider_search"), services), requests=2),
    ]


assert not settings.DEBUG
