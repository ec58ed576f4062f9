"""A browser of few words: one connection a request, as through a proxy; and every answer is counted."""

from __future__ import annotations

import http.client
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

PATIENCE = 40.0
NO_ANSWER = 0
Fields = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """`status` is 0 where the connection was refused or broke."""

    status: int
    seconds: float
    location: str = ""
    text: str = ""


class Answers:
    """How many of each status everybody has seen so far."""

    def __init__(self) -> None:
        self._seen, self._lock = Counter[int](), threading.Lock()

    def add(self, status: int) -> None:
        with self._lock:
            self._seen[status] += 1

    def so_far(self) -> Counter[int]:
        with self._lock:
            return Counter(self._seen)

    def since(self, before: Counter[int]) -> Counter[int]:
        return self.so_far() - before

    def others(self, before: Counter[int], *expected: int) -> dict[int, int]:
        """How many of each status since then that was not expected."""
        return {status: count for status, count in self.since(before).items() if status not in expected}


@dataclass
class Browser:
    """Somebody's session at one port; `address` is where the proxy says that she comes from."""

    port: int
    answers: Answers
    session: str = ""
    address: str = "192.0.2.1"

    def __post_init__(self) -> None:
        self.token = secrets.token_hex(16)

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, b"", {})

    def post(self, path: str, fields: Fields) -> Answer:
        """A form, with its CSRF token."""
        body = urlencode([("csrfmiddlewaretoken", self.token), *fields]).encode()
        return self._ask("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def upload(self, path: str, name: str, content: bytes) -> Answer:
        """A form with one file."""
        mark = secrets.token_hex(16)
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{self.token}\r\n'.encode(),
            f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'.encode(),
            b"Content-Type: text/plain\r\n\r\n" + content + f"\r\n--{mark}--\r\n".encode(),
        ]
        return self._ask("POST", path, b"".join(parts), {"Content-Type": f"multipart/form-data; boundary={mark}"})

    def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        cookies = f"csrf={self.token}" + (f"; session={self.session}" if self.session else "")
        sent = {"Host": "localhost", "Cookie": cookies, "X-Forwarded-For": self.address, **headers}
        began, connection = time.monotonic(), http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, sent)
            got = connection.getresponse()
            text = got.read().decode(errors="replace")
            answer = Answer(got.status, time.monotonic() - began, got.headers.get("Location", ""), text)
        except (OSError, http.client.HTTPException):
            answer = Answer(NO_ANSWER, time.monotonic() - began)
        finally:
            connection.close()
        self.answers.add(answer.status)
        return answer
