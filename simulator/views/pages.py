"""The phone page, and what is shown when something is refused or missing."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from simulator import gateway
from simulator.models import SimMessage, SimPerson
from simulator.words import say

SHOWN = 50


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return redirect("phone")


@never_cache
@require_safe
def phone(request: HttpRequest) -> HttpResponse:
    """Every SMS and e-mail caught, newest first; `?person=` shows one person's."""
    wanted = request.GET.get("person", "")
    person = SimPerson.objects.filter(pk=int(wanted)).first() if wanted.isdecimal() and len(wanted) < 10 else None
    messages = SimMessage.objects.select_related("person")
    if person:
        messages = messages.filter(person=person)
    context = {
        "person": person,
        "people": SimPerson.objects.all(),
        "refused": gateway.refusals(),
        "sms": messages.filter(channel=SimMessage.Channel.SMS)[:SHOWN],
        "mail": messages.filter(channel=SimMessage.Channel.EMAIL)[:SHOWN],
    }
    return render(request, "simulator/phone.html", context)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 403)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A POST without the simulator's own CSRF token."""
    return _error(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 404)


def broken(request: HttpRequest) -> HttpResponse:
    return _error(request, 500)


def _error(request: HttpRequest, status: int) -> HttpResponse:
    context = {"title": say(f"error_{status}"), "portal_origin": settings.PORTAL_ORIGIN}
    return render(request, "simulator/error.html", context, status=status)
