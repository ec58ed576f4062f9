"""The working calendar by year: read by the authority, confirmed, moved and completed by admins."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from entities.decorators import PortalRequest, fresh_sign_in, requires
from entities.permissions import Permission as P
from incidents import actions
from incidents.calendar import RAMADAN_HOURS, WORKING_HOURS
from incidents.errors import MoveRefused
from incidents.forms.holidays import ConfirmForm, NamedForm, PeriodForm
from incidents.rulebook.holidays import YEARS, Period, confirmed, find, proposed

AHEAD = 5  # years that may be looked at beyond this one


@requires(P.BOARD_VIEW)
@require_safe
def holiday_list(request: PortalRequest) -> HttpResponse:
    """A year's days off and Ramadan, with what is proposed and not confirmed yet."""
    known, chosen = confirmed(), chosen_year(request)
    periods = [*(period for period in known if period.is_in(chosen["year"])), *proposed(chosen["year"], known)]
    may_change = request.user.may(P.ADMINISTER)
    context = {
        **chosen,
        "crumbs": calendar_crumbs(),
        "lines": [(period, None if period.confirmed else _confirm_form(period)) for period in _in_order(periods)],
        "hours": WORKING_HOURS,
        "ramadan_hours": RAMADAN_HOURS,
        "may_change": may_change,
    }
    return render(request, "incidents/policies/holidays.html", context)


@requires(P.ADMINISTER)
@require_POST
@fresh_sign_in
def holiday_confirm(request: PortalRequest) -> HttpResponse:
    """A proposal counts from now on, on the days on which the moon has put it."""
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose one of the answers shown."))
        return redirect("holiday_list")
    said = form.cleaned_data
    period = find(proposed(said["was_first"].year, confirmed()), kind=said["was_kind"], first=said["was_first"])
    if period is None:
        messages.error(request, _("This is not proposed any more."))
        return redirect("holiday_list")
    first = period.first + timedelta(days=said["shift"])
    words: dict[str, Any] = {"kind": period.kind, "name_ar": period.name_ar, "name_en": period.name_en}
    try:
        actions.set_days(**words, first=first, days=period.days, by=request.user)
    except MoveRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Confirmed: %(name)s.") % {"name": period.name})
    return redirect(_page_of(first.year))


@requires(P.ADMINISTER)
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in
def holiday_set(request: PortalRequest) -> HttpResponse:
    """A period is moved, made longer or shorter, or added."""
    named = NamedForm(request.POST or request.GET)
    was = _named(named)
    if was is None and named["was_first"].value():
        messages.error(request, _("These days were changed meanwhile."))
        return redirect("holiday_list")
    form = PeriodForm(request.POST or None, period=was)
    if form.is_valid():
        try:
            actions.set_days(**form.said, replaces=was, by=request.user)
        except MoveRefused as refusal:
            form.add_error("first", str(refusal))
        else:
            messages.success(request, _("Saved. Clocks that run already keep their due moments."))
            return redirect(_page_of(form.said["first"].year))
    context = {"form": form, "period": was, "crumbs": calendar_crumbs((_("Days of the calendar"), ""))}
    return render(request, "incidents/policies/holiday.html", context, status=422 if form.errors else 200)


@requires(P.ADMINISTER)
@require_POST
@fresh_sign_in
def holiday_remove(request: PortalRequest) -> HttpResponse:
    period = _named(NamedForm(request.POST))
    if period is None:
        raise Http404
    try:
        actions.remove_days(period, by=request.user)
    except MoveRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("These are working days again: %(name)s.") % {"name": period.name})
    return redirect(_page_of(period.first.year))


def chosen_year(request: PortalRequest) -> dict[str, Any]:
    """The year that is looked at, this one where none is asked for, and those that may be."""
    now = timezone.localdate().year
    years = range(max(YEARS[0], now - 1), now + AHEAD + 1)
    asked = request.GET.get("year", "")
    return {"year": int(asked) if asked in {str(each) for each in years} else now, "years": years}


def calendar_crumbs(*below: tuple[str, str]) -> list[tuple[str, str]]:
    """The way down to the working calendar, and to what lies below it."""
    here = (_("Working calendar"), reverse("holiday_list") if below else "")
    return [(_("Policies"), reverse("policy_list")), here, *below]


def _named(form: NamedForm) -> Period | None:
    """The confirmed period that a form means, if it means one."""
    if not form.is_valid():
        return None
    return find(confirmed(), kind=form.cleaned_data["was_kind"], first=form.cleaned_data["was_first"])


def _confirm_form(period: Period) -> ConfirmForm:
    initial = {"was_kind": period.kind, "was_first": period.first}
    return ConfirmForm(initial=initial, auto_id=f"{period.kind}-{period.first:%Y%m%d}-%s")


def _in_order(periods: list[Period]) -> list[Period]:
    return sorted(periods, key=lambda period: (period.first, period.kind))


def _page_of(year: int) -> str:
    return f"{reverse('holiday_list')}?year={year}"
