"""One's own sessions: stay in this one, see them all, end the others."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from entities.decorators import PortalRequest, any_session, signed_in
from entities.models import Session
from entities.models.breaker import nafath_is_away
from entities.sessions import end_sessions, longest

WARNING_SECONDS = 2 * 60  # as static/js/idle.js warns


@any_session
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stay(request: PortalRequest) -> HttpResponse:
    """How many seconds are left, and whether staying would add any. A POST is activity; a GET only asks."""
    if request.method == "POST":
        request.session["seen_at"] = int(timezone.now().timestamp())
    return JsonResponse(_left(request))


@signed_in
@never_cache
@require_safe
def session_list(request: PortalRequest) -> HttpResponse:
    sessions = Session.objects.visible_to(request.user).alive().order_by("-seen_at")
    context = {"sessions": sessions, "this": request.session.session_key}
    return render(request, "nafath_auth/sessions.html", context)


@signed_in
@require_POST
def end_session(request: PortalRequest) -> HttpResponse:
    """One of the others by its handle, or all of them. This one ends by signing out."""
    others = Session.objects.visible_to(request.user).exclude(pk=request.session.session_key)
    wanted = request.POST.get("session", "")
    chosen = [row for row in others if wanted in ("others", row.handle)]
    if not chosen and wanted != "others":
        raise Http404
    end_sessions(chosen, why="own", by=request.user)
    messages.success(request, _("Ended. Whoever used it must sign in again."))
    return redirect("session_list")


def _left(request: HttpRequest) -> dict[str, object]:
    now, session = int(timezone.now().timestamp()), request.session
    since = now if nafath_is_away() else session["seen_at"]  # while it is away, idle time ends nothing
    idle = since + settings.SESSION_IDLE_MINUTES * 60 - now
    hours = session["started_at"] + longest(session) - now
    return {"left": min(idle, hours), "extends": hours > WARNING_SECONDS}
