"""What is asked about an incident: what it is called, which reports it holds, what is said to all, who reads of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from entities.fields import CleanCharField
from entities.models import DigitalService, Membership
from entities.text import western_digits
from incidents.forms.fields import NOT_IN_LIST, FreeText
from incidents.forms.moves import text_box
from incidents.grouping import Suggestion
from incidents.lifecycle import Severity
from incidents.models import Incident, Report, SituationReport
from incidents.models.report_query import ReportQuerySet

REFERENCE = re.compile(r"(?:OUT|DEP)-\d{4}-\d{6}", re.IGNORECASE | re.ASCII)
#: So many are typed at once.
MOST_TYPED = 50
NO_REPORT = gettext_lazy("Name at least one report.")


class ReferencesField(CleanCharField):
    """References of outages, one or several, in any order and with whatever between them."""

    def to_python(self, value: Any) -> Any:
        return [found.upper() for found in REFERENCE.findall(western_digits(super().to_python(value)))][:MOST_TYPED]

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """They were read letter by letter."""


def _found(references: Iterable[str], reports: ReportQuerySet) -> list[Report]:
    """The reports of these references. Raises ValidationError that names the unknown ones."""
    wanted = set(references)
    found = list(reports.filter(reference__in=wanted))
    if unknown := sorted(wanted - {report.reference for report in found}):
        raise ValidationError(_("There is no report %(references)s.") % {"references": ", ".join(unknown)})
    return found


class EditForm(forms.Form):
    """What it is called in both languages, and what it comes from."""

    name_ar = FreeText(
        label=gettext_lazy("Title in Arabic"),
        max_length=200,
        error_messages={"required": gettext_lazy("Give it a title in Arabic.")},
    )
    name_en = FreeText(
        label=gettext_lazy("Title in English"),
        max_length=200,
        widget=forms.TextInput(attrs={"dir": "ltr"}),
        error_messages={"required": gettext_lazy("Give it a title in English.")},
    )
    cause = FreeText(
        label=gettext_lazy("Cause, as far as it is known"), max_length=1000, required=False, widget=text_box(2)
    )
    service = forms.ChoiceField(
        label=gettext_lazy("Service it is suspected to come from"),
        required=False,
        error_messages={"invalid_choice": NOT_IN_LIST},
    )
    group_mode = forms.BooleanField(
        label=gettext_lazy("Further reports on the provider's services join by themselves"), required=False
    )

    def __init__(self, data: Any = None, *, services: Iterable[DigitalService], incident: Incident) -> None:
        names = ("name_ar", "name_en", "cause", "group_mode")
        initial = {name: getattr(incident, name) for name in names} | {"service": str(incident.service_id or "")}
        super().__init__(data, initial=initial)
        if incident.state != Incident.State.OPEN:  # a group ends with the outage
            del self.fields["group_mode"]
        self.services = {str(service.pk): service for service in services}
        said = [(key, f"{service.name} — {service.entity.name}") for key, service in self.services.items()]
        self.fields["service"].choices = [("", _("Not known yet")), *said]  # type: ignore[attr-defined]  # a ChoiceField

    def clean_service(self) -> DigitalService | None:
        return self.services.get(self.cleaned_data["service"])


class OpenForm(EditForm):
    """The same, and which reports it holds from the start."""

    field_order = ["reports", "more", "name_ar", "name_en", "cause", "service"]

    reports = forms.MultipleChoiceField(
        label=gettext_lazy("Reports of the same cause"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": NOT_IN_LIST},
    )
    more = ReferencesField(
        label=gettext_lazy("Other reports, by reference"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "ltr"}),
        help_text=gettext_lazy("As many as you like, such as OUT-2026-000123."),
        error_messages={"required": NO_REPORT},
    )

    def __init__(
        self,
        data: Any = None,
        *,
        first: Report | None,
        offered: Iterable[Suggestion],
        services: Iterable[DigitalService],
        incident: Incident,
        among: ReportQuerySet,
    ) -> None:
        super().__init__(data, services=services, incident=incident)
        del self.fields["group_mode"]
        self.among = among
        choices = [(first.reference, said_of(first))] if first else []
        choices += [(each.report.reference, f"{said_of(each.report)} ({each.reason})") for each in offered]
        self.fields["reports"].choices = choices  # type: ignore[attr-defined]  # a MultipleChoiceField
        self.initial["reports"] = [first.reference] if first else []
        if not choices:
            del self.fields["reports"]
            self.fields["more"].required, self.fields["more"].label = True, _("Reports of the same cause")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        named = [*cleaned.pop("reports", []), *cleaned.pop("more", [])]
        cleaned["reports"] = _found(named, self.among)
        if not named and not self.errors:
            raise ValidationError(NO_REPORT)
        return cleaned


def said_of(report: Report) -> str:
    """A report in one line of a list of choices."""
    severity = Severity(report.severity).label
    return f"{report.reference} · {report.main_service.name} — {report.entity.name} · {severity}"


class LinkForm(forms.Form):
    """Which reports join, by reference."""

    references = ReferencesField(
        label=gettext_lazy("Link a report, by reference"),
        max_length=2000,
        widget=forms.TextInput(attrs={"dir": "ltr", "placeholder": "OUT-2026-000123"}),
        error_messages={"required": gettext_lazy("Write a reference, such as OUT-2026-000123.")},
    )

    def __init__(self, data: Any = None, *, among: ReportQuerySet) -> None:
        super().__init__(data)
        self.among = among

    def clean_references(self) -> list[Report]:
        return _found(self.cleaned_data["references"], self.among)


class TellForm(forms.Form):
    """One word to all, in both languages."""

    text_ar = FreeText(
        label=gettext_lazy("In Arabic"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "rtl"}),
        error_messages={"required": gettext_lazy("Write it in Arabic.")},
    )
    text_en = FreeText(
        label=gettext_lazy("In English"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "ltr"}),
        error_messages={"required": gettext_lazy("Write it in English.")},
    )


class SituationForm(forms.Form):
    """The situation report as it will leave, in both languages."""

    text_ar = FreeText(
        label=gettext_lazy("Text in Arabic"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 14, "dir": "rtl"}),
        error_messages={"required": gettext_lazy("Write it in Arabic.")},
    )
    text_en = FreeText(
        label=gettext_lazy("Text in English"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 14, "dir": "ltr"}),
        error_messages={"required": gettext_lazy("Write it in English.")},
    )
    seen = CleanCharField(widget=forms.HiddenInput, max_length=40, required=False)

    def __init__(self, data: Any = None, *, situation: SituationReport) -> None:
        super().__init__(data, initial={name: getattr(situation, name) for name in self.base_fields})


class ReadersForm(forms.Form):
    """Who reads the situation reports."""

    people = forms.MultipleChoiceField(
        label=gettext_lazy("Who reads them"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": gettext_lazy("Choose among the people shown.")},
    )

    def __init__(self, data: Any = None, *, possible: Iterable[Membership], chosen: Iterable[int]) -> None:
        super().__init__(data, initial={"people": [str(pk) for pk in chosen]})
        self.possible = {str(member.pk): member for member in possible}
        self.fields["people"].choices = [  # type: ignore[attr-defined]  # a MultipleChoiceField
            (key, f"{member.user.name} — {_place(member)}") for key, member in self.possible.items()
        ]

    def clean_people(self) -> list[Membership]:
        return [self.possible[key] for key in self.cleaned_data["people"]]


def _place(member: Membership) -> str:
    return _("%(role)s, %(entity)s") % {"role": member.get_role_display(), "entity": member.entity.name}
