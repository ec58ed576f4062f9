"""The machine is gone: what was backed up while people filed is restored on another, and people work on it.

`make restore-drill` prints it line by line, with the seconds.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from faults.browser import Browser
from faults.filing import PATH, Receipt, form, reference_of
from faults.house import DATABASE, ROLES, House
from faults.plan import expect
from faults.portal import Portal
from faults.process import wait_until
from faults.servers import Postgres, find_program

TEXT = b"What the gateway wrote while it was down.\n"
NATIONAL_ID = "1000000008"


@dataclass(frozen=True)
class Before:
    """What must be found again: who was given a receipt before the backup began, a file, and a person."""

    receipts: list[Receipt]
    file: str
    person: str


@dataclass
class Restored:
    """A portal on another PostgreSQL, from nothing but a backup, the database's roles and the keys."""

    before: Before
    backup: Path
    uploads: Path
    postgres: Postgres
    portal: Portal
    seconds: dict[str, float] = field(default_factory=dict)
    filed_meanwhile: int = 0

    def ask(self, sql: str, *values: object, role: str = "postgres") -> list[tuple[object, ...]]:
        with psycopg.connect(self.postgres.address(role, DATABASE), autocommit=True) as connection:
            return list(connection.execute(sql.encode(), values or None))

    def check(self) -> tuple[bool, str]:
        """As the web's role: it must see all that the backup's role saw."""
        done = self.portal.manage("restore_check", str(self.backup), role=self.postgres.address("portal_web", DATABASE))
        return done.returncode == 0, done.stdout + done.stderr


@contextmanager
def restored(house: House) -> Iterator[Restored]:
    """Back up, and restore on a server of its own; until the end of the block."""
    with tempfile.TemporaryDirectory(prefix="restored-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        folder.chmod(0o711)  # PostgreSQL's account passes through
        (folder / "postgres").mkdir()
        there = Restored(
            before=Before(list(house.filing.receipts), _upload(house), _person()),
            backup=folder,
            uploads=folder / "uploads",
            postgres=Postgres(folder / "postgres"),
            portal=Portal({}, folder=folder, disk=folder, limit=None),
        )
        moved = {"MEDIA_ROOT": str(there.uploads), "PORTAL_ORIGIN": there.portal.origin}
        web, worker = (there.postgres.address(f"portal_{name}", DATABASE) for name in ("web", "worker"))
        there.portal.settle(house.portal.environment | moved, web=web, worker=worker)
        try:
            there.postgres.start()
            with _timed(there, "backup"):
                there.backup = _back_up(house, folder / "backups", there)
            with _timed(there, "restore"):
                _restore(there)
            yield there
        finally:
            there.portal.stop()
            there.postgres.stop()


@contextmanager
def _timed(there: Restored, what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    there.seconds[what] = time.monotonic() - began


# --- The backup, and the other machine ---------------------------------------------------------------------


def _upload(house: House) -> str:
    """A file of a report; returns its address."""
    receipt = house.filing.receipts[0]
    path = f"/reports/{receipt.reference}/files/"
    answer = Browser(house.portal.web_port, house.answers, receipt.filer.session).upload(path, "gateway.txt", TEXT)
    found = house.ask("SELECT id FROM incidents_attachment ORDER BY added_at DESC LIMIT 1")
    expect(answer.status == 302 and found, f"a file was answered {answer.status}")
    return f"{path}{found[0][0]}/"


def _person() -> str:
    """Somebody whose national ID is known here, and nowhere in the database; returns her public id."""
    from entities.permissions import Role
    from entities.row_security import as_system
    from tests import factories

    with as_system():
        return str(factories.a_person(Role.MEMBER, number=NATIONAL_ID).public_id)


def _back_up(house: House, folder: Path, there: Restored) -> Path:
    """By the command and the role of docs/operations.md; returns where it lies."""
    done = house.portal.manage("backup", str(folder), role=house.postgres.address("portal_backup", DATABASE))
    there.filed_meanwhile = len(house.filing.receipts) - len(there.before.receipts)
    expect(done.returncode == 0, done.stderr)
    return Path(done.stdout.strip())


def _restore(there: Restored) -> None:
    """As docs/operations.md says it: the roles, then the dump, whole or not at all, then the uploads."""
    with psycopg.connect(there.postgres.address(), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {DATABASE}".encode())
    with psycopg.connect(there.postgres.address(database=DATABASE), autocommit=True) as owner:
        owner.execute(ROLES.read_bytes())
    command = [find_program("pg_restore", "PostgreSQL"), "--exit-on-error", "--single-transaction"]
    command += ["--dbname", there.postgres.address(database=DATABASE), str(there.backup / "database.dump")]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    expect(done.returncode == 0, done.stderr)
    shutil.copytree(there.backup.parent / "uploads", there.uploads)


# --- What must be true there: each says what it saw, or raises Broken ---------------------------------------


def compared(_house: House, there: Restored) -> Iterator[str]:
    with _timed(there, "check"):
        is_whole, said = there.check()
    expect(is_whole, " ".join(said.split()))
    yield from (line.removeprefix("ok").strip() for line in said.splitlines() if line.startswith("ok"))


def receipts_are_there(_house: House, there: Restored) -> Iterator[str]:
    given = [receipt.reference for receipt in there.before.receipts]
    found = there.ask("SELECT count(*) FROM incidents_report WHERE reference = ANY(%s)", given)[0][0]
    seen = f"Receipts given before: {found} of {len(given)} reports there, {there.filed_meanwhile} more filed meanwhile"
    expect(found == len(given) and there.filed_meanwhile, seen)
    yield seen


def locks_hold(_house: House, there: Restored) -> Iterator[str]:
    """A connection of the web's that was told nothing sees nothing; not even the owner writes history anew."""
    rows = there.ask("SELECT count(*) FROM incidents_report", role="portal_web")[0][0]
    try:
        there.ask("UPDATE incidents_reportevent SET at = now()")
        refused = "was let"
    except psycopg.errors.RaiseException as guard:
        refused = str(guard.diag.message_primary)
    seen = f"Locks: a stranger's connection sees {rows} reports; whoever rewrites a history: {refused}"
    expect(rows == 0 and "append-only" in refused, seen)
    yield seen


def people_sign_in(_house: House, there: Restored) -> Iterator[str]:
    """What Nafath says of a person finds her by the digest, under the keys that no backup holds."""
    from entities import national_id

    asked = "SELECT public_id::text FROM entities_user WHERE national_id_digest = ANY(%s)"
    found = there.ask(asked, national_id.digests(NATIONAL_ID))
    expect(found == [(there.before.person,)], f"A national ID finds {len(found)} people")
    yield "Sign-in: a national ID finds its person under the same keys"


def people_work(house: House, there: Restored) -> Iterator[str]:
    """One gunicorn as the web's role: her report, its file, and a new report; a stranger's is not found."""
    there.portal.web.start()
    with _timed(there, "serving"):
        wait_until(lambda: there.portal._answers(there.portal.web_port), within=90)
    first = there.before.receipts[0]
    other = next(receipt for receipt in there.before.receipts if receipt.filer is not first.filer)
    browser = Browser(there.portal.web_port, house.answers, first.filer.session)
    statuses = [browser.get(f"/reports/{receipt.reference}/").status for receipt in (first, other)]
    file = browser.get(there.before.file)
    filer, service = house.filing.next_form()
    key = "00000000-0000-4000-8000-000000000041"
    filed = Browser(there.portal.web_port, house.answers, filer.session).post(PATH, form(filer, service, key))
    is_same = file.text.encode() == TEXT
    seen = (
        f"Work: her report {statuses[0]}, another's {statuses[1]}, her file {'as' if is_same else 'NOT as'} it was, "
        f"a new report is {reference_of(filed) or filed.status}"
    )
    expect(statuses == [200, 404] and is_same and reference_of(filed), seen)
    yield seen


def differences_are_found(_house: House, there: Restored) -> Iterator[str]:
    """The comparison can fail: of the report that has just been filed and of one other byte it says so."""
    kept = next(file for file in there.uploads.rglob("*") if file.is_file())
    kept.write_bytes(kept.read_bytes() + b".")
    is_whole, said = there.check()
    names = [part for part in ("Rows", "Uploads, byte by byte") if f"NOT  {part}" in said]
    expect(not is_whole and len(names) == 2, " ".join(said.split()))
    yield "Differences: one report more and one byte more were both named"


STEPS = (compared, receipts_are_there, locks_hold, people_sign_in, people_work, differences_are_found)
