"""Whether a container is well: `python production/health.py web|worker|beat|mail`. Exit 0, or a sentence and exit 1."""

import os
import smtplib
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

SCHEDULE = Path(os.environ.get("BEAT_SCHEDULE", "/tmp/beat"))
#: The beat writes its schedule down every three minutes.
BEAT_WRITES_WITHIN = 600


def web() -> None:
    """The process answers. Under a name of its own: it refuses others."""
    host = os.environ.get("ALLOWED_HOSTS", "localhost").partition(",")[0]
    port = os.environ.get("BIND", ":8000").rpartition(":")[2]
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/healthz", headers={"Host": host})
    urllib.request.urlopen(asked, timeout=5).close()


def worker() -> None:
    """It answers through the broker."""
    name = f"celery@{os.uname().nodename}"
    asked = [sys.executable, "-m", "celery", "-A", "outage_portal", "inspect", "ping", "-d", name, "--timeout", "10"]
    subprocess.run(asked, check=True, stdout=subprocess.DEVNULL, timeout=30)


def beat() -> None:
    """It has written its schedule lately, or has just begun."""
    written = [path.stat().st_mtime for path in SCHEDULE.parent.glob(f"{SCHEDULE.name}*")]
    if not written or time.time() - max(written) > BEAT_WRITES_WITHIN:
        raise RuntimeError("The beat does not write its schedule any more.")


def mail() -> None:
    """The catcher says good day."""
    with smtplib.SMTP("127.0.0.1", int(os.environ.get("MAIL_PORT", "1025")), timeout=5) as server:
        server.noop()


if __name__ == "__main__":
    try:
        {"web": web, "worker": worker, "beat": beat, "mail": mail}[sys.argv[1]]()
    except (OSError, RuntimeError, subprocess.SubprocessError, smtplib.SMTPException) as ill:
        sys.exit(f"{type(ill).__name__}: {ill}")
