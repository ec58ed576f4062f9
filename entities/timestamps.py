"""PostgreSQL's moments, read by `datetime.fromisoformat`: psycopg's own reader takes ten times as long (docs/adr/0050).

Without psycopg's C modules reading its moments was a fifth of the sweep's time, and much of a long list's.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.psycopg_any import BaseTzLoader


class QuickLoader(BaseTzLoader):  # type: ignore[misc]  # Django's is not typed
    """Of connections that speak UTC, as ours do; what is no plain ISO moment is read as ever ("infinity", years BC)."""

    timezone = UTC

    def load(self, data: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(bytes(data).decode())
        except ValueError:
            return super().load(data)  # type: ignore[no-any-return]
        return moment if moment.tzinfo is UTC else super().load(data)


def read_moments_quickly(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """Of every new connection to PostgreSQL."""
    if connection.vendor == "postgresql" and connection.timezone == UTC:
        connection.connection.adapters.register_loader("timestamptz", QuickLoader)
