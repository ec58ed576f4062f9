"""Somebody's mobile and e-mail in full: one person at a time, after a fresh sign-in, with a reason."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from crisis_teams.actions import reveal_contact
from crisis_teams.errors import TeamRefused
from crisis_teams.forms import RevealForm
from entities.decorators import PortalRequest, fresh_sign_in, requires
from entities.limits import REVEALS, limited
from entities.models import Membership
from entities.permissions import Permission


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CONTACT_REVEAL)
@fresh_sign_in
@limited(REVEALS)
def team_contact(request: PortalRequest, membership: int) -> HttpResponse:
    """Of one's own entity, or of any for the authority. The answer to the POST shows it, and no address does."""
    people = Membership.objects.visible_to(request.user).exclude(status=Membership.Status.ENDED)
    member = get_object_or_404(people.select_related("user", "entity"), pk=membership)
    form = RevealForm(request.POST or None)
    if form.is_valid():
        try:
            reveal_contact(member, reason=form.cleaned_data["reason"], by=request.user)
        except TeamRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return render(request, "crisis_teams/contact.html", {"member": member, "shown": True})
    context = {"member": member, "form": form}
    return render(request, "crisis_teams/contact.html", context, status=422 if form.errors else 200)
