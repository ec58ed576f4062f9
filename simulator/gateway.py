"""The pretend SMS gateway: whether a request is signed, what may fail on demand, and what it has refused."""

import hashlib
import hmac
import time
from collections.abc import Mapping

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from simulator.words import say

#: Faults of the one table (simulator/push.py) that are the gateway's, with why and how it answers.
FAULTS = {"sms_503": ("down", 503), "sms_400": ("number", 400)}
#: A request is good for so many seconds; an older one is somebody's recording.
FRESH = 300
KEPT = 5


def is_signed(body: bytes, headers: Mapping[str, str]) -> bool:
    """HMAC-SHA256 of the timestamp, a full stop and the body, under the shared key."""
    stamp = headers.get("X-Timestamp", "")
    if not (stamp.isascii() and stamp.isdigit()) or abs(time.time() - int(stamp[:12])) > FRESH:
        return False
    digest = hmac.new(settings.SIMULATOR_SMS_KEY.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"sha256={digest}".encode(), headers.get("X-Signature", "").encode())


def note_refusal(why: str) -> None:
    """For the phone's page, the newest first."""
    cache.set("sms refusals", [(timezone.now(), why), *cache.get("sms refusals", [])][:KEPT], None)


def refusals() -> list[tuple[object, str]]:
    """When, and why in words."""
    return [(at, say(f"refused_{why}")) for at, why in cache.get("sms refusals", [])]


def forget_refusals() -> None:
    cache.delete("sms refusals")
