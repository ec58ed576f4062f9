"""The database and its people: `python -m load.filling TOWN`, in the worker's environment, as a superuser.

The reports are those of `bench.fill`, told to everybody already; the sessions are rows as nafath_auth writes them.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from load.plan import BY_NAFATH, Size, Town, Visitor

if TYPE_CHECKING:
    from entities.models import Entity

#: Several windows each: an authority of hundreds of reviewers would be told of every report in as many mails.
REVIEWERS = 12
#: Reports that one session opens, by turns.
LATELY, ENDED = 300, 30


def main(town: Path, personas: dict[str, dict[str, str]]) -> None:
    import django
    from django.conf import settings

    django.setup()
    options = settings.DATABASES["default"]["OPTIONS"]
    options["options"] += " -c statement_timeout=0 -c lock_timeout=0"  # filling takes longer than a request may
    from django.db import connection
    from django.utils import timezone

    from bench.fill import fill
    from entities.row_security import as_system
    from incidents import actions
    from tests import factories

    size = Size.asked()
    with as_system():
        factories.after_the_personas()
        fill(size.reports)
        # Years of outages have come at once, each with its marks: they are told below, as the reports are.
        while actions.act_by_itself(at=timezone.now()) + actions.record_due_reminders(at=timezone.now()):
            pass
        _settle(size, personas).write(town)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE incidents_reportevent SET fanned_out_at = now() WHERE fanned_out_at IS NULL")
        cursor.execute("VACUUM ANALYZE")


def _settle(size: Size, personas: dict[str, dict[str, str]]) -> Town:
    from entities.models import Entity, Membership
    from entities.permissions import Role
    from faults.people import open_session, services_of
    from tests import factories

    led = Membership.objects.filter(role=Role.DIRECTOR).values("entity")
    bodies = list(Entity.objects.filter(code__startswith="body-").exclude(pk__in=led).order_by("pk"))
    open_ones, directors = _references(None), size.sessions - size.at_the_board
    windows = [factories.a_person(Role.REVIEWER) for _ in range(min(REVIEWERS, size.at_the_board))]
    known = [_known(personas[name], name) for name in BY_NAFATH[: size.truly]]
    visitors = []
    for number in range(size.at_the_board):
        name = known[2 * number]["name_en"] if 2 * number < size.truly else ""
        person = factories.a_person(Role.REVIEWER, **known[2 * number]) if name else windows[number % len(windows)]
        visitors.append(Visitor(True, "" if name else open_session(person), name, open_ones, []))
    each, ways = size.filings // directors + 1, -(-directors // len(bodies))
    services = {entity.pk: services_of(entity, each * ways) for entity in bodies[:directors]}
    for number in range(directors):
        entity, turn = bodies[number % len(bodies)], 2 * number + 1
        role = Role.DIRECTOR if number < len(bodies) else Role.ALTERNATE  # an entity has one director
        name = known[turn]["name_en"] if turn < size.truly else ""
        person = factories.a_person(role, entity=entity, **(known[turn] if name else {}))
        factories.a_team(entity)
        own = [services[entity.pk].pop() for _ in range(each)]
        visitors.append(Visitor(False, "" if name else open_session(person), name, _references(entity), own))
    return Town(visitors)


def _known(persona: dict[str, str], name: str) -> dict[str, str]:
    return {
        "number": str(persona["national_id"]), "email": str(persona["email"]), "mobile": str(persona["mobile"]),
        "name_en": name,
    }  # fmt: skip


def _references(entity: Entity | None) -> list[str]:
    """Of what may be open on somebody's screen: mostly what is open, or lately was."""
    from incidents.lifecycle import Lane
    from incidents.models import Report

    reports = Report.objects.all() if entity is None else Report.objects.filter(entity=entity)
    live = reports.filter(lane__lt=Lane.ENDED).order_by("-pk").values_list("reference", flat=True)[:LATELY]
    ended = reports.filter(lane=Lane.ENDED).order_by("-pk").values_list("reference", flat=True)[:ENDED]
    return [*live, *ended]


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(os.environ.pop("LOAD_PERSONAS")))
