"""Keyset pages: the next page starts after a row, not after a number of rows, so none costs more than the first.

A cursor is the last row's key, signed: opaque to whoever carries it, and worthless when somebody changes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.core.signing import BadSignature, Signer
from django.db.models import F, Model, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Order:
    """A total order of rows: its columns, all rising or all falling. The last one is unique."""

    name: str
    columns: tuple[str, ...]
    falling: bool = False

    def cursor(self, row: Model) -> str:
        """The place of a row, as text for a URL."""
        key = [getattr(row, column) for column in self.columns]
        plain = [value.isoformat() if isinstance(value, datetime) else value for value in key]
        return Signer(salt=f"page.{self.name}").sign_object(plain)

    def key(self, cursor: str) -> list[Any] | None:
        """The key in a cursor of ours; None for none, for another order's and for one somebody made up."""
        try:
            plain = Signer(salt=f"page.{self.name}").unsign_object(cursor) if cursor else None
        except BadSignature:
            return None
        return plain and [datetime.fromisoformat(value) if isinstance(value, str) else value for value in plain]

    def sort(self, found: QuerySet[Row], *, backwards: bool) -> QuerySet[Row]:
        sign = "-" if self.falling != backwards else ""
        return found.order_by(*(sign + column for column in self.columns))

    def beyond(self, found: QuerySet[Row], key: list[Any], *, backwards: bool) -> QuerySet[Row]:
        """The rows after the key, or before it: one comparison of rows, which an index answers."""
        compare = TupleLessThan if self.falling != backwards else TupleGreaterThan
        return found.filter(compare(Tuple(*(F(column) for column in self.columns)), tuple(key)))


BOARD_ORDER = Order("board", ("lane", "next_due_at", "id"))
NEWEST_FIRST = Order("newest", ("id",), falling=True)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, and the cursors of the pages around them; an empty cursor means there is none."""

    rows: list[Row]
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Cut:
    """Which page: so many rows in an order, after a cursor, or before one, or the first ones."""

    order: Order
    size: int
    after: str = ""
    before: str = ""

    @cached_property
    def key(self) -> list[Any] | None:
        """The row that the page lies beyond; None for the first page, and for a cursor that somebody made up."""
        return self.order.key(self.before or self.after)

    @property
    def backwards(self) -> bool:
        return bool(self.before) and self.key is not None

    def of(self, found: QuerySet[Row], read: QuerySet[Row] | None = None) -> QuerySet[Row]:
        """The page's rows of `found`, and one more if there is one.

        `read`: the same rows with all that is read of them. Given, the database joins and counts for the page's rows
        alone, and not for whatever it sorts.
        """
        if self.key is not None:
            found = self.order.beyond(found, self.key, backwards=self.backwards)
        rows = self.order.sort(found, backwards=self.backwards)[: self.size + 1]
        if read is None:
            return rows
        return self.order.sort(read.filter(pk__in=rows.values("pk")), backwards=self.backwards)

    def page(self, rows: list[Row]) -> Page[Row]:
        """The page that these rows make, which `of` has found."""
        more, rows = len(rows) > self.size, rows[: self.size]
        if self.backwards:
            rows.reverse()
        if not rows:
            return Page([])
        return Page(
            rows,
            before=self.order.cursor(rows[0]) if (more if self.backwards else self.key is not None) else "",
            after=self.order.cursor(rows[-1]) if (more or self.backwards) else "",
        )


def page_of(found: QuerySet[Row], read: QuerySet[Row] | None = None, /, **cut: Any) -> Page[Row]:
    """One page of `found`, with one query; `cut` are a Cut's fields, `read` as in `Cut.of`."""
    asked = Cut(**cut)
    return asked.page(list(asked.of(found, read)))
