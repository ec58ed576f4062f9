"""Home by role, health, and the pages for when something is wrong."""

from __future__ import annotations

import sys

from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from entities.decorators import public
from entities.permissions import Permission
from incidents.views.home import entity_home
from outage_portal.audit.words import REMOVED
from outage_portal.middleware import DATABASE_AWAY, database_away, kept_fields


@public
def home(request: HttpRequest) -> HttpResponse:
    """The public page for a stranger; the entity's home or the board for whoever is signed in."""
    if not request.user.is_authenticated:
        return render(request, "outage_portal/home.html")
    if request.user.acting is None:
        return redirect("choose_entity")
    if request.user.may(Permission.ENTITY_HOME):
        return entity_home(request)
    return redirect("board")


@public
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@public
def readyz(request: HttpRequest) -> JsonResponse:
    """503 only when the database does not answer; what else is degraded is named (decisions.md, Web)."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except OperationalError:
        return JsonResponse({"status": "unavailable", "database": "away"}, status=503)
    from notifications.health import degraded_parts

    degraded = degraded_parts()
    return JsonResponse({"status": "degraded" if degraded else "ok", "degraded": degraded})


@public
def privacy(request: HttpRequest) -> HttpResponse:
    """The privacy notice: who keeps what about people, why, for how long, and what they may ask for."""
    context = {
        "version": settings.PRIVACY_NOTICE_VERSION,
        "terms": [(REMOVED[kind], days) for kind, days in settings.RETENTION_DAYS.items()],
        "officer_email": settings.PRIVACY_OFFICER_EMAIL,
        "officer_phone": settings.PRIVACY_OFFICER_PHONE,
    }
    return render(request, "outage_portal/privacy.html", context)


@public
def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement and how to say what does not work."""
    return render(request, "outage_portal/accessibility.html")


# --- When something is wrong -----------------------------------------------------------------------


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A stale token gives our own page's form back, filled, with a fresh one; a foreign page gets a plain refusal."""
    here = f"{request.scheme}://{request.get_host()}"
    if request.headers.get("Origin", here) != here or not request.user.is_authenticated:
        return render(request, "403_csrf.html", status=403)
    context = {"kept": kept_fields(request.POST), "kept_action": request.path}
    return render(request, "403_csrf.html", context, status=403)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Our own fault, or the database's: a middleware's exception comes here, a view's to `DatabaseAway`."""
    if isinstance(sys.exception(), DATABASE_AWAY):
        return database_away(request)
    return render(None, "500.html", status=500)  # without the shell, which may be what broke
