"""Every page of the resolver that a reviewer or a director reads, found by asking each address once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from django.test import Client
from django.urls import reverse

from bench.measuring import Page
from entities.models import User
from entities.row_security import acting_as
from incidents.models import Incident, SilentOutage
from tests.conftest import sign_in
from tests.test_urls import PATTERNS, arguments

if TYPE_CHECKING:
    from bench.board import Cast

#: Measured by name, and with a bar (`board.py`).
KNOWN = {"board", "report_list", "report_detail", "board_changes"}
#: Pages that once grew with the tables: at most so many times the limit page, and so many queries, at every size. The
#: list of services writes fifty strips of spells, and is asked four times in all: its time wanders too much for one.
BARS: dict[str, tuple[float | None, int | None]] = {
    "status_list": (None, 6),
    "policy_preview": (2.0, 8),
    "calendar": (2.0, 8),
}


def every_page(cast: Cast) -> Iterator[Page]:
    """Those that answer with a page of ours: to the reviewer, or else to the director."""
    values = _values(cast)
    readers = {"": sign_in(Client(), cast.reviewer), ", to its director": sign_in(Client(), cast.member)}
    for name, pattern in sorted(PATTERNS.items()):
        asked = arguments(pattern)
        if pattern.name is None or name in KNOWN or not set(asked) <= set(values):
            continue
        url = reverse(name, kwargs={each: values[each] for each in asked})
        for whose, client in readers.items():
            with acting_as(None):
                answer = client.get(url)
            if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
                yield Page(f"page {name}{whose}", _get(client, url), *BARS.get(name, (None, None)), requests=1)
                break


def _get(client: Client, url: str) -> Callable[[], Any]:
    return lambda: client.get(url)


def _values(cast: Cast) -> dict[str, Any]:
    """What stands in the addresses."""
    member: User = cast.member
    assert member.acting is not None
    return {
        "reference": cast.report.reference,
        "service": cast.report.main_service_id,
        "entity_code": member.acting.entity.code,
        "membership": member.acting.pk,
        "incident": Incident.objects.earliest("pk").reference,
        "alarm": SilentOutage.objects.earliest("pk").pk,
        "slug": "own-outage",
        "role": "director",
        "version": 1,
        "other": 1,
        "number": 1,
    }
