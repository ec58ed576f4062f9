"""docker-compose.yml and the Dockerfile keep to what docs/operations.md says of them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from outage_portal.middleware import MOST_BYTES

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docker-compose.yml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
#: Runs and ends: nobody asks it how it is.
ONCE = {"migrate"}
PINNED = re.compile(r"[\w./-]+:\d+\.\d+[\w.-]*")
every_service = pytest.mark.parametrize("name", sorted(SERVICES))


def test_every_process_of_production_is_there() -> None:
    assert set(SERVICES) == {"proxy", "web", "accounts", "worker", "beat", "migrate", "db", "redis", "mail"}


@every_service
def test_a_container_can_do_little(name: str) -> None:
    """An account without a name, a disk that is read-only, no capability and none to be had."""
    service = SERVICES[name]
    user, _, group = service["user"].partition(":")
    assert int(user) > 0 and int(group) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"] and "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "pid", "ipc", "network_mode", "devices"} & service.keys()
    assert all("noexec" in each and "size=" in each for each in service["tmpfs"])


@every_service
def test_a_container_takes_no_more_than_its_share(name: str) -> None:
    service = SERVICES[name]
    assert service["cpus"] and service["mem_limit"] and service["pids_limit"]
    assert {"max-size", "max-file"} <= service["logging"]["options"].keys()


@every_service
def test_a_container_says_how_it_is(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    if name in ONCE:
        assert check == {"disable": True} and SERVICES[name]["restart"] == "no"
    else:
        assert check["test"][0] == "CMD" and check["timeout"] and check["interval"]


@every_service
def test_an_image_is_named_with_its_release(name: str) -> None:
    image = SERVICES[name]["image"]
    assert PINNED.fullmatch(image) or image.startswith("outage-portal:${PORTAL_RELEASE:?"), image


def test_the_proxy_alone_is_published() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    inside = {name for name, network in COMPOSE["networks"].items() if network.get("internal")}
    for name in ("web", "beat", "migrate", "db", "redis"):
        assert set(SERVICES[name]["networks"]) <= inside, f"{name} reaches beyond"
    # Who is reached from outside meets neither the database nor the broker.
    assert "back" not in SERVICES["proxy"]["networks"]


@every_service
def test_no_secret_stands_in_the_file(name: str) -> None:
    """What is secret is the name of a file, and the file is one of those that this container is given."""
    service = SERVICES[name]
    for variable, value in service.get("environment", {}).items():
        if variable.endswith("_FILE"):
            assert value.removeprefix("/run/secrets/") in service["secrets"], variable
        else:
            assert not re.search("SECRET|PASSWORD$|TOKEN|KEY|_URL$", variable), variable
    assert set(service.get("secrets", [])) <= COMPOSE["secrets"].keys()
    assert all(set(each) == {"file"} and each["file"].startswith("./secrets/") for each in COMPOSE["secrets"].values())


def test_each_process_has_the_database_role_that_is_its_own() -> None:
    roles = {"web": "web", "accounts": "web", "worker": "worker", "beat": "worker", "migrate": "owner"}
    for name, role in roles.items():
        held = [secret for secret in SERVICES[name]["secrets"] if secret.startswith("database_url")]
        assert held == [f"database_url_{role}"], name


def test_nothing_serves_before_the_migrations_are_done() -> None:
    for name in ("web", "accounts", "worker", "beat"):
        after = SERVICES[name]["depends_on"]
        assert after["migrate"] == {"condition": "service_completed_successfully"}
        assert after["db"] == after["redis"] == {"condition": "service_healthy"}


def test_whoever_is_at_work_may_end_it() -> None:
    """Longer than gunicorn's graceful timeout and the worker's soft shutdown."""
    gunicorn = (ROOT / "production" / "serving.py").read_text()
    graceful = int(re.findall(r"^graceful_timeout = (\d+)", gunicorn, re.MULTILINE)[0])
    for name in ("web", "accounts", "proxy"):
        assert int(SERVICES[name]["stop_grace_period"].rstrip("s")) > graceful
    assert int(SERVICES["worker"]["stop_grace_period"].rstrip("s")) > 20
    assert SERVICES["worker"]["environment"]["REMAP_SIGTERM"] == "SIGQUIT"


def test_the_settings_that_are_no_secret_are_an_example(tmp_path: Path) -> None:
    """Every name is one that settings.py reads; with the secrets' files it is all that production asks for."""
    from django.conf import settings

    example = (ROOT / "production" / "portal.env.example").read_text()
    named = set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))
    known = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert named <= known
    in_files = {name.removesuffix("_FILE") for name in SERVICES["web"]["environment"]}
    assert settings.REQUIRED_IN_PRODUCTION.keys() <= named | in_files
    assert not named & in_files


def test_the_image_runs_as_nobody_and_holds_no_pretend_nafath() -> None:
    text = (ROOT / "Dockerfile").read_text()
    last = text.rpartition("\nFROM ")[2]
    assert "USER 10001:10001" in last and "HEALTHCHECK" in last
    assert all(PINNED.match(image) for image in re.findall(r"^FROM (\S+)", text, re.MULTILINE))
    assert not re.search(r"^(ARG|ENV).*(SECRET|PASSWORD|TOKEN|_URL)", text, re.MULTILINE)
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {"simulator", "tests", "secrets", "production/portal.env", ".*"} <= set(ignored)


def test_the_proxy_takes_what_the_portal_takes() -> None:
    """A larger body is answered by the portal, in its own words, up to where it would not read on."""
    proxy = (ROOT / "production" / "nginx.conf").read_text()
    assert f"client_max_body_size {MOST_BYTES // 2**20}m;" in proxy
    for header in ("X-Forwarded-For $remote_addr", "X-Forwarded-Proto https", 'X-Forwarded-Host ""'):
        assert f"proxy_set_header {header};" in proxy


@pytest.mark.wide
def test_docker_compose_reads_the_file(tmp_path: Path) -> None:
    for name in ("docker-compose.yml", "Dockerfile"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "production", tmp_path / "production")
    shutil.copy(ROOT / "production" / "portal.env.example", tmp_path / "production" / "portal.env")
    subprocess.run(["sh", "production/secrets.sh"], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    command = ["docker-compose", "--profile", "trial", "config", "--quiet"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "PORTAL_RELEASE": "1.0.0"},
    )
    assert done.returncode == 0, done.stderr
    made = {path.name for path in (tmp_path / "secrets").iterdir()}
    assert made == COMPOSE["secrets"].keys()
