"""The desk for people and what they may act as."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from entities import national_id
from entities.admin.base import AuditedAdmin
from entities.fields import MobileField, NationalIDField
from entities.models import AuditEvent, Membership, User


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
