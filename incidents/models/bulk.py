"""Many rows by one statement: the sweep's alone, for the ORM's own ways cost PostgreSQL's time several times over.

The rows travel as one JSON parameter that PostgreSQL reads as a table. No signals, no validation; the caller holds the
locks, and the database's constraints and guards speak as ever. A laptop's SQLite keeps the ORM's way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models


def insert(objects: Sequence[models.Model]) -> None:
    """Insert new rows of one model. Their keys are not read back."""
    if not objects:
        return
    model = type(objects[0])
    if connection.vendor != "postgresql":
        model._default_manager.bulk_create(objects)
        return
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    rows = [[getattr(each, field.attname) for field in fields] for each in objects]
    into, said = ", ".join(_quoted(field.column) for field in fields), ", ".join(_names(fields))
    _execute(f"INSERT INTO {_quoted(model._meta.db_table)} ({into}) SELECT {said} FROM {_said(fields)}", rows)  # noqa: S608


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
    kinds = ((field.target_field if field.is_relation else field).cast_db_type(connection) for field in fields)
    return f"json_to_recordset(%s) AS said({', '.join(f'c{n} {kind}' for n, kind in enumerate(kinds))})"


def _names(fields: Sequence[Any]) -> list[str]:
    return [f"said.c{n}" for n, _field in enumerate(fields)]


def _execute(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    with connection.cursor() as cursor:
        told = [{f"c{n}": value for n, value in enumerate(row)} for row in rows]
        cursor.execute(sql, [json.dumps(told, default=str, ensure_ascii=False)])


def _quoted(name: Any) -> str:
    return str(connection.ops.quote_name(name))
