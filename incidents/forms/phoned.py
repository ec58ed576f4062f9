"""A report by telephone: who called, when, and that the call was returned. domain/lifecycle.md, Type 1, submitted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from entities.models import Membership
from incidents.forms.fields import NOT_IN_LIST, MomentField
from incidents.forms.moments import TOLERANCE

#: A call may be written down up to three days later (decisions.md, Times).
WRITTEN_WITHIN = timedelta(hours=72)


class CallForm(forms.Form):
    """The call behind a report that a reviewer writes down."""

    caller = forms.ChoiceField(
        label=_("Who called?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the caller from the entity's team list."), "invalid_choice": NOT_IN_LIST},
    )
    called_at = MomentField(label=_("When did the call come?"), offsets=(0, -15, -30, -60))
    called_back = forms.BooleanField(
        label=_("I called back on the number in the team's list, and it was this person"),
        error_messages={"required": _("Call back on the number in the team's list before you record the report.")},
    )

    def __init__(self, data: QueryDict | None = None, *, members: Iterable[Membership]) -> None:
        self.at = timezone.now()
        super().__init__(data)
        self.callers = {str(member.pk): member for member in members}
        self.fields["caller"].choices = [(pk, _shown(member)) for pk, member in self.callers.items()]  # type: ignore[attr-defined]  # a ChoiceField
        self.cleaned_data: dict[str, Any] = {}

    def clean_called_at(self) -> datetime:
        called: datetime = self.cleaned_data["called_at"]
        if called > self.at + TOLERANCE:
            raise ValidationError(gettext("The call lies in the future."), code="future")
        if called < self.at - WRITTEN_WITHIN:
            raise ValidationError(gettext("A call is recorded within 72 hours."), code="old")
        return min(called, self.at)

    @property
    def caller_name(self) -> str:
        """The caller as the report keeps it. Only of a valid form."""
        member = self.callers[self.cleaned_data["caller"]]
        return f"{member.user.name} · {member.get_role_display()}"[:200]


def _shown(member: Membership) -> str:
    """The name, the role and what one recognises a number by; the number itself is shown nowhere (decisions.md)."""
    return f"{member.user.name} · {member.get_role_display()} · \u2066{member.user.masked_mobile}\u2069"
