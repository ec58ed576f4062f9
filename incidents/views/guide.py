"""The guide, and the catalogue of services."""

from __future__ import annotations

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from entities.decorators import PortalRequest, acting, public, requires
from entities.models import DigitalService, ServiceDependency
from entities.permissions import ROLE_SENTENCES, Permission
from incidents import handbook
from incidents.lifecycle import Status
from incidents.models import Policy
from incidents.rulebook import matrix
from incidents.severity import IMPACT_SENTENCES, Factor, Impact

DENIED = ServiceDependency.State.DENIED
#: So many of the links are shown among the services; the page that keeps them has all.
SHOWN = 50


@public
def guide(request: HttpRequest) -> HttpResponse:
    """What to do for each kind, who may do what, and the clocks and severities of the policy in force."""
    policy = Policy.objects.in_force()
    rules = policy.rules
    context = {
        "policy": policy,
        "clocks": handbook.clock_lines(rules),
        "telephoned": matrix.telephoned(rules),
        "severities": handbook.severity_lines(rules),
        "tier_points": [(DigitalService.Tier(int(key)).label, n) for key, n in handbook.points_of(rules, Factor.TIER)],
        "impact_points": [
            (Impact(key).label, IMPACT_SENTENCES[Impact(key)], n) for key, n in handbook.points_of(rules, Factor.IMPACT)
        ],
        "reach_points": [(int(key), n) for key, n in handbook.points_of(rules, Factor.USERS)],
        "roles": [(role.label, sentence) for role, sentence in ROLE_SENTENCES.items()],
        "statuses": list(Status),
    }
    return render(request, "incidents/guide.html", context)


@requires(Permission.CATALOGUE_VIEW)
def service_list(request: PortalRequest) -> HttpResponse:
    """One's own services with what relies on them, and what they rely on."""
    entity = acting(request).entity
    services = (
        DigitalService.objects.visible_to(request.user)
        .of(entity)
        .annotate(consumers=Count("relied_on_by", filter=~Q(relied_on_by__state=DENIED), distinct=True))
        .order_by("-is_active", "tier", "name_ar")
    )
    relies_on = (
        ServiceDependency.objects.visible_to(request.user)
        .filter(consumer__entity=entity)
        .select_related("consumer", "provider", "provider__entity")
        .order_by("provider__tier", "provider__name_ar")
    )
    keeps = request.user.may(Permission.DEPENDENCY_KEEP)
    context = {
        "services": services,
        "relies_on": relies_on[:SHOWN],
        "keeps": keeps,
        "waits": keeps and ServiceDependency.objects.visible_to(request.user).waiting(entity).exists(),
    }
    return render(request, "incidents/service_list.html", context)
