"""A line of the log as a sentence: who, as what, for whom, and what it says. Names are read from User when shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crisis_teams.history import ICONS as TEAM_ICONS
from crisis_teams.history import Deed
from entities.models import AuditEvent, Membership, User
from entities.permissions import Role
from incidents.models import DutyShift
from nafath_auth.break_glass import Step
from outage_portal.audit import words

Action = AuditEvent.Action
#: Said by the sentence, the icon or the time already.
SAID: dict[str, set[str]] = {
    Action.SIGN_IN_REFUSED: {"reason"},
    Action.TEAM: {"deed", "membership", "role", "other", "at"},
    Action.READ: {"reference", "part"},
    Action.CATALOGUE: {"model"},
    Action.CONFIGURATION: {"model"},
    Action.EXPORTED: {"rows", "model"},
    Action.CODE: {"code"},
    Action.BREAK_GLASS: {"step", "membership", "by_break_glass"},
    Action.REVEALED: {"membership", "of"},
    Action.DUTY: {"roster", "membership", "other"},
}


MOMENTS = {"read_at", "starts_at", "ends_at", "previous_starts_at", "previous_ends_at"}


@dataclass(frozen=True)
class Line:
    event: AuditEvent
    icon: str
    sentence: str
    actor: str
    role: str
    tone: str = ""
    details: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Names:
    """The people that some lines name, in two queries however many lines there are."""

    people: dict[UUID, User]
    memberships: dict[int, Membership]

    @classmethod
    def of(cls, events: Iterable[AuditEvent]) -> Names:
        keys = {key for event in events for key in _memberships(event.data)}
        memberships = Membership.objects.filter(pk__in=keys).select_related("user").in_bulk() if keys else {}
        ids = {event.person for event in events if event.person}
        return cls({user.public_id: user for user in User.objects.filter(public_id__in=ids)}, memberships)

    def of_membership(self, key: Any) -> str:
        found = self.memberships.get(key) if isinstance(key, int) else None
        return found.user.name if found else "—"


def lines(events: list[AuditEvent]) -> Iterator[Line]:
    """The events as sentences, in their order."""
    names = Names.of(events)
    for event in events:
        actor = names.people.get(event.person) if event.person else None
        yield Line(
            event=event,
            icon=_icon(event),
            sentence=_sentence(event, names),
            actor=actor.name if actor else "",
            role=str(dict(Role.choices).get(event.role, event.role)),
            tone="bad" if event.action == Action.SIGN_IN_REFUSED else "",
            details=list(_details(event)),
        )


def _memberships(data: dict[str, Any]) -> Iterator[int]:
    for key in ("membership", "other"):
        if isinstance(data.get(key), int):
            yield data[key]


def _icon(event: AuditEvent) -> str:
    if event.action == Action.TEAM and event.data.get("deed") in Deed.values:
        return TEAM_ICONS[Deed(event.data["deed"])]
    return words.ICONS.get(event.action, "circle")


def _sentence(event: AuditEvent, names: Names) -> str:
    said, title = event.data, str(event.get_action_display())
    match event.action:
        case Action.SIGN_IN_REFUSED:
            what = words.reason(str(said.get("reason", "")))
        case Action.CODE | Action.BREAK_GLASS:
            what = _at_the_door(said, names)
        case Action.TEAM:
            what = str(dict(Deed.choices).get(said.get("deed"), said.get("deed", "")))
            if "membership" in said:
                role = dict(Role.choices).get(said.get("role"), "")
                what = f"{what} — {names.of_membership(said['membership'])}" + (f" ({role})" if role else "")
            what += _in_place_of(said, names)
        case Action.DUTY:
            changed = dict(DutyShift.Change.choices).get(str(said.get("roster")), "")
            what = f"{changed} — {names.of_membership(said.get('membership'))}" + _in_place_of(said, names)
        case Action.READ:
            what = f"{said.get('reference', '')} — {words.value('part', said.get('part'))}"
        case Action.CATALOGUE | Action.CONFIGURATION if "model" in said:
            what = words.model_name(str(said["model"]))
        case Action.MEMBERSHIP | Action.REVEALED if "membership" in said:
            what = names.of_membership(said["membership"])
        case Action.SWITCHED_ENTITY:
            what = event.entity.name
        case Action.EXPORTED:
            what = words.model_name(str(said["model"]), many="rows" in said) if "model" in said else _("Security log")
            what += " — " + _("%(n)s lines") % {"n": f"{said['rows']:,}"} if "rows" in said else ""
        case _:
            return title
    return _("%(event)s: %(what)s") % {"event": title, "what": what}


def _in_place_of(said: dict[str, Any], names: Names) -> str:
    return " " + _("in place of %(name)s") % {"name": names.of_membership(said["other"])} if "other" in said else ""


def _at_the_door(said: dict[str, Any], names: Names) -> str:
    """What became of a code or of an emergency access, and whose it is."""
    what = str(words.CODES.get(said.get("code", ""), "")) or str(dict(Step.choices).get(said.get("step", ""), ""))
    return f"{what} — {names.of_membership(said['membership'])}" if "membership" in said else what


def _details(event: AuditEvent) -> Iterator[tuple[str, str]]:
    said = event.data
    for key, value in said.items():
        if key in SAID.get(event.action, set()) or (key == "membership" and event.action == Action.MEMBERSHIP):
            continue
        text = words.value(key, value, model=str(said.get("model", "")))
        yield words.label(key), _moment(text) if key in MOMENTS else text


def _moment(text: str) -> str:
    try:
        return date_format(timezone.localtime(datetime.fromisoformat(text)), "DATETIME_FORMAT")
    except ValueError:
        return text
