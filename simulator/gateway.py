"""The pretend SMS gateway: whether a request is signed, what may fail on demand, and what it has refused."""

import hashlib
import hmac
import threading
import time
from collections.abc import Mapping

import requests
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from simulator.words import say

#: Faults of the one table (simulator/push.py) that are the gateway's, with why and how it answers.
FAULTS = {"sms_503": ("down", 503), "sms_400": ("number", 400)}
#: Faults that the gateway tells of afterwards: the status and the reason of its receipt; None: it tells of nothing.
RECEIPTS: dict[str, tuple[str, str] | None] = {
    "sms_undelivered": ("undelivered", "unknown-subscriber"),
    "sms_expired": ("expired", "expired"),
    "sms_no_receipt": None,
}
#: When a receipt is brought, and once more each time while the portal has no time for it, in seconds.
BRINGS = (1.0, 3.0, 10.0, 60.0)
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


def bring_receipt(reference: str, wrong: str) -> None:
    """Tell the portal what became of an SMS, a moment after it was taken."""
    said = RECEIPTS.get(wrong, ("delivered", ""))
    if said is not None:
        _after(0, {"reference": reference, "status": said[0], "reason": said[1]})


def _after(attempt: int, body: dict[str, str]) -> None:
    bringing = threading.Timer(BRINGS[attempt], _bring, [attempt, body])
    bringing.daemon = True  # it ends with the simulator
    bringing.start()


def _bring(attempt: int, body: dict[str, str]) -> None:
    """503, or no answer: once more later, as real ones do."""
    headers = {"Authorization": f"Bearer {settings.SIMULATOR_RECEIPTS_TOKEN}"}
    try:
        url = f"{settings.PORTAL_ORIGIN}/integrations/sms/receipts/"
        taken = requests.post(url, json=body, headers=headers, timeout=10).status_code < 500
    except requests.RequestException:
        taken = False
    if not taken and attempt + 1 < len(BRINGS):
        _after(attempt + 1, body)


def note_refusal(why: str) -> None:
    """For the phone's page, the newest first."""
    cache.set("sms refusals", [(timezone.now(), why), *cache.get("sms refusals", [])][:KEPT], None)


def refusals() -> list[tuple[object, str]]:
    """When, and why in words."""
    return [(at, say(f"refused_{why}")) for at, why in cache.get("sms refusals", [])]


def forget_refusals() -> None:
    cache.delete("sms refusals")
