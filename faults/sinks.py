"""Where the portal's messages arrive: a mail server and an SMS gateway that count, hold, refuse and fall silent."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
from collections import Counter
from contextlib import suppress
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from faults.process import free_port


class MailServer:
    """Counts each mail it has taken by its Message-ID, which is the delivery's key."""

    def __init__(self) -> None:
        self.port, self.taken = free_port(), Counter[str]()
        self._controller: Controller | None = None
        self._silent: socket.socket | None = None
        self._callers: list[socket.socket] = []
        self._hold, self.held = "", threading.Event()
        self.holds = ""

    # --- As it should be ------------------------------------------------------------------------------------
    def open(self) -> None:
        self.close()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's name)
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        found = re.search(r"<([^@>]+)@", str(message_from_bytes(raw)["Message-ID"]))
        key = found[1] if found else "nameless"
        hold, self._hold = self._hold, ""
        if hold != "before":
            self.taken[key] += 1
        if hold:
            self.holds = key
            self.held.set()
            await asyncio.sleep(30)  # whoever waits for the answer is killed meanwhile
            return "451 Not now"
        return "250 Taken"

    # --- As it should not be ----------------------------------------------------------------------------------
    def hold_next(self, when: str) -> None:
        """Leave the next sender without an answer, `before` or `after` its mail is taken; `held` says who waits."""
        self.held.clear()
        self._hold = when

    def close(self) -> None:
        """Refuse every connection."""
        if self._controller:
            self._controller.stop()
        if self._silent:
            with suppress(OSError):
                self._silent.shutdown(socket.SHUT_RDWR)
            self._silent.close()
        for caller in self._callers:
            caller.close()
        self._controller, self._silent, self._callers = None, None, []

    def fall_silent(self) -> None:
        """Take every connection, and never say a word."""
        self.close()
        self._silent = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        threading.Thread(target=self._listen, args=(self._silent,), daemon=True).start()

    def _listen(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                self._callers.append(listener.accept()[0])

    @property
    def callers(self) -> int:
        """How many it has left without a word."""
        return len(self._callers)


class SmsGateway:
    """Counts each SMS by its reference, which is the delivery's key."""

    def __init__(self) -> None:
        self.port, self.taken = free_port(), Counter[str]()
        taken = self.taken

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                said: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                taken[said["reference"]] += 1
                self.send_response(201)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Door)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/messages"

    def open(self) -> None:
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
