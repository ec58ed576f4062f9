"""The words of a situation report, written from the figures in one language; a lead edits them before they leave.

It names no reporting entity: heads of several entities may read it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from incidents.grouping import Figures
from incidents.models import Incident

#: While an incident is open, one is due each hour.
EVERY = timedelta(hours=1)


def situation_text(incident: Incident, figures: Figures, *, number: int, at: datetime, language: str) -> str:
    """How the incident stands at this moment, a line a fact."""
    with override(language):
        return "\n".join(_lines(incident, figures, number=number, at=at, language=language))


def _lines(incident: Incident, figures: Figures, *, number: int, at: datetime, language: str) -> Iterator[str]:
    yield _("Situation report no. %(n)s: %(title)s") % {"n": number, "title": incident.name_in(language)}
    yield _("As of: %(moment)s") % {"moment": _moment(at)}
    if figures.since:
        yield _("Since: %(moment)s") % {"moment": _moment(figures.since)}
    counts = {"reports": figures.reports, "entities": figures.entities, "down": figures.down}
    yield _("Reports: %(reports)s; entities: %(entities)s; still down: %(down)s") % counts
    yield _("Worst severity: %(severity)s") % {"severity": figures.severity}
    counts = {"back": figures.back, "services": figures.services, "share": figures.share}
    yield _("Services back: %(back)s of %(services)s (%(share)s%%)") % counts
    for tier in figures.tiers:
        yield _("– %(tier)s: %(back)s of %(total)s") % {"tier": tier.label, "back": tier.back, "total": tier.total}
    yield _("Cause: %(cause)s") % {"cause": incident.cause or _("being looked into")}
    if figures.down:
        yield _("Next situation report: %(moment)s") % {"moment": _moment(at + EVERY)}


def sent_figures(incident: Incident, figures: Figures, *, at: datetime) -> dict[str, Any]:
    """What addresses outside the portal are told of one that is sent: numbers and moments (ISO 8601), no typed word."""
    goes_on = bool(figures.down) and not incident.is_closed
    return {
        "since": figures.since.isoformat() if figures.since else "",
        "entities": figures.entities,
        "services": figures.services,
        "back": figures.back,
        "tiers": [[tier.tier, tier.total, tier.back] for tier in figures.tiers],
        "next": (at + EVERY).isoformat() if goes_on else "",
    }


def _moment(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")
