"""Append-only tables, guarded in the database as well: no UPDATE, no DELETE, whoever asks.

`stamp` names the one column that may go from null to a time, once. A migration that alters a guarded table ends by
creating its guard again (SQLite drops triggers in silence when it rebuilds a table); a test lists the guards.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, migrations
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

#: table -> the column that may be stamped once
GUARDED: dict[str, str | None] = {
    "incidents_reportevent": "fanned_out_at",
    "entities_auditevent": None,
    "incidents_sealedrecord": None,
}


def _statements(vendor: str, table: str, stamp: str | None, columns: list[str]) -> list[str]:
    message = f"{table} is append-only"
    if vendor == "postgresql":
        stamped = (
            f"IF TG_OP = 'UPDATE' AND OLD.{stamp} IS NULL AND NEW.{stamp} IS NOT NULL AND "
            f"to_jsonb(OLD) - '{stamp}' = to_jsonb(NEW) - '{stamp}' THEN RETURN NEW; END IF; "
            if stamp
            else ""
        )
        return [
            f"CREATE OR REPLACE FUNCTION {table}_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"{stamped}RAISE EXCEPTION '{message}'; END $$",
            f"CREATE TRIGGER {table}_guard BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_guard()",
            f"CREATE TRIGGER {table}_guard_truncate BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_guard()",
        ]
    same = " AND ".join(f'OLD."{column}" IS NEW."{column}"' for column in columns if column != stamp)
    unless = f'WHEN NOT (OLD."{stamp}" IS NULL AND NEW."{stamp}" IS NOT NULL AND {same}) ' if stamp else ""
    return [
        f"CREATE TRIGGER {table}_guard_update BEFORE UPDATE ON {table} {unless}"
        f"BEGIN SELECT RAISE(ABORT, '{message}'); END",
        f"CREATE TRIGGER {table}_guard_delete BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, '{message}'); END",
    ]


def _drops(vendor: str, table: str) -> list[str]:
    if vendor == "postgresql":
        return [
            f"DROP TRIGGER IF EXISTS {table}_guard ON {table}",
            f"DROP TRIGGER IF EXISTS {table}_guard_truncate ON {table}",
        ]
    return [f"DROP TRIGGER IF EXISTS {table}_guard_{verb}" for verb in ("update", "delete")]


def create(wrapper: BaseDatabaseWrapper, table: str) -> None:
    """Put the guard of a table up, again if need be."""
    with wrapper.cursor() as cursor:
        columns = [column.name for column in wrapper.introspection.get_table_description(cursor, table)]
        statements = _drops(wrapper.vendor, table)
        for statement in statements + _statements(wrapper.vendor, table, GUARDED[table], columns):
            cursor.execute(statement)


def drop(wrapper: BaseDatabaseWrapper, table: str) -> None:
    """Take the guard of a table down."""
    with wrapper.cursor() as cursor:
        for statement in _drops(wrapper.vendor, table):
            cursor.execute(statement)


def guard(table: str) -> migrations.RunPython:
    """The migration operation that guards a table."""

    def forwards(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        create(editor.connection, table)

    def backwards(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        drop(editor.connection, table)

    return migrations.RunPython(forwards, backwards)


@contextmanager
def opened_by_owner(table: str) -> Iterator[None]:
    """One table's guard down inside a transaction: only its owner can, the web role owns nothing.

    Nobody writes to the table meanwhile. An error rolls back, and so the guard is up again.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a guard goes down inside a transaction only")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_guard")
            yield
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {table}_guard")
    else:
        drop(connection, table)
        yield
        create(connection, table)


@contextmanager
def lifted() -> Iterator[None]:
    """Guards down for the length of a test database's flush, and nowhere else."""
    for table in GUARDED:
        drop(connection, table)
    try:
        yield
    finally:
        for table in GUARDED:
            create(connection, table)
