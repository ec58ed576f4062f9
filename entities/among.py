"""A column that holds one of the keys which another query finds, in a form that an index can answer."""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, Expression, F, Func, QuerySet, Subquery


class Among(Func):
    """`column IN (query)`; PostgreSQL gets the keys as an array, read once a statement.

    Beside another condition by `OR`, a query is a filter that it asks of every row of the table; an array is a second
    index condition.
    """

    function = None
    template = "(%(expressions)s)"
    arg_joiner = " IN "
    output_field = BooleanField()

    def __init__(self, column: str | Expression, query: QuerySet[Any, Any], **extra: Any) -> None:
        super().__init__(F(column) if isinstance(column, str) else column, Subquery(query), **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="(%(expressions)s))", arg_joiner=" = ANY (ARRAY", **context)
