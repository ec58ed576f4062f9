"""What is entered from the printed form besides its answers: when it was filled in, and why it was needed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from entities.widgets import Chips
from incidents.forms.fields import NOT_IN_LIST, MomentField
from incidents.forms.moments import TOLERANCE
from incidents.forms.phoned import WRITTEN_WITHIN
from incidents.offline import PaperReason


class PaperForm(forms.Form):
    """The paper behind a report that its own entity enters later."""

    written_at = MomentField(label=_("When was the paper form filled in?"), offsets=(-30, -60, -120))
    reason = forms.ChoiceField(
        label=_("Why was it not filed in the portal?"),
        choices=PaperReason.choices,
        widget=Chips,
        error_messages={"required": _("Say why it was not filed in the portal."), "invalid_choice": NOT_IN_LIST},
    )

    def __init__(self, data: QueryDict | None = None) -> None:
        self.at = timezone.now()
        super().__init__(data)
        self.cleaned_data: dict[str, Any] = {}

    def clean_written_at(self) -> datetime:
        written: datetime = self.cleaned_data["written_at"]
        if written > self.at + TOLERANCE:
            raise ValidationError(gettext("This time lies in the future."), code="future")
        if written < self.at - WRITTEN_WITHIN:
            raise ValidationError(
                gettext("A paper form is entered within 72 hours. File an older outage with the ordinary form."),
                code="old",
            )
        return min(written, self.at)
