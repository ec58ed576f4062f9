"""A period of the working calendar, confirmed, moved or added."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from entities.fields import DayField, KeptText
from entities.widgets import Chips
from incidents.forms.fields import NOT_IN_LIST, WholeNumber
from incidents.models import Holiday
from incidents.rulebook.holidays import YEARS, Period

SHIFTS = (
    (0, _("As computed")),
    (-1, _("A day earlier")),
    (1, _("A day later")),
    (2, _("Two days later")),
)


class HiddenDay(forms.DateInput):
    """A day that is kept along, the same in every language."""

    input_type = "hidden"


class NamedForm(forms.Form):
    """Which period is meant: its kind and its first day, as the page shows them."""

    was_kind = forms.ChoiceField(choices=Holiday.Kind.choices, widget=forms.HiddenInput)
    was_first = DayField(widget=HiddenDay(format="%Y-%m-%d"))


class ConfirmForm(NamedForm):
    """A proposal as it is computed, or shifted as the moon was seen."""

    shift = forms.TypedChoiceField(label=_("First day"), choices=SHIFTS, coerce=int, initial=0)


class PeriodForm(forms.Form):
    """Days in a row. Without `was_first` it is a new period."""

    was_kind = forms.ChoiceField(choices=Holiday.Kind.choices, required=False, widget=forms.HiddenInput)
    was_first = DayField(required=False, widget=HiddenDay(format="%Y-%m-%d"))
    kind = forms.ChoiceField(
        label=_("What it is"),
        choices=Holiday.Kind.choices,
        initial=Holiday.Kind.OFF,
        widget=Chips,
        error_messages={"invalid_choice": NOT_IN_LIST},
    )
    name_ar = KeptText(label=_("Arabic name"), max_length=200)
    name_en = KeptText(label=_("English name"), max_length=200, required=False)
    first = DayField(label=_("First day"))
    days = WholeNumber(label=_("Number of days"), min_value=1, max_value=31, initial=1)

    def __init__(self, data: QueryDict | None = None, *, period: Period | None = None) -> None:
        initial: dict[str, Any] = {}
        if period is not None:
            initial = {"was_kind": period.kind, "was_first": period.first, "kind": period.kind, "first": period.first}
            initial |= {"name_ar": period.name_ar, "name_en": period.name_en, "days": period.days}
        super().__init__(data, initial=initial)

    def clean_first(self) -> Any:
        first = self.cleaned_data["first"]
        if first.year not in YEARS:
            raise ValidationError(_("Check the year: the calendar is the Gregorian one."), code="year")
        return first

    @property
    def said(self) -> dict[str, Any]:
        """What the action takes."""
        return {name: self.cleaned_data[name] for name in ("kind", "name_ar", "name_en", "first", "days")}
