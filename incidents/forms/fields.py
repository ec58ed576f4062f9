"""The fields that the forms of reports share: moments, services, lists that an admin keeps, impact, plain text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from entities.fields import KeptText
from entities.text import western_digits
from entities.widgets import Chips, ChipsMultiple, ChoiceCards, DigitsInput
from incidents.choices import options
from incidents.forms.moments import MomentField, MomentWidget
from incidents.forms.services import ServiceField, ServicePicker
from incidents.severity import IMPACT_SENTENCES, Impact, MaintenanceImpact

__all__ = [
    "AnyOf",
    "FreeText",
    "ImpactField",
    "MaintenanceImpactField",
    "MomentField",
    "MomentWidget",
    "OneOf",
    "ServiceField",
    "ServicePicker",
    "WholeNumber",
    "fill_lists",
]

NOT_IN_LIST = _("Choose one of the answers shown.")
MAINTENANCE_SENTENCES: dict[str, Promise] = {
    MaintenanceImpact.OUTAGE.value: _("Beneficiaries cannot use the service for a while."),
    MaintenanceImpact.DEGRADED.value: _("The service works, slower or in part."),
    MaintenanceImpact.REDUCED_REDUNDANCY.value: _("Beneficiaries notice nothing, but a spare is missing."),
    MaintenanceImpact.NO_IMPACT.value: _("Beneficiaries notice nothing."),
}


class OneOf(forms.ChoiceField):
    """One answer of a list that an admin keeps; `fill_lists` gives it its answers. `no_answer` is its empty chip."""

    def __init__(self, *, list_name: str, no_answer: str | Promise = "", widget: Any = Chips, **kwargs: Any) -> None:
        messages = {"invalid_choice": NOT_IN_LIST, **kwargs.pop("error_messages", {})}
        super().__init__(widget=widget, error_messages=messages, **kwargs)
        self.list_name, self.no_answer = list_name, no_answer


class AnyOf(forms.MultipleChoiceField):
    """Any answers of a list that an admin keeps; `fill_lists` gives it its answers."""

    def __init__(self, *, list_name: str, **kwargs: Any) -> None:
        messages = {"invalid_choice": NOT_IN_LIST, "invalid_list": NOT_IN_LIST, **kwargs.pop("error_messages", {})}
        super().__init__(widget=ChipsMultiple, error_messages=messages, **kwargs)
        self.list_name = list_name


def fill_lists(fields: Iterable[forms.Field]) -> None:
    """Give every list field of a form the answers that the admin offers now."""
    for field in fields:
        if isinstance(field, OneOf):
            field.choices = [*([("", field.no_answer)] if field.no_answer else []), *options(field.list_name)]
        elif isinstance(field, AnyOf):
            field.choices = options(field.list_name)


class ImpactField(forms.ChoiceField):
    """How bad the outage is, one answer for all affected services, each with its sentence."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("How bad is it?"))
        kwargs.setdefault("error_messages", {"required": _("Choose the impact."), "invalid_choice": NOT_IN_LIST})
        super().__init__(
            choices=Impact.choices,
            widget=ChoiceCards(sentences={impact.value: text for impact, text in IMPACT_SENTENCES.items()}),
            **kwargs,
        )


class MaintenanceImpactField(forms.ChoiceField):
    """What the works do to the services, the worst first."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Impact on the services"))
        kwargs.setdefault("error_messages", {"required": _("Choose the impact."), "invalid_choice": NOT_IN_LIST})
        choices = [(impact, MaintenanceImpact(impact).label) for impact in MAINTENANCE_SENTENCES]
        super().__init__(choices=choices, widget=ChoiceCards(sentences=MAINTENANCE_SENTENCES), **kwargs)


class FreeText(KeptText):
    """Prose."""

    default_error_messages = {
        "min_length": _("Write at least %(limit_value)d characters."),
        "max_length": _("Write at most %(limit_value)d characters; there are %(show_value)d."),
    }


class WholeNumber(forms.IntegerField):
    """A count, in either script's digits."""

    default_error_messages = {
        "invalid": _("Enter a whole number."),
        "min_value": _("Enter %(limit_value)s or more."),
        "max_value": _("Enter %(limit_value)s or less."),
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", DigitsInput({"class": "control--short"}))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> int | None:
        text = western_digits(value).replace(",", "").replace("\u066c", "").strip() if isinstance(value, str) else value
        if isinstance(text, str) and len(text) > 12:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(text)
