"""Another window for a maintenance: what stands in its way is asked about, as when it was planned (docs/adr/0034).

And as then, three windows are proposed in whose way nothing stands.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from entities.models import DigitalService
from incidents.actions.maintenance import LONGEST_WINDOW
from incidents.conflicts import Conflict
from incidents.forms.conflicts import TicksConflicts
from incidents.forms.fields import MomentField
from incidents.forms.maintenance import EMERGENCY
from incidents.forms.moves import ReasonForm
from incidents.lifecycle import ClockKind
from incidents.radar import QuietWindow, conflicts, quiet_windows, read_window

SHORTEST_WINDOW = timedelta(minutes=5)  # domain/reports.md 2.2


class RescheduleForm(TicksConflicts, ReasonForm):
    """Another window, before the first one has begun."""

    window_start = MomentField(label=_("New start"), ahead=True)
    window_end = MomentField(label=_("New end"), ahead=True)
    field_order = ["window_start", "window_end", "note"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("window_start", "window_end"):
            self.initial.setdefault(name, getattr(self.report, name))

    def visible_fields(self) -> list[BoundField]:
        """The conflicts stand in a place of their own, where there are any."""
        apart = TicksConflicts.base_fields
        return [field for field in super().visible_fields() if field.name not in apart]

    @cached_property
    def conflicts(self) -> list[Conflict]:  # type: ignore[override]  # read once the window is known
        """What stands in the way of the new window; works that could not wait when they were filed are not held up."""
        if not self.is_bound or self.report.work_kind == EMERGENCY:
            return []
        start, end = (self.cleaned_data.get(name) for name in ("window_start", "window_end"))
        if not start or not end or start >= end:
            return []
        return conflicts(self.services, (start, end), at=timezone.now(), key=self.report.key)

    @cached_property
    def services(self) -> list[DigitalService]:
        return [row.service for row in self.report.affected.select_related("service__entity")]

    @cached_property
    def quiet(self) -> list[QuietWindow]:
        """Three other windows as long as the one that was named, where something stands in its way."""
        if not self.conflicts:
            return []
        length = self.cleaned_data["window_end"] - self.cleaned_data["window_start"]
        report, tier = self.report, min(service.tier for service in self.services)
        rule = report.policy.rules.rule(ClockKind.M1, kind=report.kind, severity=report.severity, tier=tier)
        lead = rule.minutes if rule else 0
        return quiet_windows(self.services, length, lead_minutes=lead, at=timezone.now(), key=report.key)

    def clean_window_start(self) -> datetime:
        start: datetime = self.cleaned_data["window_start"]
        if start <= timezone.now():
            raise ValidationError(_("The new start must lie in the future."), code="past")
        return start

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        start, end = cleaned.get("window_start"), cleaned.get("window_end")
        if start and end and not SHORTEST_WINDOW <= end - start <= LONGEST_WINDOW:
            self.add_error("window_end", _("The window ends between 5 minutes and 72 hours after its start."))
        elif not all(ticked for _conflict, ticked in self.lines):
            self.add_error("acknowledged", _("Acknowledge what stands in the way, or choose another window."))
        elif not self.is_acknowledged:
            self.add_error("conflict_reason", _("Say why, in a few words."))
        return cleaned

    @classmethod
    def taken_over(cls, sent: QueryDict) -> dict[str, Any]:
        """What the form holds once a proposed window is chosen: that window, and the reason as it was typed.

        Words that are no window choose none.
        """
        window = read_window(sent.get("window", ""))
        moments = dict(zip(("window_start", "window_end"), window, strict=True)) if window else {}
        return {**moments, "note": sent.get("note", "")}

    @property
    def arguments(self) -> dict[str, Any]:
        given = {name: self.cleaned_data[name] for name in ("window_start", "window_end", "note")}
        return {**given, **self.acknowledgement}
