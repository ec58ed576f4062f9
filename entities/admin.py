"""The admins' desk: entities, people and the catalogue. What history points at is never deleted, only switched off."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from entities import national_id
from entities.fields import MobileField, NationalIDField
from entities.models import AuditEvent, DigitalService, Entity, Membership, Sector, ServiceDependency, User


class AuditedAdmin(admin.ModelAdmin):
    """Every change at the desk is a line of the security log, and nothing is deleted."""

    audited_as = AuditEvent.Action.CATALOGUE

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self.record(request, obj, changed=form.changed_data, change=change)

    def record(self, request: HttpRequest, obj: models.Model, *, changed: list[str], change: bool) -> None:
        """Which row, and which of its fields; never their values, which may be personal."""
        AuditEvent.record(
            self.audited_as,
            entity=self.entity_of(obj),
            by=cast(User, request.user),
            model=obj._meta.model_name,
            pk=str(obj.pk),
            fields=changed,
            added=not change,
        )

    def entity_of(self, obj: Any) -> Entity | None:
        """Whose chain the line goes into; the authority's by default."""
        return None


class ReadOnlyAdmin(admin.ModelAdmin):
    """Looked at, never changed here: its changes go through the actions."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Sector)
class SectorAdmin(AuditedAdmin):
    list_display = ("code", "name_ar", "name_en")
    search_fields = ("code", "name_ar", "name_en")


@admin.register(Entity)
class EntityAdmin(AuditedAdmin):
    list_display = ("name_ar", "name_en", "code", "kind", "sector", "is_active")
    list_filter = ("kind", "sector", "is_active")
    search_fields = ("code", "abbreviation", "name_ar", "name_en")
    list_select_related = ("sector",)

    def get_readonly_fields(self, request: HttpRequest, obj: Entity | None = None) -> tuple[str, ...]:
        return ("code", "kind", "is_fictional") if obj else ("is_fictional",)

    def save_model(self, request: HttpRequest, obj: Entity, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        DigitalService.objects.of(obj).write_search_text()

    def entity_of(self, obj: Entity) -> Entity:
        return obj


@admin.register(DigitalService)
class DigitalServiceAdmin(AuditedAdmin):
    list_display = ("name_ar", "name_en", "entity", "tier", "users_per_day", "rto_minutes", "is_active")
    list_filter = ("tier", "is_active", "entity__sector")
    search_fields = ("search_text", "code")
    autocomplete_fields = ("entity",)
    list_select_related = ("entity",)

    def get_readonly_fields(self, request: HttpRequest, obj: DigitalService | None = None) -> tuple[str, ...]:
        return ("entity", "code") if obj else ()

    def save_model(self, request: HttpRequest, obj: DigitalService, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        DigitalService.objects.filter(pk=obj.pk).write_search_text()

    def entity_of(self, obj: DigitalService) -> Entity:
        return obj.entity


@admin.register(ServiceDependency)
class ServiceDependencyAdmin(AuditedAdmin):
    list_display = ("consumer", "provider", "strength", "verified")
    list_filter = ("strength", "verified")
    autocomplete_fields = ("consumer", "provider")
    search_fields = ("consumer__search_text", "provider__search_text")
    list_select_related = ("consumer", "provider")

    def entity_of(self, obj: ServiceDependency) -> Entity:
        return obj.consumer.entity


class PersonForm(forms.ModelForm):
    """A new person is registered with her ID, of which the digest and the last four digits are kept."""

    national_id = NationalIDField(label=_("National ID or iqama"))
    mobile = MobileField(label=_("Mobile"))

    class Meta:
        model = User
        fields = ("name_ar", "name_en", "mobile", "email", "language", "is_active")

    def clean_national_id(self) -> str:
        number: str = self.cleaned_data["national_id"]
        if User.objects.known_as(national_id.digests(number)).exists():
            raise forms.ValidationError(_("A person with this ID is registered already."))
        return number


class MembershipInline(admin.TabularInline):
    model = Membership
    fk_name = "user"
    extra = 0
    autocomplete_fields = ("entity",)
    fields = ("entity", "role", "status", "valid_from", "valid_to", "delegated", "ended_reason")
    can_delete = False


@admin.register(User)
class UserAdmin(AuditedAdmin):
    audited_as = AuditEvent.Action.MEMBERSHIP
    list_display = ("name_ar", "name_en", "national_id_last4", "is_active", "last_login")
    list_filter = ("is_active",)
    search_fields = ("name_ar", "name_en", "national_id_last4")
    readonly_fields = ("public_id", "national_id_last4", "last_login")
    inlines = (MembershipInline,)

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = PersonForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        typed = ("name_ar", "name_en", "mobile", "email", "language", "is_active")
        return (*typed, "public_id", "national_id_last4", "last_login") if obj else ("national_id", *typed)

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        if not change:
            number = form.cleaned_data["national_id"]
            obj.national_id_digest, obj.national_id_last4 = national_id.digest(number), number[-4:]
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: forms.ModelForm, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        for membership in [*formset.new_objects, *(row for row, _fields in formset.changed_objects)]:
            AuditEvent.record(
                AuditEvent.Action.MEMBERSHIP,
                entity=membership.entity,
                by=cast(User, request.user),
                membership=membership.pk,
                role=membership.role,
                status=membership.status,
            )


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("entity", "seq", "at", "action", "role")
    list_filter = ("action",)
    list_select_related = ("entity",)
    search_fields = ("entity__code",)
