"""The inbox, and the bell that says how much of it is unread."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from entities.decorators import PortalRequest, requires
from entities.limits import LIST_SEARCH, limited
from entities.permissions import Permission
from notifications import actions
from notifications.bundles import bundle_of
from notifications.filters import KINDS, SHOWS, Chosen
from notifications.inbox import page_of
from notifications.models import Delivery
from notifications.paths import place_of

#: Held by every role: whoever acts for an entity has an inbox.
everybody = requires(Permission.REPORT_VIEW)


@require_safe
@everybody
@limited(LIST_SEARCH)
def inbox(request: PortalRequest) -> HttpResponse:
    """One page of messages; a refresh that finds nothing new is answered 204."""
    chosen, after = Chosen.of(request.GET), request.GET.get("after", "")
    page = page_of(request.user, chosen=chosen, after=after)
    if request.htmx and request.GET.get("seen") == page.mark:
        return HttpResponse(status=204)
    url = reverse("inbox")
    context = {
        "page": page,
        "chosen": chosen,
        "has_unread": any(group.is_unread for group in page.groups),
        "shows": [(name, label, f"{url}?{chosen.query(show=name)}") for name, label in SHOWS.items()],
        "kinds": KINDS.items(),
        "poll_url": "" if after else f"{url}?{chosen.query(seen=page.mark)}",
        "renewed": bool(request.htmx),
        "links": {"next_url": page.after and f"{url}?{chosen.query(after=page.after)}"},
    }
    return render(request, f"notifications/{'_inbox_list' if request.htmx else 'inbox'}.html", context)


@require_POST
@everybody
def inbox_open(request: PortalRequest, delivery: UUID) -> HttpResponse:
    """Mark a message read, and go to what it tells of; `whole`: with all that belongs to the same case."""
    found = get_object_or_404(Delivery.objects.visible_to(request.user).in_app(), pk=delivery)
    told = Delivery.objects.visible_to(request.user).told([found.pk])[found.pk]
    if "whole" in request.POST and (bundle := bundle_of(told)):
        actions.mark_bundle_read(bundle, by=request.user)
        return redirect(bundle.url)
    actions.mark_read(found, by=request.user)
    return redirect(place_of(told))


@require_POST
@everybody
def inbox_read_all(request: PortalRequest) -> HttpResponse:
    """Everything is read, or everything that the filter shows, on its further pages as well."""
    chosen = Chosen.of(request.POST)
    if count := actions.mark_all_read(chosen, by=request.user):
        said = ngettext("%(n)s message is marked as read.", "%(n)s messages are marked as read.", count)
        messages.success(request, said % {"n": count} if chosen.narrows else _("All messages are marked as read."))
    query = chosen.query()
    return redirect(f"{reverse('inbox')}?{query}" if query else "inbox")


@require_safe
@everybody
def inbox_count(request: PortalRequest) -> HttpResponse:
    """The bell, for its own refresh; 204 while the number on it is right."""
    unread = Delivery.objects.visible_to(request.user).unread().capped_count()
    if request.GET.get("seen") == str(unread):
        return HttpResponse(status=204)
    return render(request, "_bell.html", {"bell_count": unread, "renewed": True})
