"""Django's sessions in our own table: opened from somewhere, listed to their person, ended by deleting the row."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any, cast

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from entities.models import AuditEvent, Membership, Session, User
from entities.prepared import Prepared, moment, text

#: The first that is found speaks: each of them also calls itself Chrome, Safari or Linux.
BROWSERS = (
    ("Edge", r"\bEdg(e|A|iOS)?/"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Opera", r"\bOPR/"),
    ("Firefox", r"\b(Firefox|FxiOS)/"),
    ("Chrome", r"\b(Chrome|CriOS|Chromium)/"),
    ("Safari", r"\bSafari/"),
)
SYSTEMS = (
    ("iOS", r"\b(iPhone|iPad|iPod)\b"),
    ("Android", r"\bAndroid\b"),
    ("Windows", r"\bWindows\b"),
    ("macOS", r"\bMac(intosh| OS X)\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("Linux", r"\bLinux\b"),
)

_OPEN = Prepared(most=4)


def _open() -> QuerySet[Session]:
    return Session.objects.filter(session_key=text("session"), expire_date__gt=moment("now"))


class SessionStore(DatabaseStore):
    """The row says beside the data what the list of sessions shows; it dies with the absolute limit, whoever saves."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Session | None:
        """As Django's, but every request asks it: written once (docs/adr/0046)."""
        found = _OPEN.ask("open", _open, session=self.session_key, now=timezone.now())
        if not found:
            self._session_key = None
        return found[0] if found else None

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = cast(Session, super().create_model_instance(data))
        if "_auth_user_id" not in data:
            return row
        opened = data.get("opened", {})
        row.person_id = int(data["_auth_user_id"])
        row.started_at, row.seen_at = _moment(data.get("started_at")), _moment(data.get("seen_at"))
        row.address, row.agent_hash = opened.get("address"), opened.get("agent_hash", "")
        row.browser, row.system = opened.get("browser", ""), opened.get("system", "")
        if row.started_at:
            row.expire_date = row.started_at + timedelta(seconds=longest(data))
        return row


def longest(session: Mapping[str, Any]) -> int:
    """How long it may last in all, in seconds: one that something else than Nafath has opened is short."""
    if session.get("by_break_glass"):
        return settings.BREAK_GLASS_SESSION_MINUTES * 60
    return settings.CODE_SESSION_MINUTES * 60 if session.get("by_code") else settings.SESSION_ABSOLUTE_HOURS * 3600


def opened_from(request: HttpRequest) -> dict[str, Any]:
    """Where a session is opened from: what the person may recognise it by."""
    agent = request.headers.get("User-Agent", "")[:500]
    return {
        "address": client_address(request),
        "browser": _first(BROWSERS, agent),
        "system": _first(SYSTEMS, agent),
        "agent_hash": hashlib.sha256(agent.encode()).hexdigest(),
    }


@transaction.atomic
def end_sessions(sessions: Iterable[Session], *, why: str, by: User) -> int:
    """Delete the rows, so that they open nothing from now on, and write down how many; returns that.

    All are one person's."""
    rows = list(sessions)
    ended, _tables = Session.objects.filter(pk__in=[row.pk for row in rows]).delete()
    if ended:
        whose = str(rows[0].person.public_id) if rows[0].person else ""
        entity = by.acting.entity if by.acting else None
        AuditEvent.record(AuditEvent.Action.SESSION_ENDED, entity=entity, by=by, of=whose, count=ended, why=why)
    return ended


def end_sessions_of(person: User, *, membership: Membership | None = None, opened: str = "", by: User) -> int:
    """End what a person has open, or only what acts in one membership, or what this mark says has opened it.

    Her own are left to the next request, which refuses them: this one has still to answer.
    """
    if person.pk == by.pk:
        return 0
    rows = list(Session.objects.filter(person=person))
    if membership is not None:
        rows = [row for row in rows if row.get_decoded().get("membership_id") == membership.pk]
    if opened:
        rows = [row for row in rows if row.get_decoded().get(opened)]
    return end_sessions(rows, why=opened or ("membership" if membership else "person"), by=by)


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _first(families: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for name, mark in families if re.search(mark, agent)), "")


def client_address(request: HttpRequest) -> str | None:
    """The address that the outermost proxy of ours saw; what stands left of it anybody may have written."""
    trusted: int = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    seen = told[-trusted] if 0 < trusted <= len(told) else request.META.get("REMOTE_ADDR", "")
    try:
        return str(ip_address(seen))
    except ValueError:
        return None
