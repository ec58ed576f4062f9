"""A night without Nafath, for tests: the door open, somebody who may file, and her code."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from entities.models import Breaker, User
from entities.models.breaker import NAFATH
from entities.permissions import Role
from nafath_auth.code_door import code_of
from nafath_auth.models import DoorCode
from tests.factories import a_person

NUMBER, STRANGER = "1000000008", "1000000016"
ASK, ENTER = "/accounts/code/", "/accounts/code/enter/"


def nafath_down() -> None:
    Breaker.objects.update_or_create(pk=NAFATH, defaults={"opened_at": timezone.now()})


def nafath_back() -> None:
    Breaker.objects.filter(pk=NAFATH).update(opened_at=None, held_until=None)


def a_filer(role: Role = Role.DIRECTOR, **fields: Any) -> User:
    person = a_person(role, number=NUMBER, **fields)
    User.objects.filter(pk=person.pk).update(last_login=timezone.now() - timedelta(days=3))
    return person


def ask(client: Client, number: str = NUMBER) -> HttpResponse:
    return client.post(ASK, {"national_id": number})  # type: ignore[return-value]


def the_code() -> str:
    """What the newest message says."""
    return code_of(DoorCode.objects.latest("created_at").pk)


def enter(client: Client, code: str = "") -> HttpResponse:
    return client.post(ENTER, {"code": code or the_code()})  # type: ignore[return-value]


def by_code(client: Client, number: str = NUMBER) -> Client:
    """In, by a code."""
    assert ask(client, number).status_code == 302
    assert enter(client).status_code == 302
    return client
