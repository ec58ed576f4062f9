"""What every page of the desk shares: changes are written down, and nothing is deleted."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse

from entities.models import AuditEvent, Entity, User


class NamedLists(admin.ModelAdmin):
    """A list is headed by what it lists; Django's own heading bends no noun in Arabic."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = {"title": self.opts.verbose_name_plural}
        return super().changelist_view(request, {**title, **(extra_context or {})})


class AuditedAdmin(NamedLists):
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


class ReadOnlyAdmin(NamedLists):
    """Looked at, never changed here: its changes go through the actions."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
