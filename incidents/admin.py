"""The admins' desk for rules and lists. Reports and their history are looked at, never changed here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from entities.admin import AuditedAdmin, ReadOnlyAdmin
from entities.models import AuditEvent
from incidents.models import Choice, ClockRule, Holiday, Policy, ReminderMark, Report, ReportEvent, SeverityRule


class PublishedInline(admin.TabularInline):
    """The rows of a policy: open while it is not published, closed for ever after."""

    extra = 0

    def _is_open(self, policy: Policy | None) -> bool:
        return policy is None or policy.published_at is None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_open(obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_open(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_open(obj)


class ClockRuleInline(PublishedInline):
    model = ClockRule


class ReminderMarkInline(PublishedInline):
    model = ReminderMark


class SeverityRuleInline(PublishedInline):
    model = SeverityRule


@admin.register(Policy)
class PolicyAdmin(AuditedAdmin):
    """A published version is never edited: reports keep the version they were filed under."""

    audited_as = AuditEvent.Action.CONFIGURATION
    list_display = ("version", "effective_from", "published_at")
    inlines = (ClockRuleInline, ReminderMarkInline, SeverityRuleInline)

    def has_change_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.published_at is None)


@admin.register(Choice)
class ChoiceAdmin(AuditedAdmin):
    audited_as = AuditEvent.Action.CONFIGURATION
    list_display = ("list", "code", "name_ar", "name_en", "order", "active")
    list_filter = ("list", "active")
    search_fields = ("code", "name_ar", "name_en")

    def get_readonly_fields(self, request: HttpRequest, obj: Choice | None = None) -> tuple[str, ...]:
        return ("list", "code", "parent") if obj else ()


@admin.register(Holiday)
class HolidayAdmin(AuditedAdmin):
    audited_as = AuditEvent.Action.CONFIGURATION
    list_display = ("day", "kind", "name_ar", "name_en")
    list_filter = ("kind",)
    date_hierarchy = "day"

    def has_delete_permission(self, request: HttpRequest, obj: Holiday | None = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    list_display = ("reference", "kind", "entity", "main_service", "status", "severity", "submitted_at")
    list_filter = ("kind", "status", "severity")
    search_fields = ("reference", "search_text")
    list_select_related = ("entity", "main_service")
    show_full_result_count = False


@admin.register(ReportEvent)
class ReportEventAdmin(ReadOnlyAdmin):
    list_display = ("report", "seq", "kind", "at", "recorded_at", "role", "entity_code")
    list_filter = ("kind",)
    search_fields = ("report__reference",)
    list_select_related = ("report",)
    show_full_result_count = False
