"""What asks for a fresh proof by Nafath: the form waits, sealed in its session, while its person is there.

It never goes through a page again: the page that follows the proof sends a bare "go on", and the guarded view finds
what was typed where it waits. So what is done is what was confirmed, and no number that was typed stands in a page.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from entities import encryption

FRESH_SECONDS = 5 * 60
WAITS_SECONDS = 15 * 60
SEALED = "entities.fresh"  #: what a waiting form is encrypted for
GO_ON = "go_on"  #: the one field of the form that follows the proof
_FIELD = "waiting"


@dataclass(frozen=True)
class Waiting:
    """A form on its way. `signs`: it needs a proof of its own, and `transaction` is that proof's number at Nafath."""

    path: str
    posted: str
    back: str
    since: int
    signs: bool = False
    with_file: bool = False
    transaction: str = ""

    @property
    def mark(self) -> str:
        """What tells it from whatever another window may put in its place meanwhile."""
        return hashlib.sha256(f"{self.since} {self.path} {self.posted}".encode()).hexdigest()


def signed_in_at(request: HttpRequest) -> float:
    """The moment (Unix seconds) of the last proof by Nafath; nafath_auth writes it into the session."""
    return float(request.session.get("nafath_at", 0))


def is_fresh(request: HttpRequest) -> bool:
    """Whether the last proof by Nafath is at most five minutes old (decisions.md, Sessions)."""
    return timezone.now().timestamp() - signed_in_at(request) <= FRESH_SECONDS


def ask_again(request: HttpRequest, *, signs: bool = False) -> HttpResponse:
    """Let the form that was just sent wait, and lead its person to the page that asks for the proof.

    A file does not wait in a session: it is chosen again afterwards.
    """
    posted = request.POST.copy()
    posted.pop("csrfmiddlewaretoken", None)
    _put(
        request,
        Waiting(
            path=request.get_full_path(),
            posted=posted.urlencode(),
            back=_came_from(request),
            since=int(timezone.now().timestamp()),
            signs=signs,
            with_file=bool(request.FILES),
        ),
    )
    return _lead_to(request, reverse("nafath_step_up"))


def refuse(request: HttpRequest) -> HttpResponse:
    """Back to the page of the form, which says that this one is for whoever has come in by Nafath."""
    messages.error(request, _("This needs a confirmation by Nafath, which an emergency access cannot give."))
    return _lead_to(request, _came_from(request))


def waiting(request: HttpRequest) -> Waiting | None:
    """The form that waits in this session; after a quarter of an hour it is gone."""
    try:
        found = Waiting(**json.loads(encryption.decrypt(request.session.get(_FIELD, ""), purpose=SEALED)))
    except (encryption.NotReadable, ValueError, TypeError):
        return None
    if timezone.now().timestamp() - found.since <= WAITS_SECONDS:
        return found
    forget(request)
    return None


def is_confirmed(request: HttpRequest, form: Waiting) -> bool:
    """Whether it may go on: by its own proof where it signs, by any fresh one otherwise."""
    return is_fresh(request) and (bool(form.transaction) or not form.signs)


def confirm(request: HttpRequest, *, mark: str, transaction: str) -> None:
    """Nafath has just said again that it is she: what waited when she went there is confirmed by that transaction."""
    form = waiting(request)
    if form is not None and form.mark == mark:
        _put(request, Waiting(**{**asdict(form), "transaction": transaction}))


def forget(request: HttpRequest) -> None:
    """Nothing waits any more."""
    request.session.pop(_FIELD, None)


def go_on(request: HttpRequest) -> bool:
    """Put back what was typed, once, for the "go on" of the form that waits; False when it does not wait for this.

    `request.transaction` is then Nafath's number of the proof made for it.
    """
    form = waiting(request)
    if form is None or form.path != request.get_full_path() or not is_confirmed(request, form):
        return False
    forget(request)
    restored: Any = QueryDict(form.posted, encoding="utf-8")
    request.POST = restored
    request.transaction = form.transaction  # type: ignore[attr-defined]  # PortalRequest has it
    return True


def _put(request: HttpRequest, form: Waiting) -> None:
    request.session[_FIELD] = encryption.encrypt(json.dumps(asdict(form)), purpose=SEALED)


def _lead_to(request: HttpRequest, address: str) -> HttpResponse:
    if "HX-Request" in request.headers:
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


def _came_from(request: HttpRequest) -> str:
    """The page of ours that the form stood on, for whoever turns back."""
    origin = f"{request.scheme}://{request.get_host()}"
    page = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    path = page.removeprefix(origin) if page.startswith(f"{origin}/") else ""
    return path if path and url_has_allowed_host_and_scheme(path, allowed_hosts=None) else reverse("home")
