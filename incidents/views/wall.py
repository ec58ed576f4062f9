"""Wall mode: the screens that a lead keeps, and what a device shows that was opened by her link."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from entities.decorators import PortalRequest, fresh_sign_in, public, requires
from entities.limits import WALL_DOOR, limited
from entities.permissions import Permission
from incidents import actions
from incidents.errors import MoveRefused
from incidents.forms.wall import ScreenForm
from incidents.models import WallScreen
from incidents.models.wall import SCREEN_LASTS
from incidents.wall import wall_of

PAGE_OR_POST = ["GET", "HEAD", "POST"]
#: A cookie of its own: the device is nobody's session, and signing in on it changes neither.
COOKIE = "__Host-wall" if settings.HTTPS else "wall"


@requires(Permission.REPORT_LEAD)
@never_cache
@require_http_methods(PAGE_OR_POST)
@fresh_sign_in  # the link opens a screen for longer than the session lasts
def wall_screens(request: PortalRequest) -> HttpResponse:
    """The screens that stand; a new one's link is shown this once."""
    form, token = ScreenForm(request.POST or None), ""
    if form.is_valid():
        try:
            _screen, token = actions.make_screen(**form.cleaned_data, by=request.user)
        except MoveRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            form = ScreenForm()
    return _screens(request, form, token)


@requires(Permission.REPORT_LEAD)
@never_cache
@require_POST
@fresh_sign_in
def wall_screen_link(request: PortalRequest, screen: int) -> HttpResponse:
    """Another link for it: the device that showed the wall goes dark."""
    try:
        token = actions.link_screen(_find(request, screen), by=request.user)
    except MoveRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("wall_screens")
    return _screens(request, ScreenForm(), token)


@requires(Permission.REPORT_LEAD)
@require_POST
def wall_screen_revoke(request: PortalRequest, screen: int) -> HttpResponse:
    """It shows nothing any more."""
    found = _find(request, screen)
    actions.revoke_screen(found, by=request.user)
    messages.success(request, _("The screen “%(name)s” is revoked.") % {"name": found.name})
    return redirect("wall_screens")


@public  # the device has no session; the link is what it brings
@never_cache
@require_http_methods(PAGE_OR_POST)
@limited(WALL_DOOR)
def wall_open(request: HttpRequest, token: str) -> HttpResponse:
    """Ask once, because programs look at links; then this device shows the wall."""
    now = timezone.now()
    if request.method != "POST":
        return render(request, "incidents/wall/open.html")
    key = actions.open_screen(token, at=now)
    if not key:
        raise Http404
    response = redirect("wall")
    age = int(SCREEN_LASTS.total_seconds())
    response.set_cookie(COOKIE, key, max_age=age, secure=settings.HTTPS, httponly=True, samesite="Strict")
    return response


@public  # its key is the device's, see wall_of
@never_cache
@require_safe
def wall(request: HttpRequest) -> HttpResponse:
    """The wall, or that this device shows none."""
    return _wall(request, "incidents/wall/page.html")


@public  # its key is the device's, see wall_of
@never_cache
@require_safe
def wall_changes(request: HttpRequest) -> HttpResponse:
    """The same without its frame, every fifteen seconds."""
    return _wall(request, "incidents/wall/_board.html")


def _wall(request: HttpRequest, template: str) -> HttpResponse:
    shown = wall_of(request.COOKIES.get(COOKIE, ""), at=timezone.now())
    return render(request, template, {"wall": shown})


def _screens(request: PortalRequest, form: ScreenForm, token: str) -> HttpResponse:
    screens = WallScreen.objects.visible_to(request.user).standing().order_by("pk")
    address = f"{settings.PORTAL_ORIGIN}{reverse('wall_open', args=[token])}" if token else ""
    context = {"form": form, "screens": screens, "address": address}
    return render(request, "incidents/wall/screens.html", context, status=422 if form.errors else 200)


def _find(request: PortalRequest, screen: int) -> WallScreen:
    return get_object_or_404(WallScreen.objects.visible_to(request.user).standing(), pk=screen)
