"""The policy at the desk is only looked at: it is read, drafted and published on the portal's own pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from entities.admin import ReadOnlyAdmin
from incidents.models import Policy


@admin.register(Policy)
class PolicyAdmin(ReadOnlyAdmin):
    """Leads to the page of the version, which two admins change together."""

    list_display = ("version", "effective_from", "published_at", "reason")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "POST":
            return super().change_view(request, object_id, form_url, extra_context)  # which refuses
        policy = self.get_object(request, unquote(object_id))  # None for what is no number
        return redirect("policy_page", policy.version) if policy else redirect("policy_list")
