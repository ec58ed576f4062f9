"""How gunicorn serves: `gunicorn outage_portal.wsgi -c production/serving.py`, behind production/nginx.conf.

Sync workers, one a core, were best and steadiest of what was measured (docs/performance.md). A second gunicorn is told
`--worker-class gthread --threads 8` on its command line and takes /accounts/ and /integrations/: a hanging Nafath holds
no worker from filing. BIND and WEB_CONCURRENCY come from the environment.
"""

import gc
import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from entities import tracing
from entities.national_id import redact_log

bind = os.environ.get("BIND", "127.0.0.1:8000")
# A container's limit is no number of cores: docker-compose.yml says how many it gives.
workers = int(os.environ.get("WEB_CONCURRENCY") or len(os.sched_getaffinity(0)))
timeout = 30  # seconds without a sign of life; a statement in the database ends after 5
graceful_timeout = 25  # whoever is being answered is answered; docker-compose.yml kills after 40
# A worker goes before what it has gathered in memory tells, and not all of them at once.
max_requests, max_requests_jitter = 2000, 400
# A new one has the portal from the first on, and nobody waits for it (docs/adr/0062).
preload_app = True
worker_tmp_dir = "/dev/shm"
control_socket_disable = True


class Lines(Logger):  # type: ignore[misc]  # not typed
    """A JSON line a request: no query, no header, no national ID, and no token that is part of an address."""

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        line = {
            "timestamp": datetime.now(UTC).isoformat(),
            "event": "request",
            "request_id": environ.get("HTTP_X_REQUEST_ID", ""),
            "method": environ.get("REQUEST_METHOD", ""),
            "path": environ.get("PATH_INFO", ""),
            "status": int(str(resp.status).split(maxsplit=1)[0]),
            "bytes": resp.sent,
            "ms": round(request_time.total_seconds() * 1000),
        }
        self.access_log.info(json.dumps(redact_log(None, "info", line), ensure_ascii=False))


logger_class = Lines
accesslog = "-"


def when_ready(_server: Any) -> None:
    """What is loaded by now stays for good and is shared: the garbage collector need not walk over it."""
    gc.collect()
    gc.freeze()


def post_worker_init(_worker: Any) -> None:
    """What does not come along when a process forks, and what could not be asked before."""
    from outage_portal import checked, wsgi

    if not wsgi.is_checked:
        checked.check()
    tracing.begin()


def worker_exit(_server: Any, _worker: Any) -> None:
    """Spans that wait to be sent, where there are any (docs/adr/0060)."""
    tracing.end()
