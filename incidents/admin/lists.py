"""The desk for the lists of answers and for days off."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from entities.admin import AuditedAdmin, ReadOnlyAdmin
from entities.models import AuditEvent
from incidents.models import Choice, FreezePeriod, Holiday


@admin.register(Choice)
class ChoiceAdmin(AuditedAdmin):
    audited_as = AuditEvent.Action.CONFIGURATION
    list_display = ("list", "code", "name_ar", "name_en", "order", "active")
    list_filter = ("list", "active")
    search_fields = ("code", "name_ar", "name_en")

    def get_readonly_fields(self, request: HttpRequest, obj: Choice | None = None) -> tuple[str, ...]:
        return ("list", "code", "parent") if obj else ()


@admin.register(Holiday)
class HolidayAdmin(ReadOnlyAdmin):
    """Looked at here; confirmed, moved and added on the page of the working calendar."""

    list_display = ("day", "kind", "name_ar", "name_en")
    list_filter = ("kind",)
    date_hierarchy = "day"


@admin.register(FreezePeriod)
class FreezePeriodAdmin(ReadOnlyAdmin):
    """Looked at here; kept on the page beside the working calendar."""

    list_display = ("first_day", "last_day", "name_ar", "name_en")
    date_hierarchy = "first_day"
