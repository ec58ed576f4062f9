"""When a person looked at the board before: what others have changed since is marked in its rows.

It stands in the session, written with the activity at most once a minute, so that it costs no query of its own; before
the first that was written comes the sign-in. A look lost with a session marks nothing (docs/adr/0037).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone
from django.utils.formats import date_format

_KEY = "board_looks"  # the look before, and the last one: seconds
ONE_LOOK = timedelta(minutes=1)


def last_look(session: SessionBase) -> datetime | None:
    """The look with which the rows on the page are compared; None before the first that was written."""
    before, _last = session.get(_KEY, (0, 0))
    return datetime.fromtimestamp(before, UTC) if before else None


def looked_at(session: SessionBase) -> str:
    """The hour of that look; a session is shorter than a day. Empty: there was none."""
    before = last_look(session)
    return date_format(timezone.localtime(before), "H:i") if before else ""


def look(session: SessionBase, *, at: datetime) -> None:
    """The board is opened. Two within a minute are one, so that a reload does not take the marks away."""
    _before, last = session.get(_KEY, (0, session.get("started_at", 0)))
    if session.modified and at.timestamp() - last >= ONE_LOOK.total_seconds():
        session[_KEY] = (last, int(at.timestamp()))
