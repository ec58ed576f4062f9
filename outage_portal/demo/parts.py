"""The parts of the demo: the pretend Nafath as a process, the worker, the beat and the server as threads."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import urllib.request
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from celery.beat import Scheduler, Service
from celery.worker import WorkController
from celery.worker import state as worker_state
from django.conf import settings
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application

from outage_portal.celery import app
from outage_portal.demo.environment import Demo

STARTS_WITHIN = 40.0
STOPS_WITHIN = 3.0


class Part(Protocol):
    """Something that runs until it is stopped."""

    name: str

    def is_alive(self) -> bool: ...

    def stop(self) -> None:
        """Ask it to end."""

    def wait(self) -> None:
        """Give it time to end."""


class Simulator:
    """`python -m simulator`, in a process group of its own: a Ctrl-C of the terminal reaches it through us alone."""

    name = "the pretend Nafath"

    def __init__(self, demo: Demo) -> None:
        self.address = demo.simulator
        command = [sys.executable, "-m", "simulator", "--port", str(demo.simulator_port)]
        command += ["--smtp-port", str(demo.smtp_port), "--portal", demo.origin]
        command += ["--database", str(Path(demo.directory) / "simulator.sqlite3")]
        self.process = subprocess.Popen(command, cwd=settings.BASE_DIR, start_new_session=True)  # noqa: S603 (ours)

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def is_ready(self) -> bool:
        """Wait until it answers; False if it ended or takes too long."""
        until = time.monotonic() + STARTS_WITHIN
        while self.is_alive() and time.monotonic() < until:
            with suppress(OSError), urllib.request.urlopen(f"{self.address}/healthz", timeout=1):  # noqa: S310 (http)
                return True
            time.sleep(0.1)
        return False

    def stop(self) -> None:
        self.process.terminate()

    def wait(self) -> None:
        try:
            self.process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Worker:
    """A Celery worker on a broker in memory: what is queued dies with the process, the next tick makes up for it."""

    name = "the worker"

    def __init__(self) -> None:
        self.controller = WorkController(
            app=app,
            hostname="demo@localhost",
            pool="threads",
            concurrency=2,
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
        )
        self.thread = threading.Thread(target=self.controller.start, name=self.name, daemon=True)
        self.thread.start()

    def is_alive(self) -> bool:
        return self.thread.is_alive()

    def stop(self) -> None:
        worker_state.should_stop = 0  # type: ignore[assignment]  # None until an exit code is asked for

    def wait(self) -> None:
        """Until no task runs. Its loop may sleep four seconds more before it ends; nothing depends on that."""
        until = time.monotonic() + STOPS_WITHIN
        while worker_state.active_requests and time.monotonic() < until:
            time.sleep(0.05)


class Beat:
    """The clock that queues the periodic tasks."""

    name = "the beat"

    def __init__(self) -> None:
        self.service = Service(app, max_interval=1, scheduler_cls=Scheduler)
        self.thread = threading.Thread(target=self.service.start, name=self.name, daemon=True)
        self.thread.start()

    def is_alive(self) -> bool:
        return self.thread.is_alive()

    def stop(self) -> None:
        self.service.stop()

    def wait(self) -> None:
        self.thread.join(STOPS_WITHIN)


class Quiet(WSGIRequestHandler):
    """One line a request would bury what the demo has to say."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Web:
    """The portal on 127.0.0.1, as http://localhost: sign-in cookies belong to one name.

    It listens from the beginning, so that the port is ours, and answers once it is started.
    """

    name = "the portal"

    def __init__(self, demo: Demo) -> None:
        self.origin = demo.origin
        self.server = ThreadedWSGIServer(("127.0.0.1", demo.port), Quiet, ipv6=False)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.1,), name=self.name, daemon=True)

    def start(self) -> None:
        with warnings.catch_warnings():
            # The static files come through the finders: nothing was collected, and nothing needs to be.
            warnings.filterwarnings("ignore", message="No directory at", category=UserWarning)
            application = get_wsgi_application()
        self.server.set_app(to_localhost(application, origin=self.origin))
        self.thread.start()

    def is_alive(self) -> bool:
        return self.thread.is_alive()

    def stop(self) -> None:
        if self.is_alive():
            self.server.shutdown()
        self.server.server_close()

    def wait(self) -> None:
        """`stop` has waited already."""


WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def to_localhost(application: WSGI, *, origin: str) -> WSGI:
    """Send whoever came by number to the name."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ.get("HTTP_HOST", "").startswith("127.0.0.1"):
            return application(environ, start_response)
        path = quote(environ.get("PATH_INFO", "/").encode("latin-1"))
        query = f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
        start_response("307 Temporary Redirect", [("Location", f"{origin}{path}{query}"), ("Content-Length", "0")])
        return []

    return answer
