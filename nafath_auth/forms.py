"""The questions between Nafath and the portal."""

import re

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Case, When
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from entities import national_id
from entities.fields import CleanCharField
from entities.models import User
from entities.text import western_digits


class ChooseEntityForm(forms.Form):
    """Which of her memberships a person acts in; only what she may use today counts. The one used last comes first."""

    def __init__(self, data: QueryDict | None = None, *, person: User) -> None:
        super().__init__(data)
        last = Case(When(pk=person.last_membership_id, then=0), default=1)
        usable = person.memberships.usable().select_related("entity")
        self.memberships = usable.order_by(last, "entity__name_ar", "role")
        self.fields["membership"] = forms.ModelChoiceField(self.memberships)


class LanguageForm(forms.Form):
    """The language a person reads, is greeted and is written to in."""

    language = forms.ChoiceField(choices=settings.LANGUAGES)


class NationalIdForm(forms.Form):
    """Whose Nafath app is asked. Each mistake has its own sentence, and none repeats what was typed."""

    national_id = forms.CharField(
        label=_("National ID or Iqama number"),
        help_text=_("10 digits, starting with 1 or 2"),
        error_messages={"required": _("Enter your ID or Iqama number.")},
        widget=forms.TextInput(attrs={"dir": "ltr", "inputmode": "numeric", "autocomplete": "off", "maxlength": "40"}),
    )

    def clean_national_id(self) -> str:
        number = national_id.normalise(self.cleaned_data["national_id"])
        if not re.fullmatch(r"\d+", number, re.ASCII):
            raise ValidationError(gettext("Use digits only."))
        if len(number) != 10:
            raise ValidationError(
                gettext("An ID number has 10 digits; %(count)s were entered.") % {"count": len(number)}
            )
        if number[0] not in "12":
            raise ValidationError(gettext("An ID number starts with 1 or 2."))
        if not national_id.is_valid(number):
            raise ValidationError(gettext("The ID number is not valid. Check the 10 digits."))
        return number


class UnshownInput(forms.TextInput):
    """What was typed stands in no page."""

    def format_value(self, value: object) -> str:
        return ""


class CodeForm(forms.Form):
    """The six digits of the message, in either script."""

    code = forms.CharField(
        label=_("Code"),
        help_text=_("6 digits, from the message"),
        error_messages={"required": _("Enter the code.")},
        widget=UnshownInput(
            attrs={"dir": "ltr", "inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": "12"}
        ),
    )

    def clean_code(self) -> str:
        code = western_digits(self.cleaned_data["code"]).replace(" ", "")
        if not re.fullmatch(r"\d{6}", code, re.ASCII):
            raise ValidationError(gettext("The code has 6 digits."))
        return code


class OneTimeKeyForm(forms.Form):
    """The key of an emergency link, which the page takes out of its address; typed where scripts do not run."""

    one_time_key = forms.CharField(
        label=_("Key"),
        help_text=_("20 letters and digits, from the link"),
        max_length=60,
        error_messages={"required": _("Enter the key.")},
        widget=UnshownInput(attrs={"dir": "ltr", "autocomplete": "off", "data-from-address": True}),
    )


class BreakerForm(forms.Form):
    """Why a hand opens or closes the code door."""

    reason = CleanCharField(
        label=_("Reason"),
        help_text=_("It is written into the security log."),
        max_length=200,
        error_messages={"required": _("Say why.")},
    )


class OwnNumberForm(NationalIdForm):
    """The number of the person who is signed in: only its digest is known here."""

    def __init__(self, data: QueryDict | None = None, *, person: User) -> None:
        super().__init__(data)
        self.person = person

    def clean_national_id(self) -> str:
        number = super().clean_national_id()
        if self.person.national_id_digest not in national_id.digests(number):
            raise ValidationError(gettext("This is not the number of the person who is signed in."))
        return number
