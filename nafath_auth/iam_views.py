"""Back from IAM by a form, and out when IAM says so."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from entities.decorators import public
from entities.limits import SIGN_IN_CALLBACK, limited
from entities.models import AuditEvent
from nafath_auth import carried
from nafath_auth.adapters.chosen import kind
from nafath_auth.views import finish_sign_in

MOST_BYTES = 16 * 1024
FIELDS = ("state", "id_token", "error")  # IAM writes some of them with a capital
Door = Callable[..., HttpResponse]


def _when_iam(view: Door) -> Door:
    @wraps(view)
    def door(*args: Any, **kwargs: Any) -> HttpResponse:
        if kind() != "form":
            raise Http404
        return view(*args, **kwargs)

    return door


@csrf_exempt
@public
@never_cache
@require_POST
@limited(SIGN_IN_CALLBACK)
@_when_iam
def brought(request: HttpRequest) -> HttpResponse:
    """IAM's form, from its own page. Nothing is believed and no session touched: it only waits for the GET."""
    if request.content_type != "application/x-www-form-urlencoded":
        return HttpResponse(status=415)
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return HttpResponse(status=413)
    posted = {name.lower(): str(value) for name, value in request.POST.items()}
    address = reverse("nafath_form_finish")
    answer = _see_other(address)
    answer.set_cookie(
        carried.COOKIE,
        carried.put({name: posted[name] for name in FIELDS if name in posted}),
        max_age=carried.SECONDS,
        path=address,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return answer


@public
@never_cache
@require_safe
@limited(SIGN_IN_CALLBACK)
@_when_iam
def finish(request: HttpRequest) -> HttpResponse:
    """The same browser, now with its session: what it brought is verified and used up."""
    answer = finish_sign_in(request, carried.take(request.COOKIES.get(carried.COOKIE, "")))
    answer.delete_cookie(carried.COOKIE, path=request.path, samesite="Lax")
    return answer


@csrf_exempt
@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@_when_iam
def single_sign_out(request: HttpRequest) -> HttpResponse:
    """IAM has ended its session: this browser's own ends too, and nobody is led into a new sign-in (ADR 0020)."""
    if request.method == "POST":  # from another site, without our cookie: the GET has it
        return _see_other(f"{reverse('nafath_single_sign_out')}?slo=false")
    if request.GET.get("slo", "").lower() not in ("false", "0"):
        return redirect("sign_out")
    if request.user.is_authenticated:
        acting = request.user.acting
        AuditEvent.record(AuditEvent.Action.SIGN_OUT, entity=acting.entity if acting else None, by=request.user)
        logout(request)
    return redirect("signed_out")


def _see_other(address: str) -> HttpResponse:
    answer = HttpResponseRedirect(address)
    answer.status_code = 303
    return answer
