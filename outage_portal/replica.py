"""Which pages are read from the database's copy, and that nobody misses on it what she has just written.

Source: docs/adr/0054. The router and the copy's measurement are in `entities.replica`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import Error, connections
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from entities import replica
from outage_portal.slow import watched

log = structlog.get_logger(__name__)
#: Pages that only read and may be as old as MOST_BEHIND + KNOWN_FOR. What is not named asks the primary: forms, what
#: opens by a token that may have been revoked, signing in, the security log, the operations page, the desk.
READERS = frozenset({
    "home", "board", "board_changes", "report_list", "report_detail", "reports_about_us", "report_blast",
    "status_list", "status_service", "calendar", "service_list", "service_map", "relied_on_by", "incident_list",
    "incident_page", "duty_roster", "inbox", "inbox_count", "following", "policy_list", "policy_page", "policy_changes",
    "policy_preview", "holiday_list", "freeze_list", "guide", "service_search", "provider_search", "relies_on_search",
})  # fmt: skip
#: Asked by POST, and no row of theirs is on any of those pages.
WRITE_NOTHING = frozenset({"report_presence", "preview", "stay"})
#: Whoever has written reads from the primary for so many seconds: longer than a page from the copy can be old. Nobody
#: gains by forging the cookie, so it is not signed.
OWN_WRITES_FOR = 15
COOKIE = "__Host-wrote" if settings.HTTPS else "wrote"


class ReadFromReplica:
    """The innermost of all, around the view alone: session, person and membership have been read from the primary."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not replica.is_named():
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if _may_have_written(request):
            response.set_cookie(
                COOKIE, "1", max_age=OWN_WRITES_FOR, secure=settings.HTTPS, httponly=True, samesite="Lax"
            )
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: Any, kwargs: Mapping[str, Any]
    ) -> HttpResponseBase | None:
        """The page as the copy has it. Whatever goes wrong there, the primary is asked instead: it may be down, or know
        nothing yet of what the page is about.
        """
        if not (_only_reads(request) and replica.is_fit()):
            return None
        try:
            with replica.reading(), watched(connections[replica.REPLICA]):
                return view(request, *args, **kwargs)
        except Error as error:
            replica.turn_away()
            log.warning("replica_left", path=request.path, error=type(error).__name__)
            return None
        except Exception:  # not found, refused or broken: the primary says whether it is so
            return None


def _only_reads(request: HttpRequest) -> bool:
    named = request.resolver_match and request.resolver_match.view_name in READERS
    return bool(named and request.method in {"GET", "HEAD"} and COOKIE not in request.COOKIES)


def _may_have_written(request: HttpRequest) -> bool:
    """Any POST, and signing in, which comes back from Nafath by a GET."""
    if request.path.removeprefix("/en").startswith("/accounts/"):
        return True
    name = request.resolver_match.view_name if request.resolver_match else ""
    return request.method not in {"GET", "HEAD", "OPTIONS"} and name not in WRITE_NOTHING
