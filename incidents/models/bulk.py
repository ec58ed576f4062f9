"""Many rows by one statement: the sweep's alone, for the ORM's own ways cost PostgreSQL's time several times over.

The rows travel as one JSON parameter that PostgreSQL reads as a table. No signals, no validation; the caller holds the
locks, and the database's constraints and guards speak as ever. A laptop's SQLite keeps the ORM's way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.lookups import In
from django.db.models.sql.compiler import SQLCompiler


class Among(In):
    """One of many whole numbers: PostgreSQL is told them as one array, not as thousands of parameters."""

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        lhs, params = self.process_lhs(compiler, connection)
        return f"{lhs} = ANY(%s::bigint[])", [*params, list(self.rhs)]


def insert(model: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert new rows, whole, by the names of their columns. Their keys are not read back.

    What is the same in all of them travels once.
    """
    if not rows:
        return
    if connection.vendor != "postgresql":
        model._default_manager.bulk_create([model(**row) for row in rows])
        return
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    first = rows[0]
    own = [each for each in fields if any(row[each.attname] != first[each.attname] for row in rows)] or fields[:1]
    same = [each for each in fields if each not in own]
    into = ", ".join(_quoted(field.column) for field in (*same, *own))
    said = ", ".join((*(f"%s::{_kind(field)}" for field in same), *_names(own)))
    once = [each.get_db_prep_save(first[each.attname], connection) for each in same]
    told = [[row[each.attname] for each in own] for row in rows]
    _execute(f"INSERT INTO {_quoted(model._meta.db_table)} ({into}) SELECT {said} FROM {_said(own)}", told, *once)  # noqa: S608


def rewrite(model: type[models.Model], names: Sequence[str], rows: Mapping[int, Sequence[Any]]) -> None:
    """Set the fields `names` of each row, by key, to values of its own."""
    if not rows:
        return
    if connection.vendor != "postgresql":
        changed = [model(pk=key, **dict(zip(names, values, strict=True))) for key, values in rows.items()]
        model._default_manager.bulk_update(changed, names)
        return
    fields: list[Any] = [model._meta.get_field(name) for name in ("id", *names)]
    table, kept = _quoted(model._meta.db_table), [(key, *values) for key, values in rows.items()]
    key, *said = _names(fields)
    changes = ", ".join(f"{_quoted(field.column)} = {value}" for field, value in zip(fields[1:], said, strict=True))
    _execute(f"UPDATE {table} SET {changes} FROM {_said(fields)} WHERE {table}.id = {key}", kept)  # noqa: S608


def _said(fields: Sequence[Any]) -> str:
    """The parameter as a table with typed columns; the types are our own models', never a reader's words.

    A join on its key is then a plain comparison, which row-level security lets an index answer.
    """
    return f"json_to_recordset(%s) AS said({', '.join(f'c{n} {_kind(field)}' for n, field in enumerate(fields))})"


def _kind(field: Any) -> str:
    return str((field.target_field if field.is_relation else field).cast_db_type(connection))


def _names(fields: Sequence[Any]) -> list[str]:
    return [f"said.c{n}" for n, _field in enumerate(fields)]


def _execute(sql: str, rows: Sequence[Sequence[Any]], *before: Any) -> None:
    """The rows are the last parameter, after those `before` them."""
    with connection.cursor() as cursor:
        names = [f"c{n}" for n in range(len(rows[0]))]
        told = [dict(zip(names, row, strict=True)) for row in rows]
        cursor.execute(sql, [*before, json.dumps(told, default=str, ensure_ascii=False)])


def _quoted(name: Any) -> str:
    return str(connection.ops.quote_name(name))
