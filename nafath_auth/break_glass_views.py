"""The emergency door, and the page on which a second person confirms or refuses what was asked for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Self

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from entities import limits
from entities.decorators import PortalRequest, fresh_sign_in, public, requires
from entities.limits import BREAK_GLASS, limited
from entities.models import User
from entities.permissions import Permission
from nafath_auth import break_glass, sessions
from nafath_auth.break_glass import BreakGlassRefused
from nafath_auth.forms import OneTimeKeyForm
from nafath_auth.models import LINK_FOR, BreakGlass
from nafath_auth.views import PAGE_OR_POST

SHOWN_FOR = timedelta(days=7)
DECIDERS = (Permission.REPORT_LEAD, Permission.ADMINISTER)


@dataclass(frozen=True)
class Shown:
    """A request on the page: how it stands, in words and a tone, and what its reader may do about it."""

    access: BreakGlass
    state: str
    tone: str
    may_confirm: bool
    needs_another: bool
    may_refuse: bool

    @classmethod
    def to(cls, reader: User, access: BreakGlass, *, at: datetime) -> Self:
        pending = access.is_live(at=at) and access.confirmed_at is None
        hers = reader.pk in (access.person_id, access.asked_by_id)
        lasts = timedelta(minutes=settings.BREAK_GLASS_SESSION_MINUTES)
        open_still = access.used_at is not None and access.refused_at is None and at < access.used_at + lasts
        decides = break_glass.may_decide(reader)
        return cls(
            access,
            *_state(access, at=at),
            may_confirm=decides and pending and not hers,
            needs_another=pending and hers,
            may_refuse=decides and (access.is_live(at=at) or open_still),
        )


def _state(access: BreakGlass, *, at: datetime) -> tuple[str, str]:
    if access.refused_at:
        return _("Refused"), "plain"
    if access.used_at:
        return _("Used"), "late"
    if not access.is_live(at=at):
        return _("Its time is over"), "plain"
    return (
        (_("Confirmed, not used yet"), "info") if access.confirmed_at else (_("Waits for a second person"), "waiting")
    )


@public
@never_cache
@require_http_methods(PAGE_OR_POST)
@limited(BREAK_GLASS)
def door(request: HttpRequest) -> HttpResponse:
    """The key lies behind the # of the link, and so in no log; only the POST uses it. All that is wrong looks alike."""
    form = OneTimeKeyForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            opens = partial(sessions.open_by_break_glass, request)
            key, address = form.cleaned_data["one_time_key"], limits.address(request)
            person = break_glass.enter(key, address=address, opens=opens)
        except BreakGlassRefused:
            form.add_error(None, _("This link opens nothing, or nothing any more. Ask for a new one."))
        else:
            return redirect(sessions.onward(request, person, ""))
    context = {"form": form, "minutes": int(LINK_FOR.total_seconds() // 60)}
    return render(request, "nafath_auth/break_glass.html", context, status=403 if form.errors else 200)


@never_cache
@require_safe
@requires(*DECIDERS)
def requests(request: PortalRequest) -> HttpResponse:
    """What was asked for in the last week, the newest first."""
    now = timezone.now()
    asked = BreakGlass.objects.visible_to(request.user).filter(created_at__gt=now - SHOWN_FOR)
    people = asked.select_related("person", "asked_by", "confirmed_by", "refused_by")
    context = {"accesses": [Shown.to(request.user, access, at=now) for access in people.order_by("-created_at")]}
    return render(request, "nafath_auth/break_glass_requests.html", context)


@require_POST
@requires(*DECIDERS)
@fresh_sign_in
def confirm(request: PortalRequest) -> HttpResponse:
    """The second person, who has just proved to Nafath that it is she."""
    try:
        asked = break_glass.confirm(request.POST.get("reference", ""), by=request.user)
    except BreakGlassRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Confirmed: the link opens for %(name)s now.") % {"name": asked.person.name})
    return redirect("break_glass_requests")


@require_POST
@requires(*DECIDERS)
def refuse(request: PortalRequest) -> HttpResponse:
    """To refuse asks for no fresh proof: while Nafath is down nobody could give one, and it takes only away."""
    try:
        break_glass.refuse(request.POST.get("reference", ""), by=request.user)
    except BreakGlassRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Refused: the link opens nothing, and what it had opened has ended."))
    return redirect("break_glass_requests")
