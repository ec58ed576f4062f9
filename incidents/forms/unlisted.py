"""A service that is not in the catalogue: named by whoever files, put right at the admins' desk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from entities.fields import CleanCharField, KeptText
from entities.models import DigitalService, Entity
from entities.text import search_form
from incidents.forms.fields import FreeText

FOUND = 20


class NamesUnlisted(forms.Form):
    """For the forms that ask whose service is down: one that is not in the catalogue is named, and filed at once.

    The name and the owner are shown once “not in the list” is chosen. Nothing is looked up and nothing is written:
    filing writes the service down, and the authority finds it in the catalogue afterwards.
    """

    unlisted_name = FreeText(
        label=_("Name of the service"),
        help_text=_("As you know it. The authority looks it up after you have filed."),
        max_length=120,
        error_messages={"required": _("Name the service, in a few words.")},
    )
    unlisted_owner = FreeText(
        label=_("Whose service is it?"),
        help_text=_("Leave it empty if you do not know."),
        required=False,
        max_length=120,
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        service = cleaned.get("provider_service")
        if service is None or service.listed:
            for name in ("unlisted_name", "unlisted_owner"):
                self.errors.pop(name, None)  # they are not shown then
            return cleaned
        service.name_ar, service.owner_named = cleaned.get("unlisted_name", ""), cleaned.get("unlisted_owner", "")
        return cleaned


class AdoptForm(forms.ModelForm):
    """Take it into the catalogue: whose it is, under which code and names, how important."""

    entity = forms.ModelChoiceField(Entity.objects.active(), label=_("Entity"))
    name_ar = KeptText(label=_("Arabic name"), max_length=200)
    name_en = KeptText(label=_("English name"), max_length=200, required=False)
    tier = forms.TypedChoiceField(label=_("Tier"), choices=DigitalService.Tier.choices, coerce=int)

    class Meta:
        model = DigitalService
        fields = ("entity", "code", "name_ar", "name_en", "tier", "users_per_day", "rto_minutes")

    def __init__(self, data: QueryDict | None = None, *, unlisted: DigitalService) -> None:
        super().__init__(data, initial={"name_ar": unlisted.name_ar, "tier": DigitalService.Tier.ORDINARY})
        self.order_fields(self.Meta.fields)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        entity, code = cleaned.get("entity"), cleaned.get("code")
        if entity and code and DigitalService.objects.of(entity).filter(code=code).exists():
            self.add_error("code", gettext("This entity has a service with this code already."))
        return cleaned


class IdentifyForm(forms.Form):
    """Which service of the catalogue was meant: found by its words, on the server."""

    q = CleanCharField(label=_("Search by service or entity"), required=False, max_length=100)
    service = forms.ModelChoiceField(
        DigitalService.objects.none(),
        label=_("Service"),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": _("Choose the service.")},
    )

    def __init__(self, data: QueryDict | None = None, *, words: str) -> None:
        super().__init__(data, initial={"q": words})
        field = self.fields["service"]
        field.queryset = DigitalService.objects.active().select_related("entity")  # type: ignore[attr-defined]
        field.label_from_instance = lambda each: f"{each.name} · {each.entity.name}"  # type: ignore[attr-defined]
        field.choices = [(each.pk, field.label_from_instance(each)) for each in likely_services(words)]  # type: ignore[attr-defined]


def likely_services(words: str) -> list[DigitalService]:
    """Services that hold every word; where there are none, those that hold the most of them."""
    services = DigitalService.objects.active().select_related("entity").order_by("tier", "name_ar")
    if found := list(services.matching(words)[:FOUND]):
        return found
    parts = [part for part in search_form(words).split() if len(part) > 2][:8]
    counted: dict[DigitalService, int] = {}
    for part in parts:
        for service in services.matching(part)[:FOUND]:
            counted[service] = counted.get(service, 0) + 1
    return sorted(counted, key=lambda service: -counted[service])[:FOUND]
