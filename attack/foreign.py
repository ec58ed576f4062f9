"""What belongs to another entity, or to the authority, and every address of the resolver that names such a thing."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from attack.browser import Browser, form_of
from attack.doors import DIRECTOR
from attack.house import House

VICTIM, NEIGHBOUR = "demo-a", "demo-b"
LEAD = "Noura Al-Qahtani"
#: Arguments that name nothing of anybody's: a kind of report, a role of a team.
NOBODYS = frozenset({"slug", "role"})
#: Things of the authority's and links between entities, by the argument that names them; the victim's stand below.
ONE_OF = {
    "shift": "SELECT max(id) FROM incidents_dutyshift",
    "call": "SELECT coalesce(max(id), 1) FROM incidents_calltask",  # none while everybody is punctual
    "note": "SELECT max(id) FROM incidents_handovernote",
    "screen": "SELECT max(id) FROM incidents_wallscreen",
    "view": "SELECT max(id) FROM incidents_boardview",
    "freeze": "SELECT max(id) FROM incidents_freezeperiod",
    "incident": "SELECT max(reference) FROM incidents_incident",
    "number": "SELECT 1",
    "outside": "SELECT max(id::text) FROM incidents_outsidereader",
    "version": "SELECT max(version) FROM incidents_policy",
    "other": "SELECT min(version) FROM incidents_policy",
    "rule": "SELECT max(id) FROM incidents_clockrule",
    "mark": "SELECT max(id) FROM incidents_remindermark",
    "alarm_rule": "SELECT max(id) FROM incidents_alarmrule",
}
UNLINKED = (
    "SELECT r.id FROM entities_digitalservice r {of} AND NOT EXISTS (SELECT 1 FROM entities_servicedependency l "
    "JOIN entities_digitalservice c ON c.id = l.consumer_id JOIN entities_entity n ON n.id = c.entity_id "
    f"WHERE l.provider_id = r.id AND n.code = '{NEIGHBOUR}')"
)
LINK = (
    "SELECT l.id FROM entities_servicedependency l JOIN entities_digitalservice r ON r.id = l.consumer_id "
    "JOIN entities_digitalservice p ON p.id = l.provider_id JOIN entities_entity n ON n.id = p.entity_id "
    f"{{of}} AND n.code <> '{NEIGHBOUR}'"
)


@dataclass(frozen=True)
class Foreign:
    """What belongs to another entity, by the arguments of the addresses that name it."""

    reference: str
    closed: str
    values: dict[str, Any]
    words: tuple[str, ...]


def foreign_of(house: House) -> Foreign:
    """The victim's running own outage, a closed one, what hangs on them, and what is the authority's.

    Raises LookupError where the house has nothing to try an argument on.
    """
    own = "SELECT r.reference FROM incidents_report r {of} AND r.kind = 'OUT' AND r.status = '%s'"
    on_member = "JOIN entities_membership m ON m.id = d.membership_id JOIN entities_entity e ON e.id = m.entity_id"
    on_report = "JOIN incidents_report r ON r.id = a.report_id JOIN entities_entity e ON e.id = r.entity_id"

    def first(sql: str) -> Any:
        sql = sql.replace("{of}", f"JOIN entities_entity e ON e.id = r.entity_id WHERE e.code = '{VICTIM}'")
        found = house.ask(sql if " LIMIT " in sql else f"{sql} LIMIT 1")
        if not found or found[0][0] is None:
            raise LookupError(f"The house has nothing to try this on: {sql}")
        return found[0][0]

    reference = first(own % "ACTIVE")
    if not house.ask(f"SELECT 1 FROM incidents_attachment a {on_report} WHERE e.code = %s", VICTIM):
        _attach(house, reference)
    _keep_what_is_the_authoritys(house)
    [(words,)] = house.ask(
        "SELECT array_agg(r.summary) FROM incidents_report r JOIN entities_entity e ON e.id = r.entity_id "
        "WHERE e.code = %s AND r.kind = 'OUT' AND length(r.summary) > 20",
        VICTIM,
    )
    closed = first(own % "CLOSED")
    return Foreign(
        reference=reference,
        closed=closed,
        values={
            **{argument: first(sql) for argument, sql in ONE_OF.items()},
            "reference": closed,
            "key": first("SELECT r.key FROM incidents_draft r {of}"),
            "attachment": first(f"SELECT a.id FROM incidents_attachment a {on_report} WHERE e.code = '{VICTIM}'"),
            "delivery": first(f"SELECT d.id FROM notifications_delivery d {on_member} WHERE e.code = '{VICTIM}'"),
            "membership": first("SELECT r.id FROM entities_membership r {of}"),
            "alarm": first("SELECT r.id FROM incidents_silentoutage r {of}"),
            "service": first(UNLINKED),
            "dependency": first(LINK),
            "entity_code": VICTIM,
            "slug": "own-outage",
            "role": "director",
            "token": "A" * 43,  # good ones are in feeds.py
            "transaction": uuid.UUID(int=7),  # good ones are in app.py
        },
        words=tuple(words or ()),
    )


def patterns(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    """Every address of ours; Django's admin is not."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        elif pattern.namespace != "admin":
            yield from patterns(pattern)


def arguments(pattern: URLPattern) -> set[str]:
    return set(pattern.pattern.regex.groupindex)


def addresses(house: House, foreign: Foreign | None = None) -> Iterator[tuple[str, str]]:
    """Every URL that names something, filled with what is the victim's or the authority's.

    Raises LookupError for an argument of which nobody has said what a stranger would put there.
    """
    foreign = foreign or foreign_of(house)
    for pattern in patterns():
        wanted = arguments(pattern)
        if unknown := wanted - set(foreign.values):
            raise LookupError(f"{pattern.name}: say in attack/foreign.py whose {sorted(unknown)} a stranger tries")
        for reference in {foreign.reference, foreign.closed} if "reference" in wanted else {""}:
            filled = {name: foreign.values[name] for name in wanted} | ({"reference": reference} if reference else {})
            if filled:
                yield str(pattern.name), reverse(str(pattern.name), kwargs=filled)


def of_somebody() -> set[str]:
    """The names of those that name a thing of somebody's, and not only a kind of thing."""
    return {str(pattern.name) for pattern in patterns() if arguments(pattern) - NOBODYS}


def token_of(house: House, browser: Browser) -> str:
    """What a form of this browser's brings along against CSRF."""
    page = browser.get(f"{house.origin}/accounts/my-data/")
    return page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]


def _attach(house: House, reference: str) -> None:
    """A file on the victim's report, so that there is one to reach for; its event tells the victim's team."""
    with house.enter(DIRECTOR) as browser:
        target, hidden = form_of(browser.get(f"{house.origin}/reports/{reference}/"), "/files/")
        file = {"file": ("record.txt", b"nobody else's", "text/plain")}
        browser.post(target, data=hidden, files=file, headers={"Referer": target})
    until = time.monotonic() + 30
    while not house.ask("SELECT 1 FROM notifications_delivery LIMIT 1") and time.monotonic() < until:
        time.sleep(0.5)


def _keep_what_is_the_authoritys(house: House) -> None:
    """A handover note, a screen, a saved view and an address outside the portal: the demo tells of none."""
    wanted = {
        "handovernote": ("/board/duty/notes/new/", {}),
        "wallscreen": ("/wall/screens/", {"name": "Operations room"}),
        "outsidereader": (
            "/incidents/outside/",
            {"address": "ops@example.sa", "office": "Operations room", "language": "both"},
        ),
        "boardview": ("/board/views/save/", {"name": "Late", "next": "late=on"}),
    }
    lacking = [each for each in wanted if not house.ask(f"SELECT 1 FROM incidents_{each} LIMIT 1")]
    if not lacking:
        return
    with house.enter(LEAD) as lead:
        token = token_of(house, lead)
        for each in lacking:
            path, fields = wanted[each]
            data = {"csrfmiddlewaretoken": token, **fields}
            lead.post(house.origin + path, data=data, headers={"Referer": house.origin + "/"})
