"""Everything on one machine: the portal, the pretend Nafath and the background work, until Ctrl-C."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import sys
import threading
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from outage_portal.demo.environment import DIRECTORY, Demo, is_free

if TYPE_CHECKING:
    from outage_portal.demo.parts import Part

ENDS_WITHIN = 4.5
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Command(BaseCommand):
    help = "Serve the portal with demo data, a pretend Nafath and the background work on this machine."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="where the portal listens (default 8000)")
        parser.add_argument("--simulator-port", type=int, default=9010, help="the pretend Nafath (default 9010)")
        parser.add_argument("--directory", type=Path, default=DIRECTORY, help="where its data lies (default var/demo)")
        parser.add_argument("--reports", type=int, default=400, help="how many reports the first start loads")
        parser.add_argument("--reset", action="store_true", help="throw its data away instead, unless it runs")
        parser.add_argument("--inside", action="store_true", help="set by the command itself, once inside the demo")

    def handle(
        self,
        *,
        port: int,
        simulator_port: int,
        directory: Path,
        reports: int,
        reset: bool,
        inside: bool,
        **options: object,
    ) -> None:
        if settings.PRODUCTION:
            sys.exit("The demo does not run in production: unset PORTAL_ENV.")
        if reset:
            throw_away(directory)
            self.stdout.write("The demo starts afresh at the next 'make demo'.")
            return
        if inside:
            code = self._run(directory, reports=reports)
            self.stdout.flush()
            os._exit(code)  # the worker's loop may sleep for seconds yet; all that matters is in the database
        refuse_taken_ports(port, simulator_port)
        with alone(directory) as alone_here:
            if not alone_here:
                sys.exit(f"Another demo uses {directory}: stop it first, with Ctrl-C in its terminal.")
        demo = Demo.prepare(directory, port=port, simulator_port=simulator_port)
        demo.enter("demo", "--inside", "--directory", str(directory), "--reports", str(reports))

    def _run(self, directory: Path, *, reports: int) -> int:
        """Start the parts, wait for a signal or for one of them to die, stop them all. Returns the exit code."""
        demo = Demo.load(directory)
        if demo is None or not settings.DEMO:
            sys.exit("Start the demo with 'make demo'.")
        trouble = ""
        parts: list[Part] = []
        for number in SIGNALS:
            signal.signal(number, _interrupt)
        try:
            trouble = self._serve(demo, parts, reports=reports)
        except KeyboardInterrupt:
            self.stdout.write("Stopping ...")
        finally:
            stop_all(parts, code=1 if trouble else 0)
        if trouble:
            self.stderr.write(trouble)
        return 1 if trouble else 0

    def _serve(self, demo: Demo, parts: list[Part], *, reports: int) -> str:
        """Until a signal comes; returns the sentence that says what went wrong meanwhile."""
        from incidents.tasks import record_due_reminders
        from outage_portal.demo.parts import Beat, Simulator, Web, Worker
        from outage_portal.demo.tour import introduction

        with alone(Path(demo.directory)) as alone_here:
            if not alone_here:
                return f"Another demo started in {demo.directory} a moment ago."
            self.stdout.write("Starting the portal and a pretend Nafath ...")
            web, simulator = Web(demo), Simulator(demo)
            parts += [web, simulator]
            call_command("migrate", verbosity=0, interactive=False)
            if not simulator.is_ready():
                return f"The pretend Nafath does not answer at {demo.simulator}: everything was stopped."
            call_command("seed_demo", reports=reports)
            record_due_reminders()  # what fell due while the demo slept
            parts += [Worker(), Beat()]
            web.start()
            self.stdout.write(introduction(demo))
            self.stdout.flush()
            while not (dead := [part.name for part in parts if not part.is_alive()]):
                time.sleep(0.3)
            return f"Stopped everything, because {dead[0]} ended by itself."


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def stop_all(parts: list[Part], *, code: int) -> None:
    """Ask every part to end, wait for all; whatever hangs is gone within five seconds all the same."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C does not interrupt the stopping
    last_resort = threading.Timer(ENDS_WITHIN, os._exit, [code])
    last_resort.daemon = True
    last_resort.start()
    for part in reversed(parts):
        part.stop()
    for part in parts:
        part.wait()


def refuse_taken_ports(port: int, simulator_port: int) -> None:
    """End with one sentence that says what to do, if a port is taken."""
    for taken, name, other in ((port, "PORT", 8001), (simulator_port, "SIMULATOR_PORT", 9011)):
        if not is_free(taken):
            sys.exit(
                f"Port {taken} is in use: stop what listens there, or choose another with 'make demo {name}={other}'."
            )
    if port == simulator_port:
        sys.exit("PORT and SIMULATOR_PORT must differ.")


def throw_away(directory: Path) -> None:
    """Remove the demo's databases and uploads; end with one sentence while a demo works with them.

    The lock stays, so that a demo which starts meanwhile still finds it.
    """
    with alone(directory) as alone_here:
        if not alone_here:
            sys.exit(f"The demo runs with {directory}: stop it first, with Ctrl-C in its terminal.")
        for each in directory.iterdir():
            if each.is_dir() and not each.is_symlink():
                shutil.rmtree(each)
            elif each.name != "lock":
                each.unlink()


@contextmanager
def alone(directory: Path) -> Iterator[bool]:
    """Whether this is the only demo in its directory; two would share a database and send everything twice."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
