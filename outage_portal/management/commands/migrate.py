"""Django's own `migrate`, as the system: under FORCE a data migration of the owner's would touch no row in silence."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage
from django.core.management.commands import migrate

from entities.row_security import as_system


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        with as_system():
            super().handle(*args, **options)

    def check(self, *args: Any, **options: Any) -> Sequence[CheckMessage] | None:  # type: ignore[override]
        """Without the checks that look at the database: this is its owner, and what they look for is yet to come."""
        return super().check(*args, **{**options, "databases": None})
