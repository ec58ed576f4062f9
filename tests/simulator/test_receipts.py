"""The pretend gateway tells the portal what became of an SMS, or what a fault of its page makes of it."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import requests

from tests.simulator.test_messages import post_sms
from tests.simulator_process import Persona, Simulator


@pytest.fixture
def portal_hears(simulator: Simulator) -> Iterator[Any]:
    """What is posted where the portal would be: path, authorization, body. The first of each SMS is answered 503."""
    told: Any = queue.Queue()

    class Portal(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200 if body["reference"] in seen else 503)
            seen.add(body["reference"])
            self.end_headers()
            told.put((self.path, self.headers["Authorization"], body))

        def log_message(self, *_said: Any) -> None:
            return

    seen: set[str] = set()
    with ThreadingHTTPServer(("127.0.0.1", urlsplit(simulator.portal_origin).port or 0), Portal) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield told
        server.shutdown()
        thread.join()


def _heard(told: Any, reference: str) -> Any:
    """The next that is told of this SMS; a test before may have left one on its way."""
    while (heard := told.get(timeout=60))[2]["reference"] != reference:
        pass
    return heard


def fault(simulator: Simulator, name: str) -> None:
    requests.post(f"{simulator.origin}/sim/api/faults", json={"fault": name}, timeout=30).raise_for_status()


@pytest.mark.parametrize(
    ("chosen", "status", "reason"),
    [
        ("", "delivered", ""),
        ("sms_undelivered", "undelivered", "unknown-subscriber"),
        ("sms_expired", "expired", "expired"),
    ],
)
def test_the_portal_is_told_what_became_of_an_sms_until_it_listens(
    simulator: Simulator, khalid: Persona, portal_hears: Any, *, chosen: str, status: str, reason: str
) -> None:
    fault(simulator, chosen)
    reference = str(uuid4())
    assert post_sms(simulator, {"to": khalid.mobile, "text": "تنبيه", "reference": reference}).status_code == 202
    first, again = _heard(portal_hears, reference), _heard(portal_hears, reference)  # it had no time the first time
    assert first == again
    path, authorization, body = first
    assert path == "/integrations/sms/receipts/" and authorization.startswith("Bearer ")
    assert body == {"reference": reference, "status": status, "reason": reason}
    fault(simulator, "")
