"""The ways out of the house. A channel sends, or says with one of three errors what is to be done about it."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import smtplib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import UUID

import requests
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.module_loading import import_string

from entities import tracing
from incidents.ics import CalendarFile
from notifications.models import Channel as Name

SMS_SECONDS = 5
#: Answers of a gateway that speak of our access to it, not of this message.
_NO_ACCESS = frozenset({401, 403, 404})
_LATER = frozenset({408, 425, 429})
#: So begins the code of what the gateway said afterwards of an SMS it had taken (receipts.py).
RECEIPT = "receipt-"
#: Codes of answers that speak of an address: what the SMS gateway says of our access, or of now, does not.
#: Nor does a receipt that a telephone was off until the message ran out.
_OF_ACCESS = "|".join(str(status) for status in sorted(_NO_ACCESS | _LATER))
OF_THE_ADDRESS = re.compile(rf"smtp-5\d\d|malformed|{RECEIPT}(?!expired).*|sms-(?!{_OF_ACCESS})4\d\d")
#: With these codes a delivery remembers that nothing got through to its gateway at all (ChannelAway).
AWAY = frozenset({"smtp-away", "sms-away", *(f"sms-{status}" for status in _NO_ACCESS)})


@dataclass(frozen=True)
class Message:
    """One message, ready to leave. `id` is the same at every attempt."""

    id: UUID
    to: str
    subject: str
    text: str
    html: str = ""
    attachments: tuple[CalendarFile, ...] = ()
    unsubscribe: str = ""  #: where a POST turns such mails off; empty for those that may not be


class ChannelError(Exception):
    """`code` is kept with the delivery: short, and without anything of the message."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ChannelUnavailable(ChannelError):
    """Not now: try this message again later."""


class ChannelAway(ChannelUnavailable):
    """Nothing gets through to the gateway at all: spare it the others for a while."""


class ChannelRefused(ChannelError):
    """Not this message, now or later."""


class Channel(Protocol):
    def send(self, message: Message) -> None:
        """Hand the message over. Raises ChannelUnavailable or ChannelRefused."""


class InApp:
    """The row of the delivery is the message: nothing leaves."""

    def send(self, message: Message) -> None:
        return


class Email:
    """Django's own SMTP; what the server answers decides."""

    def send(self, message: Message) -> None:
        headers = {
            "Message-ID": f"<{message.id}@{urlsplit(settings.PORTAL_ORIGIN).hostname}>",
            "Auto-Submitted": "auto-generated",  # so that nobody's holiday answers it (RFC 3834)
        }
        if message.unsubscribe:
            headers["List-Unsubscribe"] = f"<{message.unsubscribe}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
        mail = EmailMultiAlternatives(message.subject, message.text, to=[message.to], headers=headers)
        mail.attach_alternative(message.html, "text/html")
        for file in message.attachments:
            mail.attach(file.name, file.content, "text/calendar")
        try:
            with tracing.span("SEND mail", "client", _relay()):
                mail.send()
        except smtplib.SMTPRecipientsRefused as error:
            code, _text = next(iter(error.recipients.values()))
            raise _answered(code) from error
        except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
            raise _answered(error.smtp_code) from error
        except (ValueError, smtplib.SMTPNotSupportedError) as error:  # no address, or one this server cannot write
            raise ChannelRefused("malformed") from error
        except OSError as error:  # refused, silent, no name, no TLS; smtplib's own errors are OSErrors too
            raise ChannelAway("smtp-away") from error


def _relay() -> tracing.Attributes:
    return {"peer.service": "mail", "server.address": settings.EMAIL_HOST, "server.port": settings.EMAIL_PORT}


def _answered(code: int) -> ChannelError:
    """SMTP: 4xx is for now, 5xx for good."""
    return (ChannelRefused if code >= 500 else ChannelUnavailable)(f"smtp-{code}")


_MARK = re.compile(r"\{(to|text|reference)\}")


def filled(template: Any, values: Mapping[str, str]) -> Any:
    """The template of the request's body with its marks replaced, at any depth; what is filled in is not read again."""
    match template:
        case str():
            return _MARK.sub(lambda mark: values[mark[1]], template)
        case dict():
            return {name: filled(value, values) for name, value in template.items()}
        case list():
            return [filled(value, values) for value in template]
    return template


def signature(key: str, *, stamp: str, body: bytes) -> str:
    """What stands in X-Signature: over the time as well, so that a recorded request is soon worth nothing."""
    return "sha256=" + hmac.new(key.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


class HttpSms:
    """POST a JSON as the settings template it, with a bearer token and a signature.

    The same reference twice is one SMS to the gateway.
    """

    def send(self, message: Message) -> None:
        values = {"to": message.to, "text": message.text, "reference": str(message.id)}
        body = json.dumps(filled(settings.SMS_GATEWAY_BODY, values), ensure_ascii=False).encode(errors="replace")
        headers = {
            "Authorization": f"Bearer {settings.SMS_GATEWAY_TOKEN}",
            "Content-Type": "application/json; charset=utf-8",
        }
        if settings.SMS_GATEWAY_SIGNING_KEY:
            stamp = str(int(time.time()))
            headers["X-Timestamp"] = stamp
            headers["X-Signature"] = signature(settings.SMS_GATEWAY_SIGNING_KEY, stamp=stamp, body=body)
        try:
            with tracing.calling("sms", "POST", settings.SMS_GATEWAY_URL) as span:
                answer = requests.post(
                    settings.SMS_GATEWAY_URL, data=body, headers=headers, timeout=SMS_SECONDS, allow_redirects=False
                )
                span.answered(answer.status_code)
        except (requests.ConnectionError, requests.Timeout) as error:
            raise ChannelAway("sms-away") from error
        except requests.RequestException as error:
            raise ChannelUnavailable("sms-error") from error
        if answer.status_code in _NO_ACCESS:
            raise ChannelAway(f"sms-{answer.status_code}")
        if answer.status_code in _LATER or answer.status_code >= 500 or 300 <= answer.status_code < 400:
            raise ChannelUnavailable(f"sms-{answer.status_code}")
        if answer.status_code >= 400:
            raise ChannelRefused(f"sms-{answer.status_code}")


@cache
def _gateway(dotted_path: str) -> Channel:
    gateway: Channel = import_string(dotted_path)()
    return gateway


def channel(name: str) -> Channel:
    """The way out of this name."""
    match name:
        case Name.EMAIL:
            return Email()
        case Name.SMS:
            return _gateway(settings.SMS_GATEWAY)
        case _:
            return InApp()
