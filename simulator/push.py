"""The pretend app's side of the push contract: requests, decisions, signed tokens, and what may go wrong."""

import random
import threading
import time
import uuid
from typing import Any

import requests
from django.conf import settings
from django.core.cache import cache

from simulator import forge
from simulator.models import SimPerson, SimRequest

#: What can be made to go wrong, one at a time, for everybody or for one person, until it is cleared or reset.
FAULTS = (
    "503", "hang", "slow", "reject", "expire", "no_callback", "late", "duplicate", "bad_signature", "alg_none", "hs256",
    "unknown_kid", "bad_issuer", "bad_audience", "bad_nonce", "expired_token", "other_subject", "mix_up",
    "sms_503", "sms_400", "sms_undelivered", "sms_expired", "sms_no_receipt", "mail_550",
)  # fmt: skip
#: Of those, what the doors of sign-in do, for whoever knocks.
DOORS = ("503", "hang", "slow")
AUDIENCE, LATE_SECONDS = "portal", 35.0
PAUSES = {"hang": 8.0, "slow": 1.0}  # seconds before an answer: past the portal's patience, and within it


def fault(person: SimPerson | None = None) -> str:
    """What goes wrong now, for this person or for everybody."""
    own = cache.get(_key(person), "") if person else ""
    return str(own or cache.get(_key(None), ""))


def faults() -> list[tuple[SimPerson | None, str]]:
    """All that is set now; None is everybody."""
    whom = [None, *SimPerson.objects.all()]
    return [(person, name) for person in whom if (name := str(cache.get(_key(person), "")))]


def set_fault(name: str, *, late_seconds: float = LATE_SECONDS, person: SimPerson | None = None) -> None:
    """Let this go wrong from now on; an empty name, and nothing does."""
    cache.set(_key(person), name, None)
    cache.set("late", late_seconds, None)


def clear_faults() -> None:
    for person, _name in faults():
        set_fault("", person=person)


def _key(person: SimPerson | None) -> str:
    return f"fault:{person.pk}" if person else "fault"


def put(person: SimPerson, *, request_id: str) -> SimRequest | None:
    """A request on the person's phone; None while another waits there."""
    waiting = SimRequest.objects.filter(person=person, status=SimRequest.Status.WAITING)
    if any(not one.is_over for one in waiting):
        return None
    one, two, three = random.sample(range(10, 100), 3)
    status = {"reject": "REJECTED", "expire": "EXPIRED"}.get(fault(person), "WAITING")
    return SimRequest.objects.create(
        trans_id=str(uuid.uuid4()),
        request_id=request_id,
        person=person,
        random=str(two),
        choices=" ".join(map(str, sorted((one, two, three)))),
        status=status,
    )


def decide(asked: SimRequest, *, chosen: str) -> None:
    """Approve with the right number; a wrong one, or none, rejects. Approved, the portal is told."""
    right = chosen == asked.random
    changed = SimRequest.objects.filter(pk=asked.pk, status="WAITING").update(
        status="COMPLETED" if right else "REJECTED"
    )
    wrong = fault(asked.person)
    if not changed or not right or wrong == "no_callback":
        return
    body = {"token": token(asked, wrong), "transId": asked.trans_id, "requestId": asked.request_id}
    wait = cache.get("late", LATE_SECONDS) if wrong == "late" else 0.0
    for _ in range(2 if wrong == "duplicate" else 1):
        bringing = threading.Timer(wait, _deliver, [body])
        bringing.daemon = True  # it ends with the simulator
        bringing.start()


def token(asked: SimRequest, wrong: str = "") -> str:
    """What proves the approval, or what only looks as if it did."""
    now, person = int(time.time()), asked.person
    number = person.national_id
    names = {"firstName": person.name_ar, "englishFirstName": person.name_en}
    claims: dict[str, Any] = {
        "iss": f"http://127.0.0.1:{settings.SIMULATOR_PORT}",
        "aud": AUDIENCE,
        "iat": now,
        "nbf": now,
        "exp": now + 150,
        "jti": str(uuid.uuid4()),
        "sub": number,
        "nin" if number[0] == "1" else "iqamaNumber": number,
        "transId": asked.trans_id,
        "status": "COMPLETED",
        **names,
    }
    return forge.signed(claims, wrong)


def _deliver(body: dict[str, str]) -> None:
    """Bring it to the portal; a portal that is away has missed it, as with the real one."""
    try:
        requests.post(f"{settings.PORTAL_ORIGIN}/integrations/nafath/callback/", json=body, timeout=10)
    except requests.RequestException:
        return
