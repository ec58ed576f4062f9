"""What came by a code is marked in the history, on the page and on the board, until Nafath has named its person."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents.actions import confirm_identities
from incidents.lifecycle import EventKind
from incidents.models import Report
from nafath_auth.models import DoorCode
from tests.factories import a_person, a_report

MARK = "identity not yet confirmed"


def a_code(person: User) -> DoorCode:
    now = timezone.now()
    return DoorCode.objects.create(
        nid_digest="x", membership=person.acting, state_id="x", address="127.0.0.1", created_at=now, used_at=now
    )


def by_code(role: Role = Role.DIRECTOR, **fields: object) -> tuple[User, DoorCode]:
    person = a_person(role, **fields)  # type: ignore[arg-type]
    code = a_code(person)
    assert person.acting is not None
    person.acting.by_code = str(code.pk)
    return person, code


@pytest.fixture
def marked(db: None) -> tuple[Report, DoorCode, User]:
    person, code = by_code()
    return a_report(by=person), code, person


def test_filing_by_a_code_is_marked_in_the_hashed_history(marked: tuple[Report, DoorCode, User]) -> None:
    report, code, _person = marked
    assert report.events.get().data["by_code"] == str(code.pk)
    assert report.unconfirmed_at is not None
    assert "by_code" not in a_report().events.get().data


def test_page_and_board_say_so(marked: tuple[Report, DoorCode, User], client_of: Callable[[User], Client]) -> None:
    report, _code, person = marked
    plain = a_person(Role.ALTERNATE, entity=report.entity)
    for reader in (a_person(Role.REVIEWER), plain):
        page = client_of(reader).get(f"/en/reports/{report.reference}/").content.decode()
        assert MARK in page
    board = client_of(a_person(Role.REVIEWER)).get("/en/board/").content.decode()
    assert MARK in board
    assert person.acting is not None


def test_nothing_is_confirmed_before_nafath_has(marked: tuple[Report, DoorCode, User]) -> None:
    report, _code, _person = marked
    assert confirm_identities(at=timezone.now()) == 0
    assert report.events.count() == 1


def test_it_is_confirmed_once_with_an_event_and_the_mark_goes(marked: tuple[Report, DoorCode, User]) -> None:
    report, code, _person = marked
    DoorCode.objects.filter(pk=code.pk).update(confirmed_at=timezone.now())
    assert confirm_identities(at=timezone.now()) == 1
    assert confirm_identities(at=timezone.now()) == 0
    report.refresh_from_db()
    assert report.unconfirmed_at is None
    event = report.events.get(kind=EventKind.IDENTIFIED)
    assert (event.data["codes"], event.person) == ([str(code.pk)], None)
    assert report.event_count == 2
    assert report.head_hash == event.hash


def test_two_codes_on_one_report_are_both_waited_for(marked: tuple[Report, DoorCode, User]) -> None:
    report, first, _person = marked
    deputy, second = by_code(Role.ALTERNATE, entity=report.entity)
    report.record(EventKind.ATTACHED, by=deputy, at=timezone.now())
    report.save()
    DoorCode.objects.filter(pk=second.pk).update(confirmed_at=timezone.now())
    assert confirm_identities(at=timezone.now()) == 1
    report.refresh_from_db()
    assert report.unconfirmed_at is not None
    DoorCode.objects.filter(pk=first.pk).update(confirmed_at=timezone.now())
    assert confirm_identities(at=timezone.now()) == 1
    report.refresh_from_db()
    assert report.unconfirmed_at is None
    told = report.events.filter(kind=EventKind.IDENTIFIED).order_by("seq")
    assert [event.data["codes"] for event in told] == [[str(second.pk)], [str(first.pk)]]


def test_receipt_page_opens_for_it(marked: tuple[Report, DoorCode, User], client_of: Callable[[User], Client]) -> None:
    report, _code, person = marked
    assert client_of(person).get(reverse("receipt", args=[report.reference])).status_code == 200
