"""Django admin without a door of its own: whoever is not signed in goes to Nafath, whoever is no admin is refused."""

from collections.abc import Callable
from importlib import import_module

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from entities.decorators import fresh_sign_in

admin.site.site_header = admin.site.site_title = _("Outage Reporting Portal")
admin.site.index_title = _("The admins' desk")


def no_password(request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
    """Nobody has a password here, and no page may ask for one."""
    raise Http404


admin.site.password_change = admin.site.password_change_done = no_password  # type: ignore[method-assign, assignment]  # as below


def sign_in_with_nafath(request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
    """There is no password to ask for."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.get_full_path())


def sign_out_of_nafath(request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
    """Signing out leaves Nafath too, so it is asked where it is always asked."""
    return redirect("sign_out")


# What the packages bring along: their rows belong to the sign-in, and nobody edits them by hand.
for package in ("allauth.account.admin", "allauth.socialaccount.admin", "django.contrib.auth.admin"):
    import_module(package)
for model in (EmailAddress, SocialAccount, SocialApp, SocialToken, Group):
    admin.site.unregister(model)

admin.site.logout = sign_out_of_nafath  # type: ignore[method-assign, assignment]  # the documented way to replace it
admin.site.login = sign_in_with_nafath  # type: ignore[method-assign]  # the documented way to replace it


def _asked_anew(view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
    """Whatever changes something at the desk needs a fresh proof by Nafath."""
    return _opened(fresh_sign_in(view), cacheable)


_opened = admin.site.admin_view
admin.site.admin_view = _asked_anew  # type: ignore[method-assign, assignment]  # as above
