"""Every view says who may see it; a view without one of these is closed by the login middleware and fails a test."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from entities.models import Membership, User
from entities.permissions import Permission

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
FRESH_SIGN_IN_SECONDS = 5 * 60


class PortalRequest(HttpRequest):
    """A request of somebody who is signed in: what a view behind `@requires` receives."""

    user: User
    htmx: Any


def acting(request: PortalRequest) -> Membership:
    """The membership the person acts in; behind `@requires` there always is one."""
    if request.user.acting is None:
        raise PermissionDenied
    return request.user.acting


def requires(*permissions: Permission) -> Callable[[View], View]:
    """Let in whoever holds one of the permissions; 403 for the others."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.user.acting is None:
                return redirect("choose_entity")
            if not any(request.user.may(permission) for permission in permissions):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.access = permissions  # type: ignore[attr-defined]  # read by the URL walker
        return cast(View, guarded)

    return decorate


def signed_in(view: View) -> View:
    """Any signed-in person, whatever she may do; not a session that a code has opened."""

    @wraps(view)
    def guarded(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.acting is not None and request.user.acting.by_code:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    guarded.access = "signed_in"  # type: ignore[attr-defined]  # read by the URL walker
    return cast(View, guarded)


def any_session(view: View) -> View:
    """Any signed-in person, whatever opened her session."""
    view.access = "signed_in"  # type: ignore[attr-defined]  # read by the URL walker
    return view


def public(view: View) -> View:
    """Anyone, signed in or not."""
    opened = login_not_required(view)
    opened.access = "public"  # type: ignore[attr-defined]  # read by the URL walker
    return opened


def signed_in_at(request: HttpRequest) -> float:
    """The moment (Unix seconds) of the last proof by Nafath; nafath_auth writes it into the session."""
    return float(request.session.get("nafath_at", 0))


def is_fresh(request: HttpRequest) -> bool:
    """Whether the last proof by Nafath is at most five minutes old."""
    return timezone.now().timestamp() - signed_in_at(request) <= FRESH_SIGN_IN_SECONDS
