"""How often one person, or one address, may ask for something: counted in the shared cache, in fixed windows.

Filing is in no row of the table: a report is never refused for its number. A cache that is away limits nothing, and
says so in the log: a stopped Redis is nobody's reason to wait.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, TypeVar, cast

import redis
import structlog
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from entities.sessions import client_address

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
log = structlog.get_logger(__name__)
#: After a failure the cache is left alone so long (seconds), or each request would wait for it anew.
REST = 10
_away = {"until": 0.0}


def address(request: HttpRequest) -> str:
    """Where a request comes from: what the outermost proxy of ours saw, for whatever stands before it is hearsay.

    An IPv6 subscriber has a whole /64, so that counts as one address.
    """
    seen = client_address(request)
    if seen is None:
        return "unknown"
    found = ipaddress.ip_address(seen)
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


def person(request: HttpRequest) -> str:
    """Whose request it is; a stranger is told apart by the address."""
    return f"p{request.user.pk}" if request.user.is_authenticated else address(request)


def _every(_request: HttpRequest) -> bool:
    return True


def _posted(request: HttpRequest) -> bool:
    return request.method == "POST"


def _searching(request: HttpRequest) -> bool:
    return bool(request.GET.get("q", "").strip())


@dataclass(frozen=True)
class Limit:
    """So many in so many seconds, by whom; `counts` says which requests."""

    name: str
    most: int
    seconds: int
    by: Callable[[HttpRequest], str]
    counts: Callable[[HttpRequest], bool] = _every


# --- The table ---------------------------------------------------------------------------------------
SIGN_IN_START = Limit("sign-in start", most=10, seconds=60, by=address)
SIGN_IN_CALLBACK = Limit("sign-in callback", most=60, seconds=60, by=address)
APP_FINISH = Limit("app finish", most=10, seconds=60, by=address)
STEP_UP = Limit("step-up", most=10, seconds=60, by=person, counts=_posted)
CODE_DOOR = Limit("code door", most=20, seconds=60, by=address, counts=_posted)
BREAK_GLASS = Limit("break-glass", most=5, seconds=60, by=address, counts=_posted)
UNSUBSCRIBE = Limit("unsubscribe", most=60, seconds=60, by=address)  # one mail program answers for many people
OUTSIDE_CONFIRM = Limit("outside confirm", most=20, seconds=60, by=address)
CALENDAR_FEED = Limit("calendar feed", most=120, seconds=600, by=address)  # one office, many programs
WALL_DOOR = Limit("wall door", most=20, seconds=60, by=address)
SMS_RECEIPTS = Limit("sms receipts", most=600, seconds=60, by=address)  # what is refused a gateway brings again
SEARCH = Limit("search", most=60, seconds=60, by=person)
LIST_SEARCH = replace(SEARCH, counts=_searching)  # a list without words is no search; one count for both
UPLOADS = Limit("uploads", most=30, seconds=600, by=person, counts=_posted)
EXPORTS = Limit("exports", most=5, seconds=600, by=person)
REVEALS = Limit("reveals", most=20, seconds=600, by=person, counts=_posted)
CHAINS = Limit("chains", most=20, seconds=600, by=person)
# Generous: whoever types fast in several windows never meets them; a script gone wild does.
PREVIEWS = Limit("previews", most=240, seconds=60, by=person)
AUTOSAVE = Limit("autosave", most=240, seconds=60, by=person)


def limited(limit: Limit) -> Callable[[View], View]:
    """Answer 429 with Retry-After to whoever asks more often than the limit allows."""

    def decorate(view: View) -> View:
        @wraps(view)
        def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if limit.counts(request) and (wait := _seconds_to_wait(limit, limit.by(request))):
                return too_many(request, wait)
            return view(request, *args, **kwargs)

        counted.limit = limit  # type: ignore[attr-defined]  # read by the tests
        return cast(View, counted)

    return decorate


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    """The page in both languages; for htmx its words alone, where the answer would have stood."""
    by_script = "HX-Request" in request.headers
    if by_script:
        response = render(request, "errors/_too_many.html", {"seconds": seconds}, status=429)
    else:
        response = render(None, "429.html", status=429)
    response.headers["Retry-After"] = str(seconds)
    response.headers["Cache-Control"] = "no-store"
    return response


def _seconds_to_wait(limit: Limit, whom: str) -> int:
    """0 while the limit is kept; otherwise the seconds until its window ends."""
    now = time.time()
    if now < _away["until"]:
        return 0
    window, gone = divmod(int(now), limit.seconds)
    try:
        asked = _count(f"limit:{limit.name.replace(' ', '-')}:{whom}:{window}", limit.seconds)
    except (redis.RedisError, OSError) as error:
        _away["until"] = now + REST
        log.warning("limits_not_counted", limit=limit.name, error=type(error).__name__)
        return 0
    return limit.seconds - gone if asked > limit.most else 0


def _count(key: str, seconds: int) -> int:
    """One more, atomically; the first of a window makes its key, which is gone soon after the window."""
    if cache.add(key, 1, seconds + 5):
        return 1
    try:
        return cache.incr(key)
    except ValueError:  # it ended between the two
        cache.set(key, 1, seconds + 5)
        return 1
