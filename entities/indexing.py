"""Indexes and constraints that are made while people write: no migration makes them wait.

Such a migration has `atomic = False`. Elsewhere than on PostgreSQL, where nobody waits, they are made as ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddConstraint, AddIndex
from django.db.migrations.state import ProjectState
from django.db.models import UniqueConstraint


class AddIndexBeside(AddIndexConcurrently):
    """An index made beside the traffic, for as long as it takes."""

    def database_forwards(self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            AddIndex.database_forwards(self, app_label, schema_editor, *states)
            return
        with _as_long_as_it_takes(schema_editor):
            super().database_forwards(app_label, schema_editor, *states)

    def database_backwards(self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            AddIndex.database_backwards(self, app_label, schema_editor, *states)
            return
        super().database_backwards(app_label, schema_editor, *states)


class AddConstraintBeside(AddConstraint):
    """A check, or a unique index, over a table that others write meanwhile: its rows are read, and nobody is kept out.

    What broke off half way is begun again.
    """

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model: Any = to_state.apps.get_model(app_label, self.model_name)
        with _as_long_as_it_takes(schema_editor):
            for statement in self._statements(model, schema_editor):
                schema_editor.execute(statement, params=None)

    def _statements(self, model: Any, schema_editor: BaseDatabaseSchemaEditor) -> Iterator[str]:
        made = str(self.constraint.create_sql(model, schema_editor))
        name, table = schema_editor.quote_name(self.constraint.name), schema_editor.quote_name(model._meta.db_table)
        if isinstance(self.constraint, UniqueConstraint):
            yield f"DROP INDEX CONCURRENTLY IF EXISTS {name}"
            yield made.replace("CREATE UNIQUE INDEX", "CREATE UNIQUE INDEX CONCURRENTLY", 1)
        else:
            yield f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}"
            yield f"{made} NOT VALID"
            yield f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}"


@contextmanager
def _as_long_as_it_takes(schema_editor: BaseDatabaseSchemaEditor) -> Iterator[None]:
    """It reads every row, and waits for whoever writes just now."""
    schema_editor.execute("SET statement_timeout = 0; SET lock_timeout = 0")
    try:
        yield
    finally:
        schema_editor.execute("RESET statement_timeout; RESET lock_timeout")
