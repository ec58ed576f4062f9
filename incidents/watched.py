"""What the watchdogs say: of a silent reviewer, an outage that lasts, an estimate that has passed, a long pause."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from entities.templatetags.moments import day_time
from incidents.models import Report, ReportEvent
from incidents.wording import moment_of


def watched(mark: str) -> str:
    """What a mark of the watchdogs says of an outage that goes on."""
    if not mark.endswith("h"):
        return _("The outage goes on beyond the service's recovery time objective")
    hours = int(mark.removesuffix("h"))
    said = ngettext("The outage has lasted over %(n)s hour", "The outage has lasted over %(n)s hours", hours)
    return said % {"n": hours}


def _warned(event: ReportEvent, report: Report) -> str:
    moment = moment_of(event.data.get("returns_at"))
    return format_html(_("Silent for 20 minutes: at {} the report goes back to the pool."), day_time(moment))


def _returned(event: ReportEvent, report: Report) -> str:
    return _("Its reviewer was silent for half an hour while it waited on the authority. It is for whoever is on duty.")


def _watched(event: ReportEvent, report: Report) -> str:
    return _("%(what)s. Sent to the lead on duty and the IT leader.") % {"what": watched(event.mark)}


def _estimate(event: ReportEvent, report: Report) -> str:
    moment = moment_of(event.data.get("expected"))
    return format_html(_("The service was expected back at {}. A new estimate is asked of the team."), day_time(moment))


def _paused_long(event: ReportEvent, report: Report) -> str:
    since, days = moment_of(event.data.get("since")), event.data.get("days", 0)
    said = ngettext(
        "Paused since {since}, for over %(n)s day. Whoever paused it is asked whether it goes on.",
        "Paused since {since}, for over %(n)s days. Whoever paused it is asked whether it goes on.",
        days,
    )
    return format_html(said % {"n": days}, since=day_time(since))


def _interim(event: ReportEvent, report: Report) -> str:
    return _("The outage has lasted over 48 hours: an interim report on what is known is owed.")


#: By the deed's name in the lifecycle table.
SENTENCES: dict[str, Callable[[ReportEvent, Report], str]] = {
    "warn_reviewer": _warned,
    "return_to_pool": _returned,
    "watch": _watched,
    "ask_estimate": _estimate,
    "remind_pause": _paused_long,
    "owe_interim": _interim,
}
