"""The interim report of a critical outage: a paragraph, and three figures of the report brought up to date."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents.choices import options
from incidents.forms.fields import FreeText, OneOf, WholeNumber
from incidents.forms.moves import DeedForm, text_box
from incidents.forms.updates import MANY


class InterimForm(DeedForm):
    """What is known so far (domain/lifecycle.md, C5): the fields that an outage report has anyway, now required."""

    note = FreeText(
        label=_("What happened, and what is known of it"),
        help_text=_("What broke, how it was noticed, what is known of the cause and what is not known yet."),
        min_length=60,
        max_length=3000,
        widget=text_box(6),
        error_messages={"required": _("Say what is known so far.")},
    )
    suspected_cause = OneOf(
        list_name="suspected_cause",
        label=_("Suspected cause"),
        error_messages={"required": _("Choose the suspected cause; “not known yet” is an answer as well.")},
    )
    users_affected = WholeNumber(
        label=_("Users affected"),
        min_value=0,
        max_value=MANY,
        error_messages={"required": _("Say how many, even if it is an estimate.")},
    )
    users_affected_est = forms.BooleanField(label=_("This figure is an estimate"), required=False)
    actions_taken = FreeText(
        label=_("Actions so far"),
        min_length=10,
        max_length=1000,
        widget=text_box(3),
        error_messages={"required": _("Say what has been done so far.")},
    )
    _COLUMNS = ("suspected_cause", "users_affected", "users_affected_est", "actions_taken")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {**{name: getattr(self.report, name) for name in self._COLUMNS}, **self.initial}
        self.fields["suspected_cause"].choices = options("suspected_cause")  # type: ignore[attr-defined]  # a ChoiceField

    @property
    def arguments(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {"note": said["note"], "columns": {name: said[name] for name in self._COLUMNS}, "once": self.once_key}
