"""Keyset pages: the next page starts after a row, not after a number of rows, so none costs more than the first.

A cursor is the last row's key, signed: opaque to whoever carries it, and worthless when somebody changes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
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


def page_of(
    found: QuerySet[Row],
    read: QuerySet[Row] | None = None,
    /,
    *,
    order: Order,
    size: int,
    after: str = "",
    before: str = "",
) -> Page[Row]:
    """One page of `found`, with one query: the rows after a cursor, or those before one, or the first ones.

    `read`: the same rows with all that is read of them. Given, the database joins and counts for the page's rows alone,
    and not for whatever it sorts.
    """
    key = order.key(before or after)
    backwards = bool(before) and key is not None
    if key is not None:
        found = order.beyond(found, key, backwards=backwards)
    chosen = order.sort(found, backwards=backwards)[: size + 1]
    if read is not None:
        chosen = order.sort(read.filter(pk__in=chosen.values("pk")), backwards=backwards)
    rows = list(chosen)
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    if not rows:
        return Page([])
    return Page(
        rows,
        before=order.cursor(rows[0]) if (more if backwards else key is not None) else "",
        after=order.cursor(rows[-1]) if (more or backwards) else "",
    )
