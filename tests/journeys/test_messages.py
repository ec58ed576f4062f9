"""A message and its reader: the bell, the inbox, and where it leads."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from entities.permissions import Role
from incidents import actions
from notifications import following
from notifications.actions import fan_out_new_events
from notifications.models import Delivery
from tests.factories import a_person, a_report, a_reviewer, a_service, an_entity
from tests.journeys.conftest import DESK, PHONE, Visitor
from tests.journeys.town import axe_objections

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]
Visit = Callable[..., Visitor]


def test_a_question_reaches_the_alternate_and_leads_to_the_report(visit: Visit) -> None:
    # Given a report of a colleague
    entity = an_entity()
    alternate = a_person(Role.ALTERNATE, entity=entity)
    report = a_report(by=a_person(Role.DIRECTOR, entity=entity))
    reviewer = a_reviewer()
    actions.acknowledge(report, by=reviewer)
    fan_out_new_events(at=timezone.now())
    visitor = visit(alternate)
    page = visitor.open("/inbox/")
    expect(page.locator("#bell .icon-button__count")).to_have_text("2")
    # When the authority asks, and the page looks again by itself
    actions.ask(report, text="متى تعود الخدمة؟", urgent=True, by=reviewer)
    fan_out_new_events(at=timezone.now())
    for part in ("#inbox", "#bell"):
        page.evaluate(f"htmx.ajax('GET', document.querySelector('{part}').getAttribute('hx-get'), {{swap: 'none'}})")
    # Then the question stands there, and the bell counts it
    expect(page.get_by_text("متى تعود الخدمة؟")).to_be_visible()
    expect(page.locator("#bell .icon-button__count")).to_have_text("3")
    # When she opens it
    page.get_by_role("button", name=report.reference).click()
    # Then she is at the report, and everything of it is read
    expect(page).to_have_url(re.compile(rf"{visitor.origin}/reports/{report.reference}/#event-\d+$"))
    assert Delivery.objects.unread_count(alternate) == 0
    assert visitor.complaints == []


def test_it_all_works_without_javascript(visit: Visit) -> None:
    entity = an_entity()
    alternate = a_person(Role.ALTERNATE, entity=entity)
    a_report(by=a_person(Role.DIRECTOR, entity=entity))
    fan_out_new_events(at=timezone.now())
    page = visit(alternate, javascript=False).open("/inbox/")
    page.get_by_role("button", name="تحديد الكل كمقروء").click()
    assert Delivery.objects.unread_count(alternate) == 0
    expect(page.locator("#bell .icon-button__count")).to_have_count(0)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_lead_follows_a_report_and_stops(visit: Visit, javascript: bool) -> None:
    # Given a report that a colleague looks after
    report, lead = a_report(), a_reviewer(Role.LEAD)
    actions.acknowledge(report, by=a_reviewer())
    visitor = visit(lead, javascript=javascript)
    page = visitor.open(f"/en/reports/{report.reference}/")
    button = page.locator("#standing .follow button")
    # When she follows it
    button.click()
    # Then the button says how to stop, she is still there, and the keyboard where it was
    expect(button).to_contain_text("Stop following")
    assert following.Following(lead).has(report)
    assert page.url.endswith(f"/en/reports/{report.reference}/")
    if javascript:
        expect(button).to_be_focused()
    # When she has heard enough
    button.click()
    expect(button).to_contain_text("Follow")
    assert not following.Following(lead).has(report)
    assert visitor.complaints == []


@pytest.mark.parametrize("width", [DESK, PHONE])
@pytest.mark.parametrize("path", ["/inbox/", "/en/inbox/", "/en/inbox/following/"])
def test_a_full_inbox_is_open_to_everyone(visit: Visit, path: str, width: int) -> None:
    entity = an_entity()
    alternate, director = a_person(Role.ALTERNATE, entity=entity), a_person(Role.DIRECTOR, entity=entity)
    for tier in (0, 2, 3):
        report = a_report(by=director, service=a_service(entity=entity, tier=tier))
        actions.acknowledge(report, by=a_reviewer())
    actions.ask(report, text="متى تعود الخدمة؟", by=a_reviewer())
    actions.record_due_reminders(at=timezone.now() + timedelta(hours=2))
    fan_out_new_events(at=timezone.now())
    Delivery.objects.filter(person=alternate, event__report=report).update(read_at=timezone.now())
    page = visit(alternate, width=width).open(path)
    assert axe_objections(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
