"""Reports and their history at the desk: looked at, never changed."""

from __future__ import annotations

from django.contrib import admin

from entities.admin import ReadOnlyAdmin
from incidents.models import Report, ReportEvent


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    list_display = ("reference", "kind", "entity", "main_service", "status", "severity", "submitted_at")
    list_filter = ("kind", "status", "severity")
    search_fields = ("reference", "search_text")
    fields = (
        "reference", "kind", "status", "phase", "severity", "severity_reasons", "reporter_capacity", "submitted_at",
        "restored_at", "internal_ref", "summary", "started_at", "detected_at", "symptom", "impact_level",
        "users_affected", "expected_restoration_at", "cyber_suspected", "window_start", "window_end", "title",
    )  # fmt: skip
    list_select_related = ("entity", "main_service")
    show_full_result_count = False


@admin.register(ReportEvent)
class ReportEventAdmin(ReadOnlyAdmin):
    list_display = ("report", "seq", "kind", "at", "recorded_at", "role", "entity_code")
    list_filter = ("kind",)
    search_fields = ("report__reference",)
    ordering = ("-id",)
    list_select_related = ("report",)
    show_full_result_count = False
