"""Who is asked where there is a copy of the database, how it is judged, and that it shows nobody more."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, router, transaction

from entities import replica, row_security
from entities.models import Entity, Membership, Sector
from entities.permissions import Role
from entities.prepared import Prepared, key
from incidents.models import Report
from tests.factories import a_person, a_report
from tests.marks import postgresql

# --- Who is asked --------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_only_what_is_said_to_read_asks_the_copy(replica_named: None) -> None:
    assert Report.objects.all().db == "default"
    with replica.reading():
        assert Report.objects.all().db == "replica"
        assert Report.objects.select_for_update().db == "default"
        assert router.db_for_write(Report) == "default"
        with transaction.atomic():
            assert Report.objects.all().db == "default"
        with replica.from_primary():
            assert Report.objects.all().db == "default"
        assert Report.objects.all().db == "replica"
    assert Report.objects.all().db == "default"


@pytest.mark.django_db
def test_a_copy_is_never_migrated_and_its_rows_are_the_same_rows(replica_named: None) -> None:
    assert not router.allow_migrate("replica", "incidents") and router.allow_migrate("default", "incidents")
    assert router.allow_relation(Sector(), Entity())


@pytest.mark.django_db
def test_without_a_copy_nothing_is_routed() -> None:
    assert not replica.is_named() and router.routers == []


# --- How it is judged ----------------------------------------------------------------------------------------------


class Told:
    """A connection whose server says this."""

    def __init__(self, *row: Any, fails: Exception | None = None) -> None:
        self.row, self.fails, self.closed, self.connection = row, fails, False, object()

    def __enter__(self) -> Told:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def cursor(self) -> Told:
        return self

    def execute(self, *_: object) -> None:
        if self.fails:
            raise self.fails

    def fetchone(self) -> tuple[Any, ...]:
        return self.row

    def close(self) -> None:
        self.closed = True

    settings_dict = {"HOST": "", "PORT": ""}


def measured(monkeypatch: pytest.MonkeyPatch, copy: Told) -> float | None:
    from datetime import UTC, datetime

    primary = Told("0/5000", datetime(2030, 1, 1, 12, 0, 10, tzinfo=UTC))
    monkeypatch.setattr(replica, "connections", {"default": primary, "replica": copy})
    return replica.measure()


def test_a_copy_that_has_all_is_not_behind_however_long_nobody_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import UTC, datetime

    last = datetime(2030, 1, 1, 12, 0, 3, tzinfo=UTC)
    assert measured(monkeypatch, Told(True, True, last)) == 0
    assert measured(monkeypatch, Told(True, True, None)) == 0
    assert measured(monkeypatch, Told(True, False, last)) == 7


def test_what_does_not_answer_is_no_copy_or_knows_nothing_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    assert measured(monkeypatch, Told(True, False, None)) is None
    assert measured(monkeypatch, Told(False, None, None)) is None
    gone = Told(fails=OperationalError("gone"))
    assert measured(monkeypatch, gone) is None and gone.closed


def test_a_machine_on_which_nobody_listens_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    copy = Told(True, True, None)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen; nobody else can meanwhile
        copy.connection, copy.settings_dict = None, {"HOST": "127.0.0.1", "PORT": taken.getsockname()[1]}
        assert measured(monkeypatch, copy) is None


@pytest.mark.parametrize(("lag", "is_fit"), [(0.0, True), (1.9, True), (2.1, False), (None, False)])
def test_a_copy_that_is_hardly_behind_is_fit(monkeypatch: pytest.MonkeyPatch, lag: float | None, is_fit: bool) -> None:
    looked: list[float | None] = []

    def measure() -> float | None:
        looked.append(lag)
        return lag

    monkeypatch.setattr(replica, "_known", replica._Known())
    monkeypatch.setattr(replica, "measure", measure)
    assert [replica.is_fit(), replica.is_fit()] == [is_fit] * 2
    assert len(looked) == 1, "it is remembered"
    replica._known.until = time.monotonic() - 1
    replica.is_fit()
    assert len(looked) == 2


def test_a_primary_that_does_not_answer_makes_no_copy_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> float:
        raise OperationalError

    monkeypatch.setattr(replica, "_known", replica._Known())
    monkeypatch.setattr(replica, "measure", away)
    assert not replica.is_fit()


def test_one_that_failed_somebody_is_left_alone_for_a_while(replica_fit: None) -> None:
    assert replica.is_fit()
    replica.turn_away()
    assert not replica.is_fit()
    assert 4 < replica._known.until - time.monotonic() <= 5


# --- On PostgreSQL -------------------------------------------------------------------------------------------------


@postgresql
@pytest.mark.wide
@pytest.mark.django_db(transaction=True)
def test_the_database_itself_is_no_copy_of_itself(replica_named: None) -> None:
    assert replica.measure() is None and not replica.is_fit()


@postgresql
@pytest.mark.wide
@pytest.mark.django_db(transaction=True)
def test_the_copy_shows_each_what_is_hers_and_nobody_anything(replica_named: None) -> None:
    """On its connection as on the primary's: told when it is made, when it is taken up again, and inside."""
    director, neighbour = a_person(Role.DIRECTOR), a_person(Role.DIRECTOR)
    report = a_report(by=director)

    def seen() -> list[str]:
        found = Report.objects.all()
        assert found.db == "replica"
        return [each.reference for each in found]

    with row_security.acting_as(None):
        for person, shown in ((director, [report.reference]), (neighbour, []), (director, [report.reference])):
            with row_security.acting_as(person):
                with replica.reading():
                    assert seen() == shown
                    with row_security.as_system():
                        assert seen() == [report.reference]
                    assert seen() == shown
                assert told("replica") == ("", "", "")
                assert told("default")[0] == str(person.pk)
        with replica.reading():
            assert seen() == []


def told(alias: str) -> tuple[str, str, str]:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT current_setting('app.user'), current_setting('app.role'), current_setting('app.entity')")
        return tuple(cursor.fetchone())


@postgresql
@pytest.mark.wide
@pytest.mark.django_db(transaction=True)
def test_a_copy_that_goes_away_inside_costs_the_portals_own_connection_nothing(replica_named: None) -> None:
    director = a_person(Role.DIRECTOR)
    with row_security.acting_as(director):
        with pytest.raises(OperationalError), replica.reading():
            Report.objects.count()
            kill("replica")
            Report.objects.count()
        assert connections["replica"].connection is None
        assert told("default")[0] == str(director.pk)


def kill(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute("SELECT pg_terminate_backend(%s, 2000)", [pid])
        cursor.execute("SET ROLE portal_web")


@postgresql
@pytest.mark.wide
@pytest.mark.django_db(transaction=True)
def test_a_question_that_was_written_for_one_database_is_asked_of_the_other_anew(replica_named: None) -> None:
    person, question = a_person(), Prepared()

    def found() -> Membership:
        (row,) = question.ask("all", lambda: Membership.objects.filter(user=key("person")), person=person.pk)
        return row

    assert found()._state.db == "default"
    with replica.reading():
        assert found()._state.db == "replica"
    assert found()._state.db == "default"
