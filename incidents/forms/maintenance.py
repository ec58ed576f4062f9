"""Works ahead, and works that cannot wait. domain/reports.md 2.2."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from entities.fields import KeptText
from entities.models import DigitalService
from entities.widgets import Chips
from incidents.actions import Answers
from incidents.choices import options
from incidents.forms.conflicts import AcknowledgesConflicts, HasWindow
from incidents.forms.fields import FreeText, MaintenanceImpactField, MomentField, OneOf, ServiceField, WholeNumber
from incidents.forms.moments import read_moment
from incidents.lifecycle import ReportKind
from incidents.radar import read_window

SHORTEST, LONGEST = timedelta(minutes=5), timedelta(hours=72)
EMERGENCY = "emergency"
EMERGENCY_REACH = timedelta(hours=1)  # an emergency may have begun up to an hour ago
STARTS = [("", _("When a member of the team presses “Start the work”")), ("yes", _("By itself, at its hour"))]
TESTED = [("", _("Not said")), ("yes", _("Yes")), ("no", _("No"))]


class WorksForm(HasWindow):
    """What planned and emergency works share."""

    kind = ReportKind.MAINTENANCE

    services = ServiceField(label=_("Affected services"))
    impact = MaintenanceImpactField()
    expected_outage_minutes = WholeNumber(
        label=_("Expected downtime in minutes"),
        min_value=0,
        max_value=LONGEST // timedelta(minutes=1),
        error_messages={"required": _("Say how many minutes the services will be down; 0 is an answer.")},
    )

    @property
    def affected(self) -> list[tuple[DigitalService, str]]:
        impact = self.cleaned_data.get("impact")
        return [(service, impact) for service in self.cleaned_data.get("services") or []] if impact else []

    def proposed_title(self, work: str) -> str:
        """The kind of work and the services: «إصدار جديد: بوابة التراخيص»."""
        named = gettext(", ").join(service.name for service in (self.cleaned_data.get("services") or [])[:2])
        return gettext("%(work)s: %(services)s") % {"work": work, "services": named} if work and named else ""


class MaintenanceForm(AcknowledgesConflicts, WorksForm):
    """Works ahead: which services, how they suffer, when, for how long, of what kind, and the way back."""

    face = (
        "services", "impact", "window_start", "window_end", "expected_outage_minutes", "work_kind", "rollback_plan",
    )  # fmt: skip
    folded = (
        "title", "reason", "alternative_channel", "beneficiaries_notice", "risk_level", "tested_in_staging",
        "change_ref", "onsite_contact", "auto_start",
    )  # fmt: skip

    window_start = MomentField(
        label=_("Start of the works"),
        ahead=True,
        error_messages={"required": _("Say when the works start: a day and a time.")},
    )
    window_end = MomentField(
        label=_("End of the works"),
        help_text=_("Without a day: the first such time after the start."),
        ahead=True,
        error_messages={"required": _("Say when the works end: a day and a time.")},
    )
    work_kind = OneOf(
        list_name="work_kind", label=_("Kind of work"), error_messages={"required": _("Choose the kind of work.")}
    )
    rollback_plan = FreeText(
        label=_("Way back, in one line"),
        help_text=_("What is done if the works fail."),
        max_length=500,
        error_messages={"required": _("Say in one line what is done if the works fail.")},
    )
    emergency_reason = FreeText(label=_("Reason of the emergency"), required=False, max_length=500)
    title = KeptText(label=_("Title"), required=False, max_length=120)
    reason = FreeText(label=_("Reason of the works"), required=False, max_length=500)
    alternative_channel = FreeText(label=_("Alternative channel"), required=False, max_length=300)
    beneficiaries_notice = FreeText(label=_("Public notice"), required=False, max_length=500)
    risk_level = OneOf(list_name="risk_level", label=_("Risk"), no_answer=_("Not said"), required=False)
    tested_in_staging = forms.ChoiceField(label=_("Tested before"), choices=TESTED, widget=Chips, required=False)
    change_ref = KeptText(label=_("Change no."), required=False, max_length=64)
    onsite_contact = KeptText(label=_("Contact during the window"), required=False, max_length=200)
    auto_start = forms.ChoiceField(
        label=_("How does the window start?"),
        help_text=_("By itself: the portal records the start at its hour, and the updates' clock begins."),
        choices=STARTS,
        widget=Chips,
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        works = self.fields["work_kind"]
        if isinstance(works, OneOf):  # an emergency has a form of its own
            works.choices = [choice for choice in options(works.list_name) if choice[0] != EMERGENCY]

    def clean_window_start(self) -> datetime | None:
        moment: datetime | None = self.cleaned_data.get("window_start")
        if moment is not None and moment <= self.at:
            raise ValidationError(
                gettext("The start has passed. Works that cannot wait are filed as emergency works."), code="past"
            )
        return self.ahead("window_start")

    def clean_window_end(self) -> datetime | None:
        """An end without a day is read from the start on."""
        start, end = self.cleaned_data.get("window_start"), self.cleaned_data.get("window_end")
        typed = self.raw("window_end")
        if start and end and not (typed.day or typed.date):
            end = read_moment(typed, now=start, ahead=True)
        if start and end:
            _check_length(start, end)
            self.fields["window_end"].widget.since = start
        return end

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        start, end, minutes = (cleaned.get(n) for n in ("window_start", "window_end", "expected_outage_minutes"))
        if start and end and minutes is not None and timedelta(minutes=minutes) > end - start:
            window = (end - start) // timedelta(minutes=1)
            self.add_error(
                "expected_outage_minutes", ValidationError(TOO_LONG_DOWN, params={"n": window}, code="window")
            )
        if not cleaned.get("title"):
            works = dict(self.fields["work_kind"].choices)  # type: ignore[attr-defined]  # filled from the list's rows
            cleaned["title"] = self.proposed_title(str(works.get(cleaned.get("work_kind"), "")))[:120]
        return cleaned

    def take_window(self, value: str) -> None:
        """A proposed window, as its button says it, in place of what was typed; anything else changes nothing."""
        window = read_window(value)
        if window is None:
            return
        data = self.data.copy() if isinstance(self.data, QueryDict) else QueryDict(mutable=True)
        for name, moment in zip(("window_start", "window_end"), window, strict=True):
            for part in ("", "_day"):
                data.pop(f"{name}{part}", None)
            data[f"{name}_date"], data[f"{name}_time"] = f"{moment:%Y-%m-%d}", f"{moment:%H:%M}"
        self.data = data

    @property
    def emergency_reason_field(self) -> BoundField:
        """The field as it is shown: whoever is asked for the reason is not told that it is optional."""
        self.fields["emergency_reason"].required = True
        return self["emergency_reason"]

    @property
    def reason_field(self) -> BoundField | None:
        """Asked only of works that are nearer than their lead time: once it was asked, it stays."""
        asked = "emergency_reason" in self.data or (self.is_bound and "emergency_reason" in self.errors)
        return self.emergency_reason_field if asked else None

    @property
    def folded_words(self) -> list[str]:
        return [title] if (title := self.cleaned_data.get("title")) else []

    def answers(self) -> Answers:
        columns = self.filled(
            "window_start", "window_end", "expected_outage_minutes", "work_kind", "rollback_plan", "emergency_reason",
            "title", "reason", "alternative_channel", "beneficiaries_notice", "risk_level", "change_ref",
            "onsite_contact",
        )  # fmt: skip
        tested = {"yes": True, "no": False}.get(self.cleaned_data.get("tested_in_staging", ""))
        return Answers(
            affected=self.affected,
            columns={
                **columns,
                "tested_in_staging": tested,
                "auto_start": self.cleaned_data.get("auto_start") == "yes",
                "summary": self.cleaned_data["title"],
            },
            **self.acknowledgement,
        )


class EmergencyMaintenanceForm(WorksForm):
    """Works that cannot wait: services, impact, start (now), minutes, reason."""

    face = ("services", "impact", "window_start", "expected_outage_minutes", "emergency_reason")
    folded = ("change_ref", "onsite_contact")

    @property
    def window(self) -> tuple[datetime, datetime] | None:
        start, minutes = (self.cleaned_data.get(name) for name in ("window_start", "expected_outage_minutes"))
        return (start, start + timedelta(minutes=minutes)) if start and minutes else None

    expected_outage_minutes = WholeNumber(
        label=_("How many minutes will they last?"),
        min_value=SHORTEST // timedelta(minutes=1),
        max_value=LONGEST // timedelta(minutes=1),
        error_messages={
            "required": _("Say how many minutes the works will last."),
            "min_value": _("Works last at least 5 minutes."),
        },
    )
    window_start = MomentField(label=_("Start of the works"), offsets=(0, -15, -30), ahead=True)
    emergency_reason = FreeText(
        label=_("Reason of the emergency"),
        max_length=500,
        min_length=10,
        error_messages={"required": _("Say why the works cannot wait.")},
    )
    change_ref = KeptText(label=_("Change no."), required=False, max_length=64)
    onsite_contact = KeptText(label=_("Contact during the window"), required=False, max_length=200)

    def clean_window_start(self) -> datetime | None:
        moment: datetime | None = self.cleaned_data.get("window_start")
        if moment is not None and moment < self.at - EMERGENCY_REACH:
            raise ValidationError(
                gettext("Emergency works are filed within an hour of their start. Report an outage instead."),
                code="old",
            )
        return moment if moment is None or moment <= self.at else self.ahead("window_start")

    def answers(self) -> Answers:
        columns = self.filled(
            "window_start", "expected_outage_minutes", "emergency_reason", "change_ref", "onsite_contact"
        )
        title = self.proposed_title(gettext("Emergency work"))[:120]
        end = columns["window_start"] + timedelta(minutes=columns["expected_outage_minutes"])
        given = {"window_end": end, "is_emergency": True, "work_kind": EMERGENCY, "title": title, "summary": title}
        return Answers(affected=self.affected, columns={**columns, **given})


TOO_LONG_DOWN = ngettext_lazy(
    "The window is %(n)d minute long: the downtime cannot be longer.",
    "The window is %(n)d minutes long: the downtime cannot be longer.",
    "n",
)


def _check_length(start: datetime, end: datetime) -> None:
    if end <= start:
        raise ValidationError(gettext("The end lies before the start."), code="order")
    if end - start < SHORTEST:
        raise ValidationError(gettext("A window lasts at least 5 minutes."), code="short")
    if end - start > LONGEST:
        raise ValidationError(
            gettext("A window lasts at most 72 hours. File longer works as several windows."), code="long"
        )
