"""The page between a deed and Nafath: what is asked and why, and after the proof, onward."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from entities import fresh
from entities.decorators import PortalRequest, signed_in
from entities.limits import STEP_UP, limited
from nafath_auth import breaker
from nafath_auth.adapters.chosen import kind
from nafath_auth.adapters.push import PushUnavailable
from nafath_auth.adapters.trust import NafathUnavailable
from nafath_auth.forms import OwnNumberForm
from nafath_auth.provider import nafath


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited(STEP_UP)
def ask(request: PortalRequest) -> HttpResponse:
    """Ask for the proof that a waiting form needs; once it is there, send the form on. Nothing waits: go home."""
    form = fresh.waiting(request)
    if form is None:
        return redirect("home")
    if "turn_back" in request.POST:
        fresh.forget(request)
        return redirect(form.back)
    if fresh.is_confirmed(request, form):
        return render(request, "nafath_auth/confirmed.html", {"waiting": form, "go_on": fresh.GO_ON})
    if request.method == "POST":
        return _in_app(request, form) if kind() == "app" else _by_browser(request, form)
    return _page(request, form, request.session.pop("sign_in_notice", ""))


def _by_browser(request: PortalRequest, form: fresh.Waiting) -> HttpResponse:
    try:
        return nafath(request).begin(request, next_url="", again=str(request.user.public_id), deed=form.mark)
    except NafathUnavailable:
        return _page(request, form, "unavailable", status=503)


def _in_app(request: PortalRequest, form: fresh.Waiting) -> HttpResponse:
    """Nothing here knows her number, so she types it; it must be hers."""
    typed = OwnNumberForm(request.POST, person=request.user)
    if not typed.is_valid():
        return _page(request, form, typed=typed, status=422)
    number, again = typed.cleaned_data["national_id"], str(request.user.public_id)
    try:
        begun = nafath(request).ask_in_app(request, number, next_url="", again=again, deed=form.mark)
    except PushUnavailable as refused:
        typed.add_error(None, str(refused.trouble.label))
        return _page(request, form, typed=typed, status=409)
    return redirect("nafath_wait", begun.pk)


def _page(
    request: PortalRequest,
    form: fresh.Waiting,
    situation: str = "",
    *,
    typed: OwnNumberForm | None = None,
    status: int = 200,
) -> HttpResponse:
    if typed is None and kind() == "app":
        typed = OwnNumberForm(person=request.user)
    context = {"waiting": form, "situation": situation, "away": breaker.is_open(), "form": typed}
    return render(request, "nafath_auth/step_up.html", context, status=status)
