"""The handover note as its author leaves it, in both languages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents.forms.fields import FreeText
from incidents.models import HandoverNote


class NoteForm(forms.Form):
    """Both texts; each is shown to whoever reads that language."""

    text_ar = FreeText(
        label=_("Text in Arabic"),
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 18, "dir": "rtl", "lang": "ar"}),
        error_messages={"required": _("Write it in Arabic.")},
    )
    text_en = FreeText(
        label=_("Text in English"),
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 18, "dir": "ltr", "lang": "en"}),
        error_messages={"required": _("Write it in English.")},
    )

    def __init__(self, data: Any = None, *, note: HandoverNote) -> None:
        super().__init__(data, initial={"text_ar": note.text_ar, "text_en": note.text_en})
