"""The calendar in one's own calendar program: the page that makes the private address, and what answers there."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from entities.decorators import PortalRequest, acting, fresh_sign_in, public, requires
from entities.limits import CALENDAR_FEED, limited
from entities.permissions import Permission as P
from incidents import actions
from incidents.feeds import feed, owner_of
from incidents.forms.calendar import CalendarFilter
from incidents.models import CalendarToken


@requires(P.REPORT_EXPORT)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in  # the address outlives the session
def calendar_feeds(request: PortalRequest) -> HttpResponse:
    """Her private address: made here, and shown this once, for the portal keeps its digest alone."""
    chosen, address = CalendarFilter(request.GET, user=request.user), ""
    if request.method == "POST":
        path = reverse("calendar_feed", args=[actions.make_feed(membership=acting(request), by=request.user)])
        address = f"{settings.PORTAL_ORIGIN}{path}"
    context = {
        "address": address,
        "there": CalendarToken.objects.visible_to(request.user).first(),
        "filter": chosen,
        "examples": _examples(chosen) if address else [],
    }
    return render(request, "incidents/calendar_feeds.html", context)


@requires(P.REPORT_EXPORT)
@require_POST
def calendar_feed_revoke(request: PortalRequest) -> HttpResponse:
    """The address answers nobody any more."""
    actions.revoke_feed(by=request.user)
    messages.success(request, _("The address of your calendar is revoked: programs that hold it are refused."))
    return redirect("calendar_feeds")


@public  # a calendar program has no session; the token is what it brings
@require_safe
@limited(CALENDAR_FEED)
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """The windows as a calendar, for whoever holds the address; 404 once it was revoked, or its owner has left."""
    reader = owner_of(token)
    if reader is None or not reader.may(P.REPORT_EXPORT):
        raise Http404
    content = feed(reader, chosen=CalendarFilter(request.GET, user=reader).choice, at=timezone.now()).encode()
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'inline; filename="maintenance.ics"'
    response.headers["Cache-Control"] = "private, no-cache"  # kept, and asked about each time
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["ETag"] = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return get_conditional_response(request, etag=response.headers["ETag"], response=response) or response


def _examples(chosen: CalendarFilter) -> list[tuple[str, str]]:
    """What may be put behind the address for one entity, or one service."""
    found = []
    for name in ("entity", "service"):
        options = chosen.fields[name].choices[1:4] if name in chosen.fields else []  # type: ignore[attr-defined]
        found += [(str(label), f"?{name}={value}") for value, label in options]
    return found
