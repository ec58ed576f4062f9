"""pytest plugin: the pretend Nafath as a process of its own, once a session, on free loopback ports."""

import contextlib
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import pytest
import requests
from csp.constants import SELF
from django.core.cache import caches
from django.core.servers.basehttp import ThreadedWSGIServer
from pytest_django.live_server_helper import LiveServer

from tests.factories import an_entity

ROOT = Path(__file__).resolve().parent.parent
START_WITHIN = 60.0
BUSY = 30  # seconds for an answer on a busy machine
SMS_TOKEN = "test-sms-token"
APP_KEY = "test-app-key"
CLIENT_SECRET = "test-client-secret"


@dataclass(frozen=True)
class Persona:
    national_id: str
    name: str
    name_en: str
    mobile: str
    email: str
    role: str
    entity: str
    roles: tuple[str, ...]
    state: str


@dataclass(frozen=True)
class Simulator:
    """Where it listens, whom it knows, and which secrets it was given."""

    origin: str
    smtp_port: int
    portal_origin: str
    personas: dict[str, Persona]  # by English name and by national ID
    portal_key: str  # the path of the key that IAM knows the portal by
    client_id: str = "portal"
    client_secret: str = CLIENT_SECRET
    sms_token: str = SMS_TOKEN

    def latest_code(self, persona: Persona) -> str:
        """The sign-in code that stands on the person's phone."""
        answer = requests.get(
            f"{self.origin}/sim/api/sms/latest", params={"national_id": persona.national_id}, timeout=BUSY
        )
        answer.raise_for_status()
        return str(answer.json()["code"])

    def messages(self, to: str = "") -> list[dict[str, str]]:
        """SMS and mail caught, newest first; `to` is a mobile, an e-mail address or a national ID."""
        answer = requests.get(f"{self.origin}/sim/api/messages", params={"to": to}, timeout=BUSY)
        answer.raise_for_status()
        return list(answer.json())

    def reset(self) -> None:
        """Forget every message and code."""
        requests.post(f"{self.origin}/sim/api/reset", timeout=BUSY).raise_for_status()


def free_port() -> int:
    """A port that nobody listens on, below those that are lent to outgoing calls: it is still free when it is used."""
    for port in random.SystemRandom().sample(range(20_000, 32_000), 100):  # each worker's own, whatever the seed
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    pytest.fail("no free port")


@pytest.fixture(scope="session")
def portal_origin() -> str:
    """Where the portal will be served: chosen beforehand, because the simulator must know it at its start.

    `localhost`, not 127.0.0.1: another site than the simulator's, so SameSite cookies are really tried.
    """
    return f"http://localhost:{free_port()}"


@pytest.fixture(scope="session")
def simulator(portal_origin: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """A running simulator with a database of its own, ended with the session."""
    port, smtp_port = free_port(), free_port()
    log = tmp_path_factory.mktemp("simulator") / "log"
    with log.open("w") as output, start(port, smtp_port, portal_origin, log.parent, output=output) as process:
        origin = f"http://127.0.0.1:{port}"
        wait_until_ready(process, origin, log)
        people = [
            Persona(**{**row, "roles": tuple(row["roles"])})
            for row in requests.get(f"{origin}/sim/api/personas", timeout=BUSY).json()
        ]
        by_key = {key: person for person in people for key in (person.name_en, person.national_id)}
        key = str(log.parent / "simulator.portal.pem")
        yield Simulator(origin, smtp_port, portal_origin, by_key, portal_key=key)


class SameAddress(ThreadedWSGIServer):
    """May listen where the server of the test before has just listened; Django's own, at port 0, need not."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"allow_reuse_address": True})


@pytest.fixture
def portal(simulator: Simulator, transactional_db: None, settings: Any) -> Iterator[str]:
    """The portal at the address that the simulator was told."""
    settings.NAFATH_ADAPTER = "simulator"
    settings.NAFATH_OIDC_ISSUER = simulator.origin
    settings.NAFATH_OIDC_CLIENT_ID = simulator.client_id
    settings.NAFATH_OIDC_CLIENT_SECRET = simulator.client_secret
    settings.PORTAL_ORIGIN = simulator.portal_origin
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {**directives, "form-action": [SELF, simulator.origin]}}
    caches["process"].clear()
    simulator.reset()
    an_entity(authority=True)
    server = LiveServer(urlsplit(simulator.portal_origin).netloc, start=False)
    server.thread.server_class = SameAddress
    server.start()
    yield simulator.portal_origin
    server.stop()
    caches["process"].clear()


@contextlib.contextmanager
def start(
    port: int, smtp_port: int, portal: str, folder: Path, *, output: IO[str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `python -m simulator` and make sure that it is gone afterwards."""
    command = [sys.executable, "-m", "simulator", "--port", str(port), "--smtp-port", str(smtp_port)]
    command += ["--portal", portal, "--database", str(folder / "simulator.sqlite3")]
    environment = os.environ | {"SIMULATOR_SMS_TOKEN": SMS_TOKEN, "SIMULATOR_CLIENT_SECRET": CLIENT_SECRET}
    environment["SIMULATOR_APP_KEY"] = APP_KEY
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_ready(process: subprocess.Popen[bytes], origin: str, log: Path) -> None:
    """Wait for /healthz. Fails with what the simulator printed when it died or took too long."""
    until = time.monotonic() + START_WITHIN
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(requests.ConnectionError, requests.Timeout):
            if requests.get(f"{origin}/healthz", timeout=1).ok:
                return
        time.sleep(0.1)
    pytest.fail(f"The simulator did not start:\n{log.read_text()}")
