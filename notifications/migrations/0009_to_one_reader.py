from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState


class ByItsOwnStatement(migrations.SeparateDatabaseAndState):
    """A constraint on a table that others write meanwhile: PostgreSQL reads the rows without keeping anybody out.

    What broke off half way is begun again.
    """

    def __init__(self, model_name: str, constraint: models.CheckConstraint | models.UniqueConstraint) -> None:
        self.added = migrations.AddConstraint(model_name, constraint)
        super().__init__(state_operations=[self.added])

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            self.added.database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model: Any = to_state.apps.get_model(app_label, self.added.model_name)
        constraint, quote = self.added.constraint, schema_editor.quote_name
        name, table = quote(constraint.name), quote(model._meta.db_table)
        made = str(constraint.create_sql(model, schema_editor))
        if isinstance(constraint, models.UniqueConstraint):
            statements = [
                f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
                made.replace("CREATE UNIQUE INDEX", "CREATE UNIQUE INDEX CONCURRENTLY", 1),
            ]
        else:
            statements = [
                f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}",
                f"{made} NOT VALID",
                f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}",
            ]
        for statement in ["SET statement_timeout = 0", *statements, "RESET statement_timeout"]:  # it reads every row
            schema_editor.execute(statement, params=None)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        self.added.database_backwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    """A delivery is to a person or to an address outside the portal, and to that once a notice."""

    atomic = False  # an index is not built beside others' writing inside a transaction

    dependencies = [("notifications", "0008_to_outside_readers")]

    operations = [
        ByItsOwnStatement(
            "delivery",
            models.CheckConstraint(
                condition=models.Q(person__isnull=False, membership__isnull=False, outside__isnull=True)
                | models.Q(person__isnull=True, membership__isnull=True, outside__isnull=False, channel="email"),
                name="delivery_to_one_reader",
            ),
        ),
        ByItsOwnStatement(
            "delivery",
            models.UniqueConstraint(
                fields=["outside", "notice"],
                condition=models.Q(outside__isnull=False),
                name="delivery_of_notice_outside_once",
            ),
        ),
    ]
