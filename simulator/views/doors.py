"""The doors for machines: the SMS gateway the portal posts to, and what a test may ask. Loopback only."""

import json
import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from simulator import gateway, push
from simulator.actions import keep_sms
from simulator.forms import SmsForm
from simulator.models import SimCode, SimMessage, SimPerson, SimRequest


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def personas(request: HttpRequest) -> JsonResponse:
    """Everybody of personas.csv; `role` and `entity` are the first membership, `roles` all of them."""
    return JsonResponse([_persona(person) for person in SimPerson.objects.all()], safe=False)


@require_safe
def latest_sms(request: HttpRequest) -> JsonResponse:
    """The newest SMS to one person; `code` is empty unless it carries a sign-in code."""
    national_id = request.GET.get("national_id", "")
    sms = SimMessage.objects.filter(channel=SimMessage.Channel.SMS, person__national_id=national_id).first()
    if sms is None:
        return JsonResponse({"error": "no message"}, status=404)
    return JsonResponse({"code": sms.code, "text": sms.text, "at": sms.at.isoformat()})


@require_safe
def messages(request: HttpRequest) -> JsonResponse:
    """SMS and mail caught, newest first; `?to=` is a mobile, an e-mail address or a national ID."""
    caught = SimMessage.objects.select_related("person")
    # An unescaped plus in a query is a space.
    to = request.GET.get("to", "").strip()
    if to:
        caught = caught.addressed_to(f"+{to}" if to.startswith("9665") else to)
    return JsonResponse([_message(message) for message in caught], safe=False)


@csrf_exempt
@require_POST
def send_sms(request: HttpRequest) -> JsonResponse:
    """Take an SMS: 202 and its id; 401 without the token or the signature, 400 when it is not one.

    What is refused stands on the phone's page, with the reason.
    """
    expected = f"Bearer {settings.SIMULATOR_SMS_TOKEN}"
    if not secrets.compare_digest(request.headers.get("Authorization", "").encode(), expected.encode()):
        return _refused("token", 401)
    if not gateway.is_signed(request.body, request.headers):
        return _refused("signature", 401)
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        body = None
    form = SmsForm(body if isinstance(body, dict) else {})
    if not form.is_valid():
        return _refused("form", 400, fields=sorted(form.errors))
    wrong = push.fault(SimPerson.objects.filter(mobile=form.cleaned_data["to"]).first())
    if wrong in gateway.FAULTS:
        return _refused(*gateway.FAULTS[wrong])
    message = keep_sms(**form.cleaned_data)
    gateway.bring_receipt(message.reference, wrong)
    return JsonResponse({"id": message.pk}, status=202)


def _refused(why: str, status: int, **more: object) -> JsonResponse:
    gateway.note_refusal(why)
    return JsonResponse({"error": why, **more}, status=status)


@csrf_exempt
@require_POST
def reset(request: HttpRequest) -> HttpResponse:
    """Forget every message, refusal, code, request and fault; sessions and people stay."""
    SimMessage.objects.all().delete()
    SimCode.objects.all().delete()
    SimRequest.objects.all().delete()
    push.clear_faults()
    gateway.forget_refusals()
    return HttpResponse(status=204)


def _persona(person: SimPerson) -> dict[str, object]:
    role, entity = person.memberships[0] if person.memberships else ("", "")
    return {
        "national_id": person.national_id,
        "name": person.name_ar,
        "name_en": person.name_en,
        "mobile": person.mobile,
        "email": person.email,
        "role": role,
        "entity": entity,
        "roles": person.roles.split(),
        "state": person.state,
    }


def _message(message: SimMessage) -> dict[str, object]:
    return {
        "id": message.pk,
        "channel": message.channel,
        "to": message.to,
        "national_id": message.person.national_id if message.person else "",
        "sender": message.sender,
        "subject": message.subject,
        "text": message.text,
        "code": message.code,
        "reference": message.reference,
        "at": message.at.isoformat(),
    }
