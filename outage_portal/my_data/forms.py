"""What of the registered data is wrong; what is right is told to whoever corrects it, and typed nowhere here."""

from django import forms
from django.utils.translation import gettext_lazy as _

from entities.models import Correctable


class CorrectionForm(forms.Form):
    what = forms.MultipleChoiceField(
        label=_("What is wrong?"),
        choices=Correctable.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose what is wrong."), "invalid_choice": _("Choose from the list.")},
    )
