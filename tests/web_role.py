"""On PostgreSQL the tests work as the portal does in production: under a role that owns nothing and bypasses nothing.

What a test itself writes and reads, it does as the system; what its client asks for begins as nobody, as from outside.
"""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.test.client import ClientHandler

from entities import guards, row_security

ROLES = settings.BASE_DIR / "docs" / "database-roles.sql"
#: Django writes them when it has migrated, and nobody ever after: spared, they need not be written after each flush.
SPARED = {"django_content_type", "auth_permission"}
LOCK = Path(tempfile.gettempdir()) / "portal-test-roles.lock"


def take_role(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """Every connection, a live server's as well, works under the web's role from its first query on."""
    with connection.cursor() as cursor:
        # No test asks what a power cut leaves behind: none waits for the disk. (`make faults` does.)
        cursor.execute("SET ROLE portal_web; SET synchronous_commit = off")


def may_take_its_time() -> None:
    """To make and to drop a test's database takes longer than a request may, on a busy machine."""
    if connection.vendor != "postgresql":
        return
    wrapper = type(connections[DEFAULT_DB_ALIAS])
    beside = wrapper._nodb_cursor

    @contextmanager
    def unhurried(self: BaseDatabaseWrapper) -> Iterator[Any]:
        with beside(self) as cursor:
            cursor.execute("SET statement_timeout = 0; SET lock_timeout = 0")
            yield cursor

    wrapper._nodb_cursor = unhurried  # type: ignore[attr-defined]  # Django's own, for nothing else


@contextmanager
def as_owner() -> Iterator[None]:
    """For a flush, and for tests of migrations: the role that the test database belongs to."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    try:
        yield
    finally:
        take_role(connection)


def settle() -> None:
    """Make the roles as docs/database-roles.sql makes them, and work under the web's from now on."""
    row_security._identity.set(row_security.SYSTEM)
    if connection.vendor != "postgresql":
        return
    with LOCK.open("w") as lock, connection.cursor() as cursor:
        fcntl.flock(lock, fcntl.LOCK_EX)  # roles are the whole server's: workers make them one after another
        cursor.execute(ROLES.read_text(encoding="utf-8"))
    connection_created.connect(take_role)
    take_role(connection)
    row_security.tell(connection)


def unsettle() -> None:
    """Back to the server's own role, and nobody else in the database: it is about to be dropped."""
    if connection.vendor != "postgresql":
        return
    connection_created.disconnect(take_role)
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@contextmanager
def guards_lifted() -> Iterator[None]:
    """For tests that tamper with a history: only the owner takes its guards down."""
    with as_owner(), guards.lifted():
        yield


def flush() -> None:
    """Empty every table of what a test has left in it.

    Row by row: there are few. Django's own truncates, and so makes and drops a file for each table and each index, and
    then writes anew what is spared here.
    """
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    with guards_lifted(), transaction.atomic(), connection.cursor() as cursor:
        for name in sorted({*names} - SPARED):
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(name)}")  # noqa: S608  # the names of our own tables


def _tell_beside_django(wrapper: BaseDatabaseWrapper) -> None:
    """Row security's settings are no query of a page, and on SQLite there are none: they are not counted."""
    if wrapper.vendor == "postgresql":
        with wrapper.wrap_database_errors, wrapper.connection.cursor() as cursor:
            cursor.execute(row_security.TELL, row_security._identity.get())


@pytest.fixture(scope="session", autouse=True)
def requests_come_from_outside() -> Iterator[None]:
    ask = ClientHandler.__call__

    def from_outside(self: ClientHandler, environ: dict[str, Any]) -> Any:
        with row_security.acting_as(None):
            return ask(self, environ)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ClientHandler, "__call__", from_outside)
        patch.setattr(row_security, "tell", _tell_beside_django)
        yield
