"""The whole demo as a process: it serves, lets time pass, dies with its parts, and ends within five seconds."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from django.conf import settings
from django.urls import reverse

from outage_portal.management.commands.seed_demo import REPORTS
from tests.simulator_process import free_port

pytestmark = pytest.mark.wide
MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]
STARTS_WITHIN = 120.0
BUSY = 30  # seconds for an answer while others ask as well
ENDS_WITHIN = 5.0


@dataclass
class Running:
    """One start of the demo."""

    process: subprocess.Popen[bytes]
    directory: Path
    portal: str
    simulator: str
    log: Path

    @property
    def printed(self) -> str:
        return self.log.read_text()

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(ENDS_WITHIN)

    def parts(self) -> list[int]:
        """The processes that know the demo's directory."""
        found = []
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                if str(self.directory).encode() in entry.read_bytes():
                    found.append(int(entry.parent.name))
        return found


@contextmanager
def starting(folder: Path) -> Iterator[Callable[..., Running]]:
    """Starts the demo in one directory, as often as asked; whatever of it still runs at the end is killed."""
    started: list[Running] = []

    def run(*arguments: str) -> Running:
        port, simulator, directory = free_port(), free_port(), folder / "demo"
        log = folder / f"log-{len(started)}"
        command = [*MANAGE, "demo", "--port", str(port), "--simulator-port", str(simulator)]
        command += ["--directory", str(directory), *arguments]
        with log.open("w") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output)
        demo = Running(process, directory, f"http://localhost:{port}", f"http://127.0.0.1:{simulator}", log)
        started.append(demo)
        wait_for(lambda: "Ctrl-C stops everything" in demo.printed or process.poll() is not None, STARTS_WITHIN)
        assert process.poll() is None, demo.printed
        return demo

    try:
        yield run
    finally:
        for demo in started:
            for pid in demo.parts():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            demo.process.wait()


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a first start leaves, with every report as `make demo` loads them: it has served, and was ended."""
    with starting(tmp_path_factory.mktemp("seeded")) as start:
        first = start()
        it_serves(first)
        assert first.end() == 0
        assert first.parts() == []
        return first.directory


@pytest.fixture
def start(seeded: Path, tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts a demo of this test's own in a copy of that, as often as asked."""
    shutil.copytree(seeded, tmp_path / "demo")
    with starting(tmp_path) as run:
        yield run


def it_serves(demo: Running) -> None:
    assert requests.get(f"{demo.portal}/readyz", timeout=BUSY).json() == {"status": "ok", "degraded": []}
    assert requests.get(demo.portal + reverse("nafath_sign_in"), timeout=BUSY).status_code == 200
    by_number = requests.get(demo.portal.replace("localhost", "127.0.0.1") + "/en/", timeout=BUSY)
    assert by_number.url == f"{demo.portal}/en/" and by_number.status_code == 200


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.1)
    return condition()


def column(directory: Path, question: str) -> object:
    """One value of the demo's database."""
    with sqlite3.connect(directory / "portal.sqlite3") as database:
        return database.execute(question).fetchone()[0]


def test_it_serves_and_ends_and_keeps_what_was_entered(start: Callable[..., Running], tmp_path: Path) -> None:
    """How many reports to load is said to the first start alone."""
    directory = tmp_path / "demo"
    reports = column(directory, "SELECT count(*) FROM incidents_report")
    with sqlite3.connect(directory / "portal.sqlite3") as database:
        database.execute("UPDATE entities_sector SET name_en = 'By hand' WHERE code = 'digital'")

    second = start("--reports", "30")
    assert "The demo data is up to date." in second.printed
    assert column(directory, "SELECT count(*) FROM incidents_report") == reports == REPORTS
    assert column(directory, "SELECT name_en FROM entities_sector WHERE code = 'digital'") == "By hand"
    assert second.end() == 0


def test_time_that_passes_is_told_by_mail_and_sms(start: Callable[..., Running]) -> None:
    demo = start()
    done = subprocess.run(
        [*MANAGE, "fast_forward", "2h", "--directory", str(demo.directory)], capture_output=True, text=True, check=True
    )
    assert "2:00:00 later" in done.stdout

    def messages() -> list[dict[str, str]]:
        return list(requests.get(f"{demo.simulator}/sim/api/messages", timeout=10).json())

    assert wait_for(lambda: {"sms", "email"} <= {message["channel"] for message in messages()}, 30)
    khalid = [message for message in messages() if message["to"] == "khalid.alotaibi@example.sa"]
    assert khalid
    assert demo.end() == 0


def test_one_dead_part_stops_the_others_with_one_sentence(start: Callable[..., Running]) -> None:
    demo = start()
    simulator = next(pid for pid in demo.parts() if pid != demo.process.pid)
    os.kill(simulator, signal.SIGKILL)
    assert demo.process.wait(10) == 1
    assert demo.printed.splitlines()[-1] == "Stopped everything, because the pretend Nafath ended by itself."
    assert demo.parts() == []
