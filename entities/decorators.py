"""Every view says who may see it; a view without one of these is closed by the login middleware and fails a test."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from entities import fresh
from entities.models import Membership, User
from entities.permissions import Permission

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class PortalRequest(HttpRequest):
    """A request of somebody who is signed in: what a view behind `@requires` receives."""

    user: User
    htmx: Any
    transaction: str  #: behind `@signed_by_nafath`: Nafath's number of the proof made for this very deed, or ""


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
    """Any signed-in person, whatever she may do; not a session that something else than Nafath has opened."""

    @wraps(view)
    def guarded(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.acting is not None and request.user.acting.is_narrow:
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


def fresh_sign_in(view: View) -> View:
    """A deed for whoever has proved within five minutes that it is she; anybody else is asked, and nothing is lost.

    Stands below `requires`. It asks before anything is written; reading is not asked for. A session that was opened by
    break-glass is no proof and is not asked for one: it is refused (docs/adr/0024).
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if fresh.GO_ON in request.POST and not fresh.go_on(request):
            return redirect("nafath_step_up")
        if request.method in SAFE or fresh.is_fresh(request):
            return view(request, *args, **kwargs)
        if request.user.is_authenticated and request.user.acting and request.user.acting.by_break_glass:
            return fresh.refuse(request)
        return fresh.ask_again(request)

    guarded.proof = "fresh"  # type: ignore[attr-defined]  # read by the tests
    return cast(View, guarded)


def signed_by_nafath(view: View) -> View:
    """A deed that is a signature: each needs a proof of its own, whose number is `request.transaction`.

    The view itself calls `fresh.ask_again(request, signs=True)` where that is empty, once nothing else is in the way.
    """

    @wraps(view)
    def guarded(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.transaction = ""
        if fresh.GO_ON in request.POST and not fresh.go_on(request):
            return redirect("nafath_step_up")
        return view(request, *args, **kwargs)

    guarded.proof = "own"  # type: ignore[attr-defined]  # read by the tests
    return cast(View, guarded)
