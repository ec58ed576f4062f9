"""Freeze periods by year: read by the authority, kept by admins."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from entities.decorators import PortalRequest, fresh_sign_in, requires
from entities.permissions import Permission as P
from incidents import actions
from incidents.errors import MoveRefused
from incidents.forms.freezes import FreezeForm
from incidents.models import FreezePeriod
from incidents.rulebook.freezes import kept, proposed
from incidents.views.holidays import calendar_crumbs, chosen_year


@requires(P.BOARD_VIEW)
@require_safe
def freeze_list(request: PortalRequest) -> HttpResponse:
    """A year's freeze periods, and what is proposed for it."""
    known, chosen = list(kept()), chosen_year(request)
    year = chosen["year"]
    context = {
        **chosen,
        "crumbs": calendar_crumbs((_("Freeze periods"), "")),
        "periods": [each for each in known if year in {each.first_day.year, each.last_day.year}],
        "proposals": proposed(year, known),
        "may_change": request.user.may(P.ADMINISTER),
    }
    return render(request, "incidents/policies/freezes.html", context)


@requires(P.ADMINISTER)
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in
def freeze_add(request: PortalRequest) -> HttpResponse:
    """A new period; a link from a proposal brings its names and days along."""
    brought = {name: request.GET[name][:200] for name in FreezeForm.base_fields if name in request.GET}
    return _edit(request, FreezeForm(request.POST or None, initial=brought))


@requires(P.ADMINISTER)
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in
def freeze_change(request: PortalRequest, freeze: int) -> HttpResponse:
    """Other days, another name, other services."""
    period = get_object_or_404(kept(), pk=freeze)
    return _edit(request, FreezeForm(request.POST or None, freeze=period), period)


@requires(P.ADMINISTER)
@require_POST
@fresh_sign_in
def freeze_remove(request: PortalRequest, freeze: int) -> HttpResponse:
    period = get_object_or_404(kept(), pk=freeze)
    actions.remove_freeze(period, by=request.user)
    messages.success(request, _("Removed: %(name)s.") % {"name": period.name})
    return redirect(_page_of(period.first_day.year))


def _edit(request: PortalRequest, form: FreezeForm, period: FreezePeriod | None = None) -> HttpResponse:
    if form.is_valid():
        said: dict[str, Any] = form.cleaned_data
        try:
            saved = actions.keep_freeze(**said, freeze=period, by=request.user)
        except MoveRefused as refusal:
            form.add_error("first_day", str(refusal))
        else:
            messages.success(request, _("Kept: %(name)s.") % {"name": saved.name})
            return redirect(_page_of(saved.first_day.year))
    crumbs = calendar_crumbs((_("Freeze periods"), reverse("freeze_list")), (_("Freeze period"), ""))
    context = {"form": form, "period": period, "crumbs": crumbs}
    return render(request, "incidents/policies/freeze.html", context, status=422 if form.errors else 200)


def _page_of(year: int) -> str:
    return f"{reverse('freeze_list')}?year={year}"
