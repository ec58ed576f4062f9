"""A draft of the policy, line by line. Whoever saves names the draft that she read; nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from entities.decorators import PortalRequest, requires
from entities.permissions import Permission as P
from incidents import actions
from incidents.errors import MoveRefused, StalePolicy
from incidents.forms.policy import AlarmForm, DraftForm, MarkForm, PointsForm, RuleForm
from incidents.handbook import said
from incidents.lifecycle import ClockKind
from incidents.models import Policy
from incidents.rulebook import matrix, words
from incidents.rulebook.gaps import lacking

PAGE_OR_POST = ["GET", "HEAD", "POST"]


@requires(P.ADMINISTER)
@require_safe
def policy_edit(request: PortalRequest, version: int) -> HttpResponse:
    """Every line of a draft, to be changed or taken out, and what it still lacks."""
    policy = _draft(version)
    lines: dict[str, list[Any]] = {}
    for row in policy.clock_rules.order_by("clock", "kind", "severity", "tier", "emergency"):
        rule = row.as_rule
        lines.setdefault(str(ClockKind(row.clock).label), []).append((row, words.counts_for(rule), said(rule)))
    marks: dict[str, list[Any]] = {}
    for mark in policy.reminder_marks.order_by("clock", "percent", "minutes"):
        line = matrix.reminder_line(mark.as_mark)
        marks.setdefault(str(ClockKind(mark.clock).label), []).append((mark, line))
    context = {
        "policy": policy,
        "rules": lines,
        "marks": marks,
        "alarms": matrix.alarms(policy.alarm_rules.all()),
        "points": matrix.points(policy.rules),
        "lacking": lacking(policy),
    }
    return render(request, "incidents/policies/edit.html", context)


@requires(P.ADMINISTER)
@require_http_methods(PAGE_OR_POST)
def policy_rule(request: PortalRequest, version: int, rule: int | None = None) -> HttpResponse:
    """One line of the clocks, new or to be changed."""
    policy = _draft(version)
    row = get_object_or_404(policy.clock_rules, pk=rule) if rule is not None else None
    form = RuleForm(request.POST or None, policy=policy, rule=row)

    def save(seen: int) -> object:
        return actions.save_rule(policy, form.written(), seen=seen, by=request.user)

    return _form_page(request, form, save, template="rule", title=_("A line of the clocks"))


@requires(P.ADMINISTER)
@require_http_methods(PAGE_OR_POST)
def policy_mark(request: PortalRequest, version: int, mark: int | None = None) -> HttpResponse:
    """One reminder, new or to be changed."""
    policy = _draft(version)
    row = get_object_or_404(policy.reminder_marks, pk=mark) if mark is not None else None
    form = MarkForm(request.POST or None, policy=policy, mark=row)

    def save(seen: int) -> object:
        return actions.save_mark(policy, form.written(), seen=seen, by=request.user)

    return _form_page(request, form, save, template="mark", title=_("A reminder"))


@requires(P.ADMINISTER)
@require_http_methods(PAGE_OR_POST)
def policy_alarm(request: PortalRequest, version: int, alarm_rule: int | None = None) -> HttpResponse:
    """One line of the silent-outage alarm, new or to be changed."""
    policy = _draft(version)
    row = get_object_or_404(policy.alarm_rules, pk=alarm_rule) if alarm_rule is not None else None
    form = AlarmForm(request.POST or None, policy=policy, alarm=row)

    def save(seen: int) -> object:
        return actions.save_alarm(policy, form.written(), seen=seen, by=request.user)

    return _form_page(request, form, save, template="alarm", title=_("A line of the suspected outages"))


@requires(P.ADMINISTER)
@require_http_methods(PAGE_OR_POST)
def policy_points(request: PortalRequest, version: int) -> HttpResponse:
    """How severity is weighed."""
    policy = _draft(version)
    form = PointsForm(request.POST or None, policy=policy)

    def save(seen: int) -> object:
        return actions.save_points(policy, form.points, seen=seen, by=request.user)

    return _form_page(request, form, save, template="points", title=_("Points of the severity"))


@requires(P.ADMINISTER)
@require_POST
def policy_rule_remove(request: PortalRequest, version: int, rule: int) -> HttpResponse:
    policy = _draft(version)
    return _remove(request, policy, get_object_or_404(policy.clock_rules, pk=rule))


@requires(P.ADMINISTER)
@require_POST
def policy_mark_remove(request: PortalRequest, version: int, mark: int) -> HttpResponse:
    policy = _draft(version)
    return _remove(request, policy, get_object_or_404(policy.reminder_marks, pk=mark))


@requires(P.ADMINISTER)
@require_POST
def policy_alarm_remove(request: PortalRequest, version: int, alarm_rule: int) -> HttpResponse:
    policy = _draft(version)
    return _remove(request, policy, get_object_or_404(policy.alarm_rules, pk=alarm_rule))


def _draft(version: int) -> Policy:
    """The draft; a version that waits or is published has no such page."""
    return get_object_or_404(Policy, version=version, published_at__isnull=True, asked_at__isnull=True)


def _form_page(
    request: PortalRequest, form: DraftForm, save: Callable[[int], object], *, template: str, title: str
) -> HttpResponse:
    status = 422
    if form.is_valid():
        try:
            save(form.cleaned_data["seen"])
        except StalePolicy as refusal:
            form.look_again(Policy.objects.get(pk=form.policy.pk))
            form.add_error(None, str(refusal))
            status = 409
        except MoveRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Saved in the draft."))
            return redirect("policy_edit", form.policy.version)
    context = {"policy": form.policy, "form": form, "title": title}
    return render(request, f"incidents/policies/{template}.html", context, status=status if form.errors else 200)


def _remove(request: PortalRequest, policy: Policy, row: Any) -> HttpResponse:
    seen = request.POST.get("seen", "")
    try:
        actions.remove_row(policy, row, seen=int(seen) if seen.isdecimal() else -1, by=request.user)
    except MoveRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Taken out of the draft."))
    return redirect("policy_edit", policy.version)
