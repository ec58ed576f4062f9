"""The rows of a policy in words: for what a rule counts, when a reminder goes out and to whom, what points are for."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from entities.models import DigitalService
from entities.permissions import Role
from entities.templatetags.moments import stretch, thousands
from incidents.clocks import CONSUMERS, Alarm, Mark, Rule
from incidents.lifecycle import ReportKind, Severity
from incidents.severity import Factor, Impact

#: In the order in which a matter goes up.
_TOLD = (
    Role.DIRECTOR, Role.ALTERNATE, Role.MEMBER, Role.IT_LEADER, Role.REVIEWER, Role.LEAD, Role.HEAD_CONTACT,
)  # fmt: skip
#: Who may be reminded of a clock, as `notifications.recipients` can reach them.
LISTENERS: dict[str, Promise | str] = {
    **{role.value: role.label for role in _TOLD},
    CONSUMERS: gettext_lazy("Whoever relies on the service"),
}
FACTORS: dict[str, Promise] = {
    Factor.TIER.value: gettext_lazy("Tier"),
    Factor.IMPACT.value: gettext_lazy("Impact"),
    Factor.USERS.value: gettext_lazy("Users affected, from"),
    Factor.PERCENT.value: gettext_lazy("Percent of the users, from"),
    Factor.BEYOND_RTO.value: gettext_lazy("Beyond the recovery time objective"),
    Factor.PEAK.value: gettext_lazy("In a peak period"),
    Factor.CYBER.value: gettext_lazy("Cyber incident suspected"),
    Factor.THRESHOLD.value: gettext_lazy("Points that a severity needs"),
}
MORE = gettext_lazy("And besides")
EMERGENCIES: dict[bool, Promise] = {
    True: pgettext_lazy("maintenance", "in an emergency"),
    False: pgettext_lazy("maintenance", "planned ahead"),
}


def joined(words: Iterable[object]) -> str:
    """Names in a row, or a dash where there is none."""
    # Translators: joins the names of roles or severities.
    return _(", ").join(str(word) for word in words) or "—"


def coded(severity: int) -> str:
    """«حرجة (S1)»."""
    return _("%(word)s (S%(n)s)") % {"word": Severity(severity).label, "n": severity}


def counts_for(rule: Rule) -> str:
    """The reports for which a rule counts: «Outage of an own service, High (S2), tier 1»."""
    parts = [
        str(ReportKind(rule.kind).label) if rule.kind else "",
        coded(rule.severity) if rule.severity else "",
        "" if rule.tier is None else _("tier %(n)s") % {"n": rule.tier},
        "" if rule.emergency is None else str(EMERGENCIES[rule.emergency]),
    ]
    return _(", ").join(part for part in parts if part) or _("Every report")


def alarm_for(alarm: Alarm) -> str:
    """The services for which a row of the silent-outage alarm counts."""
    return _("Other tiers") if alarm.tier is None else str(DigitalService.Tier(alarm.tier).label)


def raised_by(alarm: Alarm) -> str:
    """What raises it: «2 different entities within 1 hour»."""
    said = ngettext("%(n)s entity within %(length)s", "%(n)s different entities within %(length)s", alarm.consumers)
    return said % {"n": alarm.consumers, "length": stretch(alarm.minutes)}


def when(mark: Mark) -> str:
    """The moment of a reminder, told from the due moment."""
    if mark.percent and mark.minutes:
        return _("%(first)s, then %(second)s") % {"first": _percent(mark.percent), "second": _away(mark.minutes)}
    if mark.percent:
        return _percent(mark.percent)
    return _away(mark.minutes) if mark.minutes else _("At the due moment")


def _percent(percent: int) -> str:
    if percent < 0:
        return _("When %(n)s%% of the time has gone") % {"n": 100 + percent}
    if percent == 100:
        return _("Overdue by as much time again")
    return _("Overdue by %(n)s%% of the time") % {"n": percent}


def _away(minutes: int) -> str:
    if minutes < 0:
        return _("%(length)s before") % {"length": stretch(minutes)}
    return _("%(length)s after") % {"length": stretch(minutes)}


def heard_by(mark: Mark) -> str:
    """The people of a reminder."""
    return joined(LISTENERS.get(name, name) for name in mark.audience)


def by_sms(mark: Mark) -> str:
    """For which severities it goes out by SMS as well."""
    return _("Always") if len(mark.sms_for) == len(Severity) else joined(coded(each) for each in mark.sms_for)


def weighed(factor: str, key: str) -> str:
    """What points are given for: «Impact: Full outage»."""
    match factor:
        case Factor.TIER:
            return str(DigitalService.Tier(int(key)).label)
        case Factor.IMPACT:
            return str(Impact(key).label)
        case Factor.USERS:
            return _("%(n)s beneficiaries or more") % {"n": thousands(int(key))}
        case Factor.PERCENT:
            return _("%(n)s%% of the users or more") % {"n": key}
        case Factor.THRESHOLD:
            return coded(int(key))
    return str(FACTORS[factor])
