"""Production on one machine, without a container engine: the processes of docker-compose.yml on free loopback ports.

Commands, environment and secrets are read from that file; what differs is where they listen and where files lie.
"""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import yaml

import attack.house
from attack.browser import Browser
from faults.process import ROOT, Process, free_port, wait_until
from faults.servers import Postgres, find_program
from production.keys import HERE, PRODUCTION, make_roles, make_secrets

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
STARTS_WITHIN = 120.0
#: The kernel shares a core out between sessions, as it does between containers, and then within each.
AS_A_GROUP = "echo {0} >/proc/self/autogroup || renice -n {0} -p $$"
#: Of production/postgresql.conf what is of the machine and not of the promise.
OF_THE_MACHINE = {"listen_addresses", "shared_buffers", "effective_cache_size"}
Environment = dict[str, str]


@dataclass
class House(attack.house.House):
    """The portal behind its proxy. `processes` and `environments` by their names in docker-compose.yml.

    `plain`: the proxy without TLS; `direct`: web without the proxy.
    """

    folder: Path = Path()
    processes: dict[str, Process] = field(default_factory=dict)
    environments: dict[str, Environment] = field(default_factory=dict)
    direct: str = ""
    plain: str = ""
    #: What a step opens for the rest of the walk.
    closing: ExitStack = field(default_factory=ExitStack)
    server: Postgres | None = None

    @property
    def certificate(self) -> str:
        return str(self.folder / "secrets" / "tls_certificate")

    def process(self, name: str) -> Process:
        return self.processes[name]

    def environment(self, name: str) -> Environment:
        return self.environments[name]

    def secret(self, name: str) -> str:
        return (self.folder / "secrets" / name).read_text().strip()

    def browser(self) -> Browser:
        """Somebody's own, that trusts the proxy's certificate and nothing of this machine's environment."""
        browser = Browser()
        browser.trust_env, browser.verify = False, self.certificate
        return browser

    def manage(self, *arguments: str, service: str = "web", **more: str) -> subprocess.CompletedProcess[str]:
        """`manage.py` in the environment of a container."""
        command = [sys.executable, "manage.py", *arguments]
        environment = self.environment(service) | more
        return subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)

    def logs(self, *names: str) -> str:
        return "".join((self.folder / f"{name}.log").read_text() for name in names or self.processes)

    def mails(self) -> list[bytes]:
        """What the catcher has caught."""
        return [path.read_bytes() for path in (self.folder / "mail" / "new").glob("*")]


@contextmanager
def opened() -> Iterator[House]:
    """All of it, with nobody in it yet, until the end of the block."""
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="production-", ignore_cleanup_errors=True))
        )
        folder.chmod(0o711)  # PostgreSQL's account passes through
        ports = {name: free_port() for name in ("proxy", "plain", "web", "accounts", "mail", "redis", "nafath", "smtp")}
        (folder / "postgres").mkdir()
        postgres = Postgres(folder / "postgres", **server_settings())
        stack.callback(postgres.stop)
        postgres.start()
        make_secrets(folder / "secrets", ports, database_port=postgres.port)
        origin = f"https://localhost:{ports['proxy']}"
        environments = {name: _environment(name, folder, origin, ports) for name in COMPOSE}
        make_roles(postgres, folder / "secrets")
        processes = _processes(folder, origin, ports, environments)
        for process in processes.values():
            stack.callback(process.stop, within=10)
        house = House(
            origin, f"http://{HERE}:{ports['nafath']}", postgres.address(database="portal"), "", folder / "web.log",
            folder=folder, processes=processes, environments=environments,
            direct=f"http://{HERE}:{ports['web']}", plain=f"http://localhost:{ports['plain']}",
        )  # fmt: skip
        _start(house, ports)
        house.server = postgres
        with house.closing:
            yield house


def server_settings() -> dict[str, str]:
    """production/postgresql.conf, line by line."""
    lines = re.findall(r"^(\w+) = (.+)$", (PRODUCTION / "postgresql.conf").read_text(), re.MULTILINE)
    return {name: value.strip("'") for name, value in lines if name not in OF_THE_MACHINE}


def _environment(name: str, folder: Path, origin: str, ports: Mapping[str, int]) -> Environment:
    """What the container is told by docker-compose.yml, and the addresses of this machine; nothing of ours."""
    named = re.findall(r"^([A-Z_]+)=(.*)$", (PRODUCTION / "portal.env.example").read_text(), re.MULTILINE)
    told = {name: str(value) for name, value in COMPOSE[name].get("environment", {}).items()}
    told = {name: value.replace("/run/secrets", str(folder / "secrets")) for name, value in told.items()}
    nafath = f"http://{HERE}:{ports['nafath']}"
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "DJANGO_SETTINGS_MODULE": "outage_portal.settings",
        **dict(named),
        **told,
        "PRODUCTION_DRILL": "1",
        "DEMO": "0",
        "DEBUG": "0",
        "ALLOWED_HOSTS": "localhost",
        "PORTAL_ORIGIN": origin,
        "MEDIA_ROOT": str(folder / "uploads"),
        "AUDIT_ARCHIVE_ROOT": str(folder / "audit-archive"),
        "NAFATH_OIDC_ISSUER": nafath,
        "EMAIL_HOST": HERE,
        "EMAIL_PORT": str(ports["mail"]),
        "EMAIL_HOST_USER": "",
        "EMAIL_USE_TLS": "0",
        "SMS_GATEWAY_URL": f"{nafath}/sms/messages",
        "FAN_OUT_SECONDS": "1",
        "SWEEP_SECONDS": "10",  # after a minute the walk would be over
        "BIND": f"{HERE}:{ports.get(name, 0)}",
        "BEAT_SCHEDULE": str(folder / "beat"),
        "MAIL_PORT": str(ports["mail"]),
    }


def _processes(
    folder: Path, origin: str, ports: Mapping[str, int], environments: Mapping[str, Environment]
) -> dict[str, Process]:
    """Each as its container runs it."""
    here = {
        "/tmp/": f"{folder}/", "0.0.0.0:1025": f"{HERE}:{ports['mail']}",
        "/production/nginx.conf": f"{folder}/nginx.conf",
        "daemon off;": "daemon off; user root;" if os.getuid() == 0 else "daemon off;",
    }  # fmt: skip
    image = re.findall(r"^CMD \[(.+)\]$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[-1]
    commands = {name: COMPOSE[name].get("command") for name in ("web", "accounts", "worker", "beat", "mail")}
    commands["web"] = yaml.safe_load(f"[{image}]")
    commands["proxy"] = COMPOSE["proxy"]["entrypoint"]
    _configure_proxy(folder, ports)
    made = {"redis": _redis(folder, ports), "nafath": _nafath(folder, origin, ports)}
    for name in ("mail", "worker", "beat", "web", "accounts", "proxy"):
        command = [str(part) for part in commands[name]]
        for there, instead in here.items():
            command = [part.replace(there, instead) for part in command]
        if niceness := _niceness(name):
            command = ["sh", "-c", f'{AS_A_GROUP.format(niceness)}; exec "$@"', "sh", *command]
        made[name] = Process(command, log=folder / f"{name}.log", environment=environments[name])
    made["proxy"].command = [find_program("nginx", "nginx"), *made["proxy"].command[1:]]
    return made


def _niceness(name: str) -> int:
    """Gives it the share of a busy core that `cpu_shares` gives its container; a step is a factor of 1.25."""
    return round(math.log(1024 / COMPOSE[name].get("cpu_shares", 1024), 1.25))


def _configure_proxy(folder: Path, ports: Mapping[str, int]) -> None:
    """production/nginx.conf, as it is but for where it listens, whom it asks and where its files lie."""
    (folder / "away.html").write_bytes((PRODUCTION / "away.html").read_bytes())
    text = (PRODUCTION / "nginx.conf").read_text()
    here = {
        "listen 8080": f"listen {HERE}:{ports['plain']}", "listen 8443": f"listen {HERE}:{ports['proxy']}",
        "web:8000": f"{HERE}:{ports['web']}", "accounts:8000": f"{HERE}:{ports['accounts']}",
        "/run/secrets/": f"{folder}/secrets/", "root /production": f"root {folder}", "/tmp/nginx": f"{folder}/nginx",
    }  # fmt: skip
    for there, instead in here.items():
        if there not in text:
            raise LookupError(f"production/nginx.conf does not say {there} any more.")
        text = text.replace(there, instead)
    (folder / "nginx.conf").write_text(text)


def _redis(folder: Path, ports: Mapping[str, int]) -> Process:
    find_program("redis-server", "Redis")
    text = (PRODUCTION / "redis.conf").read_text()
    text = text.replace("bind 0.0.0.0", f"bind {HERE}").replace("port 6379", f"port {ports['redis']}")
    (folder / "redis.conf").write_text(text.replace("dir /tmp", f"dir {folder}"))
    told = {
        "PATH": os.environ["PATH"], "REDIS_CONF": str(folder / "redis.conf"), "REDIS_PORT": str(ports["redis"]),
        "REDIS_URL_FILE": str(folder / "secrets" / "redis_url"),
    }  # fmt: skip
    return Process(["sh", str(PRODUCTION / "redis.sh"), "serve"], log=folder / "redis.log", environment=told)


def _nafath(folder: Path, origin: str, ports: Mapping[str, int]) -> Process:
    """The pretend Nafath and SMS gateway, which know the portal's secrets."""
    command = [sys.executable, "-m", "simulator", "--port", str(ports["nafath"]), "--smtp-port", str(ports["smtp"])]
    command += ["--portal", origin, "--database", str(folder / "nafath.sqlite3")]
    known = {
        "SIMULATOR_CLIENT_SECRET": "nafath_oidc_client_secret",
        "SIMULATOR_SMS_TOKEN": "sms_gateway_token",
        "SIMULATOR_SMS_KEY": "sms_gateway_signing_key",
    }
    secrets = {name: (folder / "secrets" / file).read_text().strip() for name, file in known.items()}
    return Process(command, log=folder / "nafath.log", environment={"PATH": os.environ["PATH"], **secrets})


def _start(house: House, ports: Mapping[str, int]) -> None:
    """In the order of docker-compose.yml: nothing serves before the migrations are done."""
    house.process("redis").start()
    house.process("nafath").start()
    house.process("mail").start()
    redis = house.process("redis")
    ping = ["sh", str(PRODUCTION / "redis.sh"), "ping"]
    wait_until(lambda: _ends_well(ping, redis.environment), within=STARTS_WITHIN)
    _prepare(house)
    for name in ("web", "accounts", "worker", "beat"):
        house.process(name).start()
    for name in ("web", "accounts", "nafath"):
        wait_until(lambda name=name: answers(f"http://{HERE}:{ports[name]}/healthz"), within=STARTS_WITHIN)  # type: ignore[misc]
    house.process("proxy").start()
    wait_until(lambda: answers(f"{house.plain}/proxy"), within=STARTS_WITHIN)
    people = requests.get(f"{house.simulator}/sim/api/personas", timeout=30).json()
    house.personas = {each["name_en"]: each for each in people}


def _prepare(house: House) -> None:
    """As a release does: the image's static files, and the migrations as the owner, both before anything serves."""
    commands = (COMPOSE["migrate"]["command"][2:], ["collectstatic", "--no-input", "--verbosity", "0"])
    with ThreadPoolExecutor() as at_once:
        done = list(at_once.map(lambda command: house.manage(*command, service="migrate"), commands))
    if failed := [each for each in done if each.returncode]:
        raise RuntimeError(failed[0].stdout[-1000:] + failed[0].stderr[-4000:])


def _ends_well(command: list[str], environment: Mapping[str, str] | None) -> bool:
    return subprocess.run(command, env=environment, check=False, capture_output=True).returncode == 0


def answers(address: str) -> bool:
    with suppress(requests.RequestException):
        return requests.get(address, headers={"Host": "localhost"}, timeout=2).ok
    return False
