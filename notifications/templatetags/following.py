"""The button that follows a report, a service or an entity, wherever one stands."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from entities.models import DigitalService, Entity
from incidents.models import Report
from notifications.following import Following, following_of

register = template.Library()


@register.inclusion_tag("notifications/_follow.html", takes_context=True)
def follow_button(
    context: template.Context, target: Report | DigitalService | Entity, stops: bool | None = None
) -> dict[str, Any]:
    """`{% follow_button report %}`: nothing where she hears of it anyway, but a word of it beside a service."""
    request = context["request"]
    return button(request, target, following=following_of(request, request.user), stops=stops) | {
        "csrf_token": context.get("csrf_token")
    }


def button(
    request: HttpRequest,
    target: Report | DigitalService | Entity,
    *,
    following: Following,
    stops: bool | None = None,
) -> dict[str, Any]:
    """What the button's template needs."""
    follows = following.has(target)
    return {
        "url": address(target),
        "key": f"follow-{type(target).__name__.lower()}-{target.pk}",
        "label": label(target),
        "follows": follows,
        "automatic": not follows and following.is_told_anyway(target, stops=stops),
        "says_automatic": not isinstance(target, Report),
        "next": request.POST.get("next") or request.get_full_path(),
    }


def address(target: Report | DigitalService | Entity) -> str:
    match target:
        case Report():
            return reverse("follow_report", args=[target.reference])
        case DigitalService():
            return reverse("follow_service", args=[target.pk])
        case Entity():
            return reverse("follow_entity", args=[target.code])


def label(target: Report | DigitalService | Entity) -> str:
    """What is followed, for whoever hears the page."""
    match target:
        case Report():
            return _("the report %(reference)s") % {"reference": target.reference}
        case _other:
            return target.name
