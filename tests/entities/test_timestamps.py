"""A quicker reader of PostgreSQL's moments says what psycopg's says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import BaseTzLoader

from entities.timestamps import QuickLoader

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "said",
    [
        "2026-11-27 13:40:00+00",
        "2026-11-27 13:40:00.1+00",
        "2026-11-27 13:40:00.123456+00",
        "2026-11-27 16:40:00.5+03",
    ],
)
def test_a_moment_is_read_as_psycopg_reads_it(said: str) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL's moments")
    found = QuickLoader(0, connection.connection).load(said.encode())
    assert found.tzinfo is UTC
    djangos = type("Djangos", (BaseTzLoader,), {"timezone": UTC})
    assert found == djangos(0, connection.connection).load(said.encode())


def test_every_connection_reads_so_and_a_moment_comes_back_as_it_went() -> None:
    moment = datetime(2026, 11, 27, 13, 40, 0, 120, tzinfo=UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s", [moment + timedelta(0)])
        [found] = cursor.fetchone()
    if connection.vendor == "postgresql":
        assert found == moment and found.tzinfo is UTC
        assert issubclass(connection.connection.adapters.get_loader(1184, 0), QuickLoader)
