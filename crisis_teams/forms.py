"""What is asked about the people of a team, and how each mistake is explained; what was typed right stays."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

import filetype
from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crisis_teams.actions import Person, Term
from crisis_teams.models import MAX_DECISION_BYTES
from entities import national_id
from entities.fields import DayField, KeptText, MobileField, NationalIDField
from entities.models import Membership
from entities.permissions import Role
from entities.text import clean
from entities.widgets import PhoneInput

# The person typed in is not the one who types: the browser must not fill in the latter's own data.
NOT_MINE = {"autocomplete": "off"}
AS_IN_THE_ID = _("As in the national ID or Iqama.")
#: What the content must be, by the extension the file carries.
DECISION_TYPES = {"pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg"}


class EmergencyForm(forms.Form):
    """The least that makes a director: three answers, in under a minute."""

    name_ar = KeptText(label=_("Full name"), max_length=200, help_text=AS_IN_THE_ID, widget=forms.TextInput(NOT_MINE))
    national_id = NationalIDField()
    mobile = MobileField(widget=PhoneInput(NOT_MINE), help_text=_("05XXXXXXXX, reachable day and night."))

    @property
    def person(self) -> Person:
        """Whom the form names; ask once it is valid."""
        typed = self.cleaned_data
        return Person(
            national_id=typed["national_id"],
            name_ar=typed["name_ar"],
            name_en=typed.get("name_en", ""),
            mobile=typed["mobile"],
            email=typed.get("email", ""),
        )


class PersonForm(EmergencyForm):
    """A person in full."""

    name_ar = KeptText(
        label=_("Name in Arabic"), max_length=200, help_text=AS_IN_THE_ID, widget=forms.TextInput(NOT_MINE)
    )
    name_en = KeptText(
        label=_("Name in English"),
        max_length=200,
        required=False,
        help_text=_("Shown on the English pages."),
        widget=forms.TextInput({**NOT_MINE, "dir": "ltr"}),
    )
    email = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(NOT_MINE), help_text=_("The address at your entity.")
    )

    field_order: tuple[str, ...] = ("national_id", "mobile", "name_ar", "name_en", "email")


class AppointmentForm(PersonForm):
    """A person and, where the appointment is for a time, its last day."""

    until = DayField(
        label=_("Last day of the term"),
        required=False,
        help_text=_("Such as 2026-11-22. Leave it empty when the term has no end."),
    )

    def clean_until(self) -> Any:
        until = self.cleaned_data["until"]
        if until and until < timezone.localdate():
            raise forms.ValidationError(_("The last day of the term has passed."))
        return until


class ReasonForm(forms.Form):
    """Why a membership ends: the team's history shows it."""

    reason = KeptText(
        label=_("Reason"),
        max_length=200,
        help_text=_("Such as: moved to another post. Everyone in the team sees it."),
    )


class RevealForm(forms.Form):
    """Why somebody's mobile and e-mail are needed in full: the security log keeps it, and the person sees it."""

    reason = KeptText(
        label=_("Reason"),
        max_length=200,
        help_text=_("Such as: no answer by mail. The person sees it on the page of their own data."),
        error_messages={"required": _("Say why, in a few words.")},
    )


class ReplacementForm(PersonForm, ReasonForm):
    """The successor and the reason."""

    field_order = (*PersonForm.field_order, "reason")


def _kept(masked: str) -> SafeString:
    kept = format_html('<bdi dir="ltr">{}</bdi>', masked)
    return format_html(gettext("Leave it empty to keep {kept}."), kept=kept)


class AmendmentForm(forms.Form):
    """Contact data, term and delegation of a membership. Mobile and e-mail are not shown in full: empty keeps them."""

    mobile = MobileField(required=False, label=_("New mobile"), widget=PhoneInput(NOT_MINE))
    email = forms.EmailField(required=False, label=_("New e-mail"), widget=forms.EmailInput(NOT_MINE))
    delegated = forms.BooleanField(
        required=False,
        label=_("May send updates"),
        help_text=_("A member prepares drafts; with this, the member sends updates on open reports as well."),
    )
    valid_from = DayField(required=False, label=_("First day of the term"), help_text=_("Such as 2026-11-22."))
    valid_to = DayField(
        required=False,
        label=_("Last day of the term"),
        help_text=_("Leave it empty when the term has no end."),
    )

    def __init__(self, data: Any = None, *, membership: Membership, may_set_term: bool) -> None:
        super().__init__(
            data,
            initial={
                "delegated": membership.delegated,
                "valid_from": membership.valid_from,
                "valid_to": membership.valid_to,
            },
        )
        if membership.user.mobile:
            self.fields["mobile"].help_text = _kept(membership.user.masked_mobile)
        if membership.user.email:
            self.fields["email"].help_text = _kept(membership.user.masked_email)
        if membership.role != Role.MEMBER:
            del self.fields["delegated"]
        if not may_set_term:
            del self.fields["valid_from"], self.fields["valid_to"]

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        first, last = typed.get("valid_from"), typed.get("valid_to")
        if first and last and last < first:
            self.add_error("valid_to", _("The term ends before it begins."))
        return typed

    @property
    def amendments(self) -> dict[str, Any]:
        """What `amend` is asked for; a field that this person may not set is not in it."""
        typed = dict(self.cleaned_data)
        if "valid_to" in self.fields:
            typed["term"] = Term(typed.pop("valid_from"), typed.pop("valid_to"))
        return typed


class DecisionForm(forms.Form):
    """The decision that formed the team, checked by what it is and not by what it is called."""

    reference = KeptText(label=_("Decision number"), max_length=60, help_text=_("As written on the decision."))
    day = DayField(label=_("Decision date"), help_text=_("Such as 2026-11-22."))
    upload = forms.FileField(
        label=_("Decision"),
        allow_empty_file=False,
        help_text=_("PDF, PNG or JPG, at most 10 MB."),
        widget=forms.FileInput({"accept": ".pdf,.png,.jpg,.jpeg"}),
    )

    def clean_day(self) -> Any:
        day = self.cleaned_data["day"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("The date of the decision lies in the future."))
        return day

    def clean_upload(self) -> UploadedFile[bytes]:
        """Refuse what is too large, or is not what its name says (`filetype` reads the first bytes)."""
        upload: UploadedFile[bytes] = self.cleaned_data["upload"]
        if (upload.size or 0) > MAX_DECISION_BYTES:
            raise forms.ValidationError(_("The file is larger than 10 MB."))
        upload.name = national_id.kept_out(clean(upload.name or ""))
        claimed = DECISION_TYPES.get(PurePath(upload.name).suffix.lower().lstrip("."))
        if claimed is None:
            raise forms.ValidationError(_("Attach a PDF, PNG or JPG file."))
        found = filetype.guess(upload.read(8192))
        upload.seek(0)
        if found is None or found.mime != claimed:
            raise forms.ValidationError(_("The content of this file is not what its name says."))
        upload.content_type = claimed
        return upload

    @property
    def decision(self) -> dict[str, Any]:
        """What `attach_decision` is asked for."""
        return {**self.cleaned_data, "content_type": self.cleaned_data["upload"].content_type}
