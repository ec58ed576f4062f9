"""A backup: one snapshot of the database, counted and dumped while people file, then the files that its rows name.

A folder holds many backups, each in a folder of its own, and one store of uploads that they share: a file of ours never
changes, so each is copied once.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.backends.postgresql.client import DatabaseClient
from django.utils import timezone

from nafath_auth.rotation import move_encrypted, people_by_key
from outage_portal.backup.counting import Upload, tables, uploads

DUMP, MANIFEST, UPLOADS = "database.dump", "manifest.json", "uploads"


class BackupRefused(Exception):
    """Why there is no backup: one sentence for whoever keeps the portal."""


@dataclass(frozen=True)
class Manifest:
    """What is in a backup, as its snapshot had it. Keys are named, and never held."""

    taken_at: str
    postgresql: str
    dump_sha256: str
    tables: dict[str, tuple[int, str]]
    #: name -> SHA-256
    files: dict[str, str]
    #: Files that a row names and the storage does not have as the row says.
    missing: list[str]
    #: "digest" and "encryption" -> the names of the keys without which people cannot sign in, or texts be read.
    keys: dict[str, list[str]]
    seconds: float

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Raises BackupRefused where there is none that can be read."""
        try:
            return cls(**json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise BackupRefused(f"{folder} holds no backup that can be read: {error}.") from error


def take(folder: Path, *, at: datetime) -> tuple[Path, Manifest]:
    """Back up into a new folder inside this one; whoever else may read the machine may not read it.

    Raises BackupRefused, and then leaves no folder that could be taken for a backup.
    """
    if connection.vendor != "postgresql":
        raise BackupRefused("Only a PostgreSQL is backed up: DATABASE_URL names none.")
    began, name = time.monotonic(), timezone.localtime(at).strftime("%Y%m%d-%H%M%S")
    place, unfinished = folder / name, folder / f"{name}.unfinished"
    unfinished.mkdir(mode=0o700, parents=True)
    (folder / UPLOADS).mkdir(mode=0o700, exist_ok=True)
    try:
        with _snapshot() as snapshot:
            _dump(unfinished / DUMP, snapshot)
            counted, named = tables(), list(uploads())
            keys = {"digest": sorted(people_by_key()), "encryption": sorted(move_encrypted(dry_run=True).needed)}
        files = {each.name: _keep(each, folder / UPLOADS) for each in named}
        manifest = Manifest(
            taken_at=at.isoformat(),
            postgresql=str(server_version()),
            dump_sha256=digest_of(unfinished / DUMP),
            tables={name: (table.rows, table.digest) for name, table in counted.items()},
            files={name: digest for name, digest in files.items() if digest},
            missing=sorted(name for name, digest in files.items() if not digest),
            keys=keys,
            seconds=round(time.monotonic() - began, 1),
        )
        written = json.dumps(asdict(manifest), indent=1, ensure_ascii=False)
        _private(unfinished / MANIFEST).write_text(written, encoding="utf-8")
        unfinished.rename(place)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return place, manifest


def server_version() -> int:
    """As PostgreSQL numbers itself: 150020 is 15.20."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0])


def digest_of(file: Path) -> str:
    """The SHA-256 of a file's bytes. Raises OSError."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


@contextmanager
def _snapshot() -> Iterator[str]:
    """A moment of the database that this connection and pg_dump both look at, as long as the block lasts."""
    connection.ensure_connection()
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def _dump(file: Path, snapshot: str) -> None:
    """pg_dump in its own compressed format. The password is in its environment, where no list of processes shows it."""
    program = shutil.which("pg_dump")
    if program is None:
        raise BackupRefused("pg_dump was not found: install PostgreSQL's client programs.")
    options = ["--format=custom", f"--snapshot={snapshot}", f"--file={_private(file)}", "--no-password"]
    said = {**connection.settings_dict, "OPTIONS": connection.settings_dict.get("OPTIONS", {})}
    command, more = DatabaseClient.settings_to_cmd_args_env(said, options)
    environment: dict[str, Any] = os.environ | (more or {})
    done = subprocess.run(  # noqa: S603  # our own settings' words
        [program, *command[1:]], env=environment, check=False, capture_output=True, text=True
    )
    if done.returncode:
        why = " ".join(done.stderr.split())
        raise BackupRefused(f"{why} Connect as portal_backup, and with a pg_dump no older than the server.")


def _keep(upload: Upload, store: Path) -> str:
    """A file in the store, and its SHA-256; nothing where the storage has not got what its row says."""
    kept = store / upload.name
    if upload.sha256 and kept.is_file() and kept.stat().st_size == upload.size:
        return upload.sha256
    try:
        source = Path(default_storage.path(upload.name))
        found = digest_of(source)
        if upload.sha256 and found != upload.sha256:
            return ""
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (kept.is_file() and digest_of(kept) == found):
            half = _private(kept.with_name(f"{kept.name}.half"))
            shutil.copyfile(source, half)
            half.rename(kept)
    except FileNotFoundError:
        return ""
    return found


def _private(file: Path) -> Path:
    """Made so that nobody else reads it, before anything is in it."""
    file.touch(mode=0o600)
    return file
