"""A deed that Nafath confirms, without a Nafath: the proof is put where nafath_auth would put it."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities import encryption, fresh
from entities.models import Session
from entities.sessions import SessionStore


def prove_sessions(*, minutes_ago: int = 0) -> None:
    """As if everybody who is signed in had been proved then by Nafath."""
    for row in Session.objects.filter(person__isnull=False):
        store = SessionStore(row.session_key)
        store["nafath_at"] = timezone.now().timestamp() - minutes_ago * 60
        store.save()


def make_stale(browser: Client) -> Client:
    """Its last proof is six minutes old."""
    session = browser.session
    session["nafath_at"] = timezone.now().timestamp() - 6 * 60
    session.save()
    return browser


def is_asked(answer: Any) -> bool:
    return bool(answer.status_code == 302 and answer["Location"].endswith(reverse("nafath_step_up")))


def confirmed(browser: Client, *, transaction: str = "b7c1-0001") -> Any:
    """Go on with what waits in this browser, as after Nafath's confirmation."""
    session = browser.session
    form = json.loads(encryption.decrypt(session["waiting"], purpose=fresh.SEALED)) | {"transaction": transaction}
    session["waiting"] = encryption.encrypt(json.dumps(form), purpose=fresh.SEALED)
    session["nafath_at"] = timezone.now().timestamp()
    session.save()
    return browser.post(form["path"], {fresh.GO_ON: "1"})


def signs(browser: Client, path: str, data: dict[str, Any]) -> Any:
    """Send a form that is a signature, and confirm it; the answer to the whole."""
    asked = browser.post(path, data)
    return confirmed(browser) if is_asked(asked) else asked
