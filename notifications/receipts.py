"""What the SMS gateway says afterwards of a message it took: it reached the telephone, or it did not, and why.

Which fields and words mean what stands in SMS_RECEIPTS_BODY, because every gateway has its own. docs/adr/0049.
"""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.db import transaction

from notifications.channels import RECEIPT, ChannelUnavailable, signature
from notifications.models import Channel, Delivery, State

#: A signed receipt is good for so many seconds; an older one is somebody's recording.
FRESH = 300
#: Of the gateway's own word for the reason, what stands with the delivery: a code, never a text.
_CODE = 30


class ReceiptMalformed(ValueError):
    """It is no receipt as the settings describe one."""


@dataclass(frozen=True)
class Receipt:
    """Of one SMS, by the reference it was sent with. `reason` is a code; empty where it was delivered."""

    reference: UUID
    delivered: bool
    reason: str = ""

    @classmethod
    def of(cls, body: Any) -> Self | None:
        """None for a word on the way ("accepted", "enroute"), which ends nothing. Raises ReceiptMalformed."""
        names = settings.SMS_RECEIPTS_BODY
        try:
            reference = UUID(str(body[names["reference"]]))
            status = str(body[names["status"]]).strip().lower()
            reason = str(body.get(names["reason"]) or status)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ReceiptMalformed from error
        if status in names["delivered"]:
            return cls(reference, delivered=True)
        return cls(reference, delivered=False, reason=_code(reason)) if status in names["failed"] else None


def _code(reason: str) -> str:
    """«Absent Subscriber» is absent-subscriber. A number in it may be a telephone's: it is not kept."""
    words = re.sub(r"[^a-z0-9]+", "-", re.sub(r"\d{5,}", "", reason[:200].lower())).strip("-")
    return f"{RECEIPT}{words[:_CODE].strip('-') or 'failed'}"


def is_the_gateways(body: bytes, headers: Mapping[str, str]) -> bool:
    """It brings the token, and the signature, whichever of the two the settings name; both where both are named."""
    token, key = settings.SMS_RECEIPTS_TOKEN, settings.SMS_RECEIPTS_SIGNING_KEY
    said = headers.get("Authorization", "").encode()
    if token and not hmac.compare_digest(said, f"Bearer {token}".encode()):
        return False
    if not key:
        return bool(token)
    stamp = headers.get("X-Timestamp", "")
    if not (stamp.isascii() and stamp.isdigit()) or abs(time.time() - int(stamp[:12])) > FRESH:
        return False
    signed = signature(key, stamp=stamp, body=body)
    return hmac.compare_digest(headers.get("X-Signature", "").encode(), signed.encode())


@transaction.atomic
def take_receipt(receipt: Receipt, *, at: datetime) -> Delivery | None:
    """Mark the delivery delivered, or failed with the gateway's reason; None where no such SMS is waited for.

    The same twice changes nothing; what reached the telephone stays delivered, whatever is said afterwards. Raises
    ChannelUnavailable for one that is being sent at this moment: it is brought again.
    """
    keys = Delivery.keys_of(receipt.reference)
    rows = Delivery.objects.filter(channel=Channel.SMS, pk__in=keys).select_for_update(no_key=True)
    delivery = next((row for row in rows if row.reference == receipt.reference), None)
    if delivery is None or delivery.state in {State.SUPERSEDED, State.HELD}:
        return None
    if delivery.state in {State.PENDING, State.LEASED}:
        raise ChannelUnavailable("receipt-early")
    if delivery.delivered_at is not None:
        return delivery
    if receipt.delivered:
        delivery.delivered_at, delivery.state, delivery.last_error = at, State.SENT, ""
    elif delivery.state == State.SENT:
        delivery.state, delivery.last_error = State.FAILED, receipt.reason
    delivery.save(update_fields=["delivered_at", "state", "last_error"])
    return delivery
