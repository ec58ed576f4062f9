"""What is asked for a saved view, and for one deed on several reports."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from entities.fields import KeptText
from entities.models import User
from entities.text import search_form, western_digits
from incidents.board import NOBODY
from incidents.forms.board import PAGE_SIZES, REFERENCE
from incidents.models import BoardView
from incidents.models.tag import LONGEST, LONGEST_KEY


class SaveViewForm(forms.Form):
    """A name for the filter that the board shows."""

    name = KeptText(
        label=_("Name of the view"),
        max_length=BoardView._meta.get_field("name").max_length,
        error_messages={"required": _("Give the view a name.")},
    )
    is_default = forms.BooleanField(required=False)
    shared = forms.BooleanField(required=False)


class PickedField(forms.Field):
    """References, each with the version that was read: OUT-2026-000123.4."""

    widget = forms.MultipleHiddenInput
    default_error_messages = {"required": _("Pick one or several reports first.")}

    def to_python(self, value: Any) -> dict[str, int]:
        found = {}
        for each in value or []:
            reference, _dot, version = western_digits(str(each)).partition(".")
            if not (REFERENCE.fullmatch(reference) and version.isdecimal() and len(version) < 10):
                raise ValidationError(_("This could not be read. Open the board anew."))
            found[reference.upper()] = int(version)
        return dict(list(found.items())[: max(PAGE_SIZES)])


class PickedForm(forms.Form):
    """Several reports, for a deed that asks for nothing else."""

    picked = PickedField()


class AssignPickedForm(PickedForm):
    """To whom they go; NOBODY: to the pool."""

    to = forms.ChoiceField(
        error_messages={
            "required": _("Choose who follows the reports."),
            "invalid_choice": _("This person does not follow reports any more."),
        }
    )

    def __init__(self, sent: Any, *, people: Iterable[User]) -> None:
        super().__init__(sent)
        self.people = {str(person.public_id): person for person in people}
        self.fields["to"].choices = [(key, key) for key in (NOBODY, *self.people)]  # type: ignore[attr-defined]  # a ChoiceField

    def clean_to(self) -> User | None:
        return self.people.get(self.cleaned_data["to"])


class TagPickedForm(PickedForm):
    """The tag that is put on them, or taken off."""

    label = KeptText(label=_("Tag"), max_length=LONGEST, error_messages={"required": _("Write the tag first.")})

    def clean_label(self) -> str:
        """One spelling is kept beside it; of marks alone nothing is left, and a ligature becomes several letters."""
        label = " ".join(self.cleaned_data["label"].split())
        if not 0 < len(search_form(label)) <= LONGEST_KEY:
            raise ValidationError(_("Write the tag in plain letters."))
        return label
