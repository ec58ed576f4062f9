"""The two answers a person types. Each way to get them wrong has its own sentence."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from simulator import push
from simulator.identity import ascii_digits, passes_luhn
from simulator.models import SimPerson
from simulator.words import fault_words, say, say_later


class SignInForm(forms.Form):
    national_id = forms.CharField(
        label=say_later("id_label"),
        help_text=say_later("id_hint"),
        required=False,
        widget=forms.TextInput(attrs={"class": "control", "dir": "ltr", "inputmode": "numeric", "autocomplete": "off"}),
    )
    person: SimPerson

    def clean_national_id(self) -> str:
        number = ascii_digits(self.cleaned_data["national_id"])
        if not number:
            raise ValidationError(say("id_empty"))
        if not (number.isascii() and number.isdigit()):
            raise ValidationError(say("id_letters"))
        if len(number) != 10:
            raise ValidationError(say("id_length", count=len(number)))
        if number[0] not in "12":
            raise ValidationError(say("id_first"))
        if not passes_luhn(number):
            raise ValidationError(say("id_luhn"))
        person = SimPerson.objects.filter(national_id=number, is_active=True).first()
        if person is None:
            raise ValidationError(say("id_unknown"))
        self.person = person
        return number


class PersonaForm(forms.Form):
    person = forms.ModelChoiceField(SimPerson.objects.filter(is_active=True, card=True))


class CodeForm(forms.Form):
    code = forms.CharField(
        label=say_later("code_label"),
        help_text=say_later("code_hint"),
        required=False,
        widget=forms.TextInput(
            attrs={
                "class": "control otp",
                "dir": "ltr",
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "maxlength": "12",
                "autofocus": True,
            }
        ),
    )

    def clean_code(self) -> str:
        code = ascii_digits(self.cleaned_data["code"])
        if not code:
            raise ValidationError(say("code_empty"))
        if not (code.isascii() and code.isdigit() and len(code) == 6):
            raise ValidationError(say("code_shape"))
        return code


class SmsForm(forms.Form):
    """What the portal's SMS channel posts."""

    to = forms.RegexField(r"^\+9665\d{8}$")
    text = forms.CharField(max_length=1000, strip=False)
    reference = forms.UUIDField()

    def clean_text(self) -> str:
        """JSON can spell half a character (a lone surrogate); no database keeps that."""
        text: str = self.cleaned_data["text"]
        return text.encode(errors="replace").decode()

    def clean(self) -> dict[str, Any]:
        return {**self.cleaned_data, "reference": str(self.cleaned_data.get("reference", ""))}


def _faults() -> list[tuple[str, str]]:
    return [("", fault_words("")), *((name, fault_words(name)) for name in push.FAULTS)]


class FaultForm(forms.Form):
    """One of the table's faults, or none; the doors' faults are everybody's."""

    fault = forms.ChoiceField(label=say_later("fault"), choices=_faults, required=False)
    person = forms.ModelChoiceField(
        SimPerson.objects.all(), label=say_later("fault_for"), required=False, empty_label=say_later("everyone")
    )
    seconds = forms.FloatField(label=say_later("fault_seconds"), required=False, min_value=0, max_value=600)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "control"

    def clean(self) -> dict[str, Any]:
        chosen = self.cleaned_data
        if chosen.get("fault") in push.DOORS and chosen.get("person"):
            self.add_error("person", say("fault_of_doors"))
        return chosen
