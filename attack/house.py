"""The house under attack: the demo's own parts on a PostgreSQL database that is made for it and thrown away."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import requests

from attack.browser import Browser

ROOT = Path(__file__).resolve().parent.parent
SERVER = os.environ.get("ATTACK_SERVER", "postgres://postgres@127.0.0.1:5432/postgres")
ROLES = ROOT / "docs" / "database-roles.sql"
REPORTS, STARTS_WITHIN = 60, 600.0
NAFATH = ("/accounts/nafath/start/", "/login/as/")


@dataclass
class House:
    """Where the portal and the pretend Nafath listen, who lives there, and where it writes.

    `database` is its owner's address, `own_address` the one that the portal itself connects to.
    """

    origin: str
    simulator: str
    database: str
    own_address: str
    log: Path
    personas: dict[str, dict[str, Any]] = field(default_factory=dict)

    def number(self, name: str) -> str:
        """The ID of a persona, by her English name."""
        return str(self.personas[name]["national_id"])

    def fault(self, name: str, **more: object) -> None:
        """Let this go wrong at Nafath from now on; an empty name, and nothing does."""
        requests.post(f"{self.simulator}/sim/api/faults", json={"fault": name, **more}, timeout=30).raise_for_status()

    # --- Ways in ---------------------------------------------------------------------------------------------
    def at_nafath(self, browser: Browser, query: str = "", **fields: str) -> requests.Response:
        """Press the button of the sign-in page; Nafath's page."""
        page = browser.get(f"{self.origin}/accounts/sign-in/")
        action = "/accounts/nafath/start/"
        return browser.press(page, action, **fields) if not query else self._start(browser, page, query, **fields)

    def _start(self, browser: Browser, page: requests.Response, query: str, **fields: str) -> requests.Response:
        token = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        data = {"csrfmiddlewaretoken": token, **fields}
        return browser.post(f"{self.origin}/accounts/nafath/start/?{query}", data=data, headers={"Referer": page.url})

    def enter(self, name: str, browser: Browser | None = None) -> Browser:
        """Signed in as this persona by the code on her phone, in her first entity, past the first questions."""
        browser = browser or Browser()
        page = self.prove(browser, name)
        for action in ("/accounts/first-sign-in/", "/accounts/entity/"):
            if action in page.url:
                first = re.search(r'name="membership"\s+value="(\d+)"', page.text)
                page = browser.press(page, action, **({"membership": first[1]} if first else {}))
        return browser

    def prove(self, browser: Browser, name: str, page: requests.Response | None = None) -> requests.Response:
        """Prove to Nafath that one is this persona; the portal's next page."""
        asked = browser.press(page or self.at_nafath(browser), "", national_id=self.number(name))
        if asked.url.startswith(self.origin):  # Nafath knows this browser from the time before
            return asked
        return browser.press(asked, "", code=self.code_of(name))

    def code_of(self, name: str) -> str:
        """What Nafath sent to her phone last; the portal may have written to it since."""
        caught = requests.get(f"{self.simulator}/sim/api/messages", params={"to": self.number(name)}, timeout=30).json()
        return str(next(each["code"] for each in caught if each["code"]))

    def confirm(self, browser: Browser, name: str, asked: requests.Response) -> requests.Response:
        """Prove to Nafath anew that one is this persona, for the deed that waits; the portal's answer to the deed."""
        code = browser.press(browser.press(asked, "/accounts/nafath/step-up/"), "/reauth/")
        confirmed = browser.press(code, "", code=self.code_of(name))
        return browser.press(confirmed, "/reports/", go_on="1")

    def is_in(self, browser: Browser) -> bool:
        """Whether this browser is signed in."""
        return "/accounts/sign-in/" not in browser.get(f"{self.origin}/accounts/sessions/").url

    # --- What it keeps ---------------------------------------------------------------------------------------
    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of its database, as nobody who calls from outside could read them."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            return list(connection.execute(sql.encode(), values or None))

    def tables(self) -> list[str]:
        found = self.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        return [name for (name,) in found]

    def dump(self) -> str:
        """Every row of every table, as text."""
        rows = (self.ask(f'SELECT t::text FROM "{name}" t') for name in self.tables())
        return "\n".join(text for table in rows for (text,) in table)


@contextmanager
def migrated() -> Iterator[str]:
    """The name of a migrated database on ATTACK_SERVER, of which each house gets a copy; gone afterwards."""
    name = f"attack_{os.getpid()}"
    with _made(name):
        _migrate(_address(name))
        yield name


@contextmanager
def database(plan: str) -> Iterator[tuple[str, str]]:
    """A copy of the migrated database `plan`: its owner's address and the portal's own. Both are gone afterwards.

    The portal works there under a role of its own that is made like portal_web: row-level security is on.
    """
    name, password = f"{plan}_copy", secrets.token_urlsafe()
    address = urlsplit(_address(name))
    place = f"{address.hostname}:{address.port or 5432}"
    with _made(name, plan):
        with psycopg.connect(address.geturl(), autocommit=True) as owner:
            owner.execute(ROLES.read_bytes())
            owner.execute(f"CREATE ROLE \"{name}\" LOGIN PASSWORD '{password}' IN ROLE portal_web".encode())
        try:
            yield address.geturl(), address._replace(netloc=f"{name}:{password}@{place}").geturl()
        finally:
            with psycopg.connect(SERVER, autocommit=True) as server:
                server.execute(f'DROP ROLE IF EXISTS "{name}"'.encode())


@contextmanager
def _made(name: str, like: str = "template1") -> Iterator[None]:
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"'.encode())
        try:
            yield
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def _address(name: str) -> str:
    return urlsplit(SERVER)._replace(path=f"/{name}").geturl()


def _migrate(address: str) -> None:
    command = [sys.executable, str(ROOT / "manage.py"), "migrate", "--no-input", "--verbosity", "0"]
    settings = {"DATABASE_URL": address, "NAFATH_ADAPTER": "simulator"}  # the other ways want to be told more
    subprocess.run(command, env=os.environ | settings, check=True)


@contextmanager
def opened(adapter: str, *, owner: str, address: str) -> Iterator[House]:
    """A portal and a pretend Nafath that sign people in by `adapter`, until the end of the block.

    The portal connects to `address`; `owner` is for whoever looks what it has written.
    """
    from outage_portal.demo.environment import Demo, free_port

    with tempfile.TemporaryDirectory() as folder:
        os.environ["NAFATH_ADAPTER"] = adapter
        demo = Demo.prepare(Path(folder), port=free_port(), simulator_port=free_port())
        log = Path(folder) / "log"
        environment = os.environ | demo.environment | {"DATABASE_URL": address, "LOG_LEVEL": "DEBUG"}
        command = [sys.executable, str(ROOT / "manage.py"), "demo", "--inside", "--directory", folder]
        command += ["--reports", str(REPORTS)]
        with log.open("w") as output:
            process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            _wait(process, demo.origin, log)
            people = requests.get(f"{demo.simulator}/sim/api/personas", timeout=30).json()
            personas = {each["name_en"]: each for each in people}
            yield House(demo.origin, demo.simulator, owner, address, log, personas)
        finally:
            process.terminate()
            process.wait(15)


def _wait(process: subprocess.Popen[bytes], origin: str, log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while process.poll() is None and time.monotonic() < until:
        try:
            if requests.get(f"{origin}/readyz", timeout=1).ok:
                return
        except requests.RequestException:
            time.sleep(0.3)
    raise RuntimeError(f"The house did not open:\n{log.read_text()[-4000:]}")
