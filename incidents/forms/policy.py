"""A draft of the policy: lengths as a number and a unit, people ticked, points as small numbers.

Only what the clocks, the reminders and the severity can read is taken. `seen` is the draft as it was read.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from entities.models import DigitalService
from entities.widgets import Chips, ChipsMultiple
from incidents.clocks import CONSUMERS
from incidents.forms.fields import NOT_IN_LIST, WholeNumber
from incidents.handbook import runs, said
from incidents.lifecycle import ClockKind, ReportKind, Severity
from incidents.models import AlarmRule, ClockRule, Policy, ReminderMark
from incidents.rulebook import lengths, words
from incidents.rulebook.gaps import rivals

ANY = [("", gettext_lazy("All of them"))]
#: The window itself says when the work starts and ends.
RULED = [(c.value, c.label) for c in ClockKind if c not in {ClockKind.C9, ClockKind.M3, ClockKind.M4}]
#: Filing itself judges the first notice and the lead time: nobody is reminded of what has happened.
REMINDED = [(c.value, c.label) for c in ClockKind if c not in {ClockKind.C1, ClockKind.M1}]
#: Consumers hear of the window alone (notifications.stories).
TOLD_TO_CONSUMERS = {ClockKind.M3.value, ClockKind.M4.value}
LONGEST = 400 * lengths.DAY  # minutes


def chosen(label: Any, choices: list[Any], *, required: bool = True, **kwargs: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=choices if required else [*ANY, *choices],
        required=required,
        error_messages={"invalid_choice": NOT_IN_LIST},
        **kwargs,
    )


class DraftForm(forms.Form):
    """What every form of a draft carries."""

    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, policy: Policy, initial: dict[str, Any] | None = None) -> None:
        self.policy = policy
        super().__init__(data, initial={"seen": policy.edits, **(initial or {})})

    def look_again(self, policy: Policy) -> None:
        """Keep what was typed, and let it be saved over the draft as it is now."""
        if isinstance(self.data, QueryDict):
            again = self.data.copy()
            again["seen"] = str(policy.edits)
            self.data = again


class RuleForm(DraftForm):
    """How long a clock runs, for which reports."""

    clock = chosen(gettext_lazy("What is owed"), RULED)
    kind = chosen(gettext_lazy("Kind of report"), ReportKind.choices, required=False)
    severity = chosen(gettext_lazy("Severity"), Severity.choices, required=False)
    tier = chosen(gettext_lazy("Tier of the service"), DigitalService.Tier.choices, required=False)
    emergency = chosen(
        gettext_lazy("Maintenance"),
        [
            ("yes", pgettext_lazy("maintenance", "In an emergency")),
            ("no", pgettext_lazy("maintenance", "Planned ahead")),
        ],
        required=False,
    )
    number = WholeNumber(label=gettext_lazy("How long"), min_value=1, required=False)
    unit = chosen(gettext_lazy("Counted in"), [(unit.code, unit.label) for unit in lengths.UNITS])

    def __init__(self, data: QueryDict | None = None, *, policy: Policy, rule: ClockRule | None = None) -> None:
        self.rule = rule or ClockRule()
        super().__init__(data, policy=policy, initial=_told(rule) if rule else {"unit": "hours"})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self._check_length(cleaned)
        if not self.errors:
            self._check_scope(cleaned)
        if not self.errors:
            self._check_others(self.written())
        return cleaned

    def _check_length(self, cleaned: dict[str, Any]) -> None:
        unit, number = lengths.BY_CODE.get(cleaned.get("unit", "")), cleaned.get("number")
        if unit is None or "number" in self.errors:
            return
        if unit is lengths.MORNING:
            if number is not None:
                self.add_error("number", _("Leave the number empty: the next working day ends it."))
        elif number is None:
            self.add_error("number", _("Enter a number."))
        elif number * unit.minutes > LONGEST:
            self.add_error("number", _("That is more than 400 days."))
        if cleaned.get("clock") == ClockKind.M1 and unit.calendar != "working":
            self.add_error("unit", _("The lead time is counted in working time."))

    def _check_scope(self, cleaned: dict[str, Any]) -> None:
        kind, clock = cleaned["kind"], ClockKind(cleaned["clock"])
        if kind and not runs(clock, ReportKind(kind)):
            self.add_error("kind", _("This is not owed on such a report."))
        if cleaned["emergency"] and kind != ReportKind.MAINTENANCE:
            self.add_error("emergency", _("Only maintenance can be an emergency: choose that kind of report."))

    def _check_others(self, mine: ClockRule) -> None:
        others = [row.as_rule for row in self.policy.clock_rules.exclude(pk=mine.pk)]
        for rival in rivals(mine.as_rule, others)[:1]:
            named = {"rule": f"{words.counts_for(rival)}: {said(rival)}"}
            self.add_error(
                None, _("Some reports would fit this line and “%(rule)s” alike. Make one of them more exact.") % named
            )

    def written(self) -> ClockRule:
        """The row as the form says it; not saved."""
        cleaned, row = self.cleaned_data, self.rule
        unit = lengths.BY_CODE[cleaned["unit"]]
        row.clock, row.kind = cleaned["clock"], cleaned["kind"] or None
        row.severity = int(cleaned["severity"]) if cleaned["severity"] else None
        row.tier = int(cleaned["tier"]) if cleaned["tier"] else None
        row.emergency = {"yes": True, "no": False}.get(cleaned["emergency"])
        row.minutes, row.calendar = (cleaned["number"] or 0) * unit.minutes, unit.calendar
        return row


class MarkForm(DraftForm):
    """When a clock speaks, and to whom."""

    clock = chosen(gettext_lazy("What is owed"), REMINDED)
    side = chosen(
        gettext_lazy("When"),
        [
            ("before", pgettext_lazy("reminder", "Before the due moment")),
            ("due", pgettext_lazy("reminder", "At the due moment")),
            ("after", pgettext_lazy("reminder", "After the due moment")),
        ],
        widget=Chips,
    )
    number = WholeNumber(label=gettext_lazy("By how much"), min_value=1, max_value=1000, required=False)
    unit = chosen(
        gettext_lazy("Counted in"),
        [(code, label) for code, (label, _minutes) in lengths.MARK_UNITS.items()],
        required=True,
    )
    audience = forms.MultipleChoiceField(
        label=gettext_lazy("Who hears"),
        choices=list(words.LISTENERS.items()),
        widget=ChipsMultiple,
        help_text=gettext_lazy(
            "Where the head contact hears, a reviewer is asked to telephone as well; "
            "not about what the authority owes, nor about corrective actions."
        ),
        error_messages={"required": gettext_lazy("Choose at least one."), "invalid_choice": NOT_IN_LIST},
    )
    sms_for = forms.TypedMultipleChoiceField(
        label=gettext_lazy("By SMS too, for these severities"),
        choices=Severity.choices,
        coerce=int,
        required=False,
        widget=ChipsMultiple,
        error_messages={"invalid_choice": NOT_IN_LIST},
    )

    def __init__(self, data: QueryDict | None = None, *, policy: Policy, mark: ReminderMark | None = None) -> None:
        self.mark = mark or ReminderMark()
        initial: dict[str, Any] = {"side": "due", "unit": "minutes"}
        if mark is not None:
            side, number, unit = lengths.mark_counted(mark.percent, mark.minutes)
            initial = {"clock": mark.clock, "side": side, "number": number, "unit": unit}
            initial |= {"audience": mark.audience, "sms_for": mark.sms_for}
        super().__init__(data, policy=policy, initial=initial)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        side, number = cleaned.get("side"), cleaned.get("number")
        if "number" not in self.errors:
            if side in {"before", "after"} and number is None:
                self.add_error("number", _("Enter a number."))
            elif side == "before" and cleaned.get("unit") == "percent" and number and number >= 100:
                self.add_error("number", _("Before the due moment, at most 99 percent."))
        if CONSUMERS in cleaned.get("audience", []) and cleaned.get("clock") not in TOLD_TO_CONSUMERS:
            self.add_error("audience", _("Whoever relies on a service hears of the window of a maintenance only."))
        if not self.errors:
            self._check_once(self.written())
        return cleaned

    def _check_once(self, mine: ReminderMark) -> None:
        alike = Q(code=mine.code) | Q(percent=mine.percent, minutes=mine.minutes)
        if self.policy.reminder_marks.filter(alike, clock=mine.clock).exclude(pk=mine.pk).exists():
            raise ValidationError(_("There is a reminder at this moment already: change that one."))

    def written(self) -> ReminderMark:
        """The row as the form says it; not saved. Who hears stands in the order of the list."""
        cleaned, row = self.cleaned_data, self.mark
        sign = {"before": -1, "due": 0, "after": 1}[cleaned["side"]]
        amount = sign * (cleaned["number"] or 0)
        before = (row.percent, row.minutes)
        row.clock = cleaned["clock"]
        row.percent = amount if cleaned["unit"] == "percent" else 0
        row.minutes = amount * lengths.MARK_UNITS[cleaned["unit"]][1]
        if not row.code or (row.percent, row.minutes) != before:
            row.code = lengths.mark_code(row.percent, row.minutes)
        row.audience = [name for name in words.LISTENERS if name in cleaned["audience"]]
        row.sms_for = sorted(cleaned["sms_for"])
        return row


class AlarmForm(DraftForm):
    """How many entities within how long raise the alarm about a service whose owner is silent."""

    tier = chosen(gettext_lazy("Tier of the service"), DigitalService.Tier.choices, required=False)
    consumers = WholeNumber(label=gettext_lazy("Different entities, at least"), min_value=2, max_value=100)
    minutes = WholeNumber(label=gettext_lazy("Within so many minutes"), min_value=5, max_value=lengths.DAY)

    def __init__(self, data: QueryDict | None = None, *, policy: Policy, alarm: AlarmRule | None = None) -> None:
        self.alarm = alarm or AlarmRule()
        told = {"tier": "" if alarm.tier is None else alarm.tier} if alarm else {}
        if alarm is not None:
            told |= {"consumers": alarm.consumers, "minutes": alarm.minutes}
        super().__init__(data, policy=policy, initial=told)
        self.fields["tier"].choices = [("", _("Other tiers")), *DigitalService.Tier.choices]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            mine = self.written()
            if self.policy.alarm_rules.filter(tier=mine.tier).exclude(pk=mine.pk).exists():
                raise ValidationError(_("There is a line for this tier already: change that one."))
        return cleaned

    def written(self) -> AlarmRule:
        """The row as the form says it; not saved."""
        cleaned, row = self.cleaned_data, self.alarm
        row.tier = int(cleaned["tier"]) if cleaned["tier"] else None
        row.consumers, row.minutes = cleaned["consumers"], cleaned["minutes"]
        return row


class PointsForm(DraftForm):
    """The points of every factor, and those that a severity needs."""

    def __init__(self, data: QueryDict | None = None, *, policy: Policy) -> None:
        super().__init__(data, policy=policy)
        self.rows = {f"points-{row.pk}": row for row in policy.severity_rules.order_by("pk")}
        for name, row in self.rows.items():
            self.fields[name] = WholeNumber(
                label=words.weighed(row.factor, row.key), min_value=0, max_value=20, initial=row.points
            )

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The boxes by factor, in the factors' order."""
        found: dict[str, list[forms.BoundField]] = {}
        for name, row in self.rows.items():
            title = words.MORE if row.key == "yes" else words.FACTORS[row.factor]
            found.setdefault(str(title), []).append(self[name])
        return list(found.items())

    @property
    def points(self) -> dict[int, int]:
        """The points by the key of their row."""
        return {row.pk: self.cleaned_data[name] for name, row in self.rows.items()}


def _told(rule: ClockRule) -> dict[str, Any]:
    number, unit = lengths.counted(rule.minutes, rule.calendar)
    return {
        "clock": rule.clock,
        "kind": rule.kind or "",
        "severity": rule.severity or "",
        "tier": "" if rule.tier is None else rule.tier,
        "emergency": {True: "yes", False: "no", None: ""}[rule.emergency],
        "number": number,
        "unit": unit.code,
    }
