"""The form fields that people need: national ID, mobile, day. Each takes the digits of either script."""

import re
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from entities import national_id
from entities.text import clean, in_groups, western_digits
from entities.widgets import DigitsInput, PhoneInput

_MOBILE = re.compile(r"(?:00966|\+?966|0)?(5\d{8})", re.ASCII)


class CleanCharField(forms.CharField):
    """Text without controls and overrides, a line break counted as one character as the browser's maxlength does."""

    def to_python(self, value: Any) -> str:
        return super().to_python(clean(str(value or "")).replace("\r\n", "\n")) or ""


class KeptText(CleanCharField):
    """Text that is stored. A number that could be a national ID is refused: it would lie there in clear for years.

    Digits of either script; a reference as well as prose. What must not wait for a person, a draft or the name of a
    file, loses it without a question (`national_id.kept_out`).
    """

    default_error_messages = {
        "national_id": _("Leave out ID numbers: this text may not hold a national ID or an Iqama number."),
    }

    def validate(self, value: str) -> None:
        super().validate(value)
        if national_id.kept_out(value) != value:
            raise ValidationError(self.error_messages["national_id"], code="national_id")


class NationalIDField(forms.CharField):
    """A citizen's or a resident's number, normalised; each mistake has its own sentence (nafath.md A.5)."""

    widget = DigitsInput
    default_error_messages = {
        "required": _("Enter the national ID or Iqama number."),
        "digits": _("The ID number holds digits only."),
        "length": ngettext_lazy(
            "The ID number has 10 digits; %(count)s was entered.",
            "The ID number has 10 digits; %(count)s were entered.",
            "count",
        ),
        "first_digit": _("The ID number starts with 1 for a citizen or 2 for a resident."),
        "checksum": _("The ID number is not valid. Check the 10 digits."),
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("National ID or Iqama number"))
        kwargs.setdefault("help_text", _("10 digits, starting with 1 or 2."))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        return national_id.normalise(super().to_python(value) or "")

    def validate(self, value: str) -> None:
        """Refuse with the first thing that is wrong, so that the person corrects that and nothing else."""
        super().validate(value)
        if not value:
            return
        if not (value.isascii() and value.isdigit()):
            raise ValidationError(self.error_messages["digits"], code="digits")
        if len(value) != 10:
            raise ValidationError(self.error_messages["length"], code="length", params={"count": len(value)})
        if value[0] not in "12":
            raise ValidationError(self.error_messages["first_digit"], code="first_digit")
        if not national_id.passes_luhn(value):
            raise ValidationError(self.error_messages["checksum"], code="checksum")


class MobileField(forms.CharField):
    """A Saudi mobile as people write it (05…, 5…, 9665…, +9665…, 009665…); stored as E.164, +9665XXXXXXXX."""

    widget = PhoneInput
    default_error_messages = {
        "required": _("Enter the mobile number."),
        "invalid": _("Enter a Saudi mobile number, such as 05XXXXXXXX."),
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Mobile"))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        typed = western_digits(super().to_python(value) or "")
        number = re.sub(r"[\s().\u200e\u200f\u061c-]", "", typed)
        if not number:
            return ""
        found = _MOBILE.fullmatch(number)
        if found is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return f"+966{found[1]}"

    def prepare_value(self, value: Any) -> Any:
        """Show a stored number the way it is read aloud: 05X XXX XXXX."""
        return in_groups(value) if isinstance(value, str) else value


class DayField(forms.DateField):
    """A day: 2026-11-22 or 22/11/2026. Not type=date, which shows the order of the browser's own country."""

    default_error_messages = {"invalid": _("Enter the day as year-month-day, such as 2026-11-22.")}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("input_formats", ["%Y-%m-%d", "%Y/%m/%d", "%d/%m/%Y", "%d-%m-%Y"])
        kwargs.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs={"autocomplete": "off"}))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> date | None:
        return super().to_python(western_digits(value).strip() if isinstance(value, str) else value)
