"""Questions that are put into SQL once and asked often.

To write a question costs the web process five to ten times as much as to hear the answer. One that every page asks, or
every refresh of the board, is written the first time, and asked with other values after that (docs/adr/0046). Of
whatever a connection asks often, this or another, PostgreSQL keeps the plan (docs/adr/0059).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Hashable
from datetime import timedelta
from typing import Any, Generic, TypeVar, cast

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigAutoField, CharField, DateTimeField, Field, QuerySet, Value
from psycopg.sql import Literal

from entities import replica
from entities.models import User

Row = TypeVar("Row")
#: Plans that a connection keeps, the least asked leaving first: what all pages ask together.
PLANS_KEPT = 400


def keep_plans(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """Of every new connection to PostgreSQL."""
    if connection.vendor == "postgresql":
        connection.connection.prepared_max = PLANS_KEPT


class Asked(Value):
    """A value that has a name when the question is written, and is given each time it is asked."""

    def __init__(self, name: str, output_field: Field[Any, Any], shift: timedelta = timedelta()) -> None:
        super().__init__(name, output_field)
        self.name, self.shift = name, shift

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]

    def __add__(self, other: Any) -> Any:
        """Moved by a stretch of time it is computed here, not in the database."""
        if isinstance(other, timedelta):
            return Asked(self.name, self.output_field, self.shift + other)
        return super().__add__(other)

    def __sub__(self, other: Any) -> Any:
        return self + -other if isinstance(other, timedelta) else super().__sub__(other)

    def given(self, values: dict[str, Any], connection: Any) -> Any:
        """The value as the database's driver takes it."""
        value = values[self.name]
        return self.output_field.get_db_prep_value(value + self.shift if self.shift else value, connection)


def moment(name: str) -> Any:
    """A moment that is asked for: stands wherever a query takes a datetime, moved by a timedelta if need be."""
    return Asked(name, DateTimeField())


def key(name: str) -> Asked:
    """A row's key that is asked for."""
    return Asked(name, BigAutoField())


def text(name: str) -> Asked:
    """A text that is asked for."""
    return Asked(name, CharField())


def reader(user: User) -> Hashable:
    """All that a `visible_to` asks of a person, as a key: what is written for one is never asked for another."""
    acting = user.acting
    if acting is None:
        return user.pk
    return user.pk, acting.pk, acting.entity_id, acting.entity.kind, acting.role, acting.permissions


class _Written(Generic[Row]):
    """A queryset with its SQL, of one connection."""

    def __init__(self, found: QuerySet[Any, Row], *, fixed: bool) -> None:
        self.found, self.connection = found, connections[found.db]
        self.values: dict[str, Any] = {}
        compiler = found.query.get_compiler(connection=self.connection)
        self.sql, self.parameters = compiler.as_sql()
        if fixed and self.connection.vendor == "postgresql":
            self.sql, self.parameters = _with_constants(self.sql, self.parameters, self.connection)
        compiler.as_sql = self._as_sql
        found.query.get_compiler = lambda *_args, **_named: compiler  # type: ignore[method-assign]

    def rows(self, values: dict[str, Any]) -> list[Row]:
        self.values = values
        rows: list[Row] = list(cast(Any, self.found)._iterable_class(self.found))
        return rows

    def _as_sql(self, *_args: Any, **_named: Any) -> Any:
        given = (
            each.given(self.values, self.connection) if isinstance(each, Asked) else each for each in self.parameters
        )
        return self.sql, tuple(given)


def _with_constants(sql: str, parameters: tuple[Any, ...], connection: Any) -> tuple[str, tuple[Asked, ...]]:
    """The question with whatever never changes written into it: what is asked stays a parameter, and nothing else."""
    connection.ensure_connection()
    values, asked = iter(parameters), []

    def said(place: re.Match[str]) -> str:
        if place[0] == "%%" or isinstance(value := next(values), Asked):
            asked.extend([] if place[0] == "%%" else [value])
            return place[0]
        return Literal(value).as_string(connection.connection).replace("%", "%%")

    return re.sub("%%|%s", said, sql), tuple(asked)


class Prepared:
    """Remembers a question's SQL, for each thread, each database and each key that it depends on.

    `fixed`: its constants stand in it. PostgreSQL then plans it once for all values that are asked, partial indexes
    and all, where it would plan a large one anew each time. Each key is a plan of its own, so it is for what few people
    ask often.
    """

    def __init__(self, *, most: int = 200, fixed: bool = False) -> None:
        self._most, self._fixed = most, fixed
        self._local = threading.local()

    def ask(self, key: Hashable, build: Callable[[], QuerySet[Any, Row]], **values: Any) -> list[Row]:
        """The rows, read anew.

        `build` says the question as a queryset, with an `Asked` for each of the values. Whatever else it depends on is
        in the key: under one key it is called once.
        """
        known: dict[Hashable, _Written[Row]] = self._local.__dict__.setdefault("known", {})
        key = (replica.reads_from(), key)
        written = known.get(key)
        if written is None or written.connection is not connections[written.found.db]:
            written = _Written(build(), fixed=self._fixed)
            while len(known) >= self._most:
                del known[next(iter(known))]
            known[key] = written
        return written.rows(values)

    def forget(self) -> None:
        """For tests, whose constants change."""
        self._local.__dict__.clear()
