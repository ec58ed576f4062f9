"""What is asked about a dependency: which service relies on which and how much, and why an owner denies it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.forms.utils import ErrorDict
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from entities.fields import KeptText
from entities.models import DigitalService, Entity, ServiceDependency
from entities.widgets import Chips
from incidents.forms.services import ServiceField, read_known

PROVIDER = "provider_service"
SEARCH_URL = reverse_lazy("relies_on_search")


class DeclareForm(forms.Form):
    """One's own service, another entity's on which it relies, and what happens without that."""

    consumer = forms.ModelChoiceField(
        label=_("Our service"),
        queryset=DigitalService.objects.none(),
        empty_label=_("Choose a service"),
        error_messages={"required": _("Choose the service."), "invalid_choice": _("Choose a service from the list.")},
    )
    provider_service = ServiceField(label=_("Relies on"), own=False, multiple=False)
    strength = forms.ChoiceField(
        label=_("If that one is down, ours"),
        choices=ServiceDependency.Strength.choices,
        widget=Chips,
        error_messages={"required": _("Choose one of the answers shown.")},
    )

    def __init__(self, data: Any = None, *, entity: Entity) -> None:
        super().__init__(data, initial={"strength": ServiceDependency.Strength.HARD})
        consumer: Any = self.fields["consumer"]
        consumer.queryset = services_of(entity)
        consumer.label_from_instance = lambda service: service.name
        field: Any = self.fields[PROVIDER]
        field.bind(entity=entity, known=read_known(data, [PROVIDER]), search_url=str(SEARCH_URL))

    def unjudged(self) -> DeclareForm:
        """As it stands, without a word about what is missing: something is only searched for."""
        self.full_clean()
        self._errors = ErrorDict()
        return self


def services_of(entity: Entity) -> QuerySet[DigitalService]:
    """The entity's own active services, in the order of the catalogue."""
    return DigitalService.objects.of(entity).active()


class DenyForm(forms.Form):
    """Why the consumer does not rely on the service; the consumer reads it."""

    reason = KeptText(
        label=_("Why"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The consumer reads it in the portal."),
        error_messages={"required": _("Say why: the consumer reads it.")},
    )
