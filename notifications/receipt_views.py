"""Where the SMS gateway brings its receipts. Every answer is short and tells nothing of what is known here."""

from __future__ import annotations

import json
from ipaddress import ip_address

import structlog
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from entities.decorators import public
from entities.limits import SMS_RECEIPTS, limited
from entities.row_security import as_system
from entities.sessions import client_address
from notifications.channels import ChannelUnavailable
from notifications.receipts import Receipt, ReceiptMalformed, is_the_gateways, take_receipt

MOST_BYTES = 16 * 1024
AGAIN_AFTER = 60  # seconds
log = structlog.get_logger(__name__)


@csrf_exempt
@public
@require_POST
@limited(SMS_RECEIPTS)
def sms_receipt(request: HttpRequest) -> HttpResponse:
    """One receipt. 200 also for what is unknown, comes twice or ends nothing; 404 where no gateway is awaited."""
    if not (settings.SMS_RECEIPTS_TOKEN or settings.SMS_RECEIPTS_SIGNING_KEY):
        raise Http404
    if refusal := _refusal(request):
        return _answer(refusal)
    try:
        receipt = Receipt.of(json.loads(request.body))
    except (ReceiptMalformed, ValueError, RecursionError):
        return _answer(400)
    if receipt is not None:
        try:
            with as_system():
                known = take_receipt(receipt, at=timezone.now())
        except ChannelUnavailable:
            answer = _answer(503)
            answer.headers["Retry-After"] = str(AGAIN_AFTER)
            return answer
        log.info("sms_receipt", reference=str(receipt.reference), known=known is not None, reason=receipt.reason)
    return _answer(200)


def _refusal(request: HttpRequest) -> int:
    """The status for what is not even read; 0 when it may be."""
    if not _is_from_the_gateway(request):
        return 403
    if request.content_type != "application/json":
        return 415
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit() and int(length) <= MOST_BYTES):
        return 413
    return 0 if is_the_gateways(request.body, request.headers) else 401


def _is_from_the_gateway(request: HttpRequest) -> bool:
    """Its addresses, where the settings name any; then the token or the signature says the rest."""
    named, seen = settings.SMS_RECEIPTS_IPS, client_address(request)
    return not named or (seen is not None and any(ip_address(seen) in network for network in named))


def _answer(status: int) -> HttpResponse:
    return JsonResponse({}, status=status)
