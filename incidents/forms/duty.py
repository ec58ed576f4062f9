"""What is asked about a shift of the duty roster, and about handing one over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from entities.fields import KeptText, MobileField
from entities.models import Membership
from entities.permissions import Role
from entities.widgets import Chips
from incidents.forms.moments import MomentField, Typed, read_moment
from incidents.models import DutyShift
from incidents.models.duty import TAKES

LONGEST = timedelta(days=14)
#: What of a shift is past once it runs.
AS_IT_BEGAN = ("role", "person", "starts_at")
TOO_LONG = _("A shift lasts at most two weeks. Check the day.")
NOT_IN_LIST = _("Choose one of the people shown.")


def people(*roles: Role) -> dict[str, Membership]:
    """Who may take a shift, by the key that the form sends."""
    found = Membership.objects.usable().in_roles(*roles).select_related("user")
    return {str(member.pk): member for member in sorted(found, key=lambda member: member.user.name)}


class PersonField(forms.ChoiceField):
    """One of the authority's people, each with her role."""

    default_error_messages = {"required": _("Choose who has the shift."), "invalid_choice": NOT_IN_LIST}

    def offer(self, members: dict[str, Membership]) -> None:
        said = [(key, f"{member.user.name} — {member.get_role_display()}") for key, member in members.items()]
        self.choices = [("", _("Choose a person")), *said]


class DutyPhoneField(MobileField):
    """The number that rings on duty: nobody's own."""

    def __init__(self, **kwargs: Any) -> None:
        hint = _("The mobile of the duty desk, 05XXXXXXXX. Everybody at the authority sees it.")
        super().__init__(label=_("Duty telephone"), help_text=hint, **kwargs)


class ShiftForm(forms.Form):
    """A shift: whose, as what, from when to when, by which telephone."""

    role = forms.ChoiceField(
        label=_("Duty"),
        choices=DutyShift.Post.choices,
        widget=Chips,
        error_messages={"required": _("Choose the duty."), "invalid_choice": _("Choose one of the answers shown.")},
    )
    person = PersonField(label=_("Who is on duty"))
    starts_at = MomentField(label=_("Starts at"), ahead=True)
    ends_at = MomentField(
        label=_("Ends at"), ahead=True, help_text=_("A time without a day is the first one after the start.")
    )
    phone = DutyPhoneField()

    def __init__(self, data: Any = None, *, shift: DutyShift | None = None, phone: str = "") -> None:
        initial: dict[str, Any] = {"role": DutyShift.Post.REVIEWER, "phone": phone}
        if shift:
            initial = {name: getattr(shift, name) for name in ("role", "starts_at", "ends_at", "phone")}
            initial["person"] = str(shift.person_id)
        super().__init__(data, initial=initial)
        self.people = people(*TAKES[Role.REVIEWER])
        self.fields["person"].offer(self.people)  # type: ignore[attr-defined]  # a PersonField

    def clean_person(self) -> Membership:
        return self.people[self.cleaned_data["person"]]

    def clean_ends_at(self) -> datetime | None:
        """An end without a day is read from the start on."""
        start, end = self.cleaned_data.get("starts_at"), self.cleaned_data.get("ends_at")
        typed = self["ends_at"].data
        if start and end and isinstance(typed, Typed) and not (typed.day or typed.date):
            end = read_moment(typed, now=start, ahead=True)
        if start and end and end <= start:
            raise ValidationError(_("The shift ends before it starts."), code="order")
        if start and end and end - start > LONGEST:
            raise ValidationError(TOO_LONG, code="long")
        if start:
            self.fields["ends_at"].widget.since = start
        return end

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        person, role = cleaned.get("person"), cleaned.get("role")
        if person and role and person.role not in TAKES[role]:
            self.add_error("person", ValidationError(_("Only a lead can be the lead on duty."), code="role"))
        return cleaned


class BegunShiftForm(ShiftForm):
    """A shift that has begun: who has it, as what and since when, stays as it is."""

    def __init__(self, data: Any = None, *, shift: DutyShift) -> None:
        super().__init__(data, shift=shift)
        self.shift = shift
        for name in AS_IT_BEGAN:
            del self.fields[name]
        self.fields["ends_at"].help_text = ""

    def clean_ends_at(self) -> datetime | None:
        end: datetime = self.cleaned_data["ends_at"]
        if end - self.shift.starts_at > LONGEST:
            raise ValidationError(TOO_LONG, code="long")
        return end

    def clean(self) -> dict[str, Any]:
        """With what stays; a form that was opened before the shift began says more than can be changed."""
        if any(name.startswith(AS_IT_BEGAN) for name in self.data):
            raise ValidationError(_("This shift has begun meanwhile: its end and its telephone can be changed."))
        return {**self.cleaned_data, **{name: getattr(self.shift, name) for name in AS_IT_BEGAN}}


class HandOverForm(forms.Form):
    """Who takes a running shift over until its planned end."""

    person = PersonField(label=_("Who takes over"))
    phone = DutyPhoneField()
    note = KeptText(
        label=_("Note"),
        max_length=200,
        help_text=_("Why, and what must be known. It stays in the security log."),
        error_messages={"required": _("Say why, in a few words.")},
    )

    def __init__(self, data: Any = None, *, shift: DutyShift) -> None:
        super().__init__(data, initial={"phone": shift.phone})
        takes = people(*TAKES[shift.role])
        self.people = {key: member for key, member in takes.items() if member.user_id != shift.person.user_id}
        self.fields["person"].offer(self.people)  # type: ignore[attr-defined]  # a PersonField

    def clean_person(self) -> Membership:
        return self.people[self.cleaned_data["person"]]
