"""The push contract as the portal calls it, the phone's app, and what may be made to go wrong."""

import json
import re
import secrets
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from simulator import forge, push
from simulator.models import SimPerson, SimRequest

Api = Callable[[HttpRequest, dict[str, Any]], JsonResponse]


def _api(view: Api) -> Callable[[HttpRequest], HttpResponse]:
    """A call with the application's id and key, from behind the portal's own address, in JSON."""

    @csrf_exempt
    @require_POST
    def door(request: HttpRequest) -> HttpResponse:
        if not _is_portal(request):
            return HttpResponse("Forbidden", status=403, content_type="text/plain")
        if not re.fullmatch(r"[\da-f.:]+,[\da-f.:]+", request.headers.get("X-Forwarded-For", "")):
            return _error(400, "NSI001")
        try:
            body = json.loads(request.body)
        except (ValueError, RecursionError):
            body = None
        return view(request, body) if isinstance(body, dict) else _error(422, "422-031-046")

    return door


@_api
def ask(request: HttpRequest, body: dict[str, Any]) -> JsonResponse:
    person = SimPerson.objects.filter(national_id=str(body.get("nationalId", "")), is_active=True).first()
    if person is None or not body.get("service") or not request.GET.get("requestId"):
        return _error(422, "422-031-046")
    asked = push.put(person, request_id=request.GET["requestId"])
    if asked is None:
        return _error(400, "400-034-050")
    return JsonResponse({"transId": asked.trans_id, "random": asked.random}, status=201)


@_api
def status(request: HttpRequest, body: dict[str, Any]) -> JsonResponse:
    asked = SimRequest.objects.filter(
        trans_id=str(body.get("transId", "")),
        random=str(body.get("random", "")),
        person__national_id=str(body.get("nationalId", "")),
    ).first()
    if asked is None:
        return _error(400, "400-034-053")
    return JsonResponse({"status": "EXPIRED" if asked.status == "WAITING" and asked.is_over else asked.status})


@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    if not _is_portal(request):
        return HttpResponse("Forbidden", status=403, content_type="text/plain")
    return JsonResponse(forge.public_keys())


@never_cache
@require_safe
def app(request: HttpRequest) -> HttpResponse:
    """The app of everybody's phone: what waits there, three numbers each."""
    waiting = [one for one in SimRequest.objects.filter(status="WAITING").select_related("person") if not one.is_over]
    return render(request, "simulator/app.html", {"waiting": waiting})


@require_POST
def decide(request: HttpRequest, trans_id: str) -> HttpResponse:
    push.decide(get_object_or_404(SimRequest, trans_id=trans_id), chosen=request.POST.get("number", ""))
    return redirect("app")


@csrf_exempt
@require_POST
def set_fault(request: HttpRequest) -> JsonResponse:
    """`{"fault": "late", "seconds": 2, "national_id": "…"}`; an empty name clears it; without a number, everybody's."""
    try:
        body = json.loads(request.body)
        name, seconds = str(body["fault"]), float(body.get("seconds", push.LATE_SECONDS))
        number = str(body.get("national_id", ""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return JsonResponse({"error": "invalid"}, status=400)
    person = SimPerson.objects.filter(national_id=number).first() if number else None
    if (name and name not in push.FAULTS) or (number and person is None):
        return JsonResponse({"error": "unknown", "faults": push.FAULTS}, status=400)
    push.set_fault(name, late_seconds=seconds, person=person)
    return JsonResponse({"fault": name})


def _is_portal(request: HttpRequest) -> bool:
    told = f"{request.headers.get('APP-ID', '')}:{request.headers.get('APP-KEY', '')}"
    return secrets.compare_digest(told.encode(), f"portal:{settings.SIMULATOR_APP_KEY}".encode())


def _error(http_status: int, code: str) -> JsonResponse:
    return JsonResponse({"code": code, "reference": secrets.randbelow(10**6)}, status=http_status)
