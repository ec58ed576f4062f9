"""The security log, looked at."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from entities.admin.base import ReadOnlyAdmin
from entities.models import AuditEvent, User
from entities.permissions import Permission


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """An admin is shown the changes of crisis teams (entities/row_security.py), and is told that this is not all."""

    list_display = ("entity", "seq", "at", "action", "role")
    list_select_related = ("entity",)
    search_fields = ("entity__code",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        lines = super().get_queryset(request)
        return lines if _reads_all(request) else lines.filter(action=AuditEvent.Action.TEAM)

    def get_list_filter(self, request: HttpRequest) -> tuple[str, ...]:
        return ("action",) if _reads_all(request) else ()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        part = "" if _reads_all(request) else _("Changes of crisis teams only: the whole log is read by auditors.")
        return super().changelist_view(request, {**(extra_context or {}), "subtitle": part})


def _reads_all(request: HttpRequest) -> bool:
    return cast(User, request.user).may(Permission.AUDIT_VIEW)
