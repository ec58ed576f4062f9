"""Sending a final report, signing it, and the authority's answer: sent back with comments, or accepted and closed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.forms.fields import FreeText
from incidents.forms.moves import text_box


class AttestForm(forms.Form):
    """Whoever submits says that it is true and complete."""

    seen = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)
    attest = forms.BooleanField(
        label=gettext_lazy("I attest that this information is true and complete."),
        error_messages={"required": gettext_lazy("Tick the attestation to submit.")},
    )


class SignForm(forms.Form):
    """The IT leader's signature under the version that was read."""

    seen = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)


class SendBackForm(forms.Form):
    """A comment on each field that needs one, and a word about the whole."""

    seen = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)
    note = FreeText(
        label=gettext_lazy("What is to be completed, in a sentence"),
        min_length=5,
        max_length=1000,
        widget=text_box(2),
        error_messages={"required": gettext_lazy("Say what is to be completed.")},
    )

    def __init__(
        self, data: QueryDict | None = None, *, names: Iterable[str], initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=initial)
        self.names = list(names)
        for name in self.names:
            self.fields[f"comment-{name}"] = FreeText(
                label=gettext_lazy("Comment"), required=False, max_length=1000, widget=text_box(2)
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not any(cleaned.get(f"comment-{name}") for name in self.names):
            self.add_error(None, _("Comment on at least one field, so that the entity knows what to complete."))
        return cleaned

    @property
    def comments(self) -> dict[str, str]:
        return {name: text for name in self.names if (text := self.cleaned_data.get(f"comment-{name}"))}

    def box(self, name: str) -> BoundField:
        return self[f"comment-{name}"]


class AcceptForm(forms.Form):
    """The checklist before a report is closed."""

    seen = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)
    checked = forms.MultipleChoiceField(
        label=gettext_lazy("Before closing"),
        choices=[
            ("cause", gettext_lazy("The cause explains what happened.")),
            ("figures", gettext_lazy("Times and figures agree with the log.")),
            ("actions", gettext_lazy("The actions would prevent it, and have owners and days.")),
        ],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Go through the list first.")},
    )

    def clean_checked(self) -> list[str]:
        checked: list[str] = self.cleaned_data["checked"]
        if len(checked) < len(self.fields["checked"].choices):  # type: ignore[attr-defined]  # a choice field
            raise ValidationError(_("Go through the whole list first."), code="some")
        return checked
