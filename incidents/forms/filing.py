"""What the forms of the kinds share: entity, key, moments, the draft's text, and the answers for the action."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from entities import national_id
from entities.models import DigitalService, Entity
from incidents.actions import Answers
from incidents.forms.fields import MomentField, ServiceField, fill_lists
from incidents.forms.moments import TOLERANCE, Typed, chip_value, said_back
from incidents.forms.services import read_known
from incidents.lifecycle import ReportKind

#: An older date is a slip of the keyboard, or of the calendar (1448).
OLDEST = timedelta(days=366)
FARTHEST = timedelta(days=731)


class FilingForm(forms.Form):
    """A form of one kind. It creates nothing: `answers` is what the action files.

    `at` is the moment of filing; of the call or the paper for what was told before, which `told` names: without `at` it
    is not given yet. `on_behalf` is the code of the entity a reviewer writes for, and goes with every search.
    """

    kind: ClassVar[ReportKind]
    #: The questions on the face, and those folded under “details already filled”.
    face: ClassVar[tuple[str, ...]]
    folded: ClassVar[tuple[str, ...]]

    key = forms.UUIDField(required=False, widget=forms.HiddenInput)
    opened_at = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        entity: Entity,
        at: datetime | None = None,
        told: str = "",
        on_behalf: str = "",
        initial: dict[str, Any] | None = None,
    ) -> None:
        self.entity, self.at, self.told = entity, at or timezone.now(), told
        self.awaits_moment = bool(told) and at is None
        opened = {"key": uuid.uuid4(), "opened_at": chip_value(self.at)}
        super().__init__(data, initial={**opened, **(initial or {})})
        self.cleaned_data: dict[str, Any] = {}
        self.order_fields([*self.face, *self.folded])
        pickers = [name for name, field in self.fields.items() if isinstance(field, ServiceField)]
        known = read_known(data, pickers) | self._known_initial(pickers)
        for name, field in self.fields.items():
            if isinstance(field, MomentField):
                field.now = self.at
            elif isinstance(field, ServiceField):
                url = reverse("service_search" if field.own else "provider_search")
                field.bind(entity=entity, known=known, search_url=f"{url}?field={name}&on_behalf={on_behalf}")
        fill_lists(self.fields.values())

    def _known_initial(self, pickers: Iterable[str]) -> dict[int, DigitalService]:
        """Services that the page proposes: their numbers become the boxes' values."""
        known: dict[int, DigitalService] = {}
        for name in pickers:
            services = self.initial.get(name) or []
            known |= {service.pk: service for service in services}
            self.initial[name] = [service.pk for service in services]
        return known

    # --- The page -----------------------------------------------------------------------------------------
    @property
    def face_fields(self) -> Iterator[BoundField]:
        return (self[name] for name in self.face)

    @property
    def folded_fields(self) -> Iterator[BoundField]:
        return (self[name] for name in self.folded if name in self.fields)

    @property
    def folded_wrong(self) -> bool:
        """A mistake in a folded field unfolds them."""
        return any(name in self.errors for name in self.folded)

    @property
    def folded_words(self) -> list[str]:
        """What the folded details say already, in a few words."""
        return []

    @property
    def echoes(self) -> list[tuple[str, str]]:
        """The id and the words of every moment, for the page to say back."""
        return [
            (
                f"{self[name].auto_id}_echo",
                said_back(moment, now=self.at, since=field.widget.since)
                if (moment := self.cleaned_data.get(name))
                else "",
            )
            for name, field in self.fields.items()
            if isinstance(field, MomentField)
        ]

    def unjudged(self) -> FilingForm:
        """Read what is there, and keep the complaints: a draft, or a form still being filled, may be half."""
        self.full_clean()
        self._errors = ErrorDict()
        return self

    # --- The draft ----------------------------------------------------------------------------------------
    @property
    def draft_key(self) -> uuid.UUID:
        """The key that was posted; a new one where it is missing or forged."""
        return read_key(self["key"].value())

    @property
    def typed(self) -> dict[str, list[str]]:
        """The raw text as a draft keeps it: this form's fields only, ID numbers taken out."""
        data = self.data if isinstance(self.data, QueryDict) else QueryDict()
        kept = {
            name: [national_id.kept_out(value) for value in data.getlist(name)] for name in self._names(self.fields)
        }
        return {name: values for name, values in kept.items() if any(values) and name != "key"}

    @property
    def is_blank(self) -> bool:
        """Whether none of the questions on the face is answered yet."""
        typed = self.typed
        return not any(name in typed for name in self._names(self.face))

    def _names(self, fields: Iterable[str]) -> Iterator[str]:
        for name in fields:
            yield name
            if isinstance(self.fields[name], MomentField):
                yield from (f"{name}_{part}" for part in ("day", "date", "time"))

    # --- What it says -------------------------------------------------------------------------------------
    @property
    def opened(self) -> datetime:
        """When the form was opened: the moment of detection unless somebody says otherwise."""
        try:
            opened = datetime.fromisoformat(str(self["opened_at"].value()))
        except ValueError:
            return self.at
        if opened.tzinfo is None or not timedelta(0) <= self.at - opened <= OLDEST:
            return self.at
        return opened

    @property
    def affected(self) -> list[tuple[DigitalService, str]]:
        """The services with their impact, as far as both are answered."""
        raise NotImplementedError

    @property
    def provider(self) -> DigitalService | None:
        """The other entity's service; one that the catalogue does not hold as soon as it is named, as yet unsaved."""
        service: DigitalService | None = self.cleaned_data.get("provider_service")
        return service if service and service.name_ar else None

    @property
    def start(self) -> datetime:
        """When the outage or the works begin. Only of a valid form."""
        start: datetime = self.cleaned_data["window_start" if self.kind == ReportKind.MAINTENANCE else "started_at"]
        return start

    @property
    def draft_service(self) -> DigitalService | None:
        """The first service chosen: there is one draft of a kind for it. One outside the catalogue is no row yet."""
        services = [service for service, _impact in self.affected] or self.cleaned_data.get("services") or [None]
        return self.provider if self.provider and self.provider.listed else services[0]

    def answers(self) -> Answers:
        """What the action files. Only of a valid form."""
        raise NotImplementedError

    # --- Checks that the kinds share ------------------------------------------------------------------------
    def past(self, name: str, *, future: str) -> datetime | None:
        """A moment that lies behind us: at most five minutes ahead of our clock, and then it is now."""
        moment: datetime | None = self.cleaned_data.get(name)
        if moment is None:
            return None
        if moment > self.at + TOLERANCE:
            raise ValidationError(future, code="future")
        if moment < self.at - OLDEST:
            raise ValidationError(_("This is more than a year ago. Check the date (Gregorian)."), code="old")
        return min(moment, self.at)

    def ahead(self, name: str) -> datetime | None:
        """A moment that lies before us, within two years."""
        moment: datetime | None = self.cleaned_data.get(name)
        if moment is not None and moment <= self.at:
            raise ValidationError(_("This time has passed."), code="past")
        if moment is not None and moment > self.at + FARTHEST:
            raise ValidationError(_("This is more than two years ahead. Check the date (Gregorian)."), code="far")
        return moment

    def raw(self, name: str) -> Typed:
        """A moment as it was typed."""
        typed = self[name].data
        return typed if isinstance(typed, Typed) else Typed()

    def filled(self, *names: str) -> dict[str, Any]:
        """The columns of these names, those without an answer left to the model's default."""
        return {name: value for name in names if (value := self.cleaned_data.get(name)) not in (None, "", [])}


def read_key(value: object) -> uuid.UUID:
    """A key as the page sent it; a new one where it is missing or forged."""
    try:
        return uuid.UUID(str(value))
    except ValueError:
        return uuid.uuid4()
