"""Choosing services: the likely ones as chips, the others by search, on the server.

Without JavaScript the search is a button of the form, answered by the same page with what was found among its chips.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F, OuterRef, Subquery
from django.utils.datastructures import MultiValueDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from entities.models import DigitalService, Entity
from incidents.models import AffectedService

SHOWN = 8  # chips before one has to search
FOUND = 8
CHOSEN_AT_MOST = 50
NONE = "none"
UNLISTED = "unlisted"

Services = list[DigitalService]


def recent_services(entity: Entity) -> Services:
    """The entity's own active services, the last reported first; one more than is shown, to know whether to search."""
    last = (
        AffectedService.objects.filter(service=OuterRef("pk"), report__entity=entity).order_by("-pk").values("pk")[:1]
    )
    services = DigitalService.objects.of(entity).active().annotate(last=Subquery(last))
    return list(services.order_by(F("last").desc(nulls_last=True), "tier", "name_ar")[: SHOWN + 1])


def relied_on_services(entity: Entity) -> Services:
    """Other entities' services that ours rely on, the most important first."""
    services = DigitalService.objects.active().relied_on_by(entity).select_related("entity")
    return list(services.order_by("tier", "name_ar")[:SHOWN])


def find_services(words: str, *, entity: Entity, own: bool) -> Services:
    """The active services of the entity, or of all others, that hold every word."""
    words = " ".join(words[:100].split()[:6])
    if not words:
        return []
    services = DigitalService.objects.active().matching(words)
    services = services.of(entity) if own else services.not_of(entity).select_related("entity")
    return list(services.order_by("tier", "name_ar")[:FOUND])


def read_numbers(values: Iterable[Any]) -> list[int]:
    """The primary keys among what was posted, in its order."""
    texts = [str(value) for value in values][:CHOSEN_AT_MOST]
    return list(dict.fromkeys(int(text) for text in texts if text.isdecimal() and len(text) < 18))


class ServicePicker(forms.Widget):
    """Chips, and a search box. What is chosen stays among the chips whatever is searched."""

    template_name = "forms/widgets/service_picker.html"
    use_fieldset = True

    def __init__(
        self, *, own: bool, multiple: bool, none_label: str | Promise = "", unlisted_label: str | Promise = ""
    ) -> None:
        super().__init__()
        self.own, self.multiple = own, multiple
        self.none_label, self.unlisted_label = none_label, unlisted_label
        self.search_url = ""
        self.words = ""
        self.offered: Callable[[], Services] = list
        self.found: Callable[[str], Services] = lambda words: []
        self.known: Mapping[int, DigitalService] = {}

    def value_from_datadict(self, data: Mapping[str, Any], files: MultiValueDict[str, Any], name: str) -> list[str]:
        self.words = str(data.get(f"{name}_q") or "")[:100]
        values = data.getlist(name) if isinstance(data, MultiValueDict) else data.get(name) or []
        return [str(value) for value in values][:CHOSEN_AT_MOST]

    def id_for_label(self, id_: str | None) -> str:
        return ""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, None, attrs)
        values = [str(v) for v in value or []]
        chosen = [self.known[pk] for pk in read_numbers(values) if pk in self.known]
        offered, found = self.offered(), self.found(self.words) if self.words else []
        more = len(offered) > SHOWN or not self.own
        context["widget"] |= {
            "input_type": "checkbox" if self.multiple else "radio",
            "services": list(dict.fromkeys([*chosen, *found, *([] if found else offered[:SHOWN])])),
            "chosen": {service.pk for service in chosen},
            "with_entity": not self.own,
            "none_label": self.none_label,
            "none_chosen": NONE in values and not chosen,
            "unlisted_label": self.unlisted_label,
            "unlisted_chosen": UNLISTED in values and not chosen,
            "search_url": self.search_url if more or self.words else "",
            "words": self.words,
            "nothing_found": bool(self.words) and not found,
        }
        return context


class ServiceField(forms.Field):
    """One or several active services: of the entity itself (`own`), or of the others.

    The form gives `entity` and `known`, the services of all its fields read in one query. `none_label` is an answer of
    its own: “none yet”. So is `unlisted_label`: a service that no catalogue holds yet, which the form then names.
    Cleans to a list, or to one service or None where `multiple` is off.
    """

    widget: ServicePicker
    default_error_messages = {
        "required": _("Choose the service."),
        "foreign": _("Choose services of your own entity. For another entity's service there is a form of its own."),
        "own": _("This service is your own: report it as an outage of your own service."),
        "inactive": _("%(service)s is no longer active in the catalogue. Choose another service."),
        "unknown": _("Choose a service from the list."),
    }

    def __init__(
        self,
        *,
        own: bool = True,
        multiple: bool = True,
        none_label: str | Promise = "",
        unlisted_label: str | Promise = "",
        **kwargs: Any,
    ) -> None:
        picker = ServicePicker(own=own, multiple=multiple, none_label=none_label, unlisted_label=unlisted_label)
        # One form may ask for both: its summary says which of them is missing.
        missing = {} if own else {"required": _("Choose the other entity's service.")}
        super().__init__(widget=picker, error_messages=missing | kwargs.pop("error_messages", {}), **kwargs)
        self.own, self.multiple = own, multiple
        self.entity: Entity | None = None

    def bind(self, *, entity: Entity, known: Mapping[int, DigitalService], search_url: str) -> None:
        """Give the field its entity, and the widget what it offers."""
        self.entity, self.widget.known, self.widget.search_url = entity, known, search_url
        self.widget.offered = lambda: recent_services(entity) if self.own else relied_on_services(entity)
        self.widget.found = lambda words: find_services(words, entity=entity, own=self.own)

    def to_python(self, value: Any) -> Services | DigitalService | None:
        numbers = read_numbers(value or [])
        if any(str(v) != NONE for v in value or []) and not numbers:
            raise self._error("unknown")
        services = [self._checked(self.widget.known.get(number)) for number in numbers]
        if self.multiple:
            return services
        return services[0] if services else None

    def _checked(self, service: DigitalService | None) -> DigitalService:
        if service is None or self.entity is None:
            raise self._error("unknown")
        if (service.entity_id == self.entity.pk) != self.own:
            raise self._error("foreign" if self.own else "own")
        if not (service.is_active and service.entity.is_active):
            raise self._error("inactive", service=service.name)
        return service

    def _error(self, code: str, **params: Any) -> ValidationError:
        return ValidationError(self.error_messages[code], code=code, params=params)

    def validate(self, value: Any) -> None:
        """An empty list is no answer, unless “none yet” was chosen, which `clean` has seen."""
        if self.required and not value:
            raise self._error("required")

    def clean(self, value: Any) -> Any:
        if self.widget.none_label and list(value or []) == [NONE]:
            return []
        if self.widget.unlisted_label and list(value or []) == [UNLISTED]:
            return DigitalService(listed=False)
        return super().clean(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return True


def read_known(data: Mapping[str, Any] | None, fields: Sequence[str]) -> dict[int, DigitalService]:
    """Every service that the posted fields name, in one query."""
    if not isinstance(data, MultiValueDict):
        return {}
    numbers = {number for name in fields for number in read_numbers(data.getlist(name))}
    if not numbers:
        return {}
    return DigitalService.objects.listed().select_related("entity").in_bulk(numbers)
