"""What the scripts add to a form, and that it does its whole work without them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from entities.models import Entity, User
from entities.permissions import Role
from incidents.models import Draft, Report
from tests.factories import a_dependency, a_person, a_service, a_team, an_entity
from tests.journeys.conftest import PHONE, Visitor

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]
Visit = Callable[..., Visitor]
FORM = "/en/reports/new/own-outage/"
SAVED = "Draft, not sent"


@pytest.fixture
def entity() -> Entity:
    entity = an_entity(name_en="Model entity A")
    a_team(entity)
    a_service(entity=entity, name_en="Licensing portal", tier=0)
    return entity


@pytest.fixture
def mona(entity: Entity) -> User:
    return a_person(Role.DIRECTOR, entity=entity, name_en="Mona Al-Shehri")


@pytest.fixture
def khalid(entity: Entity) -> User:
    return a_person(Role.ALTERNATE, entity=entity, name_en="Khalid Al-Otaibi")


def choose(page: Page, *answers: str) -> None:
    for answer in answers:
        page.locator("#filing-form label", has=page.get_by_text(answer, exact=True)).first.click()


def at_rest(page: Page) -> None:
    """Everything typed is saved: closing the window sends nothing more."""
    page.evaluate("() => new Promise((later) => setTimeout(later, 2_500))")  # after the page's own timer, however late
    expect(page.locator("#draft-status")).to_contain_text(SAVED)
    page.wait_for_load_state("networkidle")


def test_the_page_answers_while_it_is_filled(mona: User, visit: Visit) -> None:
    visitor = visit(mona)
    page = visitor.open(FORM)
    choose(page, "Licensing portal", "Full outage", "15 minutes ago", "Login failure")
    expect(page.locator("#consequences .severity")).to_have_text("Critical (S1)")
    expect(page.get_by_label("Brief description")).to_have_value(re.compile("^Login failure: Licensing portal, since"))
    expect(page.locator("#id_started_at_echo")).to_contain_text("Saudi time")
    page.get_by_label("Brief description").fill("Nobody can sign in since the release")
    choose(page, "Slow")
    expect(page.locator("#consequences data")).to_have_attribute("value", re.compile("^Login failure, Slow"))
    assert page.get_by_label("Brief description").input_value() == "Nobody can sign in since the release"
    at_rest(page)
    assert visitor.complaints == []


def test_a_draft_saves_itself_and_the_alternate_goes_on_with_it_on_a_phone(
    mona: User, khalid: User, visit: Visit
) -> None:
    page = visit(mona).open(FORM)
    choose(page, "Licensing portal", "Full outage", "30 minutes ago")
    expect(page.locator("#draft-status")).to_contain_text(SAVED)
    other = visit(khalid, width=PHONE).open("/en/")
    other.get_by_role("link", name="Go on with it").click()
    expect(other.locator("#draft-status")).to_contain_text(SAVED)
    expect(other.locator("#id_impact_level_0")).to_be_checked()
    choose(other, "Login failure", "Not known yet")
    other.get_by_role("button", name="Send the report to the authority").click()
    other.wait_for_url("**/receipt/")
    assert Report.objects.get().filed_by == khalid
    assert not Draft.objects.exists()
    choose(page, "Major")
    expect(page.locator("#draft-status")).to_contain_text(Report.objects.get().reference)


def test_going_back_after_sending_ticks_no_other_service(entity: Entity, mona: User, visit: Visit) -> None:
    a_service(entity=entity, name_en="Signatures", tier=2)
    page = visit(mona).open(FORM)
    choose(page, "Signatures", "Partial", "15 minutes ago", "Slow", "Not known yet")
    page.get_by_role("button", name="Send the report to the authority").click()
    page.wait_for_url("**/receipt/")
    page.go_back()
    expect(page.locator("#filing-form")).to_be_visible()
    expect(page.locator("#filing-form :checked[name=services]")).to_have_count(0)
    expect(page.get_by_text("Sent within the last hour:")).to_be_visible()
    expect(page.get_by_role("link", name="Signatures")).to_be_visible()


def test_two_writers_are_told_of_each_other_and_neither_is_written_over(mona: User, khalid: User, visit: Visit) -> None:
    page = visit(mona).open(FORM)
    choose(page, "Licensing portal")
    expect(page.locator("#draft-status")).to_contain_text(SAVED)
    theirs = visit(khalid).open(f"{FORM}?draft={Draft.objects.get().key}")
    choose(theirs, "Partial")
    expect(theirs.locator("#draft-status input[name=version]")).to_have_value("2")
    choose(page, "Full outage")
    expect(page.locator("#draft-status")).to_contain_text("Khalid Al-Otaibi changed this draft")
    assert Draft.objects.get().text["impact_level"] == ["partial"]
    page.get_by_role("button", name="Keep mine").click()
    expect(page.locator("#draft-status input[name=version]")).to_have_value("3")
    assert Draft.objects.get().text["impact_level"] == ["full"]
    at_rest(page)


def test_a_search_brings_a_service_among_the_chips(mona: User, visit: Visit) -> None:
    a_service(name_en="Unified payments")
    page = visit(mona).open("/en/reports/new/consumed-outage/")
    page.get_by_role("searchbox").fill("payments")
    choose(page, "Unified payments")
    page.get_by_role("searchbox").fill("nothing like it")
    expect(page.get_by_text("No service has this name.")).to_be_visible()
    expect(page.get_by_role("radio", name="Unified payments")).to_be_checked()
    page.get_by_role("searchbox").press("Enter")
    page.wait_for_timeout(500)
    assert page.url.endswith("/consumed-outage/")
    at_rest(page)
    assert not Report.objects.exists()


def test_a_choice_made_while_the_search_is_on_its_way_stands(entity: Entity, mona: User, visit: Visit) -> None:
    known = a_service(name_en="Unified payments")
    a_dependency(entity.services.get(), known)
    page = visit(mona).open("/en/reports/new/consumed-outage/")
    page.wait_for_load_state("networkidle")  # the script that ends a search is here
    page.route("**/providers/search/**", lambda route: None)  # its answer is long in coming
    with page.expect_request("**/providers/search/**"):
        page.get_by_role("button", name="Search").click()
    page.evaluate("document.addEventListener('htmx:sendAbort', () => document.body.dataset.search = 'ended')")
    choose(page, "Unified payments")
    expect(page.locator("body")).to_have_attribute("data-search", "ended")
    expect(page.get_by_role("radio", name="Unified payments")).to_be_checked()


def test_without_scripts_a_report_is_found_filled_corrected_and_sent(mona: User, visit: Visit) -> None:
    a_service(name_en="Unified payments")
    page = visit(mona, width=PHONE, javascript=False).open("/en/reports/new/consumed-outage/")
    choose(page, "Payment failure", "None yet")
    page.get_by_role("searchbox").fill("payments")
    page.get_by_role("button", name="Search").click()
    choose(page, "Unified payments")
    page.get_by_role("button", name="Send the report to the authority").click()
    expect(page.get_by_role("alert")).to_contain_text("Say since when.")
    expect(page.get_by_role("radio", name="Unified payments")).to_be_checked()
    choose(page, "Now")
    page.get_by_role("button", name="Send the report to the authority").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We have your report")
    assert Report.objects.get().summary.startswith("Payment failure: Unified payments, since")
