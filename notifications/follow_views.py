"""What one follows: the page, and the buttons that stand where a report, a service or an entity does."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from entities.decorators import PortalRequest, requires
from entities.limits import LIST_SEARCH, limited
from entities.models import DigitalService, Entity
from entities.permissions import Permission
from incidents.models import Report
from notifications import following
from notifications.templatetags.following import button

#: Held by every role: whoever hears of things may choose what.
everybody = requires(Permission.REPORT_VIEW)
MOST = 30  # rows that are offered at a time


@require_safe
@everybody
@limited(LIST_SEARCH)
def following_page(request: PortalRequest) -> HttpResponse:
    """What she follows, what she hears of anyway, and what else there is to follow."""
    mine, words = following.following_of(request, request.user), request.GET.get("q", "").strip()[:200]
    at_authority = request.user.may(Permission.BOARD_VIEW)
    context = {
        "crumbs": [(_("Messages"), reverse("inbox")), (_("What I follow"), "")],
        "mine": mine,
        "words": words,
        "at_authority": at_authority,
        "offers": following.offers(mine, words, most=MOST) if words or not at_authority else [],
    }
    return render(request, "notifications/following.html", context)


@require_POST
@everybody
def follow_report(request: PortalRequest, reference: str) -> HttpResponse:
    """Follow a report that she may see, or follow it no more."""
    report = get_object_or_404(Report.objects.visible_to(request.user), reference=reference)
    return _turned(request, report, report=report)


@require_POST
@everybody
def follow_service(request: PortalRequest, service: int) -> HttpResponse:
    """Follow a service of her own entity, or one that it relies on; the authority: any."""
    found: DigitalService = get_object_or_404(following.services_at_hand(request.user), pk=service)
    return _turned(request, found, service=found)


@require_POST
@everybody
def follow_entity(request: PortalRequest, entity_code: str) -> HttpResponse:
    """Follow her own entity; the authority: any."""
    found: Entity = get_object_or_404(following.entities_to_follow(request.user), code=entity_code)
    return _turned(request, found, entity=found)


def _turned(request: PortalRequest, found: Report | DigitalService | Entity, **target: Any) -> HttpResponse:
    """On or off, as the button says; htmx gets the button as it is now, others go back to where they were."""
    if request.POST.get("follow") == "on":
        following.follow(by=request.user, **target)
        said = _("You will be told of what happens to it.")
    else:
        following.unfollow(by=request.user, **target)
        said = _("You follow it no more.")
    if request.htmx:
        context = button(request, found, following=following.Following(request.user))
        return render(request, "notifications/_follow.html", context)
    messages.success(request, said)
    onward = request.POST.get("next", "")
    is_path = onward.startswith("/") and url_has_allowed_host_and_scheme(onward, allowed_hosts=None)
    return redirect(onward if is_path else "following")
