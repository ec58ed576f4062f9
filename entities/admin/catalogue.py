"""The desk for sectors, entities, services and who relies on whom."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from entities.admin.base import AuditedAdmin
from entities.admin.spreadsheets import SpreadsheetAdmin
from entities.importing import EntityImport, ServiceImport
from entities.importing.catalogue import read_codes
from entities.models import DigitalService, Entity, Sector, ServiceDependency
from entities.widgets import LtrInput


@admin.register(Sector)
class SectorAdmin(AuditedAdmin):
    list_display = ("code", "name_ar", "name_en")
    search_fields = ("code", "name_ar", "name_en")

    def get_readonly_fields(self, request: HttpRequest, obj: Sector | None = None) -> tuple[str, ...]:
        return ("code",) if obj else ()  # files and filters know it by its code


@admin.register(Entity)
class EntityAdmin(SpreadsheetAdmin):
    importing = EntityImport
    list_display = ("name_ar", "name_en", "code", "kind", "sector", "is_active")
    list_filter = ("kind", "sector", "is_active")
    search_fields = ("code", "abbreviation", "name_ar", "name_en")
    list_select_related = ("sector",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entity]:
        return Entity.objects.known()

    def get_readonly_fields(self, request: HttpRequest, obj: Entity | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("is_fictional",)
        # Without the authority nobody could enter this desk again.
        return ("code", "kind", "is_fictional", *(["is_active"] if obj.is_authority else []))

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """There is one authority; nobody adds another."""
        if db_field.name == "kind":
            kwargs["choices"] = [choice for choice in Entity.Kind.choices if choice[0] != Entity.Kind.REGULATOR]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Entity, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        DigitalService.objects.of(obj).write_search_text()

    def entity_of(self, obj: Entity) -> Entity:
        return obj


class CodesField(forms.CharField):
    """A list of codes as one types it, with spaces between them."""

    widget = LtrInput

    def prepare_value(self, value: Any) -> Any:
        return " ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]  # a list, not a text
        return read_codes(super().to_python(value) or "")


class DigitalServiceForm(forms.ModelForm):
    channels = CodesField(
        label=_("Channels"), required=False, help_text=_("Codes of the list, with spaces between them.")
    )
    beneficiaries = CodesField(
        label=_("Beneficiaries"), required=False, help_text=_("Codes of the list, with spaces between them.")
    )


@admin.register(DigitalService)
class DigitalServiceAdmin(SpreadsheetAdmin):
    importing = ServiceImport
    form = DigitalServiceForm
    list_display = ("name_ar", "name_en", "entity", "tier", "users_per_day", "rto_minutes", "is_active")
    list_filter = ("tier", "is_active", "entity__sector")
    search_fields = ("search_text", "code")
    autocomplete_fields = ("entity",)
    list_select_related = ("entity",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[DigitalService]:
        """The catalogue; what people named has a queue of its own."""
        return DigitalService.objects.listed()

    def get_readonly_fields(self, request: HttpRequest, obj: DigitalService | None = None) -> tuple[str, ...]:
        return ("entity", "code") if obj else ()

    def save_model(self, request: HttpRequest, obj: DigitalService, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        DigitalService.objects.filter(pk=obj.pk).write_search_text()

    def entity_of(self, obj: DigitalService) -> Entity:
        return obj.entity


@admin.register(ServiceDependency)
class ServiceDependencyAdmin(AuditedAdmin):
    list_display = ("consumer", "provider", "strength", "state")
    list_filter = ("strength", "state")
    autocomplete_fields = ("consumer", "provider")
    search_fields = ("consumer__search_text", "provider__search_text")
    list_select_related = ("consumer", "provider")
    fields = ("consumer", "provider", "strength", "state", "denial_reason", "decided_at")

    def get_readonly_fields(self, request: HttpRequest, obj: ServiceDependency | None = None) -> tuple[str, ...]:
        """What the provider said is the provider's, and of this pair of services alone."""
        return ("state", "denial_reason", "decided_at", *(("consumer", "provider") if obj else ()))

    def entity_of(self, obj: ServiceDependency) -> Entity:
        return obj.consumer.entity
