"""The portal as production runs it: two gunicorns, a worker and a beat, each a process; and a pretend Nafath."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from faults.process import ROOT, Process, free_port, wait_until

STARTS_WITHIN = 90.0
#: How long a worker or a beat that ended by itself stays away, in seconds.
RESTARTS_AFTER = 0.5
WEB_WORKERS = 2
#: How many tasks a worker runs at once: as many messages can be on their way when it dies.
SENDERS = 2
CELERY = [sys.executable, "-m", "celery", "-A", "outage_portal"]


def settings_for(
    folder: Path, *, redis: str, mail_port: int, sms: str, nafath: str, web: str, uploads: Path
) -> dict[str, str]:
    """What the portal reads from its environment, and a .env changes none of it."""
    return {
        "PORTAL_ENV": "local",
        "DEMO": "0",
        "DEBUG": "0",
        "LOG_LEVEL": "WARNING",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "SECRET_KEY_FALLBACKS": "",
        "NID_DIGEST_KEYS": f"faults:{secrets.token_hex(32)}",
        "NID_ENCRYPTION_KEYS": f"faults:{secrets.token_hex(32)}",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "CSRF_TRUSTED_ORIGINS": "",
        "PORTAL_ORIGIN": web,
        "TRUSTED_PROXY_COUNT": "1",  # each client says like a proxy from where it comes
        "REDIS_URL": redis,
        "MEDIA_ROOT": str(uploads),
        "AUDIT_ARCHIVE_ROOT": str(folder / "audit"),
        "METRICS_FILE": str(folder / "answers"),
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(mail_port),
        "EMAIL_HOST_USER": "",
        "EMAIL_USE_TLS": "0",
        "SMS_GATEWAY": "notifications.channels.HttpSms",
        "SMS_GATEWAY_URL": sms,
        "NAFATH_ADAPTER": "simulator",
        "NAFATH_ALLOW_SIMULATOR": "1",
        "NAFATH_OIDC_ISSUER": nafath,
        "NAFATH_ORIGINS": nafath,
        "NAFATH_PROBE_SECONDS": "10",
        "SWEEP_SECONDS": "2",
        "FAN_OUT_SECONDS": "1",
        "DJANGO_SETTINGS_MODULE": "outage_portal.settings",
    }


class Portal:
    """Its processes. `environment` is what they share; web and worker connect as roles of their own."""

    def __init__(self, environment: Mapping[str, str], *, folder: Path, disk: Path, limit: int | None) -> None:
        self.folder, self.environment = folder, dict(environment)
        self.web_port, self.accounts_port = free_port(), free_port()
        self.nafath_port, self._smtp_port = free_port(), free_port()
        self._disk, self._limit = disk, limit
        self.beats: list[Process] = []
        self.restarts = 0
        self._keeps = threading.Event()

    @property
    def nafath(self) -> str:
        return f"http://127.0.0.1:{self.nafath_port}"

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.web_port}"

    def settle(self, environment: Mapping[str, str], *, web: str, worker: str) -> None:
        """Make the processes; `web` and `worker` are the addresses at which they find the database."""
        self.environment |= environment
        served = {"DATABASE_URL": web, "TMPDIR": str(self._disk)}
        limited = ["prlimit", f"--fsize={self._limit}", "--"] if self._limit else []
        gunicorn = [*limited, sys.executable, "-m", "gunicorn", "outage_portal.wsgi", "--no-control-socket"]
        gunicorn += ["--log-level", "warning", "--worker-tmp-dir", str(self.folder)]
        many = ["--workers", str(WEB_WORKERS), "--bind", f"127.0.0.1:{self.web_port}"]
        threads = ["--worker-class", "gthread", "--threads", "8", "--bind", f"127.0.0.1:{self.accounts_port}"]
        self.web = self._process("web", [*gunicorn, *many], **served)
        self.accounts = self._process("accounts", [*gunicorn, *threads], **served)
        self._worker = worker
        self.worker = self._new_worker()
        simulator = [sys.executable, "-m", "simulator", "--port", str(self.nafath_port)]
        simulator += ["--smtp-port", str(self._smtp_port), "--portal", self.origin]
        self.simulator = self._process("nafath", [*simulator, "--database", str(self.folder / "nafath.sqlite3")])

    def _process(self, name: str, command: list[str], **more: str) -> Process:
        environment = os.environ | self.environment | more
        return Process(command, log=self.folder / f"{name}.log", environment=environment)

    def _new_worker(self) -> Process:
        command = [*CELERY, "worker", "--concurrency", str(SENDERS), "--loglevel", "warning"]
        command += ["--without-mingle", "--without-gossip"]
        return self._process("worker", command, DATABASE_URL=self._worker)

    def start(self) -> None:
        """All but the simulator, which knows nothing of the portal's database and is started before."""
        self.web.start()
        self.accounts.start()
        self.worker.start()
        self.add_beat()
        for port in (self.web_port, self.accounts_port, self.nafath_port):
            wait_until(lambda port=port: self._answers(port), within=STARTS_WITHIN)  # type: ignore[misc]

    def keep(self, worker_died: Callable[[], object]) -> None:
        """What `restart: unless-stopped` of docker-compose.yml does: who ends unasked is started again."""
        self._keeps.set()
        threading.Thread(target=self._keep, args=[worker_died], daemon=True).start()

    def _keep(self, worker_died: Callable[[], object]) -> None:
        while self._keeps.is_set():
            time.sleep(RESTARTS_AFTER)
            for process in (self.worker, *self.beats):
                if process.ended_unasked:
                    process.kill()  # as a container ends with its first process
                    if process is self.worker:
                        worker_died()
                    self.restarts += 1
                    process.start()

    def add_beat(self) -> None:
        """One more clock; production has one."""
        place = str(self.folder / f"schedule-{len(self.beats)}")
        command = [*CELERY, "beat", "--loglevel", "warning", "--schedule", place, "--pidfile", ""]
        beat = self._process("beat", command, DATABASE_URL=self._worker)
        beat.start()
        self.beats.append(beat)

    def stop_beats(self) -> None:
        for beat in self.beats:
            beat.stop()
        self.beats.clear()

    def replace_worker(self) -> None:
        """Another one; the old is told to end its tasks, or is dead already."""
        before, self.worker = self.worker, self._new_worker()
        self.worker.start()
        before.stop(within=60)  # a tick may last half a minute

    def manage(self, *arguments: str, role: str = "") -> subprocess.CompletedProcess[str]:
        """A command of the portal's own, as whoever keeps the database, or as the role at this address."""
        environment = os.environ | self.environment | ({"DATABASE_URL": role} if role else {})
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        return subprocess.run(command, env=environment, check=False, capture_output=True, text=True)

    @staticmethod
    def _answers(port: int) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
            return True
        return False

    def stop(self) -> None:
        self._keeps.clear()
        processes = (*self.beats, self.worker, self.accounts, self.web, self.simulator)
        with ThreadPoolExecutor(len(processes)) as hands:
            list(hands.map(lambda process: process.stop(within=5), processes))
