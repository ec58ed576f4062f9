"""The owner's answer to a report about its service, and the authority's ruling on a disputed one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from entities.widgets import ChoiceCards
from incidents.actions.handshake import NAMES
from incidents.forms.fields import NOT_IN_LIST, FreeText
from incidents.forms.moves import DeedForm, ReasonForm, text_box
from incidents.lifecycle import ReportKind, Ruling, Verdict
from incidents.models import Report

EXPLAINED: dict[str, Any] = {
    Verdict.CONFIRMED: gettext_lazy("The service is down on our side. We report the outage next."),
    Verdict.KNOWN: gettext_lazy("We have reported this outage already: choose the report below."),
    Verdict.PLANNED: gettext_lazy("It comes from work that we announced: choose the notice below."),
    Verdict.NOT_OURS: gettext_lazy("The fault lies elsewhere: write what shows it. The authority rules on it."),
    Verdict.NOT_REPRODUCED: gettext_lazy("We looked, and the service works: write what you tried, if it helps."),
}


class VerdictForm(DeedForm):
    """One of five answers; two name a report of our own, one needs evidence. Whatever stands there is not lost."""

    verdict = forms.ChoiceField(
        label=gettext_lazy("What did you find?"),
        choices=Verdict.choices,
        widget=ChoiceCards(sentences=EXPLAINED),
        error_messages={"required": gettext_lazy("Choose one of the answers."), "invalid_choice": NOT_IN_LIST},
    )
    link = forms.ChoiceField(
        label=gettext_lazy("Your entity's report"),
        required=False,
        help_text=gettext_lazy("For “known already” and “planned work”."),
        error_messages={"invalid_choice": NOT_IN_LIST},
    )
    note = FreeText(
        label=gettext_lazy("What you found"),
        required=False,
        max_length=1000,
        widget=text_box(),
        help_text=gettext_lazy("The reporting entity and the authority read it. No names, and no personal data."),
    )

    def __init__(self, *args: Any, reports: Iterable[Report] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kinds = {each.reference: each.kind for each in reports}
        named = [(each.reference, f"{each.reference} · {each.main_service.name}") for each in reports]
        self.fields["link"].choices = [("", _("No report")), *named]  # type: ignore[attr-defined]  # a ChoiceField
        self.initial.setdefault("verdict", self.report.verdict)
        self.initial.setdefault("link", self.report.verdict_reference)

    def clean_link(self) -> str:
        link, verdict = str(self.cleaned_data["link"]), self.cleaned_data.get("verdict", "")
        if verdict in NAMES and self.kinds.get(link) != NAMES[verdict]:
            asked = {
                ReportKind.OWN_OUTAGE: _("Choose the outage report that it belongs to."),
                ReportKind.MAINTENANCE: _("Choose the maintenance notice that it belongs to."),
            }
            raise ValidationError(asked[NAMES[verdict]], code="link")
        return link if verdict in NAMES else ""

    def clean_note(self) -> str:
        note = str(self.cleaned_data["note"])
        if self.cleaned_data.get("verdict") == Verdict.NOT_OURS and len(note.strip()) < 10:
            raise ValidationError(_("Say what shows that the fault is not on your side."), code="evidence")
        return note

    @property
    def arguments(self) -> dict[str, Any]:
        return {**{name: self.cleaned_data[name] for name in ("verdict", "link", "note")}, "once": self.once_key}


class RulingForm(ReasonForm):
    """On whose side the fault lies, and why; both sides read it."""

    ruling = forms.ChoiceField(
        label=gettext_lazy("On whose side does the fault lie?"),
        choices=Ruling.choices,
        widget=ChoiceCards(
            sentences={
                Ruling.PROVIDER: gettext_lazy("The owner is told to report the outage of its service."),
                Ruling.LOCAL: gettext_lazy("The reporting entity is invited to report an outage of its own."),
            }
        ),
        error_messages={
            "required": gettext_lazy("Choose on whose side the fault lies."),
            "invalid_choice": NOT_IN_LIST,
        },
    )
    field_order = ["ruling", "note"]

    @property
    def arguments(self) -> dict[str, Any]:
        return {"ruling": self.cleaned_data["ruling"], **super().arguments}
