"""Approval in the Nafath app: the app shows three numbers, our page one of them (identity/nafath.md A.1).

What the status says is a word for the screen. The proof is the signed token that Nafath brings to our callback.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn
from uuid import UUID

import structlog
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from nafath_auth.adapters import trust
from nafath_auth.adapters.trust import NafathRefused, NafathUnavailable, refuse
from nafath_auth.identity import IdentityUnreadable, VerifiedIdentity, from_claims

ALGORITHMS = ("RS256",)
ID_CLAIMS = ("nin", "iqamaNumber", "sub")  # a citizen's, a resident's, and where a token has neither
log = structlog.get_logger(__name__)


class Trouble(models.TextChoices):
    """Why a request was not taken, and what a person is told."""

    BUSY = (
        "400-034-050",
        _("You already have a pending request in the Nafath app. Finish or reject it, then try again."),
    )
    EXPIRED = "400-034-051", _("The request in the Nafath app expired. Start again.")
    UNKNOWN = "400-034-053", _("Nafath no longer knows this request. Start again.")
    INVALID = "422-031-046", _("Nafath did not accept this number. Check it, or call the operations room.")
    CLOSED = "403", _("Nafath does not accept requests from the portal at the moment. Call the operations room.")
    AWAY = "unavailable", _("The National Single Sign-On is unavailable. Try again in a few minutes.")
    TOO_MANY = "too-many", _("Too many sign-in requests in a short time. Try again in ten minutes.")


class PushUnavailable(NafathUnavailable):
    """No request reached the app. `trouble` is for the person, `reference` for a conversation with Nafath."""

    def __init__(self, trouble: Trouble, reference: str = "") -> None:
        super().__init__(trouble.name)
        self.trouble = trouble
        self.reference = reference


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that stands in the app, and the number to choose there."""

    trans_id: str
    random: str


def request(national_id: str, *, request_id: UUID, language: str, client_ip: str) -> Asked:
    """Put a request into the person's app, once: it is never repeated by itself. Raises PushUnavailable."""
    found = _post(
        "request",
        {"nationalId": national_id, "service": settings.NAFATH_PUSH_SERVICE},
        client_ip=client_ip,
        params={"local": language, "requestId": str(request_id)},
    )
    asked = Asked(trans_id=str(found.get("transId", "")), random=str(found.get("random", "")))
    if not re.fullmatch(r"[\w-]{1,64}", asked.trans_id) or not re.fullmatch(r"\d{2}", asked.random, re.ASCII):
        log.error("nafath_push_unusable", request=str(request_id))
        raise PushUnavailable(Trouble.AWAY)
    return asked


def status(national_id: str, asked: Asked, *, client_ip: str) -> str:
    """WAITING, COMPLETED, REJECTED or EXPIRED, up to half a minute late. Raises PushUnavailable."""
    question = {"nationalId": national_id, "transId": asked.trans_id, "random": asked.random}
    return str(_post("request/status", question, client_ip=client_ip).get("status", ""))


def addresses() -> Iterator[tuple[str, dict[str, str]]]:
    """Where a sign-in knocks: the published keys, and the door of the requests (which answers a GET with a no)."""
    yield _address("jwk"), _headers()
    yield _address("request"), _headers()


def verify(token: str, *, trans_id: str) -> VerifiedIdentity:
    """Who approved that very request, from a token that proves it. Raises NafathRefused and NafathUnavailable."""
    key = trust.signing_key(token, _address("jwk"), headers=_headers())
    claims = trust.verified_claims(
        token,
        key,
        algorithms=ALGORITHMS,
        issuer=settings.NAFATH_PUSH_ISSUERS,
        audience=settings.NAFATH_PUSH_AUDIENCE,
        required=["transId", "status"],
    )
    if claims["status"] != "COMPLETED":
        refuse("status")
    if str(claims["transId"]) != trans_id:
        refuse("transId")
    id_claim = next((name for name in ID_CLAIMS if claims.get(name)), "sub")
    try:
        return from_claims(claims, id_claim=id_claim, now=int(time.time()))
    except IdentityUnreadable as unreadable:
        raise NafathRefused(str(unreadable)) from None


def _post(call: str, body: dict[str, str], *, client_ip: str, params: dict[str, str] | None = None) -> dict[str, Any]:
    try:
        answer = trust.call(
            "POST", _address(call), json=body, params=params, headers=_headers() | _forwarded_for(client_ip)
        )
        if not 400 <= answer.status_code < 500:
            return trust.told(answer)
        error = answer.json()
    except ValueError:  # a gateway's bare refusal
        error = {}
    except NafathUnavailable as away:
        raise PushUnavailable(Trouble.AWAY) from away
    _refused(call, answer.status_code, error if isinstance(error, dict) else {})


def _refused(call: str, http_status: int, error: dict[str, Any]) -> NoReturn:
    code, reference = str(error.get("code", "")), str(error.get("reference", ""))[:40]
    known = str(http_status) if http_status == 403 else code
    trouble = Trouble(known) if known in Trouble.values else Trouble.AWAY
    # A request that is not ours, a key that is not theirs: somebody has to look, no person can mend it.
    level = log.warning if trouble in (Trouble.BUSY, Trouble.EXPIRED) else log.error
    level("nafath_push_refused", call=call, status=http_status, code=code[:40], reference=reference)
    raise PushUnavailable(trouble, reference)


def _address(call: str) -> str:
    return f"{settings.NAFATH_PUSH_BASE_URL.rstrip('/')}/api/v1/mfa/{call}"


def _headers() -> dict[str, str]:
    return {
        "APP-ID": settings.NAFATH_PUSH_APP_ID,
        "APP-KEY": settings.NAFATH_PUSH_APP_KEY,
        "Accept": "application/json",
    }


def _forwarded_for(client_ip: str) -> dict[str, str]:
    """Nafath's rule NSI001: whose request it is and through which address of ours, without a space."""
    return {"X-Forwarded-For": f"{client_ip},{settings.NAFATH_PUSH_SERVER_IP}"}
