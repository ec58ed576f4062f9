"""The demo starts with one command, says in one sentence what keeps it from starting, and leaves nothing behind."""

from __future__ import annotations

import fcntl
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from outage_portal.demo.environment import Demo
from outage_portal.demo.parts import to_localhost
from outage_portal.demo.tour import introduction
from outage_portal.seed.people import read_personas
from tests.simulator_process import free_port

MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]
#: Names of settings.py that make no difference to the demo.
INDIFFERENT = {
    "DEFAULT_FROM_EMAIL", "SUPPORT_PHONE", "SUPPORT_EMAIL", "DIGITAL_STAMP_NUMBER", "NAFATH_SUPPORT_PHONE",
    "PRIVACY_OFFICER_EMAIL", "PRIVACY_OFFICER_PHONE",
}  # fmt: skip


def names_in_settings() -> set[str]:
    return set(
        re.findall(r'env(?:\.\w+)?\(\s*"([A-Z_]+)"', (settings.BASE_DIR / "outage_portal/settings.py").read_text())
    )


def test_a_port_in_use_is_said_in_one_sentence_with_a_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        options = ["--port", str(port), "--simulator-port", str(free_port()), "--directory", str(tmp_path)]
        done = subprocess.run([*MANAGE, "demo", *options], capture_output=True, text=True, timeout=60, check=False)
        with pytest.raises(SystemExit, match=f"Port {port} is in use: .* 'make demo SIMULATOR_PORT=9011'"):
            call_command("demo", port=free_port(), simulator_port=port, directory=tmp_path)
    way_out = f"Port {port} is in use: stop what listens there, or choose another with 'make demo PORT=8001'.\n"
    assert (done.returncode, done.stderr, done.stdout) == (1, way_out, "")
    assert not list(tmp_path.iterdir())


def test_one_port_cannot_serve_both(tmp_path: Path) -> None:
    port = free_port()
    with pytest.raises(SystemExit, match="must differ"):
        call_command("demo", port=port, simulator_port=port, directory=tmp_path)


def test_a_second_demo_in_the_same_directory_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(SystemExit, match="Another demo uses"):
            call_command("demo", port=free_port(), simulator_port=free_port(), directory=tmp_path)
    assert not (tmp_path / "demo.json").exists()


def test_a_reset_throws_the_demos_data_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "uploads").mkdir()
    for name in ("portal.sqlite3", "demo.json", "uploads/a.pdf"):
        (tmp_path / name).write_text("x")
    call_command("demo", reset=True, directory=tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["lock"]
    assert capsys.readouterr().out == "The demo starts afresh at the next 'make demo'.\n"


def test_a_reset_beside_a_running_demo_says_so_and_removes_nothing(tmp_path: Path) -> None:
    (tmp_path / "portal.sqlite3").write_text("x")
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(SystemExit, match=r"^The demo runs with .*: stop it first, with Ctrl-C in its terminal\.$"):
            call_command("demo", reset=True, directory=tmp_path)
    assert (tmp_path / "portal.sqlite3").exists()


def test_make_reset_asks_the_demo_whether_it_runs() -> None:
    said = subprocess.run(["make", "-n", "reset"], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True)
    assert "manage.py demo --reset" in said.stdout and "rm -rf var" not in said.stdout


def test_production_serves_no_demo(settings: Any, tmp_path: Path) -> None:
    settings.PRODUCTION = True
    with pytest.raises(SystemExit, match="production"):
        call_command("demo", directory=tmp_path)


def test_the_inside_is_no_door_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="make demo"):
        call_command("demo", inside=True, directory=tmp_path)


# --- The environment -----------------------------------------------------------------------------------------


def a_demo(directory: Path, port: int = 8000) -> Demo:
    return Demo.prepare(directory, port=port, simulator_port=9010)


def test_secrets_are_made_once_and_kept_from_others(tmp_path: Path) -> None:
    first, second = a_demo(tmp_path), a_demo(tmp_path, port=8001)
    assert (first.secret_key, first.digest_key) == (second.secret_key, second.digest_key)
    assert len(first.secret_key) >= 50 and first.secret_key != a_demo(tmp_path / "other").secret_key
    assert (tmp_path / "demo.json").stat().st_mode & 0o777 == 0o600
    assert Demo.load(tmp_path) == second


def test_a_dot_env_changes_nothing_in_the_demo(tmp_path: Path) -> None:
    assert names_in_settings() - set(a_demo(tmp_path).environment) == INDIFFERENT


def test_the_demo_lives_in_its_directory_and_on_loopback(tmp_path: Path) -> None:
    environment = a_demo(tmp_path).environment
    assert environment["DATABASE_URL"] == f"sqlite:///{tmp_path}/portal.sqlite3"
    assert environment["MEDIA_ROOT"].startswith(str(tmp_path))
    assert environment["PORTAL_ORIGIN"] == "http://localhost:8000"
    assert environment["REDIS_URL"] == "" and environment["DEBUG"] == "0"
    for name in ("NAFATH_OIDC_ISSUER", "SMS_GATEWAY_URL", "EMAIL_HOST"):
        assert "127.0.0.1" in environment[name]


def test_every_name_of_the_settings_is_explained() -> None:
    text = (settings.BASE_DIR / ".env.example").read_text()
    explained = re.findall(r"^# [^\n]+\n#?([A-Z_]+)=", text, re.MULTILINE)
    assert sorted(explained) == sorted(names_in_settings())


# --- What is served and printed ------------------------------------------------------------------------------


def answered(host: str, path: str, query: str = "") -> tuple[str, dict[str, str]]:
    """Status and headers of one request through the redirect."""
    got: list[tuple[str, dict[str, str]]] = []

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [])
        return []

    def start_response(status: str, headers: list[tuple[str, str]]) -> None:
        got.append((status, dict(headers)))

    environ = {"HTTP_HOST": host, "PATH_INFO": path, "QUERY_STRING": query}
    list(to_localhost(application, origin="http://localhost:8000")(environ, start_response))
    return got[0]


def test_the_number_leads_to_the_name() -> None:
    status, headers = answered("127.0.0.1:8000", "/en/reports/", "q=a%20b")
    assert status.startswith("307")
    assert headers["Location"] == "http://localhost:8000/en/reports/?q=a%20b"
    assert answered("localhost:8000", "/")[0] == "200 OK"


def test_a_path_cannot_break_out_of_the_header() -> None:
    _status, headers = answered("127.0.0.1:8000", "/\r\nSet-Cookie: a=b")
    assert "\n" not in headers["Location"] and headers["Location"].startswith("http://localhost:8000/%0D%0A")


@pytest.mark.django_db
def test_the_introduction_names_everyone_with_a_card_and_no_id(tmp_path: Path) -> None:
    text = introduction(a_demo(tmp_path))
    cards = [persona for persona in read_personas() if persona["card"] == "1"]
    for persona in cards:
        lines = [line for line in text.splitlines() if line.startswith(f"  {persona['name_en']} ")]
        assert len(lines) == 1 and persona["name_ar"] in lines[0] and persona["about_en"] in lines[0]
    assert "http://localhost:8000" in text and "fast_forward 2h" in text
    assert not re.search(r"\b[12]\d{9}\b", text)
