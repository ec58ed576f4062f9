"""What becomes of a version: copied, asked for, published by a second admin, sent back, thrown away."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from entities.decorators import PortalRequest, fresh_sign_in, requires
from entities.permissions import Permission as P
from incidents import actions
from incidents.actions.policies import may_publish
from incidents.errors import MoveRefused
from incidents.forms.policy_deeds import AskForm, CopyForm, SendBackForm
from incidents.models import Policy
from incidents.rulebook.changes import changes
from incidents.rulebook.gaps import lacking
from incidents.rulebook.versions import versions

PAGE_OR_POST = ["GET", "HEAD", "POST"]


@requires(P.ADMINISTER)
@require_http_methods(PAGE_OR_POST)
def policy_copy(request: PortalRequest, version: int) -> HttpResponse:
    """A new draft with the same lines, and its reason."""
    policy, form = get_object_or_404(Policy, version=version), CopyForm(request.POST or None)
    if form.is_valid():
        try:
            copy = actions.copy_policy(policy, reason=form.cleaned_data["reason"], by=request.user)
        except MoveRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Version %(n)s is a draft now.") % {"n": copy.version})
            return redirect("policy_edit", copy.version)
    context = {"policy": policy, "form": form}
    return render(request, "incidents/policies/copy.html", context, status=422 if form.errors else 200)


@requires(P.ADMINISTER)
@require_http_methods(PAGE_OR_POST)
@fresh_sign_in
def policy_ask(request: PortalRequest, version: int) -> HttpResponse:
    """Ask a second admin to publish the draft, from a moment on."""
    policy, form = get_object_or_404(Policy, version=version), AskForm(request.POST or None)
    if form.is_valid():
        try:
            actions.ask_publication(policy, effective_from=form.cleaned_data["effective_from"], by=request.user)
        except MoveRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Asked. The other admins are told; one of them publishes it."))
            return redirect("policy_page", version)
    in_force = Policy.objects.in_force()
    context = {
        "policy": policy,
        "form": form,
        "in_force": in_force,
        "changes": changes(in_force.rules, policy.rules),
        "lacking": lacking(policy),
    }
    return render(request, "incidents/policies/ask.html", context, status=422 if form.errors else 200)


@requires(P.ADMINISTER)
@require_safe
def policy_decision(request: PortalRequest, version: int) -> HttpResponse:
    """What would change, for the admin who publishes it or sends it back."""
    return _decision(request, _waiting(version), SendBackForm())


@requires(P.ADMINISTER)
@require_POST
@fresh_sign_in
def policy_publish(request: PortalRequest, version: int) -> HttpResponse:
    try:
        policy = actions.publish_policy(_waiting(version), by=request.user)
    except MoveRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Published: %(policy)s. It never changes any more.") % {"policy": policy})
    return redirect("policy_page", version)


@requires(P.ADMINISTER)
@require_POST
def policy_send_back(request: PortalRequest, version: int) -> HttpResponse:
    """Back to the draft, with what is to be changed; whoever asked may take it back so."""
    policy, form = _waiting(version), SendBackForm(request.POST)
    if not form.is_valid():
        return _decision(request, policy, form)
    try:
        actions.send_back_policy(policy, note=form.cleaned_data["note"], by=request.user)
    except MoveRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("It is a draft again."))
    return redirect("policy_page", version)


@requires(P.ADMINISTER)
@require_http_methods(PAGE_OR_POST)
def policy_discard(request: PortalRequest, version: int) -> HttpResponse:
    """Throw a draft away, after one question."""
    policy = get_object_or_404(Policy, version=version, published_at__isnull=True, asked_at__isnull=True)
    if request.method != "POST":
        return render(request, "incidents/policies/discard.html", {"policy": policy})
    try:
        actions.discard_policy(policy, by=request.user)
    except MoveRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("policy_page", version)
    messages.success(request, _("The draft was thrown away."))
    return redirect("policy_list")


def _waiting(version: int) -> Policy:
    return get_object_or_404(Policy, version=version, published_at__isnull=True, asked_at__isnull=False)


def _decision(request: PortalRequest, policy: Policy, form: SendBackForm) -> HttpResponse:
    """Beside what it would replace: not today's version, where another is in force by then."""
    replaced = Policy.objects.in_force(at=policy.effective_from)
    context = {
        "policy": policy,
        "form": form,
        "found": versions([policy], in_force=replaced)[0],
        "replaced": replaced,
        "changes": changes(replaced.rules, policy.rules),
        "may_publish": may_publish(policy, request.user),
    }
    return render(request, "incidents/policies/decision.html", context, status=422 if form.errors else 200)
