"""More time for what is owed: each form says until when, or by how many days, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from entities.widgets import Chips
from incidents.actions.pausing import Cause
from incidents.actions.stretching import FARTHEST_UPDATE
from incidents.forms.fields import WholeNumber
from incidents.forms.moments import MomentField
from incidents.forms.moves import ReasonForm
from incidents.lifecycle import ClockKind


class ExtendForm(ReasonForm):
    """More time for the final report, asked for or granted: once, by at most ten days."""

    days = WholeNumber(
        label=_("Days"),
        help_text=_("Once, by at most 10 days."),
        min_value=1,
        max_value=10,
        error_messages={"required": _("Say by how many days.")},
    )
    field_order = ["days", "note"]

    @property
    def arguments(self) -> dict[str, Any]:
        return {"days": self.cleaned_data["days"], **super().arguments}


class PauseForm(ReasonForm):
    """The deadline stands still: whom it waits for, and why."""

    cause = forms.ChoiceField(
        label=_("It waits for"),
        choices=Cause.choices,
        widget=Chips,
        error_messages={"required": _("Say whom it waits for.")},
    )
    field_order = ["cause", "note"]

    @property
    def arguments(self) -> dict[str, Any]:
        return {"cause": self.cleaned_data["cause"], **super().arguments}


class StretchForm(ReasonForm):
    """The next update comes later: by when, and why."""

    until = MomentField(label=_("Next update by"), offsets=(120, 240, 480), ahead=True)
    field_order = ["until", "note"]

    def clean_until(self) -> datetime:
        until: datetime = self.cleaned_data["until"]
        now = timezone.now()
        clock = self.report.clocks.running().filter(kind=ClockKind.C3).first()
        if until <= max(clock.due_at if clock else now, now):
            raise ValidationError(
                _("The new moment lies after the one it is owed by now, and in the future."), code="past"
            )
        if until - now > FARTHEST_UPDATE:
            raise ValidationError(_("An update is put off by at most seven days."), code="far")
        return until

    @property
    def arguments(self) -> dict[str, Any]:
        return {"until": self.cleaned_data["until"], **super().arguments}
