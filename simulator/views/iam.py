"""IAM's own doors: a signed request in, the sign-in pages of this house, a form with the token out."""

import time
import uuid
from typing import Any

import jwt
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from simulator import forge, push
from simulator.models import SimPerson
from simulator.words import say

LIFE_SECONDS = 150


@never_cache
@require_safe
def authorize(request: HttpRequest) -> HttpResponse:
    """Who signed the request is known by the portal's registered key; nothing beside the request is believed."""
    asked = _asked(request)
    if asked is None:
        return render(
            request,
            "simulator/error.html",
            {"title": say("iam_refused"), "portal_origin": settings.PORTAL_ORIGIN},
            status=400,
        )
    request.session["language"] = "en" if asked.get("ui_locales") == "en" else "ar"
    person = SimPerson.objects.filter(pk=request.user.pk or 0, is_active=True).first()
    if person is None:
        return _first(request, "account_login")
    # `max_age` is the moment of issue; with prompt=login the sign-in must be younger than the request
    if asked.get("prompt") == "login" and (not person.last_login or person.last_login.timestamp() < asked["max_age"]):
        return _first(request, "account_reauthenticate")
    fields = {"State": asked["state"], "Id_token": _token(person, asked)}
    return render(request, "simulator/iam.html", {"address": asked["redirect_uri"], "fields": fields})


@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    return JsonResponse(forge.public_keys())


@never_cache
@require_safe
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session here, and let the portal end its own."""
    prefix = "/en" if request.session.get("language") == "en" else ""
    logout(request)
    return redirect(f"{settings.PORTAL_ORIGIN}{prefix}/accounts/nafath/sign-out/?slo=false")


def _asked(request: HttpRequest) -> dict[str, Any] | None:
    """The request object, if it is the portal's, fresh, and leads back to it."""
    key = forge.private_key(settings.IAM_PORTAL_KEY).public_key()
    needed = ["iss", "client_id", "redirect_uri", "nonce", "state", "max_age"]
    try:
        asked: dict[str, Any] = jwt.decode(
            request.GET.get("request", ""),
            key,
            algorithms=["RS256"],
            issuer=settings.PORTAL_ORIGIN,
            options={"require": needed},
        )
    except jwt.PyJWTError:
        return None
    is_whole = (
        asked["client_id"] == request.GET.get("client_id") == settings.PORTAL_ORIGIN
        and asked["redirect_uri"] in _registered()
        and asked["state"] == asked["nonce"]
        and asked.get("response_type") == "id_token"
        and isinstance(asked["max_age"], int)
        and abs(time.time() - asked["max_age"]) < 15 * 60
    )
    return asked if is_whole else None


def _registered() -> list[str]:
    return [f"{settings.PORTAL_ORIGIN}{prefix}/accounts/nafath/form/" for prefix in ("", "/en")]


def _token(person: SimPerson, asked: dict[str, Any]) -> str:
    """IAM's claim names; the number comes once as text and once as a number, as it does there."""
    now = int(time.time())
    claims = {
        "iss": f"http://127.0.0.1:{settings.SIMULATOR_PORT}/userauth",
        "aud": asked["client_id"],
        "iat": now,
        "nbf": now - LIFE_SECONDS,
        "exp": now + LIFE_SECONDS,
        "jti": f"https://iam.elm.sa,{uuid.uuid4()}",
        "nonce": asked["nonce"],
        "sub": person.national_id,
        "userid": int(person.national_id),
        "arabicName": person.name_ar,
        "englishName": person.name_en,
        "assurance_level": "",
    }
    return forge.signed(claims, push.fault(person))


def _first(request: HttpRequest, page: str) -> HttpResponse:
    return redirect(f"{resolve_url(page)}?{urlencode({'next': request.get_full_path()})}")
