"""The two listeners, on loopback and nowhere else: pages over HTTP, the mailbox over SMTP."""

import os
import signal
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from asgiref.sync import sync_to_async
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections

from simulator import push
from simulator.actions import keep_mail
from simulator.models import SimPerson


class Mailbox:
    """Catches every mail, whoever it is for, unless that is to fail."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's name)
        if await sync_to_async(self._refuses)(envelope.rcpt_tos):
            return "550 No such mailbox"
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        await sync_to_async(self._keep)(raw, envelope.mail_from or "", envelope.rcpt_tos)
        return "250 Caught"

    @staticmethod
    def _refuses(recipients: list[str]) -> bool:
        close_old_connections()
        try:
            people = SimPerson.objects.filter(email__in=recipients)
            return any(push.fault(person) == "mail_550" for person in [*people, None])
        finally:
            close_old_connections()

    @staticmethod
    def _keep(raw: bytes, sender: str, recipients: list[str]) -> None:
        close_old_connections()
        try:
            keep_mail(raw, sender=sender, recipients=recipients)
        finally:
            close_old_connections()


def serve(*, host: str, port: int, smtp_port: int) -> None:
    """Serve until SIGTERM, SIGINT or the parent's end. Raises OSError when a port is taken."""
    parent = os.getppid()  # before anybody is answered: whoever waits for that may go at once
    web = ThreadedWSGIServer((host, port), WSGIRequestHandler, ipv6=":" in host)
    web.set_app(get_wsgi_application())
    mail = Controller(Mailbox(), hostname=host, port=smtp_port)
    mail.start()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    # An orphan is given another parent: then nobody is left to stop this process.
    while not stop.wait(0.5) and os.getppid() == parent:
        pass
    web.shutdown()
    web.server_close()
    mail.stop()
