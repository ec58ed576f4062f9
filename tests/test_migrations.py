"""A migration runs while the release before it still serves: docs/operations.md, Upgrading.

One that breaks a rule below says in WHY how the release before lives with it. django-migration-linter reads the SQL of
one database; these few lines read the operations, and know what the portal's own are.
"""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, models
from django.db.migrations import Migration, RunPython, RunSQL, operations
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.models.fields import NOT_PROVIDED

from entities.indexing import AddConstraintBeside, AddIndexBeside

#: The last one of each app before anything was released: nobody was served meanwhile.
BEFORE = {"entities": 19, "crisis_teams": 2, "nafath_auth": 3, "incidents": 31, "notifications": 6}
#: (app, migration): how the release before lives with what the rules refuse.
WHY: dict[tuple[str, str], str] = {}

GONE = (
    operations.RemoveField, operations.DeleteModel, operations.RenameField, operations.RenameModel,
    operations.AlterModelTable,
)  # fmt: skip
LOCKS = (operations.AddConstraint, operations.AddIndex)
BESIDE = (AddConstraintBeside, AddIndexBeside)


def breaches(migration: Migration, state: ProjectState) -> Iterator[str]:
    """What the release before could not live with; `state` is what it has."""
    created = {each.name_lower for each in migration.operations if isinstance(each, operations.CreateModel)}
    for each in migration.operations:
        model = str(getattr(each, "model_name", "")).lower()
        if isinstance(each, GONE):
            yield f"{each.describe()}: the release before still asks for it; stop asking in one, remove it in the next"
        elif isinstance(each, operations.AddField) and model not in created and _is_demanded(each.field):
            yield f"{each.describe()}: the release before writes rows without it; null=True or db_default="
        elif isinstance(each, operations.AlterField) and not each.field.null and _was_null(state, migration, each):
            yield f"{each.describe()}: the release before still writes null"
        elif isinstance(each, operations.AlterField) and _is_of_another_type(state, migration, each):
            yield f"{each.describe()}: the release before has questions prepared for the type it was; a new column"
        elif isinstance(each, LOCKS) and not isinstance(each, BESIDE) and model not in created:
            yield f"{each.describe()}: writers wait while the table is read; a small table, or entities/indexing.py"
        elif not _is_reversible(each):
            yield f"{each.describe()}: there is no way back"


def _is_demanded(field: models.Field) -> bool:  # type: ignore[type-arg]
    return not (field.many_to_many or field.null or field.db_default is not NOT_PROVIDED)


def _before(state: ProjectState, migration: Migration, altered: operations.AlterField) -> Any:
    found = state.models.get((migration.app_label, altered.model_name_lower))
    return found.fields.get(altered.name) if found else None


def _was_null(state: ProjectState, migration: Migration, altered: operations.AlterField) -> bool:
    before = _before(state, migration, altered)
    return bool(before and before.null)


def _is_of_another_type(state: ProjectState, migration: Migration, altered: operations.AlterField) -> bool:
    """PostgreSQL answers no prepared question whose columns changed their type: docs/adr/0059."""
    before = _before(state, migration, altered)
    return bool(before) and _type_of(before) != _type_of(altered.field)


def _type_of(field: Any) -> tuple[object, ...]:
    sizes = (getattr(field, size, None) for size in ("max_length", "max_digits", "decimal_places"))
    return (field.get_internal_type(), *sizes)


def _is_reversible(each: Operation) -> bool:
    return each.reversible if isinstance(each, (RunPython, RunSQL)) else True


def test_the_release_before_lives_with_every_migration() -> None:
    loader = MigrationLoader(None, replace_migrations=False)
    for (app, name), migration in sorted(loader.disk_migrations.items()):
        if app in BEFORE and int(name[:4]) > BEFORE[app] and (app, name) not in WHY:
            found = list(breaches(migration, loader.project_state((app, name), at_end=False)))
            assert not found, f"{app}.{name}: {found}"


def test_every_reason_is_of_a_migration_that_needs_one() -> None:
    loader = MigrationLoader(None, replace_migrations=False)
    for (app, name), why in WHY.items():
        assert why and list(
            breaches(loader.disk_migrations[app, name], loader.project_state((app, name), at_end=False))
        )


# --- In one step, and step by step -----------------------------------------------------------------------------------


def _steps(loader: MigrationLoader) -> list[tuple[str, str]]:
    """The last of each app, on the way that a database took which is older than the one step."""
    return [node for node in loader.graph.leaf_nodes() if not loader.disk_migrations[node].replaces]


def test_a_new_database_is_made_in_one_step_an_app() -> None:
    graph = MigrationLoader(None).graph
    made = {app: [name for of, name in graph.nodes if of == app] for app in BEFORE}
    assert {app: names[0].split("_")[1] for app, names in made.items()} == dict.fromkeys(BEFORE, "squashed")


def test_the_one_step_comes_to_what_the_many_come_to() -> None:
    step_by_step = MigrationLoader(None, replace_migrations=False)
    assert MigrationLoader(None).project_state() == step_by_step.project_state(_steps(step_by_step))


def step_by_step() -> None:
    """Migrate as before there was the one step: the test below says it to a process of its own."""
    executor = MigrationExecutor(connection)
    executor.loader.replace_migrations = False
    executor.loader.build_graph()
    executor.migrate(_steps(executor.loader))


#: What was done, and how many numbers were given: another way to the same.
COUNTED = {"django_migrations", "sqlite_sequence"}


@pytest.mark.wide
def test_a_database_from_before_the_one_step_is_what_a_new_one_is(tmp_path: Path) -> None:
    """In a process each: a migration writes its rows where the settings point."""
    old, new = tmp_path / "old.sqlite3", tmp_path / "new.sqlite3"
    _migrated(old, first="from tests import test_migrations; test_migrations.step_by_step()")
    _migrated(new)
    assert _all_of(old) == _all_of(new)


def _migrated(place: Path, *, first: str = "") -> None:
    said = f"import django; django.setup(); {first}\n"
    said += "from django.core.management import call_command; call_command('migrate', verbosity=0)"
    environment = {"DATABASE_URL": f"sqlite:///{place}", "DJANGO_SETTINGS_MODULE": "outage_portal.settings"}
    subprocess.run([sys.executable, "-c", said], cwd=settings.BASE_DIR, env=os.environ | environment, check=True)


def _all_of(place: Path) -> list[tuple[object, ...]]:
    """What tables, indexes and triggers are made of, in whichever order, and every row; but not when it came there."""
    with closing(sqlite3.connect(place)) as database:
        made = database.execute("SELECT name, sql FROM sqlite_master WHERE sql <> ''").fetchall()
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        rows = [(name, *row) for (name,) in tables for row in database.execute(f'SELECT * FROM "{name}"')]  # noqa: S608  # our own tables
    parts = [(name, *sorted(re.split(r"[,\s()]+", sql))) for name, sql in made]
    return sorted([*parts, *(row for row in rows if row[0] not in COUNTED)], key=str)


# --- The rules themselves --------------------------------------------------------------------------------------------


def _of(*made: Operation) -> Migration:
    migration = Migration("0002_next", "portal")
    migration.operations = list(made)
    return migration


def _state() -> ProjectState:
    state = ProjectState()
    fields = [
        ("id", models.BigAutoField(primary_key=True)),
        ("note", models.TextField(null=True)),
        ("code", models.CharField(max_length=10)),
    ]
    state.add_model(ModelState("portal", "Report", fields))
    return state


CREATED = operations.CreateModel("Alarm", [("id", models.BigAutoField(primary_key=True))])
INDEX = models.Index(fields=["note"], name="by_note")
UNIQUE = models.UniqueConstraint(fields=["note"], name="note_once")


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        (operations.RemoveField("report", "note"), "still asks for it"),
        (operations.RenameField("report", "note", "remark"), "still asks for it"),
        (operations.DeleteModel("Report"), "still asks for it"),
        (operations.AddField("report", "phase", models.TextField(default="")), "writes rows without it"),
        (operations.AlterField("report", "note", models.TextField(default="")), "still writes null"),
        (operations.AlterField("report", "code", models.CharField(max_length=20)), "prepared for the type it was"),
        (operations.AddIndex("report", INDEX), "writers wait"),
        (operations.AddConstraint("report", UNIQUE), "writers wait"),
        (operations.RunPython(lambda apps, editor: None), "no way back"),
    ],
)
def test_what_the_release_before_cannot_live_with_is_found(operation: Operation, said: str) -> None:
    assert [said in each for each in breaches(_of(operation), _state())] == [True]


@pytest.mark.parametrize(
    "made",
    [
        (operations.AddField("report", "phase", models.TextField(db_default="")),),
        (operations.AddField("report", "phase", models.TextField(null=True)),),
        (CREATED, operations.AddField("alarm", "note", models.TextField(default=""))),
        (CREATED, operations.AddIndex("alarm", INDEX)),
        (operations.AlterField("report", "code", models.CharField(max_length=10, choices=[("a", "A")])),),
        (AddIndexBeside("report", INDEX),),
        (AddConstraintBeside("report", UNIQUE),),
        (operations.RunPython(RunPython.noop, RunPython.noop),),
    ],
)
def test_what_it_can_live_with_passes(made: tuple[Operation, ...]) -> None:
    assert not list(breaches(_of(*made), _state()))
