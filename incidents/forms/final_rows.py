"""The rows of a final report: its timeline and its actions. Spare rows stand ready; an empty one is no row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseFormSet, formset_factory
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from entities.fields import DayField, KeptText
from incidents.final import FARTHEST_DAYS
from incidents.forms.fields import FreeText, MomentField
from incidents.forms.moves import text_box
from incidents.models import CorrectiveAction

MOST_ROWS, SPARE_ROWS = 60, 3


class RowForm(forms.Form):
    """A row of a list; an empty one is no row."""

    def has_changed(self) -> bool:
        written = (str(self.data.get(key, "")).strip() for key in self.data if key.startswith(f"{self.prefix}-"))
        return any(text for text in written)


class TimelineRowForm(RowForm):
    """When, and what happened."""

    at = MomentField(label=gettext_lazy("When"))
    text = FreeText(
        label=gettext_lazy("What happened"),
        max_length=300,
        widget=text_box(2),
        error_messages={"required": gettext_lazy("Say what happened, or remove this line.")},
    )
    from_history = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean_at(self) -> datetime:
        at: datetime = self.cleaned_data["at"]
        if at > timezone.now() + timedelta(minutes=5):
            raise ValidationError(_("This time lies in the future."), code="future")
        return at


class ActionRowForm(RowForm):
    """What is done so that it does not happen again, by whom and by when."""

    title = FreeText(
        label=gettext_lazy("Action"),
        max_length=200,
        error_messages={"required": gettext_lazy("Say what is done, or clear the line.")},
    )
    kind = forms.ChoiceField(label=gettext_lazy("Type"), choices=CorrectiveAction.Kind.choices)
    owner = KeptText(
        label=gettext_lazy("Owner"),
        max_length=120,
        error_messages={"required": gettext_lazy("Name who does it.")},
    )
    due_on = DayField(
        label=gettext_lazy("Due on"),
        help_text=gettext_lazy("Year-month-day, within 180 days."),
        error_messages={"required": gettext_lazy("Say by which day.")},
    )

    def has_changed(self) -> bool:
        return any(str(self.data.get(self.add_prefix(name), "")).strip() for name in ("title", "owner", "due_on"))

    def clean_due_on(self) -> date:
        due: date = self.cleaned_data["due_on"]
        if due > timezone.localdate() + timedelta(days=FARTHEST_DAYS):
            raise ValidationError(_("An action is done within 180 days."), code="far")
        if due < timezone.localdate() - timedelta(days=FARTHEST_DAYS):
            raise ValidationError(_("This day lies too far back."), code="past")
        return due


class RowFormSet(BaseFormSet):  # type: ignore[type-arg]  # takes its parameter in the stubs only
    """The rows of a section: those that are kept, and some spare ones."""

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What is to be kept, without the rows marked for removal and those left empty."""
        kept = [form.cleaned_data for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        return [{name: value for name, value in row.items() if name != "DELETE"} for row in kept]

    @property
    def lines(self) -> Iterator[tuple[forms.Form, str]]:
        """Each row with its place: kept or typed into, the first that is empty (next), or a further one (folded).

        Three empty rows of four fields are two screens of a phone between the last action and the button.
        """
        empty = 0
        for place, form in enumerate(self.forms):
            if place < self.initial_form_count() or form.errors or (self.is_bound and form.has_changed()):
                yield form, ""
            else:
                yield form, "folded" if empty else "next"
                empty += 1


def row_forms(slug: str, data: QueryDict | None, *, initial: Sequence[dict[str, Any]]) -> RowFormSet:
    """The timeline's or the actions' rows, with spare ones after them."""
    form = {"timeline": TimelineRowForm, "actions": ActionRowForm}[slug]
    made = formset_factory(
        form,
        formset=RowFormSet,
        extra=SPARE_ROWS,
        can_delete=True,
        max_num=MOST_ROWS,
        validate_max=True,
        absolute_max=MOST_ROWS + SPARE_ROWS,
    )
    return cast(RowFormSet, made(data, initial=list(initial), prefix=slug))
