"""The filter of the calendar, which is its URL, and of its feeds. A value that means nothing is left out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from entities.models import DigitalService, Entity, Sector, User
from entities.permissions import Permission
from entities.widgets import LongSelect
from incidents.windows import Choice

VIEWS = (
    ("month", pgettext_lazy("calendar", "Month")),
    ("week", pgettext_lazy("calendar", "Week")),
    ("agenda", pgettext_lazy("calendar", "Agenda")),
)


class CalendarFilter(forms.Form):
    """Which windows are shown: of one entity, one service, one sector, one tier."""

    entity = forms.ChoiceField(label=_("Entity"), required=False, widget=LongSelect)
    service = forms.TypedChoiceField(
        label=_("Service"), coerce=int, empty_value=None, required=False, widget=LongSelect
    )
    sector = forms.ChoiceField(label=_("Sector"), required=False)
    tier = forms.TypedChoiceField(
        label=_("Tier"), choices=DigitalService.Tier.choices, coerce=int, empty_value=None, required=False
    )

    def __init__(self, sent: Any, *, user: User) -> None:
        super().__init__(sent)
        self.user = user
        by_authority = user.may(Permission.BOARD_VIEW)
        services = list(self._services(by_authority))
        entities = self._entities(by_authority, services)
        self._offer("entity", [(each.code, each.name) for each in entities], _("Every entity"))
        if by_authority:  # hundreds of services: those of the entity that is chosen
            services = [each for each in services if each.entity.code == self["entity"].value()]
            self._offer("sector", [(each.code, each.name) for each in Sector.objects.all()], _("Every sector"))
        else:
            del self.fields["sector"]
        self._offer("service", [(each.pk, each.name) for each in services], _("Every service"))
        self._offer("tier", list(DigitalService.Tier.choices), _("Every tier"))
        if not services:
            del self.fields["service"]
        self.is_valid()

    def _services(self, by_authority: bool) -> list[DigitalService]:
        """What the windows of may be seen."""
        services = DigitalService.objects.visible_to(self.user).active().select_related("entity")
        if by_authority:
            chosen = self.data.get("entity", "")
            return list(services.filter(entity__code=chosen)) if chosen else []
        own = self.user.acting.entity if self.user.acting else None
        if own is None:
            return []
        theirs = DigitalService.objects.active().relied_on_by(own).select_related("entity")
        return [*services.of(own), *theirs]

    def _entities(self, by_authority: bool, services: list[DigitalService]) -> list[Entity]:
        if by_authority:
            return list(Entity.objects.visible_to(self.user).active())
        return sorted({service.entity for service in services}, key=lambda entity: entity.name)

    def _offer(self, name: str, options: list[tuple[Any, Any]], every: Any) -> None:
        self.fields[name].choices = [("", every), *options]  # type: ignore[attr-defined]  # they are ChoiceFields
        self.fields[name].widget.attrs |= {"class": "control", "aria-label": self.fields[name].label}

    @property
    def choice(self) -> Choice:
        return Choice(**{name: value for name, value in self.cleaned_data.items() if value not in ("", None)})

    @property
    def query(self) -> str:
        """What goes with every link of the page."""
        kept = {name: value for name, value in self.cleaned_data.items() if value not in ("", None)}
        return f"&{urlencode(kept)}" if kept else ""

    @property
    def feed_query(self) -> str:
        return self.query.replace("&", "?", 1)
