"""What the history says of a telephone call: who was rung, by her office, and what it brought."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import npgettext

from entities.permissions import Role
from incidents.lifecycle import WAITS_ON_PROVIDER
from incidents.models import CallTask, Report, ReportEvent
from incidents.wording import with_words


def _called(event: ReportEvent, report: Report) -> str:
    said = {"who": _whom(event), "what": _brought(event)}
    return with_words(_("%(who)s: %(what)s.") % said, event)


def _whom(event: ReportEvent) -> str:
    role = str(event.data.get("as", ""))
    office = str(Role(role).label) if role in Role.values else ""
    if event.data.get("clock") in WAITS_ON_PROVIDER:
        return _("%(office)s at the service's owner") % {"office": office}
    return office


def _brought(event: ReportEvent) -> str:
    outcome, minutes = str(event.data.get("outcome", "")), int(event.data.get("minutes", 0))
    if outcome == CallTask.Outcome.PROMISED:
        said = npgettext(
            "call",
            "Reached; a word is promised within %(n)s minute",
            "Reached; a word is promised within %(n)s minutes",
            minutes,
        )
        return said % {"n": minutes}
    return str(CallTask.Outcome(outcome).label) if outcome in CallTask.Outcome.values else ""


#: By the deed's name in the lifecycle table.
SENTENCES: dict[str, Callable[[ReportEvent, Report], str]] = {"record_call": _called}
