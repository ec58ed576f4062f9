"""In by Nafath and by nothing else, the choice of the entity, and out again."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from allauth.socialaccount.helpers import complete_social_login
from django.conf import settings
from django.contrib.auth import logout
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from entities import fresh
from entities.decorators import PortalRequest, any_session, public, signed_in
from entities.limits import SIGN_IN_CALLBACK, SIGN_IN_START, limited
from entities.models import AuditEvent
from entities.permissions import ROLE_SENTENCES, Role
from nafath_auth import breaker, sessions, step_up
from nafath_auth.actions import acknowledge_notice, act_as
from nafath_auth.adapters.chosen import by_browser, kind
from nafath_auth.adapters.trust import NafathRefused, NafathUnavailable
from nafath_auth.admission import refuse
from nafath_auth.forms import ChooseEntityForm, LanguageForm, NationalIdForm
from nafath_auth.provider import NafathCancelled, NafathLogin, nafath
from nafath_auth.ways import WAYS, is_loopback

PAGE_OR_POST = ["GET", "HEAD", "POST"]
SIGNED_OUT_SECONDS = 10 * 60  # how long Nafath may take to send the person back
_returning = signing.TimestampSigner(salt="nafath_auth.signed_out")


@public
@never_cache
@require_safe
def sign_in(request: HttpRequest) -> HttpResponse:
    """The page with the one button; it says why a session ended, if one has."""
    next_url = sessions.safe_next(request)
    if request.user.is_authenticated and not {"by_code", "by_break_glass"} & set(request.session.keys()):
        return redirect(sessions.onward(request, request.user, next_url))
    return sign_in_page(request, next_url, situation=request.session.pop("sign_in_notice", ""))


@public
@require_POST
@limited(SIGN_IN_START)
def nafath_start(request: HttpRequest) -> HttpResponse:
    if kind() == "app":
        raise Http404
    next_url = sessions.safe_next(request)
    try:
        return nafath(request).begin(request, next_url=next_url)
    except NafathUnavailable:
        return back_to_the_button(request, "unavailable", next_url)


@public
@never_cache
@require_safe
@limited(SIGN_IN_CALLBACK)
def nafath_callback(request: HttpRequest) -> HttpResponse:
    """Back from Nafath with a code in the address."""
    if kind() != "code":
        raise Http404
    return finish_sign_in(request, request.GET)


def finish_sign_in(request: HttpRequest, brought: Mapping[str, str]) -> HttpResponse:
    """In, or out on a calm page that tells nothing of the cause."""
    try:
        return let_in(request, nafath(request).finish(request, brought))
    except PermissionDenied:  # replayed, from another browser, or too late
        if request.user.is_authenticated:
            return redirect(sessions.onward(request, request.user, ""))
        return sign_in_page(request, situation="stale", status=400)
    except NafathCancelled:
        return back_to_the_button(request, "cancelled")
    except NafathUnavailable:
        return back_to_the_button(request, "unavailable")
    except NafathRefused as refusal:
        return refuse(request, "not_completed", status=400, reason=refusal.reason)


def let_in(request: HttpRequest, login: NafathLogin) -> HttpResponse:
    """What a proof was asked for: the door, or a deed of somebody who is in. Raises PermissionDenied, NafathRefused."""
    if login.state.get("again"):
        return step_up.complete(request, login)
    response: HttpResponse = complete_social_login(request, login)
    return response


@signed_in
@never_cache
@require_http_methods(PAGE_OR_POST)
def first_sign_in(request: PortalRequest) -> HttpResponse:
    """What is registered of the person beside what Nafath says, and what is done with it.

    Once, and again when the privacy notice says something else: one press, and nothing asks for more.
    """
    next_url = sessions.safe_next(request)
    if request.method == "POST":
        request.session.pop("first_sign_in", None)
        acknowledge_notice(by=request.user)
    told = request.session.get("first_sign_in")
    if told is None:
        return redirect(sessions.onward(request, request.user, next_url))
    context = {"told": told, "next": next_url, "version": settings.PRIVACY_NOTICE_VERSION}
    return render(request, "nafath_auth/first_sign_in.html", context)


@signed_in
@never_cache
@require_http_methods(PAGE_OR_POST)
def choose_entity(request: PortalRequest) -> HttpResponse:
    """The memberships a person may act in, as cards; choosing one checks it again."""
    next_url = sessions.safe_next(request)
    form = ChooseEntityForm(request.POST if request.method == "POST" else None, person=request.user)
    if form.is_bound:
        if not form.is_valid():
            raise Http404
        sessions.choose(request, act_as(form.cleaned_data["membership"], by=request.user))
        return redirect(sessions.onward(request, request.user, next_url))
    if not form.memberships:
        logout(request)
        return back_to_the_button(request, "access")
    choices = [(membership, ROLE_SENTENCES[Role(membership.role)]) for membership in form.memberships]
    return render(request, "nafath_auth/choose_entity.html", {"choices": choices, "next": next_url})


@any_session
@require_POST
def choose_language(request: PortalRequest) -> HttpResponse:
    """The same page in the other language, which is also the one that she is written to in from now on."""
    form = LanguageForm(request.POST)
    if not form.is_valid():
        raise Http404
    request.user.language = form.cleaned_data["language"]
    request.user.save(update_fields=["language"])
    return redirect(sessions.safe_next(request) or sessions.onward(request, request.user, ""))


@public
@never_cache
@require_http_methods(PAGE_OR_POST)
def sign_out(request: HttpRequest) -> HttpResponse:
    """Leave the portal first, then Nafath too by a form that sends itself, unless it is this site only."""
    if request.method != "POST":
        return render(request, "nafath_auth/sign_out.html")
    id_token = sessions.id_token(request)
    if request.user.is_authenticated:
        acting = request.user.acting
        AuditEvent.record(AuditEvent.Action.SIGN_OUT, entity=acting.entity if acting else None, by=request.user)
    logout(request)
    if request.POST.get("scope") == "portal":
        return redirect("signed_out")
    if kind() == "app":  # an approval in the app opens no session that could be ended
        return redirect("signed_out")
    try:
        address, fields = by_browser().sign_out_form(
            id_token,
            return_to=settings.PORTAL_ORIGIN + reverse("signed_out"),
            state=_returning.sign("ended" if id_token else "asked"),  # without the token, Nafath asks first
        )
    except NafathUnavailable:
        return redirect("signed_out")
    if not fields:
        return redirect(address)
    return render(request, "nafath_auth/leave_nafath.html", {"address": address, "fields": fields})


@public
@never_cache
@require_safe
def signed_out(request: HttpRequest) -> HttpResponse:
    """After signing out, or after too long a silence (?idle=1). Says so when Nafath has confirmed its part."""
    try:
        everywhere = _returning.unsign(request.GET.get("state", ""), max_age=SIGNED_OUT_SECONDS) == "ended"
    except signing.BadSignature:
        everywhere = False
    context = {"everywhere": everywhere, "idle": "idle" in request.GET}
    return render(request, "nafath_auth/signed_out.html", context)


@public
@require_safe
def sign_in_guide(request: HttpRequest) -> HttpResponse:
    context = {"nafath_support_phone": settings.NAFATH_SUPPORT_PHONE, "minutes": settings.CODE_SESSION_MINUTES}
    return render(request, "nafath_auth/sign_in_guide.html", context)


def back_to_the_button(request: HttpRequest, notice: str, next_url: str = "") -> HttpResponse:
    """The sign-in page, which says once why; for somebody who is in, the page that asked her to prove it anew."""
    request.session["sign_in_notice"] = notice
    if request.user.is_authenticated and fresh.waiting(request):
        return redirect("nafath_step_up")
    query = f"?{urlencode({'next': next_url})}" if next_url else ""
    return redirect(reverse("nafath_sign_in") + query)


def sign_in_page(
    request: HttpRequest,
    next_url: str = "",
    *,
    situation: str = "",
    form: NationalIdForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The button that leads to Nafath, or the form that asks whose app to write to."""
    in_the_app = kind() == "app"
    address = "" if kind() == "code" else getattr(settings, WAYS[settings.NAFATH_ADAPTER].address)
    context = {
        "next": next_url,
        "situation": situation,
        "away": breaker.is_open(),
        "form": form or (NationalIdForm() if in_the_app else None),
        "pretended": settings.NAFATH_ADAPTER == "simulator" or is_loopback(urlsplit(address).hostname or ""),
    }
    return render(request, "nafath_auth/sign_in.html", context, status=status)
