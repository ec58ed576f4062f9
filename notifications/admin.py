"""The admins' desk for deliveries: looked at, and what failed is sent once more. The texts are not shown."""

from __future__ import annotations

from typing import cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from entities.admin import ReadOnlyAdmin
from entities.models import User
from entities.permissions import Permission
from notifications import actions
from notifications.models import Delivery


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "channel",
        "state",
        "attempts",
        "last_error",
        "created_at",
        "next_try_at",
        "sent_at",
        "delivered_at",
    )
    list_filter = ("state", "channel", "last_error")
    search_fields = ("id", "event__report__reference")
    ordering = ("-created_at",)
    fields = (*list_display, "person", "outside", "event", "notice")
    actions = ("retry",)
    show_full_result_count = False

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """An auditor looks, and sends nothing."""
        return cast(User, request.user).may(Permission.ADMINISTER)

    @admin.action(description=_("Send again what failed or was held back"), permissions=["retry"])
    def retry(self, request: HttpRequest, chosen: QuerySet[Delivery]) -> None:
        count = actions.retry(chosen, by=cast(User, request.user))
        said = ngettext("%(n)s message will be sent again.", "%(n)s messages will be sent again.", count)
        self.message_user(request, said % {"n": count}, messages.SUCCESS)
