"""How values are said: lists, columns by their codes, the people who hear of something, how often an update is owed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import get_language, ngettext, pgettext_lazy
from django.utils.translation import gettext as _

from entities.permissions import Role
from entities.templatetags.moments import day_time, thousands
from incidents.calendar import Calendar
from incidents.choices import all_called, called
from incidents.clocks import CONSUMERS
from incidents.lifecycle import ClockKind
from incidents.models import Report, ReportEvent

#: Who hears of a reminder, as the sentences name them.
PEOPLE: dict[str, Promise] = {
    Role.DIRECTOR: pgettext_lazy("told", "the team's director"),
    Role.ALTERNATE: pgettext_lazy("told", "the alternate"),
    Role.MEMBER: pgettext_lazy("told", "the team's members"),
    Role.IT_LEADER: pgettext_lazy("told", "the IT leader"),
    Role.REVIEWER: pgettext_lazy("told", "the reviewer"),
    Role.LEAD: pgettext_lazy("told", "the lead reviewer"),
    Role.HEAD_CONTACT: pgettext_lazy("told", "the head contact"),
    CONSUMERS: pgettext_lazy("told", "the entities that rely on it"),
}
_LISTS = {"channels", "beneficiaries", "regions", "data_impact"}
_CODES = {"suspected_cause", "origin", "detection_source", "bcp_activated"}


def listed(words: Iterable[object]) -> str:
    """«أ وب وج», «a, b and c»: a list as a sentence takes it."""
    *first, last = [str(word) for word in words] or [""]
    if not first:
        return last
    comma = " و" if (get_language() or "ar").startswith("ar") else ", "
    return _("%(first)s and %(second)s") % {"first": comma.join(first), "second": last}


def people(audience: Iterable[str]) -> str:
    """An audience of the policy, in words."""
    return listed(PEOPLE[role] for role in audience if role in PEOPLE)


def cadence(report: Report) -> str:
    """«كل 4 ساعات»: how often an update is owed under the report's policy; empty where none is."""
    rule = report.policy.rules.rule(
        ClockKind.C3, kind=report.kind, severity=report.severity, tier=report.tier, emergency=report.is_emergency
    )
    if rule is None:
        return ""
    if rule.calendar == Calendar.WORKING:
        return _("every working day")
    every = _every(rule.minutes)
    return _("%(every)s, from 07:00 to 22:00") % {"every": every} if rule.calendar == Calendar.DAYTIME else every


def _every(minutes: int) -> str:
    """«كل ساعتين»: a phrase of its own for each unit, for after “every” Arabic bends the word."""
    hours, rest = divmod(minutes, 60)
    if rest or hours < 2:
        return ngettext("every %(n)s minute", "every %(n)s minutes", minutes) % {"n": minutes}
    if hours % 24:
        return ngettext("every %(n)s hour", "every %(n)s hours", hours) % {"n": hours}
    return ngettext("every %(n)s day", "every %(n)s days", hours // 24) % {"n": hours // 24}


def spoken(name: str, value: Any) -> str:
    """A column's value in words: lists and codes by their names, numbers with thousands, moments as times."""
    if value in (None, "", []):
        return _("Not known yet")
    if name in _LISTS:
        return listed(all_called(name, value))
    if name in _CODES:
        return called(name, str(value))
    if isinstance(value, int):
        return thousands(value)
    if name.endswith("_at"):
        moment = value if isinstance(value, datetime) else moment_of(value)
        return str(day_time(moment)) if moment else ""
    return str(value)


def moment_of(text: object) -> datetime | None:
    """A moment as the history keeps it; None where it is none."""
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


def with_words(sentence: str, event: ReportEvent) -> str:
    """Our sentence, and beneath it, in the direction of its own, what the person wrote."""
    words = event.data.get("message") or event.data.get("note")
    if not words:
        return sentence
    written = format_html('<span dir="auto">{}</span>', words)
    return format_html("{}<br>{}", sentence, written) if sentence else written
