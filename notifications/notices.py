"""What the notices say beside their headline: facts, the short line, the way from here."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from entities.models import Correctable, DigitalService, Notice, User
from entities.permissions import Role
from incidents.models import Policy
from incidents.wording import moment_of
from nafath_auth.break_glass import Step
from nafath_auth.code_door import code_of
from nafath_auth.models import BreakGlass

#: What happened to the circuit breaker (nafath_auth/breaker.py).
CHANGES: dict[str, Promise] = {
    "opened": gettext_lazy("Nafath does not answer; the code door is open"),
    "closed": gettext_lazy("Nafath answers again; the code door is closed"),
    "held_open": gettext_lazy("A lead reviewer has opened the code door"),
    "closed_by_hand": gettext_lazy("A lead reviewer has closed the code door"),
}


def headline(notice: Notice) -> str:
    """What happened, where the kind alone does not say it."""
    match notice.kind:
        case Notice.Kind.NAFATH_AWAY:
            return str(CHANGES[notice.data["change"]])
        case Notice.Kind.SILENT_OUTAGE if notice.service:
            return _("Suspected outage of your service %(service)s") % {"service": notice.service.name}
        case Notice.Kind.SILENT_DENIED if notice.service:
            return _("The owner of %(service)s sees nothing wrong") % {"service": notice.service.name}
        case Notice.Kind.CODE_ENTERED:
            entity = {"entity": notice.entity.name}
            return _("A session was opened with a code while Nafath was down: %(entity)s") % entity
        case Notice.Kind.BREAK_GLASS:
            return ": ".join(filter(None, (str(Step(notice.data["step"]).label), notice.data["reference"])))
    return ""


def facts(notice: Notice) -> list[tuple[str, str]]:
    """Label and value."""
    if told := OF_THEIR_OWN.get(notice.kind):
        return told(notice)
    said = [(_("Entity"), notice.entity.name)]
    if notice.service:
        said.append((_("Service"), notice.service.name))
    if notice.kind in {Notice.Kind.SILENT_OUTAGE, Notice.Kind.SILENT_DENIED}:
        said += _suspicion(notice)
    if notice.kind == Notice.Kind.CODE_ENTERED:
        said.append((_("Role"), str(Role(notice.data["role"]).label)))
    if notice.kind == Notice.Kind.CORRECTION_ASKED:
        person = User.objects.filter(public_id=notice.data["person"]).first()
        said.append((_("Person"), person.name if person else "—"))
        said.append((_("To correct"), _(", ").join(str(Correctable(what).label) for what in notice.data["what"])))
    return said


def _access(notice: Notice) -> list[tuple[str, str]]:
    """Whose emergency access it is; a link that does not exist is nobody's. The reason is typed and stays inside."""
    access = BreakGlass.objects.filter(reference=notice.data["reference"]).select_related("person", "asked_by").first()
    if access is None:
        return []
    return [
        (_("Who comes in"), access.person.name),
        (_("Asked by"), access.asked_by.name),
    ]


def _suspicion(notice: Notice) -> list[tuple[str, str]]:
    """How many report it, without their names, and since when."""
    said = [(_("Reported by"), _("%(n)s of %(all)s entities") % _counts(notice))]
    if since := moment_of(notice.data.get("since")):
        said.append((_("Since"), date_format(timezone.localtime(since), "DATETIME_FORMAT")))
    return said


def _counts(notice: Notice) -> dict[str, int]:
    return {"n": notice.data["consumers"], "all": notice.data["relying"]}


def _dependency(notice: Notice) -> list[tuple[str, str]]:
    """Whose service does not rely on which, as its owner says. The reason is typed and stays inside."""
    consumer = DigitalService.objects.filter(pk=notice.data["consumer"]).first()
    said = [(_("Our service"), consumer.name_outside if consumer else "—")]
    if notice.service:
        said += [(_("Relies on"), notice.service.name_outside), (_("Owner"), notice.service.entity.name)]
    return said


def _version(notice: Notice) -> list[tuple[str, str]]:
    """Which version, by whom, and from when it would count. Its reason is typed and stays inside."""
    policy = Policy.objects.filter(version=notice.data["version"]).first()
    asker = User.objects.filter(public_id=notice.data["asked_by"]).first()
    said = [(_("Version"), str(notice.data["version"])), (_("Asked by"), asker.name if asker else "—")]
    if policy and policy.effective_from:
        said.append((_("In force from"), date_format(timezone.localtime(policy.effective_from), "DATETIME_FORMAT")))
    return said


def _incident(notice: Notice) -> list[tuple[str, str]]:
    """Which incident, and which of its situation reports. Its title is typed by a lead and stays inside."""
    said = [(_("Incident"), notice.data["incident"])]
    if "number" in notice.data:
        said.append((_("Situation report"), str(notice.data["number"])))
    return said


def _code(notice: Notice) -> list[tuple[str, str]]:
    """The code is computed here, while the message is written, and kept nowhere."""
    return [(_("Code"), code_of(UUID(notice.data["code"])))]


#: Notices that are not about an entity or one of its services.
OF_THEIR_OWN: dict[str, Callable[[Notice], list[tuple[str, str]]]] = {
    Notice.Kind.CODE: _code,
    Notice.Kind.NAFATH_AWAY: lambda notice: [],
    Notice.Kind.BREAK_GLASS: _access,
    Notice.Kind.POLICY_WAITS: _version,
    Notice.Kind.MESSAGES_MISSING: lambda notice: [(_("Cases found"), str(notice.data["holes"]))],
    Notice.Kind.DEPENDENCY_DENIED: _dependency,
    Notice.Kind.INCIDENT_OPENED: _incident,
    Notice.Kind.SITUATION_WAITS: _incident,
    Notice.Kind.SITUATION_SENT: _incident,
}


def short(notice: Notice) -> str:
    """The line of an SMS that says more than the headline."""
    match notice.kind:
        case Notice.Kind.DRAFT_WAITS:
            return _("The authority does not know of it")
        case Notice.Kind.SILENT_OUTAGE:
            return _("%(n)s of %(all)s entities report it") % _counts(notice)
        case Notice.Kind.CODE:
            return facts(notice)[0][1]
        case Notice.Kind.INCIDENT_OPENED:
            return str(notice.data["incident"])
    return ""


#: Where it is explained what to do: a page and its part; the crisis team's where nothing is named, None is nowhere.
GUIDES: dict[str, tuple[str, str] | None] = {
    Notice.Kind.CODE: ("sign_in_guide", "nafath-down"),
    Notice.Kind.CODE_ENTERED: ("sign_in_guide", "nafath-down"),
    Notice.Kind.NAFATH_AWAY: ("sign_in_guide", "nafath-down"),
    Notice.Kind.BREAK_GLASS: ("sign_in_guide", "nafath-down"),
    Notice.Kind.DRAFT_WAITS: ("guide", "own-outage"),
    Notice.Kind.SILENT_OUTAGE: ("guide", "own-outage"),
    Notice.Kind.SILENT_DENIED: ("guide", "own-outage"),
    Notice.Kind.POLICY_WAITS: ("guide", "clocks"),
    Notice.Kind.DEPENDENCY_DENIED: ("guide", "consumed-outage"),
    Notice.Kind.MESSAGES_MISSING: None,
    Notice.Kind.INCIDENT_OPENED: None,
    Notice.Kind.SITUATION_WAITS: None,
    Notice.Kind.SITUATION_SENT: None,
}


def guide(notice: Notice) -> str:
    """The address where it is explained what to do; empty where the notice says it all."""
    place = GUIDES.get(notice.kind, ("guide", "team"))
    return f"{reverse(place[0])}#{place[1]}" if place else ""


#: Where most notices lead; the crisis team's page where nothing is named.
PATHS: dict[str, str] = {
    Notice.Kind.CODE: "nafath_sign_in",
    Notice.Kind.CODE_ENTERED: "home",
    Notice.Kind.NAFATH_AWAY: "nafath_state",
    Notice.Kind.BREAK_GLASS: "break_glass_requests",
    Notice.Kind.MESSAGES_MISSING: "operations",
    Notice.Kind.DEPENDENCY_DENIED: "relies_on",
}


def path(notice: Notice) -> str:
    """Where the reader goes from here."""
    if notice.kind == Notice.Kind.CORRECTION_ASKED and notice.entity.is_authority:
        return reverse("admin:entities_user_changelist")
    if notice.kind in {Notice.Kind.SILENT_OUTAGE, Notice.Kind.SILENT_DENIED}:
        return reverse("silent_outage", args=[notice.data["alarm"]])
    if notice.kind == Notice.Kind.POLICY_WAITS:
        return reverse("policy_page", args=[notice.data["version"]])
    if notice.kind == Notice.Kind.INCIDENT_OPENED:
        return reverse("incident_page", args=[notice.data["incident"]])
    if notice.kind in {Notice.Kind.SITUATION_WAITS, Notice.Kind.SITUATION_SENT}:
        return reverse("incident_situation", args=[notice.data["incident"], notice.data["number"]])
    return reverse(PATHS.get(notice.kind, "team"))
