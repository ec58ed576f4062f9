"""A draft of the policy at the desk: only what the clocks and the severity can read may be written into it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from entities.models import DigitalService
from entities.permissions import Role
from incidents.lifecycle import Severity
from incidents.models import ReminderMark, SeverityRule
from incidents.severity import Factor, Impact

FACTORS: dict[str, Promise] = {
    Factor.TIER.value: _("Tier"),
    Factor.IMPACT.value: _("Impact"),
    Factor.USERS.value: _("Users affected, from"),
    Factor.PERCENT.value: _("Percent of the users, from"),
    Factor.BEYOND_RTO.value: _("Beyond the recovery time objective"),
    Factor.PEAK.value: _("In a peak period"),
    Factor.CYBER.value: _("Cyber incident suspected"),
    Factor.THRESHOLD.value: _("Points that a severity needs"),
}
_KEYS: dict[str, set[str]] = {
    Factor.TIER: {str(tier) for tier in DigitalService.Tier.values},
    Factor.IMPACT: set(Impact.values),
    Factor.THRESHOLD: {str(severity) for severity in Severity.values},
    Factor.BEYOND_RTO: {"yes"},
    Factor.PEAK: {"yes"},
    Factor.CYBER: {"yes"},
}


class ReminderMarkForm(forms.ModelForm):
    """Roles and severities are chosen, not typed: an unknown one would stop the reminders."""

    audience = forms.MultipleChoiceField(label=_("Who hears"), choices=Role.choices)
    sms_for = forms.TypedMultipleChoiceField(
        label=_("Severities that also get an SMS"), choices=Severity.choices, coerce=int, required=False
    )

    class Meta:
        model = ReminderMark
        fields = ("clock", "code", "percent", "minutes", "audience", "sms_for")


class SeverityRuleForm(forms.ModelForm):
    factor = forms.ChoiceField(label=_("Factor"), choices=FACTORS.items)

    class Meta:
        model = SeverityRule
        fields = ("factor", "key", "points")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        factor, key = cleaned.get("factor", ""), cleaned.get("key", "")
        known = _KEYS.get(factor)
        if key and not (key in known if known else key.isascii() and key.isdecimal()):
            values = gettext("a whole number") if known is None else ", ".join(sorted(known))
            self.add_error("key", gettext("This factor knows: %(values)s.") % {"values": values})
        return cleaned
