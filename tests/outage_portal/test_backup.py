"""A backup is compared with what was restored from it; that it can be restored at all, `make restore-drill` shows."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, models, transaction

from entities.models import AuditEvent
from outage_portal.backup.counting import tables, uploads
from tests.factories import a_person, a_report, a_team
from tests.web_role import as_owner

DECISION = "teams/1/decision.pdf"


def backed_up(folder: Path) -> Path:
    out = StringIO()
    call_command("backup", str(folder), stdout=out, stderr=StringIO())
    return Path(out.getvalue().strip())


def check(backup: Path, *options: str) -> str:
    """What `restore_check` says; where it finds a difference, with its last sentence."""
    out = StringIO()
    try:
        call_command("restore_check", str(backup), *options, stdout=out)
    except CommandError as difference:
        return f"{out.getvalue()}{difference}"
    return out.getvalue()


@pytest.fixture
def house(transactional_db: None) -> None:
    """A report, a line of the security log, and a team's decision with its file."""
    if connection.vendor != "postgresql":
        pytest.skip("a backup is PostgreSQL's")
    report = a_report()
    team = a_team(report.entity)
    default_storage.save(DECISION, ContentFile(b"%PDF- the decision"))
    team.decision_file = DECISION
    team.save()
    AuditEvent.record(AuditEvent.Action.READ, entity=report.entity)


@pytest.mark.wide
@pytest.mark.django_db(transaction=True)
def test_a_backup_holds_what_was_there_and_a_difference_is_named(house: None, tmp_path: Path, settings: Any) -> None:
    backup = backed_up(tmp_path / "kept")
    whole = check(backup)
    assert "Everything is as it was backed up." in whole
    assert "NOT" not in whole
    assert not default_storage.delete(DECISION)
    settings.NID_DIGEST_KEYS = ["another:" + "k" * 40]
    a_person()
    said = check(backup)
    assert "entities_user" in said
    assert said.endswith("Not as it was: Rows, table by table, Uploads, byte by byte, Keys of the digests needed.")


@pytest.mark.wide
@pytest.mark.django_db(transaction=True)
def test_a_backup_is_nobody_elses_to_read_and_holds_no_key(house: None, tmp_path: Path, settings: Any) -> None:
    backup = backed_up(tmp_path / "kept")
    made = [backup, backup.parent / "uploads", *backup.iterdir(), backup.parent / "uploads" / DECISION]
    assert {oct(each.stat().st_mode & 0o077) for each in made} == {"0o0"}
    manifest = (backup / "manifest.json").read_text()
    name, _, secret = settings.NID_DIGEST_KEYS[0].partition(":")
    assert json.loads(manifest)["keys"]["digest"] == [name]
    for hidden in (secret, settings.SECRET_KEY, "example.sa"):
        assert hidden not in manifest
        assert hidden.encode() not in (backup / "database.dump").read_bytes()


@pytest.mark.wide
@pytest.mark.django_db(transaction=True)
def test_a_backup_that_was_touched_is_found_without_a_database(house: None, tmp_path: Path) -> None:
    backup = backed_up(tmp_path / "kept")
    assert "Everything" in check(backup, "--files-only")
    dump = backup / "database.dump"
    dump.write_bytes(dump.read_bytes()[:-1])
    (backup.parent / "uploads" / DECISION).write_bytes(b"another decision")
    assert check(backup, "--files-only").endswith("Not as it was: The dump, Uploads in the store.")


@pytest.mark.wide
@pytest.mark.django_db(transaction=True)
def test_a_file_the_portal_has_lost_is_said_at_the_backup(house: None, tmp_path: Path) -> None:
    default_storage.delete(DECISION)
    with pytest.raises(CommandError, match=f"1 uploads are missing or changed at the portal itself: {DECISION}"):
        backed_up(tmp_path)


@pytest.mark.wide
@pytest.mark.django_db(transaction=True)
def test_a_changed_row_changes_its_table_and_no_other(house: None) -> None:
    before = _counted()
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("UPDATE entities_entity SET name_en = name_en || '!'")
    after = _counted()
    assert [name for name in before if before[name] != after[name]] == ["entities_entity"]
    assert before["entities_entity"].rows == after["entities_entity"].rows


@pytest.mark.wide
@pytest.mark.django_db(transaction=True)
def test_no_folder_that_looks_like_a_backup_is_left_where_pg_dump_fails(
    house: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "pg_dump"
    broken.write_text("#!/bin/sh\necho 'server version mismatch' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError, match=r"There is no backup\. server version mismatch"):
        backed_up(tmp_path / "kept")
    assert [each.name for each in (tmp_path / "kept").iterdir()] == ["uploads"]


def _counted() -> dict[str, Any]:
    with transaction.atomic():
        return tables()


@pytest.mark.django_db
def test_another_database_is_refused_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "vendor", "sqlite")
    with pytest.raises(CommandError, match="Only a PostgreSQL is backed up"):
        call_command("backup", str(tmp_path))


def test_what_is_no_backup_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="holds no backup that can be read"):
        call_command("restore_check", str(tmp_path))


@pytest.mark.django_db
def test_every_kind_of_upload_is_backed_up() -> None:
    team = a_team(a_report().entity)
    team.decision_file = DECISION
    team.save()
    fields = {
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.FileField)
    }
    assert fields == {"Attachment.file", "SealedRecord.file", "CrisisTeam.decision_file"}
    assert [each.name for each in uploads()] == [DECISION]
