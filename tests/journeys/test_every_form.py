"""Every form as it comes back with its mistakes, in both languages, wide and narrow: no axe violation, nothing cut off.

The answer is fetched as a browser without scripts gets it, and shown in a real one at its own address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import translation
from playwright.sync_api import Page, Route

from entities.models import Membership, User
from entities.permissions import TEAM_ROLES, Role, permissions_of
from incidents.final import sections
from incidents.forms.deeds import DEEDS
from incidents.forms.doors import BY_TELEPHONE, DOORS
from incidents.lifecycle import LIFECYCLES, ReportKind, Status
from tests.conftest import sign_in
from tests.factories import a_person
from tests.incidents.finals import filer_of, restored
from tests.incidents.pages import as_it_stands
from tests.journeys.conftest import DESK, PHONE, Visitor
from tests.journeys.test_every_page import TAGS, Town, town

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]
__all__ = ["town"]  # the fixture of the pages
#: The sections that hold a figure, a moment or a choice: the others take every word.
UNREADABLE = {"times", "impact", "cause", "recovery", "actions", "timeline"}
WRONG = "١٢:٩٩"  # neither a moment nor a number


@dataclass(frozen=True)
class Mistake:
    """Somebody sends this to an address."""

    person: User
    name: str
    where: dict[str, Any] = field(default_factory=dict)
    typed: dict[str, Any] = field(default_factory=dict)

    def answer(self) -> tuple[str, HttpResponse]:
        path = reverse(self.name, kwargs=self.where)
        return path, sign_in(Client(), self.person).post(path, {"csrfmiddlewaretoken": "", **self.typed})


def mistakes(town: Town) -> Iterator[Mistake]:
    director, reviewer = town.people["DIRECTOR"], town.people["REVIEWER"]
    for door in DOORS.values():
        yield Mistake(director, door.url_name)
        yield Mistake(director, door.url_name, typed={"started_at": WRONG, "window_start_date": WRONG, "summary": "س"})
    for door in BY_TELEPHONE:
        yield Mistake(reviewer, "phoned_report", {"entity_code": town.entity.code, "slug": door.slug})
    yield from of_the_team(town)
    yield from of_the_final_report(town)
    yield from of_the_deeds(town)
    for name, typed in (("report_update", {}), ("report_no_change", {"message": "كلمة"}), ("attachment_add", {})):
        yield Mistake(director, name, {"reference": town.reports[0].reference}, typed)
    yield Mistake(director, "report_answer", {"reference": town.reports[0].reference})
    yield Mistake(reviewer, "report_note_add", {"reference": town.reports[0].reference})


def of_the_team(town: Town) -> Iterator[Mistake]:
    leader, alone = town.people["IT_LEADER"], a_person(Role.IT_LEADER)
    seat = Membership.objects.get(entity=town.entity, role=Role.ALTERNATE)
    yield Mistake(alone, "team_emergency", typed={"national_id": "1000000009"})
    for role in sorted(TEAM_ROLES):
        yield Mistake(leader, "team_appoint", {"role": role.lower()}, {"national_id": "12", "email": "x"})
    yield Mistake(leader, "team_member", {"membership": seat.pk}, {"mobile": "12", "email": "x", "valid_to": WRONG})
    yield Mistake(leader, "team_replace", {"membership": seat.pk})
    yield Mistake(leader, "team_retire", {"membership": seat.pk})
    yield Mistake(leader, "team_decision")


def of_the_final_report(town: Town) -> Iterator[Mistake]:
    """The sections take what is not finished, so each gets what it cannot read."""
    owed = restored(tier=0)
    asked = sections(owed, None)
    rows = {"actions-0-due_on": WRONG, "timeline-0-text": "بلا وقت"}
    counted = {f"{rows}-{name}_FORMS": "1" for rows in ("actions", "timeline") for name in ("TOTAL", "INITIAL")}
    unreadable = {name: WRONG for section in asked for name in section.fields}
    for section in asked:
        if section.slug in UNREADABLE:
            where = {"reference": owed.reference, "slug": section.slug}
            yield Mistake(filer_of(owed), "final_section", where, {**unreadable, **rows, **counted})
    yield Mistake(filer_of(owed), "final_check", {"reference": owed.reference})
    sent = as_it_stands(ReportKind.OWN_OUTAGE, Status.FINAL_REVIEW)
    for name in ("final_send_back", "final_accept"):
        yield Mistake(town.people["LEAD"], name, {"reference": sent.reference})


def of_the_deeds(town: Town) -> Iterator[Mistake]:
    """Each deed that asks something, where the table first allows it."""
    files = permissions_of(Role.DIRECTOR)
    for name, deed in DEEDS.items():
        if not deed.form.base_fields.keys() - {"seen", "once"}:
            continue
        kind, move = next((kind, m) for kind, moves in LIFECYCLES.items() for m in moves if m.name == name)
        report = as_it_stands(kind, sorted(move.sources)[0])
        person = filer_of(report) if files & move.permissions else town.people["LEAD"]
        yield Mistake(person, deed.url, {"reference": report.reference}, {"reviewer": "0", "days": WRONG})


def give(html: bytes, route: Route) -> None:
    route.fulfill(body=html, content_type="text/html; charset=utf-8")


def look(page: Page, axe: Axe, path: str) -> Iterator[str]:
    """What is wrong with the page that stands here."""
    for width in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("scrollTo(0, 0)")  # to the summary at another width: it may lie under the masthead now
        result = axe.run(page, options={"runOnly": TAGS})
        yield from (f"{path} at {width}: {v['id']} {v['nodes'][0]['target']}" for v in result.response["violations"])
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wider > 1:
            yield f"{path}: {wider} px wider than {width}"


@pytest.mark.parametrize("language", ["ar", "en"])
def test_every_form_is_open_to_everyone_when_it_comes_back(
    town: Town, visit: Callable[..., Visitor], language: str
) -> None:
    axe, visitor, found, seen = Axe(), visit(), [], 0
    page = visitor.open("/privacy/")
    for mistake in mistakes(town):
        with translation.override(language):
            path, answer = mistake.answer()
        if answer.status_code != 422:
            found.append(f"{path} took {mistake.typed} with {answer.status_code}")
            continue
        page.route(visitor.origin + path, partial(give, answer.content))
        page.goto(visitor.origin + path)
        if not page.locator(".error, .error-summary").count():
            found.append(f"{path}: no mistake is shown")
        found += look(page, axe, f"{path} {mistake.typed}")
        page.unroute(visitor.origin + path)
        seen += 1
    print(f"\n{language}: {seen} forms")  # noqa: T201  # the figure is part of the proof
    assert seen > 45
    assert [*found, *visitor.complaints] == []
