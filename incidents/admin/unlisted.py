"""The queue of services that people named because the catalogue did not hold them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from entities.admin import ReadOnlyAdmin
from entities.models import User
from entities.permissions import Permission
from incidents import actions
from incidents.errors import MoveRefused
from incidents.forms.unlisted import AdoptForm, IdentifyForm
from incidents.models import Report, UnlistedService


@admin.register(UnlistedService)
class UnlistedServiceAdmin(ReadOnlyAdmin):
    """What people named because the catalogue does not hold it, with its two deeds: adopt it, or say which it is."""

    list_display = ("name_ar", "owner_named", "filed_by", "filed_at", "reports_count")
    search_fields = ("name_ar", "owner_named", "consumed_reports__reference")
    list_display_links = ("name_ar",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        first = Report.objects.filter(provider_service=OuterRef("pk")).order_by("pk")
        return (
            UnlistedService.objects.filter(listed=False, is_active=True)
            .annotate(
                filer_ar=Subquery(first.values("entity__name_ar")[:1]),
                filer_en=Subquery(first.values("entity__name_en")[:1]),
                filed=Subquery(first.values("submitted_at")[:1]),
                named_in=Count("consumed_reports", distinct=True),
            )
            .order_by("filed")
        )

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("filed",)  # who has waited longest comes first

    @admin.display(description=_("Filed by"), ordering="filer_ar")
    def filed_by(self, service: Any) -> str:
        arabic = (get_language() or "ar").startswith("ar")
        return (service.filer_ar if arabic or not service.filer_en else service.filer_en) or ""

    @admin.display(description=_("Filed at"), ordering="filed")
    def filed_at(self, service: Any) -> datetime | None:
        filed: datetime | None = service.filed
        return filed

    @admin.display(description=_("Reports"), ordering="named_in")
    def reports_count(self, service: Any) -> int:
        return int(service.named_in)

    def has_settle_permission(self, request: HttpRequest) -> bool:
        """Both deeds change the catalogue, and point reports at it."""
        return cast(User, request.user).may(Permission.ADMINISTER)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The two deeds on one page, each a form of its own."""
        unlisted = self.get_object(request, unquote(object_id))
        if unlisted is None or not self.has_view_permission(request, unlisted):
            return redirect("admin:incidents_unlistedservice_changelist")
        may = self.has_settle_permission(request)
        if request.method == "POST" and not may:
            raise PermissionDenied
        words = request.POST.get("q", request.GET.get("q", unlisted.name_ar))[:100]
        adopt = AdoptForm(request.POST if "adopt" in request.POST else None, unlisted=unlisted)
        identify = IdentifyForm(request.POST if "identify" in request.POST else None, words=words)
        for form, act in ((adopt, actions.adopt_service), (identify, actions.identify_service)):
            if form.is_bound and form.is_valid() and self._settled(request, unlisted, form, act):
                return redirect("admin:incidents_unlistedservice_changelist")
        return self._page(request, unlisted, adopt=adopt, identify=identify, may=may)

    def _settled(self, request: HttpRequest, unlisted: Any, form: forms.BaseForm, act: Callable[..., Any]) -> bool:
        answers = {name: value for name, value in form.cleaned_data.items() if name != "q"}
        try:
            service = act(unlisted, **answers, by=cast(User, request.user))
        except MoveRefused as refusal:
            form.add_error(None, str(refusal))
            return False
        said = _("The reports that named “%(typed)s” now name “%(service)s”.")
        self.message_user(request, said % {"typed": unlisted.name_ar, "service": service.name}, messages.SUCCESS)
        return True

    def _page(self, request: HttpRequest, unlisted: Any, *, may: bool, **shown: Any) -> HttpResponse:
        reports = Report.objects.filter(Q(provider_service=unlisted.pk) | Q(upstream_service=unlisted.pk))
        context = {
            **self.admin_site.each_context(request),
            **shown,
            "opts": self.opts,
            "title": unlisted.name_ar,
            "unlisted": unlisted,
            "reports": reports.select_related("entity").order_by("pk"),
            "may_settle": may,
        }
        failed = any(form.errors for form in shown.values())
        return TemplateResponse(request, "admin/incidents/unlisted.html", context, status=422 if failed else 200)
