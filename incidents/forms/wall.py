"""A screen of the operations room: its name, by which a lead tells it from the others."""

from django import forms
from django.utils.translation import gettext_lazy as _

from entities.fields import KeptText


class ScreenForm(forms.Form):
    """Where it hangs, in a few words."""

    name = KeptText(
        label=_("Name of the screen"),
        max_length=60,
        help_text=_("Where it hangs: operations room, east wall."),
        error_messages={"required": _("Give the screen a name.")},
    )
