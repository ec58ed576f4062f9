"""In by an approval in the Nafath app: the ID, the number to choose, the door; and where Nafath brings its proof."""

import json
from functools import wraps
from ipaddress import ip_address
from typing import Any
from uuid import UUID

import structlog
from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from entities.decorators import View, public
from entities.limits import APP_FINISH, limited
from nafath_auth import approval, sessions
from nafath_auth.adapters.chosen import kind
from nafath_auth.adapters.push import PushUnavailable, Trouble
from nafath_auth.adapters.trust import NafathRefused, NafathUnavailable
from nafath_auth.admission import refuse
from nafath_auth.checks import networks
from nafath_auth.forms import NationalIdForm
from nafath_auth.provider import nafath
from nafath_auth.views import back_to_the_button, let_in, sign_in_page

MOST_BYTES = 16 * 1024
STOP_POLLING = 286  # htmx's own: swap, and ask no more
log = structlog.get_logger(__name__)


def _when_push(view: View) -> View:
    """These doors exist only where one signs in by the app."""

    @wraps(view)
    def door(*args: Any, **kwargs: Any) -> Any:
        if kind() != "app":
            raise Http404
        return view(*args, **kwargs)

    return door  # type: ignore[return-value]  # the same signature


@public
@never_cache
@require_POST
@_when_push
def ask(request: HttpRequest) -> HttpResponse:
    """Take the ID by POST alone, and put a request into that person's app. Refused, the form comes back as typed."""
    next_url, form = sessions.safe_next(request), NationalIdForm(request.POST)
    if not form.is_valid():
        return sign_in_page(request, next_url, form=form, status=422)
    try:
        begun = nafath(request).ask_in_app(request, form.cleaned_data["national_id"], next_url=next_url)
    except PushUnavailable as refused:
        form.add_error(None, str(refused.trouble.label))
        status = {Trouble.TOO_MANY: 429, Trouble.AWAY: 503, Trouble.CLOSED: 503}.get(refused.trouble, 409)
        answer = sign_in_page(request, next_url, form=form, status=status)
        if status == 429:
            answer.headers["Retry-After"] = str(int(approval.COUNTED.total_seconds()))
        return answer
    return redirect("nafath_wait", begun.pk)


@public
@never_cache
@require_safe
@_when_push
def wait(request: HttpRequest, transaction: UUID) -> HttpResponse:
    """The number to choose, and how it stands; the browser asks us again by itself, with scripts or without."""
    begun = nafath(request).asked_in_app(request, transaction)
    if begun is None:
        return _not_this_browsers(request)
    begun = approval.look(begun)
    context = {
        "begun": begun,
        "left": begun.seconds_left(at=timezone.now()),
        "window": settings.NAFATH_PUSH_WINDOW_S,
    }
    if "HX-Request" in request.headers:
        status = 200 if begun.is_pending else STOP_POLLING
        return render(request, "nafath_auth/_wait.html", context, status=status)
    return render(request, "nafath_auth/wait.html", context)


@public
@never_cache
@require_POST
@limited(APP_FINISH)
@_when_push
def finish(request: HttpRequest, transaction: UUID) -> HttpResponse:
    """Open the door, once, for the browser that began."""
    begun = nafath(request).asked_in_app(request, transaction)
    if begun is None:
        return _not_this_browsers(request)
    try:
        return let_in(request, nafath(request).finish_in_app(request, begun))
    except PermissionDenied:  # its ten minutes are over
        return sign_in_page(request, situation="stale", status=400)
    except NafathRefused as refusal:
        return refuse(request, "not_completed", status=400, reason=refusal.reason)


@csrf_exempt
@public
@require_POST
@_when_push
def callback(request: HttpRequest) -> HttpResponse:
    """Nafath brings its proof here. Every answer is short and tells nothing: 200 also for what comes twice or late."""
    refusal = _refusal(request)
    if refusal:
        return _answer(refusal)
    try:
        brought = json.loads(request.body)
        key, trans_id, token = UUID(brought["requestId"]), str(brought["transId"]), str(brought["token"])
        known = approval.receive(request_id=key, trans_id=trans_id, token=token)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return _answer(400)
    except NafathRefused as refused:
        log.error("nafath_callback_refused", reason=refused.reason, transaction=str(key))
        return _answer(400)
    except NafathUnavailable:
        return _answer(503)
    return _answer(200 if known else 404)


def _refusal(request: HttpRequest) -> int:
    """The status for what is not even read; 0 when it may be."""
    if not _is_nafath(request):
        return 403
    if request.content_type != "application/json":
        return 415
    length = request.META.get("CONTENT_LENGTH") or "0"
    return 0 if length.isascii() and length.isdigit() and int(length) <= MOST_BYTES else 413


def _is_nafath(request: HttpRequest) -> bool:
    """Whether it comes from an address that Nafath has published; which one is in the settings."""
    address = ip_address(get_adapter(request).get_client_ip(request))
    return any(address in network for network in networks(settings.NAFATH_PUSH_CALLBACK_IPS))


def _answer(status: int) -> HttpResponse:
    return JsonResponse({}, status=status)


def _not_this_browsers(request: HttpRequest) -> HttpResponse:
    """Another browser's, an older one of this browser's, or one that has let her in already."""
    if request.user.is_authenticated:
        return redirect(sessions.onward(request, request.user, ""))
    answer = back_to_the_button(request, "stale")
    if "HX-Request" in request.headers:
        answer.headers["HX-Redirect"] = answer.headers["Location"]
        answer.status_code = 204
    return answer
