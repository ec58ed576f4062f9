"""A freeze period: its days, whom it touches, and why."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from entities.fields import DayField, KeptText
from entities.models import DigitalService, Sector
from entities.widgets import ChipsMultiple
from incidents.models import FreezePeriod
from incidents.rulebook.holidays import YEARS


class FreezeForm(forms.Form):
    """Without tiers, or without sectors, it touches all of them."""

    name_ar = KeptText(label=_("Arabic name"), max_length=200)
    name_en = KeptText(label=_("English name"), max_length=200, required=False)
    first_day = DayField(label=_("First day"))
    last_day = DayField(label=_("Last day"))
    tiers = forms.TypedMultipleChoiceField(
        label=_("Tiers"),
        help_text=_("None chosen: services of every tier."),
        choices=DigitalService.Tier.choices,
        coerce=int,
        widget=ChipsMultiple,
        required=False,
    )
    sectors = forms.ModelMultipleChoiceField(
        label=_("Sectors"),
        help_text=_("None chosen: entities of every sector."),
        queryset=Sector.objects.all(),
        widget=ChipsMultiple,
        required=False,
    )
    reason = KeptText(label=_("Reason"), max_length=300, required=False)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        freeze: FreezePeriod | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        if freeze is not None:
            names = ("name_ar", "name_en", "first_day", "last_day", "tiers", "reason")
            initial = {name: getattr(freeze, name) for name in names} | {"sectors": freeze.sectors.all()}
        super().__init__(data, initial=initial)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        for name, day in (("first_day", first), ("last_day", last)):
            if day and day.year not in YEARS:
                self.add_error(name, ValidationError(_("Check the year: the calendar is the Gregorian one.")))
        if first and last and last < first:
            self.add_error("last_day", ValidationError(_("The last day lies before the first.")))
        return cleaned
