"""What is said of a suspected outage: what the owner has looked at, why the authority dismisses it."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents.forms.fields import FreeText
from incidents.forms.moves import text_box


class DenyForm(forms.Form):
    """The owner sees nothing wrong."""

    evidence = FreeText(
        label=_("What has your team looked at?"),
        help_text=_("In a few words: monitoring, logs, a test of your own. The authority reads it."),
        max_length=500,
        widget=text_box(),
        error_messages={"required": _("Say what your team has looked at, in a few words.")},
    )


class DismissForm(forms.Form):
    """The authority ends the alarm."""

    reason = FreeText(
        label=_("Why is it dismissed?"),
        help_text=_("The owner reads it. Only what is reported from now on may raise another."),
        max_length=500,
        widget=text_box(),
        error_messages={"required": _("Say why, in a few words.")},
    )
