"""What a database holds, in numbers that two databases have in common only when their rows are the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.apps import apps
from django.db import connection, models

# Of each row as text the first sixty bits of its digest, added up: in whatever order the rows lie.
COUNT = "SELECT count(*), coalesce(sum(('x' || left(md5(t::text), 15))::bit(60)::bigint), 0)::text FROM {} t"
# Times and bytes are spelled one way, whatever the server is used to.
SPELLING = "SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL bytea_output = 'hex'"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"


class Table(NamedTuple):
    """How many rows, and a number that changes with each of them."""

    rows: int
    digest: str


class Upload(NamedTuple):
    """A file that a row names, by its name in the storage; where the row says no size and digest, None and nothing."""

    name: str
    size: int | None
    sha256: str


def tables() -> dict[str, Table]:
    """Every table of the portal. Inside a transaction, on PostgreSQL; it reads each row, however long that takes."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = 0; {SPELLING}")
        cursor.execute(TABLES)
        names = [name for (name,) in cursor.fetchall()]
        found = {}
        for name in names:
            cursor.execute(COUNT.format(connection.ops.quote_name(name)))
            found[name] = Table(*cursor.fetchone())
    return found


def uploads() -> Iterator[Upload]:
    """The files that rows name."""
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if isinstance(field, models.FileField):
                yield from _of(model, field.name)


def _of(model: type[models.Model], field: str) -> Iterator[Upload]:
    named = model._default_manager.exclude(**{field: ""}).order_by("pk")
    if {"size", "sha256"} <= {each.name for each in model._meta.get_fields()}:
        yield from (Upload(*row) for row in named.values_list(field, "size", "sha256").iterator())
    else:
        yield from (Upload(name, None, "") for name in named.values_list(field, flat=True).iterator())
