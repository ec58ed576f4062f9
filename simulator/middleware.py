"""Who may call, in which language, and under which content security policy."""

import time
from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.http.response import HttpResponseBase
from django.utils import translation

from simulator import push

Door = Callable[[HttpRequest], HttpResponseBase]

# Chromium applies form-action to the redirect after a POST as well, and that one leads back to the portal.
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        f"form-action 'self' {settings.PORTAL_ORIGIN}",
    ]
)


def loopback_only(get_response: Door) -> Door:
    """Answer this machine alone, under its own names, whatever server the application stands behind."""

    def door(request: HttpRequest) -> HttpResponseBase:
        if not ip_address(request.META["REMOTE_ADDR"]).is_loopback:
            return HttpResponseForbidden("Loopback only.", content_type="text/plain")
        request.get_host()  # refuses a name that a foreign page has pointed at this machine
        return get_response(request)

    return door


def faults(get_response: Door) -> Door:
    """Nafath's own doors, OpenID Connect's too, are away, silent or slow when that is wanted; the phone stays."""
    away = ("/api/v1/", "/.well-known/", "/identity/", "/authservice/", "/login/", "/code/", "/reauth/")

    def door(request: HttpRequest) -> HttpResponseBase:
        wrong = push.fault() if request.path.startswith(away) else ""
        time.sleep(push.PAUSES.get(wrong, 0))
        return HttpResponse(status=503) if wrong in ("503", "hang") else get_response(request)

    return door


def security_headers(get_response: Door) -> Door:
    def door(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response["Content-Security-Policy"] = POLICY
        response["X-Content-Type-Options"] = "nosniff"
        response["Referrer-Policy"] = "same-origin"
        return response

    return door


def language(get_response: Door) -> Door:
    """Arabic, until `?ui_locales=` asks for English; kept in the session."""

    def door(request: HttpRequest) -> HttpResponseBase:
        for wish in request.GET.get("ui_locales", "").split():
            code = wish.lower().split("-")[0]
            if code in dict(settings.LANGUAGES):
                request.session["language"] = code
                break
        with translation.override(request.session.get("language", settings.LANGUAGE_CODE)):
            return get_response(request)

    return door
