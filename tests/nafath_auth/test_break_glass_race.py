"""An emergency access that is refused at the very instant of entering leaves no session."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections
from django.http import HttpRequest
from django.test import Client

from entities import row_security
from entities.models import Session, User
from entities.permissions import Role
from nafath_auth import break_glass, sessions
from nafath_auth.models import BreakGlass
from tests.factories import a_person
from tests.nafath_auth.test_break_glass import ask, come_in, is_in, pre_registered, steps

pytestmark = pytest.mark.django_db
_open = sessions.open_by_break_glass


def confirmed(person: User, lead: User) -> tuple[BreakGlass, str]:
    asked, key = ask(person)
    break_glass.confirm(asked.reference, by=lead)
    return asked, key


def test_a_session_that_cannot_be_written_leaves_the_link_as_it_was(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviewer, lead = pre_registered(a_person(Role.REVIEWER)), a_person(Role.LEAD)
    _asked, key = confirmed(reviewer, lead)

    def fails(request: HttpRequest, person: User) -> None:
        _open(request, person)
        raise OSError("disk full")

    monkeypatch.setattr(sessions, "open_by_break_glass", fails)
    with pytest.raises(OSError, match="disk full"):
        come_in(client, key)
    assert not Session.objects.filter(person=reviewer).exists()
    assert steps() == ["asked", "confirmed"]
    monkeypatch.setattr(sessions, "open_by_break_glass", _open)
    second = Client()
    assert come_in(second, key).status_code == 302 and is_in(second)


@pytest.mark.wide
@pytest.mark.django_db(transaction=True)
def test_a_refusal_while_the_session_is_being_made_ends_it(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time anyway, and threads do not share its memory")
    reviewer, lead = pre_registered(a_person(Role.REVIEWER)), a_person(Role.LEAD)
    asked, key = confirmed(reviewer, lead)
    entering, refused = threading.Event(), threading.Event()

    def slowly(request: HttpRequest, person: User) -> None:
        entering.set()
        refused.wait(1)  # the refusal comes through now, if nothing holds it
        _open(request, person)

    def refuse() -> None:
        try:
            entering.wait()
            with row_security.as_system():
                break_glass.refuse(asked.reference, by=lead)
        finally:
            refused.set()
            connections.close_all()

    monkeypatch.setattr(sessions, "open_by_break_glass", slowly)
    refusing = threading.Thread(target=refuse)
    refusing.start()
    come_in(client, key)
    refusing.join()
    asked.refresh_from_db()
    assert asked.used_at and asked.refused_at
    assert not Session.objects.filter(person=reviewer).exists()
    assert client.get("/board/").status_code == 302
