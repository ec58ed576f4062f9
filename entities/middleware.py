"""The session's limits, the one membership a person acts in, and what the database shows her."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from entities import row_security
from entities.models import Membership
from entities.models.breaker import nafath_is_away
from entities.sessions import longest, opened_from

Answer = Callable[[HttpRequest], HttpResponse]
BACKGROUND_HEADER = "X-Background"  # a refresh by itself is not activity


class SessionLimits:
    """Idle 15 minutes, 8 hours in all; activity is written at most once a minute (decisions.md, Sessions).

    While nobody can sign in anew, idle time ends nothing: that is asked only when it would.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(timezone.now().timestamp())
            session = request.session
            if "started_at" not in session:
                session["opened"] = opened_from(request)
            started = session.setdefault("started_at", now)
            seen = session.setdefault("seen_at", now)
            idle = now - seen > settings.SESSION_IDLE_MINUTES * 60
            if now - started > longest(session) or (idle and not nafath_is_away()):
                logout(request)
                session["sign_in_notice"] = "idle"  # the sign-in page says so once
            elif now - seen >= 60 and BACKGROUND_HEADER not in request.headers:
                session["seen_at"] = now
        response = self.get_response(request)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class ActingMembership:
    """Load the chosen membership with one indexed query; one that may no longer be used ends the session now.

    A session that an emergency access has opened needs its pre-registration as well, as long as it lasts.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            user = request.user
            chosen = request.session.get("membership_id")
            if chosen is not None:
                glass = request.session.get("by_break_glass", "")
                usable = Membership.objects.for_break_glass() if glass else Membership.objects.usable()
                user.acting = usable.select_related("entity").filter(user=user, pk=chosen).first()
                if user.acting is None:
                    logout(request)
                    request.session["sign_in_notice"] = "access"
                else:
                    user.acting.by_code = request.session.get("by_code", "")
                    user.acting.by_break_glass = glass
        return self.get_response(request)


class RowSecurity:
    """Tell the database for whom the request asks, and take it back whatever happens to the request.

    What runs further out sees no row of a tenant table: an answer that is still being made then must not ask for one.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with row_security.acting_as(request.user if request.user.is_authenticated else None):
            return self.get_response(request)
