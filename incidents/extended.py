"""What the log says of more time: of a later update, and of a final report's extension."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.utils.html import format_html
from django.utils.translation import gettext as _

from entities.templatetags.moments import day_time, stretch
from incidents.actions.pausing import Cause
from incidents.models import Report, ReportEvent
from incidents.wording import moment_of, with_words


def _stretched(event: ReportEvent, report: Report) -> str:
    old, new = (moment_of(event.data.get(name)) for name in ("old", "new"))
    if old is None or new is None:
        return with_words("", event)
    return with_words(format_html(_("It is expected by {} instead of {}."), day_time(new), day_time(old)), event)


def _extended(event: ReportEvent, report: Report) -> str:
    length = stretch(timedelta(days=int(event.data.get("days", 0))))
    return with_words(_("Extended by %(length)s.") % {"length": length}, event)


def _asked(event: ReportEvent, report: Report) -> str:
    length = stretch(timedelta(days=int(event.data.get("days", 0))))
    return with_words(_("%(length)s more for the final report.") % {"length": length}, event)


def _paused(event: ReportEvent, report: Report) -> str:
    cause = dict(Cause.choices).get(event.data.get("cause", ""), "")
    return with_words(format_html("{}: {}.", _("It waits for"), cause), event)


#: By the deed's name in the lifecycle table.
SENTENCES: dict[str, Callable[[ReportEvent, Report], str]] = {
    "stretch_update": _stretched,
    "ask_extension": _asked,
    "extend_final": _extended,
    "pause_final": _paused,
}
