"""From the ID to the session: by a code sent to the phone, or by pressing a persona's card."""

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from simulator.actions import CodeTooSoonError, code_for, enter, send_code, spend_code
from simulator.forms import CodeForm, PersonaForm, SignInForm
from simulator.models import SimCode, SimPerson
from simulator.words import say

PENDING = "pending_code"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for the ID and send the code."""
    form = SignInForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            return _ask_for(request, code_for(form.person))
        except CodeTooSoonError as early:
            form.add_error("national_id", say("id_wait", seconds=early.seconds))
    return render(
        request,
        "simulator/sign_in.html",
        {"form": form, "groups": _persona_groups(), "next_query": _next_query(request)},
        status=422 if form.errors else 200,
    )


@require_POST
def sign_in_as(request: HttpRequest) -> HttpResponse:
    """A persona's card: one press, no code."""
    form = PersonaForm(request.POST)
    if not form.is_valid():
        return _to("account_login", request)
    enter(request, form.cleaned_data["person"])
    return redirect(_next(request))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the code that was sent; the right one opens the session."""
    pending = _pending(request)
    if pending is None:
        return _to("account_login", request)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        refusal = spend_code(pending, form.cleaned_data["code"])
        if not refusal:
            enter(request, pending.person)
            request.session.pop(PENDING, None)
            return redirect(_next(request))
        form.add_error("code", refusal)
    return _code_page(request, pending, form, status=422 if form.errors else 200)


@require_POST
def resend(request: HttpRequest) -> HttpResponse:
    pending = _pending(request)
    if pending is None:
        return _to("account_login", request)
    try:
        return _ask_for(request, send_code(pending.person))
    except CodeTooSoonError as early:
        form = CodeForm({})
        form.errors["code"] = form.error_class([say("code_early", seconds=early.seconds)])
        return _code_page(request, pending, form, status=429)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reauthenticate(request: HttpRequest) -> HttpResponse:
    """`prompt=login` of someone already signed in: a fresh code, never the session that is there."""
    person = SimPerson.objects.get(national_id=request.user.get_username())
    refusal = ""
    if request.method == "POST":
        try:
            return _ask_for(request, code_for(person))
        except CodeTooSoonError as early:
            refusal = say("id_wait", seconds=early.seconds)
    return render(
        request,
        "simulator/reauthenticate.html",
        {"person": person, "refusal": refusal, "next_query": _next_query(request)},
        status=429 if refusal else 200,
    )


def _ask_for(request: HttpRequest, sent: SimCode) -> HttpResponse:
    request.session[PENDING] = sent.pk
    return _to("code", request)


def _pending(request: HttpRequest) -> SimCode | None:
    return SimCode.objects.select_related("person").filter(pk=request.session.get(PENDING, 0)).first()


def _code_page(request: HttpRequest, pending: SimCode, form: CodeForm, *, status: int) -> HttpResponse:
    context = {
        "form": form,
        "person": pending.person,
        "wait": pending.wait(at=timezone.now()),
        "next_query": _next_query(request),
    }
    return render(request, "simulator/code.html", context, status=status)


def _next(request: HttpRequest) -> str:
    """Where to go afterwards: a path of this host, nothing else."""
    path = request.GET.get(REDIRECT_FIELD_NAME, "")
    if path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None):
        return path
    return resolve_url(settings.LOGIN_REDIRECT_URL)


def _next_query(request: HttpRequest) -> str:
    return urlencode({REDIRECT_FIELD_NAME: _next(request)})


def _to(name: str, request: HttpRequest) -> HttpResponse:
    return redirect(f"{resolve_url(name)}?{_next_query(request)}")


def _persona_groups() -> list[tuple[str, list[SimPerson]]]:
    groups: dict[str, list[SimPerson]] = {"group_entity": [], "group_authority": [], "group_refused": []}
    for person in SimPerson.objects.filter(card=True):
        of_authority = any(entity == "dga" for _, entity in person.memberships)
        refused = person.state != "ok"
        groups["group_refused" if refused else "group_authority" if of_authority else "group_entity"].append(person)
    return [(say(key), people) for key, people in groups.items()]
