"""Django's own `migrate`, as the system: under FORCE a data migration of the owner's would touch no row in silence.

A migration may take its time, and has none to wait for a lock: behind it every request would wait as well. Where it
found the table taken it has changed nothing, and is run again.
"""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage
from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from entities.row_security import as_system


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        with as_system():
            self._limit(connection, "SET statement_timeout = 0; SET lock_timeout = '1s'")
            super().handle(*args, **options)
            self._limit(connection, "RESET statement_timeout; RESET lock_timeout")

    @staticmethod
    def _limit(connection: BaseDatabaseWrapper, limits: str) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(limits)

    def check(self, *args: Any, **options: Any) -> Sequence[CheckMessage] | None:  # type: ignore[override]
        """Without the checks that look at the database: this is its owner, and what they look for is yet to come."""
        return super().check(*args, **{**options, "databases": None})
