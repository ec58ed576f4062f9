"""One's own data: the page, the copy to take along, the request for a correction."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from entities.decorators import PortalRequest, fresh_sign_in, signed_in
from entities.limits import EXPORTS, limited
from entities.models import AuditEvent
from notifications.addresses import failing_channels
from outage_portal.my_data.actions import ask_correction
from outage_portal.my_data.forms import CorrectionForm
from outage_portal.my_data.reading import MyData, as_file


@signed_in
@never_cache
@require_safe
def my_data(request: PortalRequest) -> HttpResponse:
    return _page(request, CorrectionForm())


@signed_in
@never_cache
@require_POST
@fresh_sign_in
@limited(EXPORTS)
def my_data_copy(request: PortalRequest) -> HttpResponse:
    """A copy for a machine, for whoever has just shown who she is."""
    content = as_file(MyData(request.user))
    acting = request.user.acting
    AuditEvent.record(AuditEvent.Action.OWN_DATA, entity=acting.entity if acting else None, by=request.user)
    response = JsonResponse(content, json_dumps_params={"ensure_ascii": False, "indent": 2})
    name = f"my-data-{timezone.localdate():%Y-%m-%d}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@signed_in
@never_cache
@require_POST
def my_data_correction(request: PortalRequest) -> HttpResponse:
    form = CorrectionForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    if ask_correction(form.cleaned_data["what"], by=request.user):
        messages.success(request, _("Asked. Whoever corrects it is told, and will reach you."))
    else:
        messages.info(request, _("You have asked for this today already."))
    return redirect("my_data")


def _page(request: PortalRequest, form: CorrectionForm) -> HttpResponse:
    context = {"mine": MyData(request.user), "form": form, "failing": failing_channels(request.user)}
    return render(request, "outage_portal/my_data.html", context, status=422 if form.errors else 200)
