"""The filter of the security log: the address says it all."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from entities.models import AuditEvent, Entity, User
from entities.models.audit import AuditEventQuerySet
from entities.national_id import kept_out
from entities.text import western_digits

#: A name that fits more people than this is no name of a person.
MOST_PEOPLE = 200
YEARS = (2000, 2200)


class DayField(forms.DateField):
    """Year-month-day: the browser's own field shows another country's order in an Arabic page.

    A day of another calendar would find nothing, and is said to be one.
    """

    widget = forms.DateInput(
        format="%Y-%m-%d", attrs={"placeholder": "2026-11-25", "inputmode": "numeric", "dir": "ltr"}
    )

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(western_digits(str(value or "")))
        if day is not None and not YEARS[0] <= day.year < YEARS[1]:
            raise forms.ValidationError(_("Write a Gregorian date."))
        return day


class AuditFilter(forms.Form):
    action = forms.ChoiceField(
        label=_("Event"), required=False, choices=[("", _("All events")), *AuditEvent.Action.choices]
    )
    entity = forms.ModelChoiceField(
        Entity.objects.all(), label=_("Entity"), required=False, to_field_name="code", empty_label=_("All entities")
    )
    person = forms.CharField(
        label=_("Person"),
        required=False,
        max_length=100,
        widget=forms.TextInput({"placeholder": _("A name or an identifier."), "dir": "auto"}),
    )
    since = DayField(label=_("From day"), required=False)
    until = DayField(label=_("To day"), required=False)
    reference = forms.CharField(
        label=_("Reference"),
        required=False,
        max_length=60,
        widget=forms.TextInput({"placeholder": _("Of a report, or of a refused sign-in."), "dir": "auto"}),
    )

    use_required_attribute = False

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        since, until = said.get("since"), said.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day is before the first."))
        return said

    def narrow(self, log: AuditEventQuerySet) -> AuditEventQuerySet:
        """The lines that fit; none where the filter cannot be read, for it must not show more than was asked."""
        if not self.is_valid():
            return log.none()
        said = self.cleaned_data
        if said["action"]:
            log = log.filter(action=said["action"])
        if said["entity"]:
            log = log.filter(entity=said["entity"])
        if said["person"]:
            log = log.filter(person__in=_people(said["person"]))
        if said["since"]:
            log = log.filter(at__gte=_midnight(said["since"]))
        if said["until"]:
            log = log.filter(at__lt=_midnight(said["until"] + timedelta(days=1)))
        if said["reference"]:
            log = log.filter(data__reference=said["reference"].upper())
        return log

    @property
    def asked(self) -> dict[str, str]:
        """What is filtered by, as it stands in the address."""
        return {name: value for name in self.fields if (value := str(self[name].value() or "").strip())}

    def query(self, **more: str) -> str:
        return urlencode({**self.asked, **{name: value for name, value in more.items() if value}})

    @property
    def for_the_log(self) -> dict[str, str]:
        """What is filtered by, without a name or an ID: the log holds none."""
        said = {name: kept_out(value) for name, value in self.asked.items()}
        if "person" in said and _as_uuid(said["person"]) is None:
            said["person"] = "…"
        return said


def _people(words: str) -> list[UUID]:
    known = _as_uuid(words)
    if known is not None:
        return [known]
    named = Q()
    for word in words.split():
        named &= Q(name_ar__icontains=word) | Q(name_en__icontains=word)
    return list(User.objects.filter(named).values_list("public_id", flat=True)[:MOST_PEOPLE])


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
