"""The conflicts of a window in its form: shown, ticked one by one, and answered with a reason where one is hard."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from incidents.conflicts import Conflict
from incidents.forms.fields import FreeText
from incidents.forms.filing import FilingForm
from incidents.radar import conflicts


class HasWindow(FilingForm):
    """A form of works: as soon as their window is said, what stands in its way is known."""

    @property
    def window(self) -> tuple[datetime, datetime] | None:
        """When the works are, as far as both ends are said."""
        start, end = self.cleaned_data.get("window_start"), self.cleaned_data.get("window_end")
        return (start, end) if start and end and start < end else None

    @cached_property
    def conflicts(self) -> list[Conflict]:
        """What stands in the way of the window. Of a form that was cleaned."""
        services = self.cleaned_data.get("services") or []
        return conflicts(services, self.window, at=self.at, key=self.draft_key) if services and self.window else []


class TicksConflicts(forms.Form):
    """A form that passes once each conflict is ticked, with a reason where one is hard."""

    conflicts: list[Conflict]

    acknowledged = forms.Field(widget=forms.SelectMultiple, required=False)  # the keys of conflicts, each a tick
    conflict_reason = FreeText(
        label=_("Why then, all the same?"),
        help_text=_("The authority reads it beside the conflicts."),
        required=False,
        max_length=500,
    )

    @property
    def ticked(self) -> list[str]:
        """The keys that were ticked; a conflict that came since is not among them."""
        return [str(key) for key in self["acknowledged"].value() or []]

    @property
    def asks_reason(self) -> bool:
        return any(conflict.hard for conflict in self.conflicts)

    @property
    def lines(self) -> list[tuple[Conflict, bool]]:
        """Each conflict, and whether it is acknowledged."""
        return [(conflict, conflict.key in self.ticked) for conflict in self.conflicts]

    @property
    def is_acknowledged(self) -> bool:
        reason = self.cleaned_data.get("conflict_reason") or not self.asks_reason
        return bool(reason) and all(ticked for _conflict, ticked in self.lines)

    @property
    def conflict_reason_field(self) -> BoundField:
        self.fields["conflict_reason"].required = True
        return self["conflict_reason"]

    @property
    def acknowledgement(self) -> dict[str, Any]:
        """What the history keeps of the conflicts, for the action."""
        reason = self.cleaned_data.get("conflict_reason", "") if self.asks_reason else ""
        return {"conflicts": tuple(conflict.as_data for conflict in self.conflicts), "conflict_reason": reason}


class AcknowledgesConflicts(TicksConflicts, HasWindow):
    """Planned works are filed once each conflict is ticked."""
