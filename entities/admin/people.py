"""The desk for people and what they may act as."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from entities import national_id
from entities.admin.base import AuditedAdmin
from entities.fields import MobileField, NationalIDField
from entities.models import AuditEvent, Membership, User
from entities.permissions import AUTHORITY_ROLES
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


class KnownPersonForm(forms.ModelForm):
    """The desk does not show a mobile and an e-mail in full either: what is left empty stays."""

    mobile = MobileField(label=_("New mobile"), required=False)
    email = forms.EmailField(label=_("New e-mail"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept = {"mobile": self.instance.mobile, "email": self.instance.email}
        masked = {"mobile": self.instance.masked_mobile, "email": self.instance.masked_email}
        for name in self.kept.keys() & self.fields.keys():
            self.initial[name] = ""
            if masked[name]:
                shown = format_html('<bdi dir="ltr">{}</bdi>', masked[name])
                self.fields[name].help_text = format_html(gettext("Leave it empty to keep {kept}."), kept=shown)

    def clean_mobile(self) -> str:
        return str(self.cleaned_data["mobile"] or self.kept["mobile"])

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"] or self.kept["email"])


class MembershipForm(forms.ModelForm):
    """Whose role it is and where stays as it was: another role is another membership, and the old one ends."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.was = self.instance.status
        if self.instance.pk:
            self.fields["entity"].disabled = self.fields["role"].disabled = True

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("status") == Membership.Status.ENDED and self.was != Membership.Status.ENDED:
            self.instance.ended_at = timezone.now()
        if said.get("may_break_glass") and said.get("role") not in AUTHORITY_ROLES:
            self.add_error("may_break_glass", _("Emergency access is for the authority's own roles."))
        return said


class MembershipInline(admin.StackedInline):
    model = Membership
    form = MembershipForm
    fk_name = "user"
    extra = 0
    autocomplete_fields = ("entity",)
    fields = ("entity", "role", "status", "valid_from", "valid_to", "delegated", "may_break_glass", "ended_reason")
    can_delete = False

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Nobody gives emergency access to herself."""
        return ("may_break_glass",) if obj == request.user else ()


@admin.register(User)
class UserAdmin(AuditedAdmin):
    audited_as = AuditEvent.Action.MEMBERSHIP
    list_display = ("name_ar", "name_en", "national_id_last4", "is_active", "last_login")
    list_filter = ("is_active",)
    search_fields = ("name_ar", "name_en", "national_id_last4")
    readonly_fields = ("identifier", "national_id_last4", "last_login", "mobile_masked", "email_masked", "in_full")
    inlines = (MembershipInline,)

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = PersonForm if obj is None else KnownPersonForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        typed = ("name_ar", "name_en", "mobile", "email", "language", "is_active")
        if obj is None:
            return ("national_id", *typed)
        if not self.has_change_permission(request, obj):
            typed = ("name_ar", "name_en", "mobile_masked", "email_masked", "language", "is_active")
        return (*typed, "in_full", "identifier", "national_id_last4", "last_login")

    @admin.display(description=_("Identifier in the security log"))
    def identifier(self, person: User) -> str:
        return str(person.public_id)

    @admin.display(description=_("Mobile"))
    def mobile_masked(self, person: User) -> str:
        return person.masked_mobile

    @admin.display(description=_("E-mail"))
    def email_masked(self, person: User) -> str:
        return person.masked_email

    @admin.display(description=_("Contact"))
    def in_full(self, person: User) -> str:
        """Where the contact is shown in full, with a reason; of whoever belongs nowhere it is needed no more."""
        held = person.memberships.exclude(status=Membership.Status.ENDED).first()
        if held is None:
            return "—"
        return format_html('<a href="{}">{}</a>', reverse("team_contact", args=[held.pk]), gettext("Show in full"))

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
                may_break_glass=membership.may_break_glass,
            )
            by = cast(User, request.user)
            if not Membership.objects.usable().filter(pk=membership.pk).exists():
                end_sessions_of(membership.user, membership=membership, by=by)
            elif not membership.may_break_glass:
                end_sessions_of(membership.user, membership=membership, opened="by_break_glass", by=by)
