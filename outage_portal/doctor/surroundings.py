"""What the portal stands on besides its database: Redis, the workers, mail, SMS, Nafath, a collector of traces.

Nothing is sent to anybody.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import redis
from cryptography import x509
from django.conf import settings
from django.core.mail import get_connection
from django.utils import timezone, translation

from nafath_auth import probe
from notifications.figures import figures
from notifications.health import BROKER_SECONDS
from outage_portal.doctor.finding import Finding, judged

SECONDS = 5.0
#: A certificate is exchanged with another authority: that takes weeks.
CERTIFICATE_LASTS = timedelta(days=30)


def broker() -> Iterator[Finding]:
    if not settings.REDIS_URL:
        yield Finding("Redis", "none", "Name it in REDIS_URL: without, processes know nothing of each other.")
        return
    where = urlsplit(settings.REDIS_URL).hostname or "?"
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=4 * BROKER_SECONDS, socket_connect_timeout=4 * BROKER_SECONDS
        ) as client:
            version = str(client.info("server")["redis_version"])
            policy = ""
            with suppress(redis.ResponseError):  # a hosted one keeps its settings to itself
                policy = str(client.config_get("maxmemory-policy").get("maxmemory-policy", ""))
    except (redis.RedisError, OSError):
        yield Finding("Redis", f"{where} does not answer", "Start it, empty or not. Filing goes on meanwhile.")
        return
    mend = "Upgrade Redis to 7 or newer."
    yield judged("Redis", f"{where}, {version}", well=int(version.partition(".")[0]) >= 7, mend=mend)
    if policy:
        mend = "Set maxmemory-policy to noeviction: tasks and heartbeats must not be thrown out."
        yield judged("Redis's memory", policy, well=policy == "noeviction", mend=mend)


def background() -> Iterator[Finding]:
    """The figures of /operations/: heartbeats of sweep, fan-out and delivery, and what waits too long."""
    with translation.override("en"):
        for each in figures(at=timezone.now()):
            tag = "/".join([each.name.removeprefix("portal_"), *each.tags.values()])
            found = "never heard of" if each.value is None else f"{each.value:.0f} (at most {each.limit:.0f})"
            yield judged(tag, found, well=not each.is_bad, mend=str(each.advice))


def mail() -> Iterator[Finding]:
    """The relay takes our connection, TLS and sign-in included; no mail is given to it."""
    relay = get_connection()
    try:
        relay.open()
        relay.close()
    except OSError as error:  # smtplib's own are OSErrors too
        mend = "Let the portal's machines through to EMAIL_HOST and EMAIL_PORT, and see EMAIL_HOST_USER and _USE_TLS."
        yield Finding("mail relay", f"{settings.EMAIL_HOST}: {type(error).__name__}", mend)
        return
    yield Finding("mail relay", f"{settings.EMAIL_HOST} answers")


def sms() -> Iterator[Finding]:
    """The gateway's machine takes a connection; whether it knows our token only a message shows."""
    mend = "Let the portal's machines through to SMS_GATEWAY_URL; see its certificate."
    yield _connects("SMS gateway", settings.SMS_GATEWAY_URL, mend)


def traces() -> Iterator[Finding]:
    """The collector's machine takes a connection, where one is named."""
    if not settings.TRACES_ENDPOINT:
        yield Finding("traces", "off")
        return
    mend = (
        "Let the portal's machines through to OTEL_EXPORTER_OTLP_ENDPOINT; see its certificate. Nothing waits for it."
    )
    own = os.environ.get("OTEL_EXPORTER_OTLP_CERTIFICATE")
    yield _connects("collector of traces", settings.TRACES_ENDPOINT, mend, authority=own)


def _connects(what: str, address: str, mend: str, *, authority: str | None = None) -> Finding:
    """TLS and its certificate included; `authority` is a file with who signs such ones, where it is nobody public."""
    host = ""
    try:
        where = urlsplit(address)
        host, port = where.hostname or "", where.port or (443 if where.scheme == "https" else 80)
        with socket.create_connection((host, port), timeout=SECONDS) as plain:
            if where.scheme == "https":
                ssl.create_default_context(cafile=authority).wrap_socket(plain, server_hostname=host).close()
    except (OSError, ValueError) as error:  # no port in the address
        return Finding(what, f"{host}: {type(error).__name__}", mend)
    return Finding(what, f"{host} takes connections")


def nafath() -> Iterator[Finding]:
    """What a sign-in needs is asked without a person; and whose certificates run out."""
    way = settings.NAFATH_ADAPTER
    mend = f"See NAFATH_{'OIDC' if way == 'simulator' else way.upper()}_* and the way out to it: nobody can sign in."
    answers = probe.probe()
    yield judged("Nafath", f"{way}, {'answers' if answers else 'does not answer'}", well=answers, mend=mend)
    if way == "simulator":
        yield Finding("Nafath's adapter", way, "Choose oidc, push or iam in NAFATH_ADAPTER.")
    if way == "iam":
        yield _readable("Nafath's private key", settings.NAFATH_IAM_PRIVATE_KEY_PATH, "NAFATH_IAM_PRIVATE_KEY_PATH")
        if settings.NAFATH_IAM_CERT_PATH:
            yield _certificate(Path(settings.NAFATH_IAM_CERT_PATH), at=timezone.now())


def _readable(what: str, path: str, name: str) -> Finding:
    try:
        mode = Path(path).stat().st_mode & 0o077
        with Path(path).open("rb"):
            pass
    except OSError as error:
        return Finding(what, type(error).__name__, f"Let the portal's account read the file that {name} names.")
    return judged(what, f"mode {mode:03o} for others", well=not mode & 0o007, mend=f"chmod o-rwx the file of {name}.")


def _certificate(path: Path, *, at: datetime) -> Finding:
    mend = "Ask for the next one now, and pin it in NAFATH_IAM_CERT_PATH on the day it changes."
    try:
        ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        return Finding("Nafath's certificate", type(error).__name__, "Put its PEM file where NAFATH_IAM_CERT_PATH is.")
    return judged("Nafath's certificate", f"until {ends:%Y-%m-%d}", well=ends - at > CERTIFICATE_LASTS, mend=mend)
