"""On what the entity's services rely, and who relies on them: declared by the consumer, confirmed by the provider."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from entities.decorators import PortalRequest, acting, requires
from entities.limits import SEARCH, limited
from entities.models import ServiceDependency
from entities.models.catalogue import ServiceDependencyQuerySet
from entities.permissions import Permission as P
from incidents import actions
from incidents.actions.dependencies import DependencyRefused
from incidents.forms.dependencies import PROVIDER, DeclareForm, DenyForm
from incidents.forms.services import read_numbers
from incidents.paging import Order, Page, page_of

SHOWN = 40
#: A page at a time, the oldest first: a new one never pushes what is being read.
OLDEST_FIRST = Order("dependencies", ("id",))
PAGE_OR_POST = ["GET", "HEAD", "POST"]
Strength = ServiceDependency.Strength


# --- What we rely on --------------------------------------------------------------------------------------
@require_http_methods(PAGE_OR_POST)
@requires(P.DEPENDENCY_KEEP)
def relies_on(request: PortalRequest) -> HttpResponse:
    """The list of what our services rely on, and the form that adds to it."""
    if request.method != "POST":
        return _relies_on_page(request, DeclareForm(entity=acting(request).entity))
    form = DeclareForm(request.POST, entity=acting(request).entity)
    if "find" in request.POST:
        return _relies_on_page(request, form.unjudged())
    if form.is_valid():
        said = form.cleaned_data
        try:
            link = actions.declare_dependency(
                consumer=said["consumer"], provider=said[PROVIDER], strength=said["strength"], by=request.user
            )
        except DependencyRefused as refusal:
            form.add_error(PROVIDER, str(refusal))
        else:
            names = {"consumer": link.consumer.name, "provider": link.provider.name}
            messages.success(request, _("Recorded: %(consumer)s relies on %(provider)s.") % names)
            return redirect("relies_on")
    return _relies_on_page(request, form, status=422)


def _relies_on_page(request: PortalRequest, form: DeclareForm, *, status: int = 200) -> HttpResponse:
    page = page_of(_consumed(request), order=OLDEST_FIRST, size=SHOWN, **_cursors(request))
    context = {"form": form, "links": page.rows, "page": _around(page)}
    return render(request, "incidents/relies_on.html", context, status=status)


@require_safe
@requires(P.DEPENDENCY_KEEP)
@limited(SEARCH)
def relies_on_search(request: PortalRequest) -> HttpResponse:
    """Other entities' services that hold the words, among the chips of the form."""
    widget: Any = DeclareForm(request.GET.copy(), entity=acting(request).entity).fields[PROVIDER].widget
    values = widget.value_from_datadict(request.GET, request.FILES, PROVIDER)
    context = widget.get_context(PROVIDER, values, {"id": f"id_{PROVIDER}"})
    return render(request, "forms/widgets/service_options.html", context)


@require_POST
@requires(P.DEPENDENCY_KEEP)
def dependency_weigh(request: PortalRequest, dependency: int) -> HttpResponse:
    """Our service stops without it, or works worse."""
    link = get_object_or_404(_consumed(request), pk=dependency)
    strength = request.POST.get("strength")
    if strength in Strength.values:
        actions.weigh_dependency(link, strength=strength, by=request.user)
        said = {"provider": link.provider.name, "strength": Strength(strength).label}
        messages.success(request, _("%(provider)s: %(strength)s.") % said)
    return redirect("relies_on")


@require_http_methods(PAGE_OR_POST)
@requires(P.DEPENDENCY_KEEP)
def dependency_remove(request: PortalRequest, dependency: int) -> HttpResponse:
    """Ask once more, then forget it."""
    link = get_object_or_404(_consumed(request), pk=dependency)
    if request.method == "POST":
        actions.remove_dependency(link, by=request.user)
        messages.success(request, _("The dependency is removed."))
        return redirect("relies_on")
    return render(request, "incidents/dependency_remove.html", {"link": link})


# --- Who relies on us ---------------------------------------------------------------------------------------
@require_safe
@requires(P.DEPENDENCY_KEEP)
def relied_on_by(request: PortalRequest) -> HttpResponse:
    """What waits for a word of ours, and what has one."""
    waiting = list(_provided(request).waiting(acting(request).entity).order_by("pk")[: SHOWN + 1])
    decided = _provided(request).exclude(state=ServiceDependency.State.DECLARED)
    page = page_of(decided, order=OLDEST_FIRST, size=SHOWN, **_cursors(request))
    context = {"waiting": waiting[:SHOWN], "more": len(waiting) > SHOWN, "decided": page.rows, "page": _around(page)}
    return render(request, "incidents/relied_on_by.html", context)


@require_POST
@requires(P.DEPENDENCY_KEEP)
def dependencies_confirm(request: PortalRequest) -> HttpResponse:
    """One, or all that the page showed: what has come since is not confirmed unseen."""
    shown = read_numbers(request.POST.getlist("dependency"))
    count = actions.confirm_dependencies(_provided(request).filter(pk__in=shown), by=request.user)
    if count:
        said = ngettext("%(n)d dependency is confirmed.", "%(n)d dependencies are confirmed.", count)
        messages.success(request, said % {"n": count})
    return redirect("relied_on_by")


@require_http_methods(PAGE_OR_POST)
@requires(P.DEPENDENCY_KEEP)
def dependency_deny(request: PortalRequest, dependency: int) -> HttpResponse:
    """Why it does not rely on us; it counts no more, and the consumer is told."""
    link = get_object_or_404(_provided(request), pk=dependency)
    form = DenyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            actions.deny_dependency(link, reason=form.cleaned_data["reason"], by=request.user)
        except DependencyRefused as refusal:
            messages.info(request, str(refusal))
        else:
            messages.success(request, _("The dependency is denied, and the consumer is told."))
        return redirect("relied_on_by")
    context = {"link": link, "form": form, "url": reverse("dependency_deny", args=[link.pk])}
    return render(request, "incidents/dependency_deny.html", context, status=422 if form.is_bound else 200)


def _consumed(request: PortalRequest) -> ServiceDependencyQuerySet:
    """On what the entity's services rely."""
    links = ServiceDependency.objects.visible_to(request.user).filter(consumer__entity=acting(request).entity)
    return links.select_related("consumer", "provider__entity")


def _provided(request: PortalRequest) -> ServiceDependencyQuerySet:
    """Which services rely on the entity's."""
    links = ServiceDependency.objects.visible_to(request.user).filter(provider__entity=acting(request).entity)
    return links.select_related("provider", "consumer__entity")


def _around(page: Page[ServiceDependency]) -> dict[str, str]:
    return {
        "previous_url": f"?before={page.before}" if page.before else "",
        "next_url": f"?after={page.after}" if page.after else "",
    }


def _cursors(request: PortalRequest) -> dict[str, str]:
    return {name: request.GET.get(name, "") for name in ("after", "before")}
