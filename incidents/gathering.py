"""Rows of a subquery gathered into one value, so that what comes with a page costs it no query of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import JSONField, Subquery
from django.db.models.sql.compiler import SQLCompiler
from django.utils.dateparse import parse_datetime


class Gathered(Subquery):
    """The values of a queryset's one column, `line`, as a list in its order; None where it has no row."""

    output_field = JSONField()
    template = "(SELECT jsonb_agg(line) FROM (%(subquery)s) AS gathered)"

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        """SQLite takes the JSON it made for a text, unless it is told."""
        column = self.query.annotations["line"]
        of_json = isinstance(column.output_field, JSONField)
        template = self.template.replace("jsonb_agg(line)", f"json_group_array({'json(line)' if of_json else 'line'})")
        return self.as_sql(compiler, connection, template=template, **context)


def read_moment(written: str | None) -> datetime | None:
    """A moment out of a gathered value: PostgreSQL writes it with its offset, SQLite as it keeps it, in UTC."""
    moment = parse_datetime(written) if written else None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
