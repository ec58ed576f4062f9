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
from entities.sessions import end_sessions_of


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


class MembershipForm(forms.ModelForm):
    """Whose role it is and where stays as it was: another role is another membership, and the old one ends."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["entity"].disabled = self.fields["role"].disabled = True


class MembershipInline(admin.StackedInline):
    model = Membership
    form = MembershipForm
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
    readonly_fields = ("identifier", "national_id_last4", "last_login", "mobile_masked", "email_masked")
    inlines = (MembershipInline,)

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = PersonForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        typed = ("name_ar", "name_en", "mobile", "email", "language", "is_active")
        if obj is None:
            return ("national_id", *typed)
        if not self.has_change_permission(request, obj):
            typed = ("name_ar", "name_en", "mobile_masked", "email_masked", "language", "is_active")
        return (*typed, "identifier", "national_id_last4", "last_login")

    @admin.display(description=_("Identifier in the security log"))
    def identifier(self, person: User) -> str:
        return str(person.public_id)

    @admin.display(description=_("Mobile"))
    def mobile_masked(self, person: User) -> str:
        return person.masked_mobile

    @admin.display(description=_("E-mail"))
    def email_masked(self, person: User) -> str:
        return person.masked_email

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        if not change:
            number = form.cleaned_data["national_id"]
            obj.national_id_digest, obj.national_id_last4 = national_id.digest(number), number[-4:]
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            end_sessions_of(obj, by=cast(User, request.user))

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
            if not Membership.objects.usable().filter(pk=membership.pk).exists():
                end_sessions_of(membership.user, membership=membership, by=cast(User, request.user))
