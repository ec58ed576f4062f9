"""What production does not start with."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

GOOD = {
    "PORTAL_ENV": "production",
    "SECRET_KEY": "k" * 50,
    "ALLOWED_HOSTS": "portal.example",
    "PORTAL_ORIGIN": "https://portal.example",
    "DATABASE_URL": "postgres://portal@127.0.0.1:5432/portal",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "EMAIL_HOST": "mail.example",
    "DEFAULT_FROM_EMAIL": "reports@portal.example",
    "SMS_GATEWAY_URL": "https://sms.example/messages",
    "SMS_GATEWAY_TOKEN": "token",
    "SUPPORT_PHONE": "011 000 0000",
    "NID_DIGEST_KEYS": f"first:{'s' * 32}",
    "NID_ENCRYPTION_KEYS": f"first:{'e' * 32}",
    "NAFATH_ADAPTER": "oidc",
    "NAFATH_OIDC_ISSUER": "https://nafath.example",
    "NAFATH_OIDC_CLIENT_ID": "portal",
    "NAFATH_OIDC_CLIENT_SECRET": "secret",
    "DEBUG": "0",
    "DEMO": "0",
}


def start(monkeypatch: pytest.MonkeyPatch, **changed: str) -> dict[str, Any]:
    """The settings as this environment makes them."""
    for name, value in {**GOOD, **changed}.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(settings.BASE_DIR / "outage_portal" / "settings.py"))


def test_a_whole_environment_starts_with_cookies_for_https_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    made = start(monkeypatch)
    assert made["SESSION_COOKIE_SECURE"] and made["SESSION_COOKIE_NAME"] == "__Host-session"
    assert made["SECURE_SSL_REDIRECT"] and not made["NAFATH_ALLOW_SIMULATOR"]


@pytest.mark.parametrize(
    "name", ["PORTAL_ORIGIN", "SMS_GATEWAY_URL", "SMS_GATEWAY_TOKEN", "NID_DIGEST_KEYS", "NID_ENCRYPTION_KEYS"]
)
def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name):
        start(monkeypatch, **{name: ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "1"),
        ("DEMO", "1"),
        ("ALLOWED_HOSTS", "portal.example,*"),
        ("PORTAL_ORIGIN", "http://portal.example"),
        ("SECRET_KEY", "short"),
        ("NID_DIGEST_KEYS", "first:"),
        ("NID_DIGEST_KEYS", f"first:{'s' * 32},old:short"),
        ("NID_ENCRYPTION_KEYS", "first:short"),
        ("NID_ENCRYPTION_KEYS", f"first:{'s' * 32},first:{'t' * 32}"),
    ],
)
def test_what_is_dangerous_does_not_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name):
        start(monkeypatch, **{name: value})


def test_unknown_way_to_sign_in_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match="NAFATH_ADAPTER=saml is no way to sign in: it is one of"):
        start(monkeypatch, NAFATH_ADAPTER="saml")


def test_iam_names_all_that_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        start(monkeypatch, NAFATH_ADAPTER="iam")
    for name in ("AUTHORIZE_URL", "CLIENT_ID", "PRIVATE_KEY_PATH", "ISSUER", "CERT_PATH", "LOGOUT_URL"):
        assert f"NAFATH_IAM_{name}" in str(refused.value)


# --- What lies in files -----------------------------------------------------------------------------------------


def test_a_secret_is_read_from_the_file_that_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The whole line without its end, instead of the variable; the database's address as well."""
    key, address = tmp_path / "secret_key", tmp_path / "database_url"
    key.write_text("f" * 60 + "\n")
    address.write_text("postgres://portal_web:word@db:5432/outages\n")
    made = start(monkeypatch, SECRET_KEY="", SECRET_KEY_FILE=str(key), DATABASE_URL_FILE=str(address))
    assert made["SECRET_KEY"] == "f" * 60
    found = made["DATABASES"]["default"]
    assert (found["USER"], found["PASSWORD"], found["NAME"]) == ("portal_web", "word", "outages")


def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY_FILE cannot be read"):
        start(monkeypatch, SECRET_KEY_FILE=str(tmp_path / "nowhere"))


def test_an_empty_file_is_a_missing_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with pytest.raises(ImproperlyConfigured, match="SMS_GATEWAY_TOKEN"):
        start(monkeypatch, SMS_GATEWAY_TOKEN_FILE=str(tmp_path / "empty"))


# --- The drill: production on one machine, `make production-check` ------------------------------------------------

HERE = {
    "PRODUCTION_DRILL": "1",
    "ALLOWED_HOSTS": "localhost",
    "PORTAL_ORIGIN": "https://localhost:8443",
    "EMAIL_HOST": "127.0.0.1",
    "SMS_GATEWAY_URL": "http://127.0.0.1:9010/sms/messages",
    "NAFATH_OIDC_ISSUER": "http://127.0.0.1:9010",
}


def test_the_drill_starts_where_all_is_one_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    made = start(monkeypatch, **HERE)
    assert made["PRODUCTION_DRILL"] and made["SESSION_COOKIE_NAME"] == "__Host-session"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALLOWED_HOSTS", "localhost,portal.example"),
        ("PORTAL_ORIGIN", "https://portal.example"),
        ("DATABASE_URL", "postgres://portal@db.example:5432/portal"),
        ("DATABASE_URL_REPLICA", "postgres://portal@copy.example:5432/portal"),
        ("REDIS_URL", "redis://10.0.0.7:6379/0"),
        ("EMAIL_HOST", "mail.example"),
        ("SMS_GATEWAY_URL", "https://sms.example/messages"),
        ("NAFATH_OIDC_ISSUER", "https://nafath.example"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://collector.example/v1/traces"),
    ],
)
def test_the_drill_never_starts_where_others_are_reached(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match="PRODUCTION_DRILL"):
        start(monkeypatch, **{**HERE, name: value})


def test_production_is_no_drill_unless_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not start(monkeypatch)["PRODUCTION_DRILL"]


# --- A copy of the database ---------------------------------------------------------------------------------------


def test_without_a_copy_there_is_one_database_and_no_router(monkeypatch: pytest.MonkeyPatch) -> None:
    made = start(monkeypatch)
    assert list(made["DATABASES"]) == ["default"] and "DATABASE_ROUTERS" not in made


def test_a_copy_is_asked_as_the_database_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The same timeouts and no JIT; its address may lie in a file."""
    (tmp_path / "copy").write_text("postgres://portal:word@127.0.0.1:5433/portal\n")
    made = start(monkeypatch, DATABASE_URL_REPLICA_FILE=str(tmp_path / "copy"), **HERE)
    primary, copy = made["DATABASES"]["default"], made["DATABASES"]["replica"]
    assert (copy["PORT"], copy["PASSWORD"]) == (5433, "word")
    assert copy["CONN_MAX_AGE"] is None and copy["CONN_HEALTH_CHECKS"]
    assert copy["OPTIONS"]["options"] == primary["OPTIONS"]["options"]
    assert made["DATABASE_ROUTERS"] == ["entities.replica.Router"]


@pytest.mark.parametrize(
    "address",
    [
        "postgres://owner@127.0.0.1:5433/portal",
        "postgres://portal@127.0.0.1:5433/other",
        "sqlite:////tmp/portal.sqlite3",
    ],
)
def test_what_can_be_no_copy_does_not_start(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Another role would read under another row-level security."""
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL_REPLICA"):
        start(monkeypatch, DATABASE_URL_REPLICA=address)


# --- Traces -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "sent_to"),
    [
        ({}, ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/"}, "http://collector:4318/v1/traces"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector/in"}, "http://collector/in"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://one", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://other/in"},
            "http://other/in",
        ),
    ],
)
def test_traces_are_off_until_a_collector_is_named(
    monkeypatch: pytest.MonkeyPatch, named: dict[str, str], sent_to: str
) -> None:
    assert start(monkeypatch, **named)["TRACES_ENDPOINT"] == sent_to


def test_what_the_collector_asks_for_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "headers").write_text("Authorization=Bearer%20abc\n")
    made = start(monkeypatch, OTEL_EXPORTER_OTLP_HEADERS_FILE=str(tmp_path / "headers"))
    assert made["OTLP_HEADERS"] == "Authorization=Bearer%20abc"
