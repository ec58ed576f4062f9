"""The forms of the deeds: each explains itself, and its `arguments` are what its action takes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from entities.models import User
from entities.widgets import Chips, ChoiceCards
from incidents.actions.maintenance import LONGEST_WINDOW
from incidents.board import NOBODY
from incidents.forms.fields import NOT_IN_LIST, FreeText, MomentField
from incidents.forms.moments import TOLERANCE, MomentWidget
from incidents.lifecycle import Severity
from incidents.models import FinalReport, Report

WRITTEN_INTO = (forms.TextInput, forms.Textarea, MomentWidget)


def written_in(form: forms.Form) -> list[str]:
    """What a person wrote into the form's boxes: it is given back, whatever becomes of the deed."""
    boxes = (name for name, field in form.fields.items() if isinstance(field.widget, WRITTEN_INTO))
    return [text for name in boxes if (text := str(form[name].value() or "").strip())]


def text_box(rows: int = 3) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class DeedForm(forms.Form):
    """What every deed carries: the version of the report that was read, and a mark by which a repeat is known."""

    seen = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)
    once = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        name: str,
        report: Report,
        initial: dict[str, Any] | None = None,
    ) -> None:
        self.name, self.report = name, report
        fresh = {"seen": report.version, "once": uuid.uuid4()}
        super().__init__(data, initial={**fresh, **(initial or {})}, auto_id=f"{name}-%s")
        for field in self.fields.values():
            if isinstance(field, MomentField):
                field.now = timezone.now()

    @property
    def seen_version(self) -> int | None:
        """The version of the report that was read, as far as the sender says."""
        return self.cleaned_data.get("seen")

    @property
    def once_key(self) -> str:
        return str(self.cleaned_data.get("once") or "")

    @property
    def arguments(self) -> dict[str, Any]:
        """What the action takes, beside the report and `by`."""
        return {"seen": self.cleaned_data["seen"]}

    @property
    def typed(self) -> list[str]:
        return written_in(self)

    def read_again(self, report: Report) -> None:
        """After a refusal the page shows the report as it is now: that version is what has been seen."""
        self.report = report
        if isinstance(self.data, QueryDict):
            again = self.data.copy()
            again["seen"] = str(report.version)
            self.data = again

    def past(self, name: str, *, not_before: datetime | None, before: object, future: object) -> datetime | None:
        """A moment that has happened; clocks on walls may be five minutes ahead."""
        moment: datetime | None = self.cleaned_data[name]
        if moment is None:
            return None
        if moment > timezone.now() + TOLERANCE:
            raise ValidationError(str(future), code="future")
        if not_before and moment < not_before.replace(second=0, microsecond=0):
            raise ValidationError(str(before), code="before")
        return max(moment, not_before) if not_before else moment


class ReasonForm(DeedForm):
    """A deed that needs a reason in a few words."""

    note = FreeText(
        label=_("Reason"),
        min_length=5,
        max_length=1000,
        widget=text_box(),
        error_messages={"required": _("Say why, in a few words.")},
    )

    @property
    def arguments(self) -> dict[str, Any]:
        return {"note": self.cleaned_data["note"], **super().arguments}


class AskForm(DeedForm):
    """A question to the entity; the reviewer chooses how soon it is answered (clock C4)."""

    text = FreeText(
        label=_("Question"),
        min_length=5,
        max_length=1000,
        widget=text_box(),
        error_messages={"required": _("Write the question.")},
    )
    urgent = forms.ChoiceField(
        label=_("Answer expected"),
        choices=[("", _("With the next update")), ("yes", _("Urgently, within 60 minutes"))],
        required=False,
        widget=Chips,
    )

    @property
    def arguments(self) -> dict[str, Any]:
        urgent = self.cleaned_data["urgent"] == "yes"
        return {"text": self.cleaned_data["text"], "urgent": urgent, "once": self.once_key}


class AnswerForm(DeedForm):
    """The answer to one question, named by its number in the history."""

    question = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    text = FreeText(
        label=_("Answer"),
        min_length=2,
        max_length=1500,
        widget=text_box(),
        error_messages={"required": _("Write the answer.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = f"{self.name}-{self['question'].value()}-%s"  # several questions may be open on one page

    @property
    def arguments(self) -> dict[str, Any]:
        return {"question": self.cleaned_data["question"], "text": self.cleaned_data["text"], "once": self.once_key}


class AssignForm(DeedForm):
    """Who follows the report from now on, of those who do not now; NOBODY puts it back into the pool."""

    reviewer = forms.ChoiceField(
        label=_("Reviewer"),
        error_messages={"required": _("Choose who follows it."), "invalid_choice": NOT_IN_LIST},
    )

    def __init__(self, *args: Any, people: Iterable[User] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = self.report.reviewer
        self.people = {str(person.public_id): person for person in people if person != now}
        asked = ("", _("Choose the reviewer") if now is None else _("Instead of %(person)s") % {"person": now.name})
        named = [(key, person.name) for key, person in self.people.items()]
        pool = [(NOBODY, _("Nobody: back into the pool"))] if now else []
        self.fields["reviewer"].choices = [asked, *named, *pool]  # type: ignore[attr-defined]  # a ChoiceField

    @property
    def arguments(self) -> dict[str, Any]:
        return {"reviewer": self.people.get(self.cleaned_data["reviewer"]), **super().arguments}


class MergeForm(DeedForm):
    """Into which of the entity's open reports this one goes, and if wished why."""

    into = forms.ChoiceField(
        label=_("The report that goes on"),
        error_messages={"required": _("Choose the report that goes on."), "invalid_choice": NOT_IN_LIST},
    )
    note = FreeText(label=_("Reason"), max_length=1000, widget=text_box(2), required=False)

    def __init__(self, *args: Any, twins: Iterable[Report] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.twins = {each.reference: each for each in twins}
        named = [(key, f"\u2066{key}\u2069 · {each.main_service.name}") for key, each in self.twins.items()]
        self.fields["into"].choices = [("", _("Choose a report")), *named]  # type: ignore[attr-defined]  # a ChoiceField

    @property
    def arguments(self) -> dict[str, Any]:
        return {
            "into": self.twins[self.cleaned_data["into"]],
            "note": self.cleaned_data["note"],
            **super().arguments,
        }


class SeverityForm(ReasonForm):
    """Another severity, and why."""

    severity = forms.TypedChoiceField(
        label=_("Severity"),
        coerce=int,
        widget=Chips,
        error_messages={"required": _("Choose the severity.")},
    )
    field_order = ["severity", "note"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = [(s.value, f"{s.label} (S{s.value})") for s in Severity if s != self.report.severity]
        self.fields["severity"].choices = others  # type: ignore[attr-defined]  # a ChoiceField

    @property
    def arguments(self) -> dict[str, Any]:
        return {"severity": self.cleaned_data["severity"], **super().arguments}


class ExtendWindowForm(ReasonForm):
    """The work goes on: until when, and why."""

    until = MomentField(label=_("New end"), offsets=(30, 60, 120), ahead=True)
    field_order = ["until", "note"]

    def clean_until(self) -> datetime:
        until: datetime = self.cleaned_data["until"]
        if until <= max(self.report.agreed_end or timezone.now(), timezone.now()):
            raise ValidationError(_("The new end lies after the agreed one, and in the future."), code="past")
        if self.report.window_start and until - self.report.window_start > LONGEST_WINDOW:
            raise ValidationError(
                _("A window lasts at most 72 hours. File longer work as several windows."), code="long"
            )
        return until

    @property
    def arguments(self) -> dict[str, Any]:
        return {"until": self.cleaned_data["until"], **super().arguments}


class CompleteForm(DeedForm):
    """The work is over: how it went, and since when."""

    outcome = forms.ChoiceField(
        label=_("Outcome"),
        choices=FinalReport.Outcome.choices,
        widget=ChoiceCards(
            sentences={
                FinalReport.Outcome.SUCCESS: _("Everything planned was done."),
                FinalReport.Outcome.PARTIAL: _("Part of it was done; the rest needs another window."),
                FinalReport.Outcome.ROLLED_BACK: _("The services run as they did before."),
            }
        ),
        error_messages={"required": _("Choose the outcome.")},
    )
    actual_end = MomentField(label=_("Ended at"), offsets=(0, -15, -30))
    message = FreeText(label=_("Remark"), required=False, max_length=1500, widget=text_box())

    def clean_actual_end(self) -> datetime | None:
        return self.past(
            "actual_end",
            not_before=self.report.actual_start,
            before=_("The work cannot have ended before it started."),
            future=_("The end lies in the future. Send this when the work is over."),
        )

    @property
    def arguments(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("outcome", "actual_end", "message")}


class NoteForm(DeedForm):
    """A private note of the authority."""

    text = FreeText(
        label=_("Note"),
        max_length=2000,
        widget=text_box(2),
        error_messages={"required": _("Write the note.")},
    )

    @property
    def arguments(self) -> dict[str, Any]:
        return {"text": self.cleaned_data["text"]}
