"""Updates and the restoration: a phase and one text; the rest stands as it was, folded (domain/reports.md 2.4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from entities import national_id
from entities.fields import KeptText
from entities.widgets import Chips
from incidents.choices import options
from incidents.forms.fields import AnyOf, FreeText, MomentField, OneOf, WholeNumber
from incidents.forms.moves import DeedForm, text_box
from incidents.lifecycle import Phase, ReportKind
from incidents.models import Report

CONSUMERS, AUTHORITY = "consumers", "authority"
FARTHEST = timedelta(days=92)
MANY = 2_000_000_000  # what the column holds

#: What is asked with the first update, with the second, and by restoration: a meter, never a wall.
STAGES: tuple[tuple[str, ...], ...] = (
    ("detection_source", "users_affected", "suspected_cause", "workaround"),
    ("channels", "beneficiaries", "regions", "origin"),
    ("data_impact", "bcp_activated", "actions_taken"),
)
ASKED_LATER = [name for stage in STAGES for name in stage]
STAGE_LABELS = (_("With the first update"), _("With the second update"), _("By the restoration"))
#: What goes with another of these, and is not counted by itself.
COMPANIONS = {"users_affected": "users_affected_est", "origin": "supplier_name"}


def one_of(list_name: str, label: Any) -> OneOf:
    return OneOf(list_name=list_name, label=label, required=False, show_hidden_initial=True)


def any_of(list_name: str, label: Any) -> AnyOf:
    return AnyOf(list_name=list_name, label=label, required=False, show_hidden_initial=True)


def prose(label: Any, limit: int, *, rows: int) -> FreeText:
    return FreeText(label=label, required=False, max_length=limit, widget=text_box(rows), show_hidden_initial=True)


class UpdateForm(DeedForm):
    """What is new. Only what the writer herself changed is carried: a colleague's newer figure is not put back."""

    phase = forms.ChoiceField(
        label=_("Phase"),
        choices=[(phase.value, phase.label) for phase in Phase if phase != Phase.RESTORED],
        widget=Chips,
        error_messages={"required": _("Choose the phase.")},
    )
    message = FreeText(
        label=_("What is new?"),
        help_text=_("What changed, what is being done, and what beneficiaries need to know."),
        min_length=10,
        max_length=1500,
        widget=text_box(4),
        error_messages={"required": _("Write what is new, or press “No change”.")},
    )
    expected_restoration_at = MomentField(
        label=_("Expected restoration"),
        offsets=(30, 60, 120, 240),
        ahead=True,
        none_label=_("Not known yet"),
        required=False,
    )
    next_update_at = MomentField(
        label=_("Next update"),
        help_text=_("You may promise it sooner than it is owed, never later."),
        offsets=(30, 60, 120),
        ahead=True,
        none_label=_("By the time it is owed"),
        required=False,
    )
    visibility = forms.ChoiceField(
        label=_("Who sees it"),
        choices=[(CONSUMERS, _("The authority and affected entities")), (AUTHORITY, _("The authority alone"))],
        initial=CONSUMERS,
        widget=Chips,
    )
    help_needed = FreeText(
        label=_("Help needed from the authority"),
        required=False,
        max_length=500,
        widget=text_box(2),
        show_hidden_initial=True,
    )
    detection_source = one_of("detection_source", _("How was it discovered?"))
    users_affected = WholeNumber(
        label=_("Users affected"), required=False, min_value=0, max_value=MANY, show_hidden_initial=True
    )
    users_affected_est = forms.BooleanField(
        label=_("This figure is an estimate"), required=False, show_hidden_initial=True
    )
    suspected_cause = one_of("suspected_cause", _("Suspected cause"))
    workaround = FreeText(
        label=_("Workaround / alternative channel"),
        required=False,
        max_length=500,
        widget=text_box(2),
        show_hidden_initial=True,
    )
    channels = any_of("channels", _("Channels affected"))
    beneficiaries = any_of("beneficiaries", _("Beneficiary groups"))
    regions = any_of("regions", _("Regions affected"))
    origin = one_of("origin", _("Origin of the fault"))
    supplier_name = KeptText(label=_("Supplier involved"), required=False, max_length=120, show_hidden_initial=True)
    data_impact = any_of("data_impact", _("Data impact"))
    bcp_activated = one_of("bcp_activated", _("Continuity plan activated?"))
    actions_taken = prose(_("Actions so far"), 1000, rows=3)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"phase": self.report.phase, **self.initial}
        self._keep_what_the_kind_asks()
        if self.report.kind == ReportKind.CONSUMED_OUTAGE:
            shared = [(CONSUMERS, _("The authority and the owner")), (AUTHORITY, _("The authority alone"))]
            self.fields["visibility"].choices = shared  # type: ignore[attr-defined]  # a ChoiceField
        for name, field in self.fields.items():
            if isinstance(field, OneOf | AnyOf):
                field.choices = options(field.list_name)
            if name in self.columns:
                self.initial.setdefault(name, getattr(self.report, name))

    def _keep_what_the_kind_asks(self) -> None:
        if self.report.kind == ReportKind.OWN_OUTAGE:
            return
        kept = {
            "seen",
            "once",
            "phase",
            "message",
            "expected_restoration_at",
            "next_update_at",
            "visibility",
            "help_needed",
        }
        if self.report.kind == ReportKind.CONSUMED_OUTAGE:
            kept = kept - {"next_update_at"} | {"users_affected", "users_affected_est", "workaround"}
        else:  # works have no phase and no estimate: the window says both
            kept -= {"phase", "expected_restoration_at"}
        for name in set(self.fields) - kept:
            del self.fields[name]

    # --- What was typed and not sent ---------------------------------------------------------------------------
    @classmethod
    def typed_before(cls, text: dict[str, list[str]], *, report: Report) -> Self:
        """The form as somebody left it, without complaints."""
        data = QueryDict(mutable=True)
        for name, values in text.items():
            data.setlist(name, values)
        return cls(data, name="update", report=report).unjudged()

    def unjudged(self) -> Self:
        """Read what is there; what is still being typed may be half."""
        self.full_clean()
        self._errors = ErrorDict()
        return self

    @property
    def kept(self) -> dict[str, list[str]]:
        """The raw text as it is kept, ID numbers taken out; empty while nothing was said yet."""
        sent = self.data if isinstance(self.data, QueryDict) else QueryDict()
        if not sent.get("message", "").strip() and not self._changed:
            return {}
        names = [name for name in sent if name == "expected_was" or self._is_ours(name.removeprefix("initial-"))]
        return {name: [national_id.kept_out(value) for value in sent.getlist(name)] for name in names}

    def _is_ours(self, name: str) -> bool:
        return name in self.fields or name.rpartition("_")[0] in self.fields

    # --- The page --------------------------------------------------------------------------------------------
    @property
    def columns(self) -> list[str]:
        """The columns of the report that this form may bring up to date."""
        carried = ("expected_restoration_at", "help_needed", *ASKED_LATER, *COMPANIONS.values())
        return [name for name in carried if name in self.fields]

    @property
    def folded(self) -> Iterator[BoundField]:
        """When, and who sees it."""
        names = ("expected_restoration_at", "next_update_at", "visibility", "help_needed")
        return (self[name] for name in names if name in self.fields)

    @property
    def stages(self) -> list[tuple[Any, list[BoundField]]]:
        """What is known of the outage so far, by when it is asked."""
        stages = []
        for label, names in zip(STAGE_LABELS, STAGES, strict=True):
            named = [each for name in names for each in (name, COMPANIONS.get(name)) if each in self.fields]
            stages.append((label, [self[name] for name in named if name]))
        return [(label, fields) for label, fields in stages if fields]

    @property
    def details(self) -> list[BoundField]:
        return [field for _label, fields in self.stages for field in fields]

    @property
    def folded_wrong(self) -> bool:
        return any(field.errors for field in self.folded) or (self.details_wrong and not completeness(self.report)[1])

    @property
    def details_wrong(self) -> bool:
        return any(field.errors for field in self.details)

    # --- What it says ----------------------------------------------------------------------------------------
    def clean_expected_restoration_at(self) -> datetime | None:
        expected: datetime | None = self.cleaned_data["expected_restoration_at"]
        if "expected_restoration_at" in self._changed and expected is not None:
            self._refuse_past_and_far(expected)
        return expected

    def clean_next_update_at(self) -> datetime | None:
        promised: datetime | None = self.cleaned_data["next_update_at"]
        if promised is not None:
            self._refuse_past_and_far(promised)
        return promised

    @staticmethod
    def _refuse_past_and_far(moment: datetime) -> None:
        now = timezone.now()
        if moment <= now:
            raise ValidationError(_("This time has passed. Choose one ahead."), code="past")
        if moment > now + FARTHEST:
            raise ValidationError(_("Choose a time within three months."), code="far")

    @property
    def _changed(self) -> set[str]:
        """The columns whose value is not the one that the page was loaded with."""
        changed = set(self.changed_data) & set(self.columns) - {"expected_restoration_at"}
        if "expected_restoration_at" in self.columns:
            was, now = self.data.get("expected_was", ""), self.cleaned_data.get("expected_restoration_at")
            if was != _minute(now):
                changed.add("expected_restoration_at")
        return changed

    @property
    def expected_was(self) -> str:
        """The expectation as the page was loaded with it."""
        return str(self.data.get("expected_was", "")) if self.is_bound else _minute(self.report.expected_restoration_at)

    @property
    def arguments(self) -> dict[str, Any]:
        said = self.cleaned_data
        columns = {name: said[name] for name in self._changed}
        return {
            "phase": said.get("phase", self.report.phase),
            "message": said["message"],
            "next_update_at": said.get("next_update_at"),
            "visibility": said["visibility"],
            "columns": columns,
            "once": self.once_key,
        }


def _minute(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}" if moment else ""


class NoChangeForm(DeedForm):
    """One tap: the situation is as it was."""

    @property
    def arguments(self) -> dict[str, Any]:
        return {"phase": "", "no_change": True, "once": self.once_key}


class RestoreForm(DeedForm):
    """Since when the service works again; and whether the other report of the pair ends with it."""

    restored_at = MomentField(
        label=_("When did the service come back?"),
        offsets=(0, -15, -30, -60),
        error_messages={"required": _("Say when the service came back.")},
    )
    message = FreeText(label=_("What brought it back?"), required=False, max_length=1500, widget=text_box())
    both = forms.BooleanField(required=False, initial=True)

    def __init__(self, *args: Any, pair: Report | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pair = pair
        if pair is None:
            del self.fields["both"]
        else:
            self.fields["both"].label = _("The linked report %(reference)s ends with it") % {
                "reference": pair.reference
            }

    def clean_restored_at(self) -> datetime | None:
        return self.past(
            "restored_at",
            not_before=self.report.started_at,
            before=_("The service cannot have come back before the outage started."),
            future=_("The time of restoration lies in the future."),
        )

    @property
    def arguments(self) -> dict[str, Any]:
        other = {"other": self.pair} if self.cleaned_data.get("both") else {}
        return {
            "restored_at": self.cleaned_data["restored_at"],
            "message": self.cleaned_data["message"],
            "once": self.once_key,
            **other,
        }


def completeness(report: Report) -> tuple[int, int]:
    """How much of what is asked by restoration is known: (answered, of); both zero where nothing is asked."""
    if report.kind != ReportKind.OWN_OUTAGE:
        return 0, 0
    answered = sum(getattr(report, name) not in (None, "", []) for name in ASKED_LATER)
    return answered, len(ASKED_LATER)
