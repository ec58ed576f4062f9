"""The doctor finds what is missing, says what to do about it, and prints no secret."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone

from entities.models import AuditEvent, Notice, User
from entities.permissions import Role
from outage_portal.doctor import database, desk, machine, surroundings
from outage_portal.doctor.finding import Finding
from outage_portal.management.commands import doctor
from tests.factories import a_person, a_shift, an_entity
from tests.web_role import as_owner, guards_lifted

pytestmark = pytest.mark.django_db
CLOSED_PORT = 9  # nobody listens on it


def ill(found: Iterable[Finding]) -> dict[str, str]:
    """What is to be mended, and what was found."""
    return {each.what: each.found for each in found if not each.is_well}


def examine(*options: str) -> tuple[str, str]:
    """What the command prints, and its last sentence."""
    out = StringIO()
    try:
        call_command("doctor", *options, stdout=out)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), ""


@pytest.fixture
def small_tour(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Only these are looked at."""

    def tour(apart: list[Any], on_the_database: list[Any]) -> None:
        monkeypatch.setattr(doctor, "APART", tuple(apart))
        monkeypatch.setattr(doctor, "ON_THE_DATABASE", tuple(on_the_database))

    return tour


@pytest.fixture
def kept() -> None:
    """The tests' own connection waits for no disk (web_role.py); a deployment's does."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = on")


def test_it_exits_with_what_to_mend_and_without_a_secret(settings: Any) -> None:
    secrets = [
        f"{name}-secret-{'x' * 40}" for name in ("key", "digest", "encryption", "redis", "mail", "sms", "scrape")
    ]
    settings.SECRET_KEY, digest, encryption, redis, mail, sms, settings.METRICS_TOKEN = secrets
    settings.NID_DIGEST_KEYS, settings.NID_ENCRYPTION_KEYS = [f"k9:{digest}"], [f"k9:{encryption}", f"k8:{encryption}"]
    settings.REDIS_URL = f"redis://:{redis}@127.0.0.1:{CLOSED_PORT}/0"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_HOST_PASSWORD = "127.0.0.1", CLOSED_PORT, mail
    settings.SMS_GATEWAY_URL, settings.SMS_GATEWAY_TOKEN = f"http://127.0.0.1:{CLOSED_PORT}/sms", sms
    words, sentence = examine()
    listed, _same = examine("--json")
    assert sentence.startswith("To mend: ")
    found = json.loads(listed)
    assert {"Redis", "mail relay", "SMS gateway", "encryption keys"} <= {f["what"] for f in found if not f["well"]}
    assert all(each["mend"] for each in found if not each["well"])
    assert not [secret for secret in secrets if secret in words + listed]


def test_where_all_is_well_it_says_so(small_tour: Callable[..., None]) -> None:
    small_tour([lambda: [Finding("one", "as it should be")]], [])
    words, sentence = examine()
    assert not sentence
    assert "All of 1 are well." in words


def test_a_database_that_is_away_is_one_finding(small_tour: Callable[..., None]) -> None:
    def away() -> list[Finding]:
        raise OperationalError("password of portal_web")

    small_tour([lambda: [Finding("one", "as it should be")]], [away])
    words, sentence = examine()
    assert sentence == "To mend: 1 of 2."
    assert "OperationalError" in words
    assert "password of" not in words


# --- This machine ---------------------------------------------------------------------------------------------------


def test_the_portals_own_checks_are_among_djangos(settings: Any) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    found = ill(machine.deployment())
    assert {"PORTAL_ENV", "alarms", "check outage_portal.E008"} <= found.keys()


def test_a_key_that_somebody_depends_on_and_one_that_nobody_needs_are_named(settings: Any) -> None:
    person = a_person()
    User.objects.filter(pk=person.pk).update(national_id_digest="lost:0123")
    settings.NID_DIGEST_KEYS = [*settings.NID_DIGEST_KEYS, "old:" + "k" * 40]
    settings.NID_ENCRYPTION_KEYS = [*settings.NID_ENCRYPTION_KEYS, "older:" + "k" * 40]
    found = {each.what: each for each in machine.secret_keys() if not each.is_well}
    assert found.keys() == {"digest keys", "digest keys without people", "encryption keys"}
    assert found["digest keys"].mend == "Put back lost: 1 people cannot sign in without."
    assert found["digest keys without people"].found == "old"


def test_folders_that_are_missing_full_or_served_are_found(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.MEDIA_ROOT = tmp_path / "uploads"
    settings.AUDIT_ARCHIVE_ROOT = tmp_path / "archive"
    settings.AUDIT_ARCHIVE_ROOT.mkdir()
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _folder: SimpleNamespace(free=machine.LEAST_ROOM - 1))
    found = ill(machine.files())
    assert found["uploads"] == "FileNotFoundError"
    assert "writable" in found["archive of the security log"]
    assert "uploads apart from static files" in found


def test_a_static_file_without_an_address_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "staticfiles_storage", SimpleNamespace(hashed_files={}))
    found = machine._static()
    assert not found.is_well
    assert found.found.startswith("0 of ")


def test_this_release_is_whole() -> None:
    assert not ill(machine.release())


# --- Around it ------------------------------------------------------------------------------------------------------


def test_ticks_never_heard_of_are_told_with_the_advice_of_the_operations_page(own_cache: None) -> None:
    found = {each.what: each for each in surroundings.background() if not each.is_well}
    assert found.keys() == {f"heartbeat_age_seconds/{task}" for task in ("sweep", "fan_out", "deliver")}
    assert "workers and beat" in found["heartbeat_age_seconds/sweep"].mend


def test_a_collector_of_traces_is_looked_for_where_one_is_named(settings: Any) -> None:
    assert [(each.what, each.found) for each in surroundings.traces()] == [("traces", "off")]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings.TRACES_ENDPOINT = f"http://127.0.0.1:{listener.getsockname()[1]}/v1/traces"
        assert not ill(surroundings.traces())
    for address in (f"http://127.0.0.1:{CLOSED_PORT}/v1/traces", "http://collector:otlp/"):
        settings.TRACES_ENDPOINT = address
        assert "collector of traces" in ill(surroundings.traces())


def test_a_certificate_that_runs_out_is_found_a_month_before(tmp_path: Path) -> None:
    file = tmp_path / "nafath.pem"
    ends = _certificate(file)
    assert surroundings._certificate(file, at=ends - timedelta(days=31)).is_well
    assert not surroundings._certificate(file, at=ends - timedelta(days=29)).is_well
    assert not surroundings._certificate(tmp_path / "none.pem", at=ends).is_well


def test_a_private_key_that_everybody_may_read_is_found(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.touch(0o600)
    assert surroundings._readable("key", str(file), "NAME").is_well
    file.chmod(0o604)
    assert not surroundings._readable("key", str(file), "NAME").is_well


# --- What people keep -----------------------------------------------------------------------------------------------


@pytest.fixture
def kept_desk() -> None:
    """Two admins, a lead and a reviewer on duty all week, two prepared for the emergency, verified tonight."""
    for _n in range(2):
        a_person(Role.ADMIN)
        prepared = a_person(Role.REVIEWER)
        prepared.memberships.update(may_break_glass=True)
    for role in (Role.LEAD, Role.REVIEWER):
        a_shift(a_person(role), hours=(-1, 24 * 8))
    AuditEvent.record(AuditEvent.Action.VERIFIED, broken=0)


def test_a_desk_in_order_has_nothing_to_mend(kept_desk: None) -> None:
    assert not ill(desk.desk())


def test_a_desk_that_nobody_keeps_is_told_what_to_do() -> None:
    an_entity(authority=True)
    assert ill(desk.desk()).keys() == {
        "administrators", "leads", "prepared for break-glass", "gaps of the roster in 7 days", "histories verified",
    }  # fmt: skip


def test_what_nobody_has_purged_is_named_after_three_nights(kept_desk: None, settings: Any) -> None:
    days = settings.RETENTION_DAYS["notices"]
    notice = Notice.objects.create(
        kind=Notice.Kind.TEAM_STALE, key="old", entity=an_entity(), at=timezone.now() - timedelta(days=days + 2),
        fanned_out_at=timezone.now(),
    )  # fmt: skip
    assert not ill(desk.desk())
    Notice.objects.filter(pk=notice.pk).update(at=timezone.now() - timedelta(days=days + 4))
    assert ill(desk.desk()) == {"what is past its term": "still there: notices"}


def test_a_broken_history_stays_to_be_mended_until_a_night_without(kept_desk: None) -> None:
    AuditEvent.record(AuditEvent.Action.VERIFIED, broken=2)
    assert ill(desk.desk())["histories verified"].endswith("broken: 2")
    call_command("verify_history", "--record", stdout=StringIO())
    assert not ill(desk.desk())


# --- PostgreSQL -----------------------------------------------------------------------------------------------------


def test_another_database_than_postgresql_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "vendor", "sqlite")
    assert ill(database.database()) == {"database": "sqlite"}


@pytest.mark.wide
@pytest.mark.usefixtures("kept")
def test_the_webs_role_is_well_and_the_owner_is_not() -> None:
    assert not ill(database.database())
    with as_owner():
        assert ill(database.database()).keys() == {"role"}


@pytest.mark.wide
@pytest.mark.usefixtures("kept")
def test_a_guard_that_was_taken_down_and_a_clock_that_is_off_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = timezone.now
    monkeypatch.setattr(database.timezone, "now", lambda: ours() + timedelta(seconds=5))
    assert ill(database.database()) == {"clock beside the database's": "5.0 s apart"}
    monkeypatch.undo()
    with guards_lifted():
        assert "incidents_reportevent" in ill(database.database())["append-only guards"]


def _certificate(file: Path) -> Any:
    """One of our own, for a year; returns when it ends."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key, now = ec.generate_private_key(ec.SECP256R1()), timezone.now()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nafath.example")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=365))
    certificate = made.sign(key, hashes.SHA256())
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return certificate.not_valid_after_utc
