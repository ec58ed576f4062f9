"""An address outside the portal: whose it is, in which language it is written to, and of which incidents it is told."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from entities.fields import KeptText
from entities.models import Sector
from entities.text import clean
from entities.widgets import ChipsMultiple
from incidents.models import OutsideReader


class OutsideReaderForm(forms.Form):
    """Without sectors it is told of every incident."""

    address = forms.EmailField(
        label=_("E-mail"),
        max_length=200,
        help_text=_("An office's address: its owner is asked by mail, and nothing else is sent before the answer."),
        error_messages={"required": _("Enter the address."), "invalid": _("Enter an address, such as ops@example.sa.")},
        widget=forms.EmailInput(attrs={"dir": "ltr", "autocomplete": "off"}),
    )
    office = KeptText(
        label=_("Name of the office"),
        max_length=120,
        help_text=_("It stands on this page only: no mail says it."),
        error_messages={"required": _("Say whose address it is.")},
    )
    language = forms.ChoiceField(
        label=pgettext_lazy("of a mail", "Language"),
        choices=OutsideReader.Language.choices,
        initial=OutsideReader.Language.BOTH,
        widget=forms.RadioSelect,
    )
    sectors = forms.ModelMultipleChoiceField(
        label=_("Sectors"),
        help_text=_("None chosen: every incident. Else those that touch an entity of the sector."),
        queryset=Sector.objects.all(),
        widget=ChipsMultiple,
        required=False,
    )

    def clean_address(self) -> str:
        return clean(self.cleaned_data["address"]).lower()
