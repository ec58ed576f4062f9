"""The security log, looked at."""

from django.contrib import admin

from entities.admin.base import ReadOnlyAdmin
from entities.models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("entity", "seq", "at", "action", "role")
    list_filter = ("action",)
    list_select_related = ("entity",)
    search_fields = ("entity__code",)
