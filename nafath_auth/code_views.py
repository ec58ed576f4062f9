"""The code door as people see it, while Nafath is down; and the page on which a lead opens or closes it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from entities import limits
from entities.decorators import PortalRequest, public, requires
from entities.limits import CODE_DOOR, limited
from entities.permissions import Permission
from nafath_auth import breaker, code_door, sessions
from nafath_auth.code_door import CodeRefused, DoorClosed, TooManyCodes
from nafath_auth.forms import BreakerForm, CodeForm, NationalIdForm
from nafath_auth.models import CODE_FOR
from nafath_auth.views import PAGE_OR_POST, sign_in_page

ASKED = "code_door"  # in the session: the one code of this browser


@public
@never_cache
@require_http_methods(PAGE_OR_POST)
@limited(CODE_DOOR)
def code_ask(request: HttpRequest) -> HttpResponse:
    """Whose code: the number, by POST alone. The answer is the same for every number."""
    if not breaker.is_open():
        return _closed(request)
    next_url, form = sessions.safe_next(request), NationalIdForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_bound and form.is_valid():
        try:
            asked = code_door.ask(form.cleaned_data["national_id"], address=limits.address(request))
        except DoorClosed:
            return _closed(request)
        except TooManyCodes:
            form.add_error(None, _("Too many codes in a short time. Try again in ten minutes, or call."))
            status = 429
        else:
            request.session[ASKED] = {"id": str(asked.pk), "state_id": asked.state_id, "next": next_url}
            return redirect("code_enter")
    context = {"form": form, "next": next_url}
    answer = render(
        request, "nafath_auth/code_ask.html", context, status=422 if status == 200 and form.errors else status
    )
    if status == 429:
        answer.headers["Retry-After"] = str(int(code_door.COUNTED.total_seconds()))
    return answer


@public
@never_cache
@require_http_methods(PAGE_OR_POST)
@limited(CODE_DOOR)
def code_enter(request: HttpRequest) -> HttpResponse:
    """The code, in the browser that asked for it."""
    if not breaker.is_open():
        return _closed(request)
    kept = request.session.get(ASKED, {})
    asked = code_door.asked_by(kept)
    if asked is None:
        return redirect("code_ask")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            person = code_door.enter(asked, form.cleaned_data["code"])
        except DoorClosed:
            return _closed(request)
        except CodeRefused as refused:
            form.add_error("code", refused.sentence)
        else:
            request.session.pop(ASKED, None)
            sessions.open_by_code(request, person)
            return redirect(sessions.onward(request, person, kept.get("next", "")))
    context = {"form": form, "minutes": int(CODE_FOR.total_seconds() // 60)}
    return render(request, "nafath_auth/code_enter.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(PAGE_OR_POST)
@requires(Permission.REPORT_LEAD)
def nafath_state(request: PortalRequest) -> HttpResponse:
    """How Nafath stands for us, and the hand that opens or closes the code door, with a reason."""
    form = BreakerForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        if request.POST.get("do") == "open":
            breaker.hold_open(reason=form.cleaned_data["reason"], by=request.user)
            messages.success(request, _("The code door is open for four hours."))
        else:
            breaker.close(reason=form.cleaned_data["reason"], by=request.user)
            messages.success(request, _("The code door is closed."))
        return redirect("nafath_state")
    row, now = breaker.state(), timezone.now()
    context = {"form": form, "row": row, "is_open": row.is_open(at=now), "is_held": row.is_held(at=now)}
    return render(request, "nafath_auth/state.html", context, status=422 if form.errors else 200)


def _closed(request: HttpRequest) -> HttpResponse:
    """Nafath answers: one signs in there, and nothing is written here."""
    return sign_in_page(request, situation="door_closed", status=403)
