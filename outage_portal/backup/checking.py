"""Whether what was restored is what was backed up, and whether the portal can work with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from django.core.checks import Tags, run_checks
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from entities import encryption, guards
from nafath_auth.rotation import digest_key_names
from outage_portal.backup.counting import tables
from outage_portal.backup.taking import DUMP, UPLOADS, BackupRefused, Manifest, digest_of

#: Of each guarded table how many of its two triggers stand and fire.
GUARDS = """
SELECT wanted.name FROM unnest(%s::text[]) AS wanted(name) WHERE 2 > (
    SELECT count(*) FROM pg_trigger t WHERE t.tgrelid = to_regclass(wanted.name) AND t.tgenabled IN ('O', 'A')
    AND t.tgname IN (wanted.name || '_guard', wanted.name || '_guard_truncate')
)
"""


@dataclass(frozen=True)
class Line:
    """One thing that was compared: what was found, and whether it is as it was."""

    what: str
    found: str
    is_whole: bool


def backup_is_whole(folder: Path, manifest: Manifest) -> Iterator[Line]:
    """The files of the backup itself, each by its digest: what was written is what is still there."""
    yield _line("The dump", folder / DUMP, manifest.dump_sha256)
    store = folder.parent / UPLOADS
    changed = [name for name, digest in manifest.files.items() if not _is(store / name, digest)]
    yield Line("Uploads in the store", _counted(len(manifest.files), changed), not changed)
    yield Line("Missing already then", _counted(len(manifest.missing), manifest.missing), not manifest.missing)


def restored_is_whole(manifest: Manifest) -> Iterator[Line]:
    """The database and the uploads that the settings name, against the backup. Before the portal writes in them."""
    if connection.vendor != "postgresql":
        raise BackupRefused("Only a PostgreSQL is restored: DATABASE_URL names none.")
    with transaction.atomic():
        now = {name: (table.rows, table.digest) for name, table in tables().items()}
    then = {name: (rows, digest) for name, (rows, digest) in manifest.tables.items()}
    other = sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
    rows = sum(rows for rows, _digest in now.values())
    yield Line("Rows, table by table", f"{rows:,} rows in {_counted(len(now), other)}", not other)
    yield from _uploads(manifest)
    yield _said("Histories, audit logs, sealed records", lambda out: call_command("verify_history", stdout=out))
    yield from _database()
    yield from _keys(manifest)


def _uploads(manifest: Manifest) -> Iterator[Line]:
    other = [name for name, digest in manifest.files.items() if not _is(Path(default_storage.path(name)), digest)]
    yield Line("Uploads, byte by byte", _counted(len(manifest.files), other), not other)


def _database() -> Iterator[Line]:
    """What a dump carries and a careless restore loses: the row locks, the guards, and whom they hold for."""
    wrong = run_checks(tags=[Tags.database], databases=["default"])
    yield Line("Row-level security and role", "; ".join(each.msg for each in wrong) or "in force", not wrong)
    unguarded = tables_without_guard()
    yield Line("Append-only guards", _counted(len(guards.GUARDED), unguarded), not unguarded)


def tables_without_guard() -> list[str]:
    """On PostgreSQL: append-only tables whose guard is missing or switched off."""
    with connection.cursor() as cursor:
        cursor.execute(GUARDS, [list(guards.GUARDED)])
        return [name for (name,) in cursor.fetchall()]


def _keys(manifest: Manifest) -> Iterator[Line]:
    """Whether the settings have every key that somebody depends on; whether it is the same one shows a sign-in."""
    have = {"digest": digest_key_names(), "encryption": encryption.key_names()}
    for kind, needed in manifest.keys.items():
        gone = sorted(set(needed) - set(have[kind]))
        yield Line(f"Keys of the {kind}s needed", _counted(len(needed), gone), not gone)


def _said(what: str, ask: Callable[[StringIO], object]) -> Line:
    out = StringIO()
    try:
        ask(out)
    except CommandError as broken:
        return Line(what, str(broken), False)
    return Line(what, " ".join(out.getvalue().split()), True)


def _line(what: str, file: Path, digest: str) -> Line:
    whole = _is(file, digest)
    return Line(what, "as it was written" if whole else f"{file.name} is missing or changed", whole)


def _is(file: Path, digest: str) -> bool:
    try:
        return digest_of(file) == digest
    except OSError:
        return False


def _counted(total: int, wrong: list[str]) -> str:
    """How many there are, and the first few that are not as they were."""
    named = ", ".join(wrong[:5]) + (f" and {len(wrong) - 5} more" if len(wrong) > 5 else "")
    return f"{total:,}" + (f", not as they were: {named}" if wrong else "")
