"""The team's page and its deeds. Appointing is the IT leader's; keeping the data true is the director's as well."""

from __future__ import annotations

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header, url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crisis_teams import actions
from crisis_teams.errors import TeamRefused
from crisis_teams.forms import (
    AmendmentForm,
    AppointmentForm,
    DecisionForm,
    EmergencyForm,
    ReasonForm,
    ReplacementForm,
)
from crisis_teams.history import history
from crisis_teams.models import CrisisTeam
from crisis_teams.readiness import readiness
from entities.decorators import PortalRequest, acting, fresh_sign_in, requires
from entities.limits import REVEALS, UPLOADS, limited
from entities.models import AuditEvent, Entity, Membership
from entities.models.people import MembershipQuerySet
from entities.permissions import ROLE_SENTENCES, TEAM_ROLES, Permission, Role

PAGE_OR_POST = ["GET", "HEAD", "POST"]


# --- Reading ----------------------------------------------------------------------------------------------
@require_safe
@requires(Permission.TEAM_VIEW)
def team(request: PortalRequest, entity_code: str = "") -> HttpResponse:
    """The team of one's own entity; of any other one for the authority, read only."""
    if not entity_code:
        return _team_page(request, acting(request).entity)
    return _team_page(request, get_object_or_404(Entity.objects.visible_to(request.user), code=entity_code))


@require_POST
@requires(Permission.TEAM_VIEW)
@fresh_sign_in
@limited(REVEALS)
def team_decision_file(request: PortalRequest, entity_code: str) -> HttpResponse:
    """The decision, for download only: whatever it holds, no browser runs it here. It names people: the log tells."""
    attached = CrisisTeam.objects.visible_to(request.user).exclude(decision_file="")
    found = get_object_or_404(attached.select_related("entity"), entity__code=entity_code)
    try:
        with found.decision_file.open("rb") as file:
            content = file.read()
    except FileNotFoundError as error:
        raise Http404 from error
    AuditEvent.record(AuditEvent.Action.EXPORTED, entity=found.entity, by=request.user, model="crisisteam")
    headers = {
        "Content-Disposition": content_disposition_header(True, found.decision_name) or "attachment",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return HttpResponse(content, content_type=found.decision_type, headers=headers)


# --- Appointing: the IT leader -----------------------------------------------------------------------------
@sensitive_post_parameters("national_id")
@require_POST
@requires(Permission.TEAM_APPOINT)
@fresh_sign_in
def team_emergency(request: PortalRequest) -> HttpResponse:
    """A director at once, from three answers, for an entity that nobody can report for."""
    entity, form = acting(request).entity, EmergencyForm(request.POST)
    if form.is_valid():
        try:
            director = actions.emergency_appoint(entity, form.person, by=request.user)
        except TeamRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _appointed(request, director, form.person)
    return _team_page(request, entity, emergency=form)


@sensitive_post_parameters("national_id")
@require_http_methods(PAGE_OR_POST)
@requires(Permission.TEAM_APPOINT)
@fresh_sign_in
def team_appoint(request: PortalRequest, role: Role) -> HttpResponse:
    """A new person for a role of the team."""
    entity, form = acting(request).entity, AppointmentForm(request.POST or None)
    if form.is_valid():
        try:
            until = form.cleaned_data["until"]
            membership = actions.appoint(entity, role, form.person, until=until, by=request.user)
        except TeamRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _appointed(request, membership, form.person)
    context = {"form": form, "role": role, "sentence": ROLE_SENTENCES[role]}
    return render(request, "crisis_teams/appoint.html", context, status=_status(form))


@sensitive_post_parameters("national_id")
@require_http_methods(PAGE_OR_POST)
@requires(Permission.TEAM_APPOINT)
@fresh_sign_in
def team_replace(request: PortalRequest, membership: int) -> HttpResponse:
    """A successor for somebody of the team, in one step, so that no gap opens."""
    leaving, form = get_object_or_404(_people(request), pk=membership), ReplacementForm(request.POST or None)
    if form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            successor = actions.replace(leaving, form.person, reason=reason, by=request.user)
        except TeamRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _appointed(request, successor, form.person)
    context = {"form": form, "role": Role(leaving.role), "leaving": leaving}
    return render(request, "crisis_teams/appoint.html", context, status=_status(form))


@require_http_methods(PAGE_OR_POST)
@requires(Permission.TEAM_APPOINT)
@fresh_sign_in
def team_retire(request: PortalRequest, membership: int) -> HttpResponse:
    """The end of a membership, with its reason."""
    leaving, form = get_object_or_404(_people(request), pk=membership), ReasonForm(request.POST or None)
    if form.is_valid():
        try:
            actions.retire(leaving, reason=form.cleaned_data["reason"], by=request.user)
        except TeamRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Membership ended: %(name)s.") % {"name": leaving.user.name})
            return redirect("team")
    return render(request, "crisis_teams/retire.html", {"form": form, "leaving": leaving}, status=_status(form))


# --- Keeping the data true: director, alternate and IT leader -------------------------------------------------
@require_http_methods(PAGE_OR_POST)
@requires(Permission.TEAM_MANAGE)
@fresh_sign_in
def team_member(request: PortalRequest, membership: int) -> HttpResponse:
    """One person of the team: contact data, delegation and, for the IT leader, the term."""
    member = get_object_or_404(_people(request).exclude(status=Membership.Status.ENDED), pk=membership)
    appoints = request.user.may(Permission.TEAM_APPOINT)
    form = AmendmentForm(request.POST or None, membership=member, may_set_term=appoints)
    if form.is_valid():
        try:
            actions.amend(member, **form.amendments, by=request.user)
        except TeamRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Saved: %(name)s.") % {"name": member.user.name})
            return redirect("team")
    gives = acting(request).role in actions.GIVES_THE_DIRECTION
    context = {"form": form, "member": member, "appoints": appoints, "gives_direction": gives}
    return render(request, "crisis_teams/member.html", context, status=_status(form))


@require_http_methods(PAGE_OR_POST)
@requires(Permission.TEAM_MANAGE)
@fresh_sign_in
def team_hand_over(request: PortalRequest, membership: int) -> HttpResponse:
    """The direction goes to an alternate: one question, one button."""
    alternates = _people(request).in_roles(Role.ALTERNATE, Role.DIRECTOR)
    alternate = get_object_or_404(alternates, pk=membership)
    if request.method != "POST":
        return render(request, "crisis_teams/hand_over.html", {"alternate": alternate})
    try:
        director = actions.hand_over(alternate, by=request.user)
    except TeamRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(name)s directs the team now.") % {"name": director.user.name})
    return redirect("team")


@require_POST
@requires(Permission.TEAM_MANAGE)
def team_register(request: PortalRequest) -> HttpResponse:
    """The team exists from now on: one tap, on the way to a report."""
    actions.register_team(acting(request).entity, by=request.user)
    messages.success(request, _("The crisis team is registered."))
    onward = request.POST.get("next", "")
    is_path = onward.startswith("/") and url_has_allowed_host_and_scheme(onward, allowed_hosts=None)
    return redirect(onward if is_path else "team")


@require_POST
@requires(Permission.TEAM_MANAGE)
def team_confirm(request: PortalRequest) -> HttpResponse:
    """The contact data is right: one tap."""
    teams = CrisisTeam.objects.visible_to(request.user).select_related("entity")
    actions.confirm_team(get_object_or_404(teams, entity=acting(request).entity_id), by=request.user)
    messages.success(request, _("The contact data is confirmed for 90 days."))
    return redirect("team")


@require_http_methods(PAGE_OR_POST)
@requires(Permission.TEAM_MANAGE)
@limited(UPLOADS)
def team_decision(request: PortalRequest) -> HttpResponse:
    """The decision that formed the team: number, date and file."""
    teams = CrisisTeam.objects.visible_to(request.user).select_related("entity")
    found = get_object_or_404(teams, entity=acting(request).entity_id)
    form = DecisionForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        actions.attach_decision(found, **form.decision, by=request.user)
        messages.success(request, _("The decision is attached."))
        return redirect("team")
    return render(request, "crisis_teams/decision.html", {"form": form, "team": found}, status=_status(form))


# --- What the views share -----------------------------------------------------------------------------------
def _people(request: PortalRequest) -> MembershipQuerySet:
    """The team of the entity one acts in: whoever acts for the authority sees others' teams, and changes none."""
    people = Membership.objects.visible_to(request.user).in_roles(*TEAM_ROLES)
    return people.filter(entity=acting(request).entity_id).select_related("user", "entity")


def _team_page(request: PortalRequest, entity: Entity, emergency: EmergencyForm | None = None) -> HttpResponse:
    own = entity.pk == acting(request).entity_id
    ready = readiness(entity)
    appoints = own and request.user.may(Permission.TEAM_APPOINT)
    if emergency is None and appoints and not ready.has_filer:
        emergency = EmergencyForm()
    context = {
        "entity": entity,
        "own": own,
        "ready": ready,
        "history": history(entity),
        "appoints": appoints,
        "manages": own and request.user.may(Permission.TEAM_MANAGE),
        "reveals": request.user.may(Permission.CONTACT_REVEAL),
        "form": emergency,
    }
    return render(request, "crisis_teams/team.html", context, status=_status(emergency))


def _appointed(request: PortalRequest, membership: Membership, person: actions.Person) -> HttpResponse:
    """Say what now holds; and that the registered contact data stayed, where it differs from what was typed."""
    user, role = membership.user, membership.get_role_display()
    messages.success(request, _("Appointed: %(name)s, %(role)s.") % {"name": user.name, "role": role})
    if user.mobile != person.mobile or (person.email and user.email != person.email):
        messages.warning(
            request, _("This person belongs to another entity as well; the contact data registered there stays.")
        )
    return redirect("team")


def _status(form: Form | None) -> int:
    """422 for a form that came back with its mistakes, which htmx swaps in as well."""
    return 422 if form is not None and form.errors else 200
