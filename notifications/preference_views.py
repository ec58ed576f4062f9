"""The page on which a person says what she wants of mail and SMS."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from entities.decorators import PortalRequest, signed_in
from notifications.forms import PreferenceForm
from notifications.preferences import choose, preference_of
from notifications.topics import REASONS


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
    context = {"form": form, "reasons": REASONS.values()}
    return render(request, "notifications/settings.html", context, status=422 if form.errors else 200)
