"""The page on which a person says what she wants of mail and SMS, and the one that a mail leads to."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from entities.decorators import PortalRequest, public, signed_in
from entities.limits import UNSUBSCRIBE, limited
from notifications.addresses import failing_channels
from notifications.forms import PreferenceForm
from notifications.preferences import choose, preference_of
from notifications.topics import REASONS
from notifications.unsubscribing import read_token, turn_off


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def message_settings(request: PortalRequest) -> HttpResponse:
    """What may be turned off, the quiet hours, and what always comes with its reason."""
    asked = request.POST if request.method == "POST" else None
    form = PreferenceForm(asked, preference=preference_of(request.user), person=request.user)
    if form.is_bound and form.is_valid():
        choose(**form.answers, by=request.user)
        messages.success(request, _("Your message settings are saved."))
        return redirect("message_settings")
    context = {"form": form, "reasons": REASONS.values(), "failing": failing_channels(request.user)}
    return render(request, "notifications/settings.html", context, status=422 if form.errors else 200)


@csrf_exempt  # the mail program posts (RFC 8058), without cookies; the token is what it brings
@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited(UNSUBSCRIBE)
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Asks on a GET, which scanners of mails make too; turns off on a POST. It names nobody."""
    wish = read_token(token)
    done = wish is not None and request.method == "POST"
    if wish is not None and done:
        turn_off(wish)
    context = {"topic": wish and wish.topic, "done": done}
    return render(request, "notifications/unsubscribe.html", context, status=200 if wish else 404)
