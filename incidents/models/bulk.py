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
    names = ", ".join(_quoted(field.column) for field in fields)
    values = ", ".join(_said(field, n) for n, field in enumerate(fields))
    _execute(f"INSERT INTO {_quoted(model._meta.db_table)} ({names}) SELECT {values} FROM {SAID}", rows)  # noqa: S608


def rewrite(model: type[models.Model], names: Sequence[str], rows: Mapping[int, Sequence[Any]]) -> None:
    """Set the fields `names` of each row, by key, to values of its own."""
    if not rows:
        return
    if connection.vendor != "postgresql":
        changed = [model(pk=key, **dict(zip(names, values, strict=True))) for key, values in rows.items()]
        model._default_manager.bulk_update(changed, names)
        return
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    table = _quoted(model._meta.db_table)
    said = ", ".join(f"{_quoted(field.column)} = {_said(field, n)}" for n, field in enumerate(fields, start=1))
    where = f"{table}.id = {_said(model._meta.get_field('id'), 0)}"
    _execute(f"UPDATE {table} SET {said} FROM {SAID} WHERE {where}", [(key, *kept) for key, kept in rows.items()])  # noqa: S608


SAID = "json_array_elements(%s::json) AS said"


def _said(field: Any, position: int) -> str:
    """A column of the JSON table, as the database keeps this field; the names are our own models', never a reader's."""
    if field.get_internal_type() == "JSONField":
        return f"(said.value -> {position})::jsonb"
    kept = field.target_field if field.is_relation else field
    return f"(said.value ->> {position})::{kept.cast_db_type(connection)}"


def _execute(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, [json.dumps(rows, default=str, ensure_ascii=False)])


def _quoted(name: Any) -> str:
    return str(connection.ops.quote_name(name))
