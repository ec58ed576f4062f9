"""The end of a session, asked for by the portal: as an address or as a form (RP-Initiated Logout 1.0, section 2)."""

import secrets

from allauth.idp.oidc.views import logout
from django.core.cache import cache
from django.http import HttpRequest, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

CARRIED_SECONDS = 60


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_out(request: HttpRequest) -> HttpResponseBase:
    """A form that comes from the portal is carried over to a GET of our own, under a key that says nothing.

    The browser sends no session cookie along with another site's POST (SameSite=Lax), so that nobody could be found
    to be signed out; it does with the GET that follows.
    """
    if request.method == "POST" and "csrfmiddlewaretoken" not in request.POST:
        key = secrets.token_urlsafe(16)
        cache.set(key, request.POST.urlencode(), CARRIED_SECONDS)
        answer = HttpResponseRedirect(f"{resolve_url('sign_out')}?carried={key}")
        answer.status_code = 303
        return answer
    if "carried" in request.GET:
        request.GET = QueryDict(cache.get(request.GET["carried"], ""))  # as if it had come so
    return logout(request)
