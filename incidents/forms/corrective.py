"""Corrective actions after the closing: which of them, and what is said of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents.forms.fields import NOT_IN_LIST, FreeText
from incidents.forms.moves import DeedForm, text_box
from incidents.models import CorrectiveAction, Report
from incidents.models.final_report import CorrectiveActionQuerySet


class ActionForm(DeedForm):
    """One of the report's actions; where there is but one, it is chosen."""

    action = forms.ChoiceField(
        label=_("Action"), error_messages={"required": _("Choose the action."), "invalid_choice": NOT_IN_LIST}
    )
    field_order = ["action", "note"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(str(each.pk), each.title) for each in self.offered(self.report)]
        asked = [("", _("Choose an action"))] if len(named) != 1 else []
        self.fields["action"].choices = [*asked, *named]  # type: ignore[attr-defined]  # a ChoiceField

    @staticmethod
    def offered(report: Report) -> CorrectiveActionQuerySet:
        return CorrectiveAction.objects.to_verify().filter(final_report__report=report)

    @property
    def arguments(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {"action": int(said["action"]), "note": said["note"], "once": self.once_key}


class ActionDoneForm(ActionForm):
    """Done, and what shows it."""

    note = FreeText(
        label=_("What shows that it is done"),
        help_text=_("For instance the change number, the document, or the result of a test."),
        min_length=10,
        max_length=1000,
        widget=text_box(),
        error_messages={"required": _("Say what shows that it is done.")},
    )

    @staticmethod
    def offered(report: Report) -> CorrectiveActionQuerySet:
        return CorrectiveAction.objects.to_do().filter(final_report__report=report)


class ActionVerifyForm(ActionForm):
    """Verified; a word may be added."""

    note = FreeText(label=_("Note"), required=False, max_length=1000, widget=text_box(2))


class ActionReturnForm(ActionForm):
    """Not done yet, and why."""

    note = FreeText(
        label=_("Reason"),
        min_length=5,
        max_length=1000,
        widget=text_box(),
        error_messages={"required": _("Say why, in a few words.")},
    )
