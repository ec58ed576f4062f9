"""Indexes that are made while people write: no migration makes them wait."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddIndex


class AddIndexBeside(AddIndexConcurrently):
    """An index made beside the traffic, for as long as it takes; its migration has `atomic = False`.

    Elsewhere than on PostgreSQL, where nobody waits, it is made as ever.
    """

    def database_forwards(self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            AddIndex.database_forwards(self, app_label, schema_editor, *states)
            return
        schema_editor.execute("SET statement_timeout = 0; SET lock_timeout = 0")  # it waits for whoever writes just now
        try:
            super().database_forwards(app_label, schema_editor, *states)
        finally:
            schema_editor.execute("RESET statement_timeout; RESET lock_timeout")

    def database_backwards(self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            AddIndex.database_backwards(self, app_label, schema_editor, *states)
            return
        super().database_backwards(app_label, schema_editor, *states)
