"""The session's limits, the one membership a person acts in, and what the database shows her."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, logout
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from entities import row_security
from entities.models import Membership, User
from entities.models.breaker import nafath_is_away
from entities.prepared import Prepared, key
from entities.sessions import longest, opened_from

Answer = Callable[[HttpRequest], HttpResponse]
BACKGROUND_HEADER = "X-Background"  # a refresh by itself is not activity
_MEMBERSHIP = Prepared(most=4)  # asked by every request


class PersonAndMembership(AuthenticationMiddleware):
    """Django's, but the person comes with the membership she acts in: one query for both (docs/adr/0046).

    What is out of the ordinary in a session, Django itself looks at: a key of before, another backend, no membership.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _person_of(request))  # type: ignore[assignment]  # as Django's


def _person_of(request: HttpRequest) -> User | AnonymousUser:
    if (member := _chosen(request.session)) is not None:
        known = request.session.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        signed = constant_time_compare(request.session.get(HASH_SESSION_KEY, ""), member.user.get_session_auth_hash())
        if known and signed:
            request._cached_user = member.user  # type: ignore[attr-defined]  # where Django keeps whom it has found
            member.user.acting = member
    return get_user(request)


def _chosen(session: SessionBase) -> Membership | None:
    """The membership that the session says its person acts in, if she still may."""
    chosen, person = session.get("membership_id"), session.get(SESSION_KEY)
    if chosen is None or person is None:
        return None
    glass = session.get("by_break_glass", "")
    today = timezone.localdate()  # what is usable says it as well
    found = _MEMBERSHIP.ask((bool(glass), today), lambda: _usable(glass), person=person, chosen=chosen)
    for member in found:
        member.by_code, member.by_break_glass = session.get("by_code", ""), glass
    return found[0] if found else None


def _usable(glass: str) -> QuerySet[Membership]:
    usable = Membership.objects.for_break_glass() if glass else Membership.objects.usable()
    return usable.select_related("entity", "user").filter(user=key("person"), pk=key("chosen"))


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
    """A chosen membership that may no longer be used ends the session now.

    A session that an emergency access has opened needs its pre-registration as well, as long as it lasts.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and request.user.acting is None and request.session.get("membership_id"):
            request.user.acting = _chosen(request.session)  # a person whom Django had to look at
            if request.user.acting is None:
                logout(request)
                request.session["sign_in_notice"] = "access"
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
