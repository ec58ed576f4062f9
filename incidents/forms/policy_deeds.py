"""Why a version of the policy is copied, from when it is to count, why it goes back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from entities.models import DigitalService
from incidents.forms.fields import FreeText, MomentField
from incidents.forms.moves import text_box
from incidents.lifecycle import ReportKind, Severity
from incidents.rulebook.preview import Case


class CopyForm(forms.Form):
    """Another version begins with its reason."""

    reason = FreeText(
        label=_("Why it changes"),
        help_text=_("It stands beside the version for good."),
        min_length=5,
        max_length=500,
        widget=text_box(),
        error_messages={"required": _("Say why, in a few words.")},
    )


class AskForm(forms.Form):
    """From when the version is to be in force."""

    effective_from = MomentField(
        label=_("In force from"),
        help_text=_("Reports filed from then on are kept under it; those already filed stay under their own version."),
        ahead=True,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["effective_from"].now = timezone.now()  # type: ignore[attr-defined]  # a MomentField

    def clean_effective_from(self) -> datetime:
        moment: datetime = self.cleaned_data["effective_from"]
        if moment <= timezone.now():
            raise ValidationError(_("Choose a moment in the future."), code="past")
        return moment


class TryForm(forms.Form):
    """A report that might be filed, to see what it would owe; read from the address."""

    kind = forms.ChoiceField(label=_("Kind of report"), choices=ReportKind.choices)
    severity = forms.TypedChoiceField(label=_("Severity"), choices=Severity.choices, coerce=int)
    tier = forms.TypedChoiceField(label=_("Tier of the service"), choices=DigitalService.Tier.choices, coerce=int)
    emergency = forms.BooleanField(label=_("Emergency maintenance"), required=False)

    @property
    def case(self) -> Case:
        """What was chosen; an outage of a critical service, high, where the address says nothing that fits."""
        if not self.is_valid():
            return Case(ReportKind.OWN_OUTAGE, Severity.S2, DigitalService.Tier.CRITICAL)
        said = self.cleaned_data
        kind = ReportKind(said["kind"])
        return Case(kind, said["severity"], said["tier"], said["emergency"] and kind == ReportKind.MAINTENANCE)


class SendBackForm(forms.Form):
    """What is to be done before it can be published."""

    note = FreeText(
        label=_("What is to be changed"),
        min_length=5,
        max_length=500,
        widget=text_box(),
        error_messages={"required": _("Say why, in a few words.")},
    )
