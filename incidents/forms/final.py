"""The final report's forms, one a section. They keep whatever can be kept; incidents/final.py says what is lacking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from entities.fields import DayField
from entities.widgets import Chips, ChoiceCards
from incidents.choices import called, entries, options
from incidents.final import MOST_FACTORS, Section, proposals
from incidents.forms.fields import AnyOf, FreeText, MomentField, WholeNumber
from incidents.forms.moves import text_box
from incidents.models import FieldComment, FinalReport

MANY = 2_000_000_000  # what the columns hold
YES_NO = [("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))]
BOOLEANS = ("recurring", "rollback_used")


def _prose(name: str, help_text: Any = "", *, rows: int = 4) -> FreeText:
    column = FinalReport._meta.get_field(name)
    return FreeText(
        label=column.verbose_name,  # type: ignore[union-attr]  # a column
        help_text=help_text,
        max_length=column.max_length,  # type: ignore[union-attr]  # a column
        required=False,
        widget=text_box(rows),
    )


def _number(name: str) -> WholeNumber:
    label = FinalReport._meta.get_field(name).verbose_name  # type: ignore[union-attr]  # a column
    return WholeNumber(label=label, required=False, min_value=0, max_value=MANY)


def _moment(name: str) -> MomentField:
    return MomentField(label=FinalReport._meta.get_field(name).verbose_name, required=False)  # type: ignore[union-attr]  # a column


def _chips(name: str, choices: Iterable[tuple[Any, Any]]) -> forms.ChoiceField:
    label = FinalReport._meta.get_field(name).verbose_name  # type: ignore[union-attr]  # a column
    return forms.ChoiceField(label=label, choices=choices, required=False, widget=Chips)


class SectionForm(forms.Form):
    """One section, with the reviewer's comments on it and the entity's answers."""

    use_required_attribute = False

    seen = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)
    executive_summary = _prose(
        "executive_summary",
        gettext_lazy("What happened, whom it touched, what was done: at least 60 characters."),
        rows=6,
    )
    started_at = _moment("started_at")
    detected_at = _moment("detected_at")
    responded_at = _moment("responded_at")
    mitigated_at = _moment("mitigated_at")
    restored_at = _moment("restored_at")
    root_cause_fixed_at = _moment("root_cause_fixed_at")
    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome"), choices=FinalReport.Outcome.choices, required=False, widget=ChoiceCards
    )
    actual_start = _moment("actual_start")
    actual_end = _moment("actual_end")
    downtime_minutes = _number("downtime_minutes")
    downtime_reason = _prose("downtime_reason", gettext_lazy("Where it is not what the key times give."), rows=2)
    downtime_basis = _chips("downtime_basis", FinalReport.Basis.choices)
    users_affected_final = _number("users_affected_final")
    transactions_failed = _number("transactions_failed")
    transactions_delayed = _number("transactions_delayed")
    complaints_count = _number("complaints_count")
    downstream_confirmed = forms.BooleanField(
        label=gettext_lazy("The entities affected downstream are complete in this report"), required=False
    )
    cause_l2 = forms.ChoiceField(label=gettext_lazy("Cause"), required=False)
    direct_cause = _prose("direct_cause", gettext_lazy("What broke last."), rows=3)
    root_cause = _prose("root_cause", gettext_lazy("Why it could happen: at least 60 characters."), rows=6)
    contributing_factors = AnyOf(
        list_name="contributing_factors",
        label=gettext_lazy("Contributing factors"),
        help_text=gettext_lazy("At most three."),
        required=False,
    )
    monitoring_gap = _prose("monitoring_gap", gettext_lazy("Why monitoring did not find it first."), rows=3)
    third_parties = _prose(
        "third_parties", gettext_lazy("Name, part in it, and whether its agreement was broken."), rows=3
    )
    recurring = _chips("recurring", YES_NO)
    resolution = _prose("resolution", gettext_lazy("What was done to bring the service back."))
    permanent_fix = _chips("permanent_fix", [("done", gettext_lazy("Done")), ("planned", gettext_lazy("Planned"))])
    permanent_fix_on = DayField(
        label=gettext_lazy("Planned for"), help_text=gettext_lazy("Year-month-day, such as 2026-11-22."), required=False
    )
    bcp_result = _prose("bcp_result", gettext_lazy("Were the recovery objectives met?"), rows=3)
    went_well = _prose("went_well", rows=3)
    went_wrong = _prose("went_wrong", rows=3)
    lucky = _prose("lucky", rows=3)
    lessons = _prose("lessons")
    lessons_shareable = forms.BooleanField(
        label=gettext_lazy("This lesson may be shared with other entities, without our name"), required=False
    )
    rollback_used = _chips("rollback_used", YES_NO)
    unexpected_effects = _prose("unexpected_effects", gettext_lazy("“None” is an answer."), rows=3)
    overrun_reason = _prose("overrun_reason", rows=3)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        section: Section,
        final: FinalReport,
        comments: Sequence[FieldComment] = (),
    ) -> None:
        self.section, self.final = section, final
        self.comments = [comment for comment in comments if comment.field in section.names]
        super().__init__(data, initial=self._initial(final, section.fields))
        for name in set(self.fields) - {"seen", *section.fields}:
            del self.fields[name]
        self.order_fields(["seen", *section.fields])
        for name in section.fields:
            self.fields[name].required = name not in section.optional  # for the reader: see `full_clean`
        if "contributing_factors" in self.fields:
            self.fields["contributing_factors"].choices = options("contributing_factors")  # type: ignore[attr-defined]  # AnyOf
        if "cause_l2" in self.fields:
            self.fields["cause_l2"].choices = causes()  # type: ignore[attr-defined]  # a ChoiceField
        for comment in self.comments:
            self.fields[f"answer-{comment.pk}"] = FreeText(
                label=gettext_lazy("Your answer"),
                max_length=1000,
                widget=text_box(2),
                initial=comment.answer,
            )

    @staticmethod
    def _initial(final: FinalReport, names: Iterable[str]) -> dict[str, Any]:
        """What is kept, and where nothing is, what the report itself proposes."""
        proposed, kept = proposals(final.report), {name: getattr(final, name) for name in names}
        initial = {name: proposed.get(name) if value in (None, "") else value for name, value in kept.items()}
        words = {True: "yes", False: "no", None: ""}
        initial |= {name: words[initial[name]] for name in BOOLEANS if name in initial}
        return {**initial, "seen": final.version}

    def full_clean(self) -> None:
        """What will be owed is not demanded yet: a half-written section is kept."""
        owed = [field for field in self.fields.values() if field.required]
        for field in owed:
            field.required = False
        super().full_clean()
        for field in owed:
            field.required = True

    # --- The page ------------------------------------------------------------------------------------------
    @property
    def answered(self) -> list[tuple[Any, list[tuple[FieldComment, Any]]]]:
        """Each field of the section with the comments on it, and the box for the answer to each."""
        fields = [self[name] for name in self.section.fields]
        return [(field, self.answers_to(field.name)) for field in fields]

    def answers_to(self, name: str) -> list[tuple[FieldComment, Any]]:
        return [(comment, self[f"answer-{comment.pk}"]) for comment in self.comments if comment.field == name]

    @property
    def on_rows(self) -> list[tuple[FieldComment, Any]]:
        return self.answers_to(self.section.slug)

    # --- What it says --------------------------------------------------------------------------------------
    def clean_contributing_factors(self) -> list[str]:
        factors: list[str] = self.cleaned_data["contributing_factors"]
        if len(factors) > MOST_FACTORS:
            raise ValidationError(_("Choose at most three."), code="many")
        return factors

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of the final report that this section says."""
        said = {name: self.cleaned_data[name] for name in self.section.fields}
        said |= {name: {"yes": True, "no": False}.get(said[name]) for name in BOOLEANS if name in said}
        if "cause_l2" in said:
            said["cause_l1"] = next((e.parent for e in entries("cause_l2") if e.code == said["cause_l2"]), "")
        return said

    @property
    def answers(self) -> dict[int, str]:
        return {comment.pk: self.cleaned_data[f"answer-{comment.pk}"] for comment in self.comments}

    def tell(self, gaps: dict[str, str]) -> None:
        """Say beside each field what is still lacking; what is there is kept all the same."""
        for name in self.section.fields:
            if name in gaps:
                self.add_error(name, gaps[name])
        for comment in self.comments:
            if not self.cleaned_data.get(f"answer-{comment.pk}"):
                self.add_error(f"answer-{comment.pk}", _("Answer the reviewer's comment."))


def causes() -> list[tuple[str, Any]]:
    """The detailed causes under their classes: one list that needs no script to depend on another."""
    grouped = [
        (called("cause_l1", parent), [(entry.code, entry.name) for entry in group])
        for parent, group in groupby(entries("cause_l2"), key=lambda entry: entry.parent)
    ]
    return [("", _("Choose the cause")), *grouped]
