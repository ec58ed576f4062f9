"""What a telephone call brought: who was rung, the button that was pressed, and a note."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents.calls import Person
from incidents.forms.fields import FreeText
from incidents.models import CallTask

#: Within how many minutes a word may be promised on the telephone.
PROMISES = (15, 30, 60)
Outcome = CallTask.Outcome


class TakeForm(forms.Form):
    """The version of the call that was read."""

    version = forms.IntegerField(min_value=1, max_value=2**31 - 1)


class CallForm(forms.Form):
    """One tap: each outcome is a button. `people` are those who may be rung, `chosen` who is next."""

    once = forms.UUIDField(widget=forms.HiddenInput)
    member = forms.TypedChoiceField(
        label=_("Who was rung"),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say who was rung.")},
    )
    note = FreeText(
        label=_("Note"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("It stands in the report's history, which the entity reads."),
    )
    outcome = forms.ChoiceField(error_messages={"required": _("Say what the call brought.")})

    def __init__(self, data: Any = None, *, people: Sequence[Person], chosen: Person | None) -> None:
        initial = {"once": uuid.uuid4(), "member": chosen.member.pk if chosen else None}
        super().__init__(data, initial=initial, auto_id="call-%s")
        self.people = {each.member.pk: each.member for each in people}
        self.fields["member"].choices = [  # type: ignore[attr-defined]  # it is a ChoiceField
            (pk, f"{member.user.name} · {member.get_role_display()}") for pk, member in self.people.items()
        ]
        promises = [f"{Outcome.PROMISED}-{minutes}" for minutes in PROMISES]
        plain = [Outcome.REACHED.value, Outcome.NO_ANSWER.value, Outcome.WRONG_NUMBER.value]
        self.fields["outcome"].choices = [(each, each) for each in (*plain, *promises)]  # type: ignore[attr-defined]

    @property
    def arguments(self) -> dict[str, Any]:
        """What the action takes, beside the task and `by`."""
        outcome, minutes = self.cleaned_data["outcome"], 0
        if outcome.startswith(Outcome.PROMISED):
            outcome, minutes = Outcome.PROMISED.value, int(outcome.rpartition("-")[2])
        return {
            "member": self.people[self.cleaned_data["member"]],
            "outcome": outcome,
            "minutes": minutes,
            "note": self.cleaned_data["note"],
            "once": str(self.cleaned_data["once"]),
        }
