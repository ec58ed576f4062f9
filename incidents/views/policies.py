"""The policy to be read: its versions, one version as tables. Changed by admins, read by all of the authority."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from entities.decorators import PortalRequest, requires
from entities.models import DigitalService
from entities.permissions import Permission as P
from incidents.forms.policy_deeds import TryForm
from incidents.lifecycle import ReportKind, Severity
from incidents.models import Policy
from incidents.rulebook import matrix
from incidents.rulebook.changes import changes
from incidents.rulebook.preview import last_month, owed
from incidents.rulebook.versions import versions

#: An outage of a critical service, high: what is tried before anything is chosen.
FIRST_TRY = {"kind": ReportKind.OWN_OUTAGE, "severity": Severity.S2, "tier": DigitalService.Tier.CRITICAL}


@requires(P.BOARD_VIEW)
@require_safe
def policy_list(request: PortalRequest) -> HttpResponse:
    """Every version, the newest first."""
    in_force = Policy.objects.in_force()
    found = versions(list(Policy.objects.order_by("-version")), in_force=in_force)
    context = {"versions": found, "in_force": in_force, "may_change": request.user.may(P.ADMINISTER)}
    return render(request, "incidents/policies/list.html", context)


@requires(P.BOARD_VIEW)
@require_safe
def policy_page(request: PortalRequest, version: int) -> HttpResponse:
    """One version as tables that can be printed."""
    policy = get_object_or_404(Policy, version=version)
    in_force = Policy.objects.in_force()
    rules = policy.rules
    context = {
        "policy": policy,
        "found": versions([policy], in_force=in_force)[0],
        "in_force": in_force,
        "clock_tables": matrix.clock_tables(rules),
        "reminders": matrix.reminders(rules),
        "telephoned": matrix.telephoned(rules),
        "alarms": matrix.alarms(policy.alarm_rules.all()),
        "points": matrix.points(rules),
        "severities": Severity.values,
        "may_change": request.user.may(P.ADMINISTER),
    }
    return render(request, "incidents/policies/page.html", context)


@requires(P.BOARD_VIEW)
@require_safe
def policy_changes(request: PortalRequest, version: int, other: int) -> HttpResponse:
    """What differs between two versions, in words."""
    old, new = get_object_or_404(Policy, version=version), get_object_or_404(Policy, version=other)
    context = {"old": old, "policy": new, "changes": changes(old.rules, new.rules)}
    return render(request, "incidents/policies/changes.html", context)


@requires(P.BOARD_VIEW)
@require_safe
def policy_preview(request: PortalRequest, version: int) -> HttpResponse:
    """What a report filed now would owe under it and under the version in force; last month's reports under both."""
    policy, in_force, now = get_object_or_404(Policy, version=version), Policy.objects.in_force(), timezone.now()
    form = TryForm(request.GET if "kind" in request.GET else FIRST_TRY)
    before, after = in_force.rules, policy.rules
    context = {
        "policy": policy,
        "in_force": in_force,
        "same": policy.pk == in_force.pk,
        "form": form,
        "case": form.case,
        "owed": owed(form.case, before=before, after=after, at=now),
        "month": last_month(request.user, before=before, after=after, at=now),
        "at": now,
    }
    return render(request, "incidents/policies/preview.html", context)
