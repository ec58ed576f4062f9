"""What no answer may be, whatever was asked."""

from __future__ import annotations

import traceback
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from fuzz.town import MARK, Person

#: What says of itself that something it needs is away: Nafath is, in this town. From the database nobody hears it.
MAY_BE_AWAY = ("nafath_", "code_", "break_glass")
OURS = ("outage_portal", "entities", "incidents", "crisis_teams", "nafath_auth", "notifications", "templates")
HERE = {"", "testserver"}


class Broken(Exception):
    """A promise that did not hold. Its words say which; `place` tells one defect from another."""

    def __init__(self, words: str, place: str) -> None:
        super().__init__(words)
        self.place = place


def expect_promises_kept(name: str, person: Person, answer: Any, *, said: str, numbers: list[str]) -> None:
    """`said` is what the log has said meanwhile, `numbers` are national IDs. Raises Broken."""
    status = answer.status_code
    if status >= 500 and not (status == 503 and name.startswith(MAY_BE_AWAY)):
        error = getattr(answer, "exc_info", None) or (None, None, None)
        raise Broken(f"{status}: {error[1]!r}"[:500], _place(error[2]) or f"{name} {status}")
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text = body.decode("utf-8", "replace") + repr(answer.headers)
    if person.is_tenant and MARK in text:
        raise Broken(f"{status}: shows words of another tenant", f"{name} leaks")
    for number in numbers:
        if number in text:
            raise Broken(f"{status}: shows a national ID", f"{name} shows an ID")
        if number in said:
            raise Broken(f"{status}: writes a national ID into the log", f"{name} logs an ID")
    if _leads_away(answer.headers.get("Location", "") + answer.headers.get("HX-Redirect", "")):
        raise Broken(f"{status}: leads to {answer.headers.get('Location')}", f"{name} leads away")


def expect_no_exception(error: Exception) -> Broken:
    """The request did not even come to an answer."""
    return Broken(f"no answer: {error!r}"[:500], _place(error.__traceback__) or repr(error)[:80])


def _place(trace: TracebackType | None) -> str:
    """The innermost line of ours."""
    frames = [frame for frame in traceback.extract_tb(trace) if any(f"/{app}/" in frame.filename for app in OURS)]
    frames = [frame for frame in frames if "/site-packages/" not in frame.filename] or traceback.extract_tb(trace)[-1:]
    return f"{'/'.join(frames[-1].filename.split('/')[-3:])}:{frames[-1].lineno}" if frames else ""


def _leads_away(location: str) -> bool:
    from django.conf import settings

    origins = {urlsplit(origin).netloc for origin in settings.NAFATH_ORIGINS}
    return urlsplit(location.replace("\\", "/")).netloc not in HERE | origins
