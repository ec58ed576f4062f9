"""Django admin without a door of its own: whoever is not signed in goes to Nafath, whoever is no admin is refused."""

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

admin.site.site_header = admin.site.site_title = _("Outage Reporting Portal")
admin.site.index_title = _("The admins' desk")


def sign_in_with_nafath(request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
    """There is no password to ask for."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.get_full_path())


admin.site.login = sign_in_with_nafath  # type: ignore[method-assign]  # the documented way to replace it
