"""What the heaviest pages weigh; forced colours and paper. Every page's widths are asked by its walk (town.py)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse

from tests.journeys.conftest import Visitor
from tests.journeys.sizes import FIRST_VIEW, LATER_VIEW, Scales
from tests.journeys.town import Town, built

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]


#: A name of the resolver, and who is shown it at its heaviest.
HEAVY = {
    "board": "LEAD",
    "report_detail": "LEAD",
    "file_own_outage": "DIRECTOR",
    "home": "DIRECTOR",
    "guide": "DIRECTOR",
}


@pytest.fixture
def town() -> Town:
    return built()


@pytest.mark.parametrize(("name", "role"), HEAVY.items())
def test_a_first_view_and_a_later_one_stay_within_their_weight(
    town: Town, visit: Callable[..., Visitor], name: str, role: str
) -> None:
    arguments = [town.report.reference] if name == "report_detail" else []
    visitor = visit(town.people[role])
    page = visitor.context.new_page()
    scales = Scales(page)
    page.goto(visitor.origin + reverse(name, args=arguments), wait_until="networkidle")
    document, everything = scales.weigh()
    assert document <= LATER_VIEW, f"{name}: {document} bytes of HTML"
    assert everything <= FIRST_VIEW, f"{name}: {everything} bytes at the first view"


def test_in_forced_colours_what_is_chosen_can_still_be_told(town: Town, visit: Callable[..., Visitor]) -> None:
    page = visit(town.people["DIRECTOR"], forced_colors="active").open(reverse("file_own_outage"))
    chosen = page.locator(".chip:has(:checked), .choice-card:has(:checked)").first
    page.locator(".chip :is([type=radio], [type=checkbox])").first.check(force=True)
    assert chosen.evaluate("each => getComputedStyle(each).outlineStyle") == "solid"


def test_a_report_on_paper_is_the_report_and_nothing_else(town: Town, visit: Callable[..., Visitor]) -> None:
    visitor = visit(town.people["DIRECTOR"])
    page = visitor.open(reverse("report_detail", args=[town.report.reference]))
    page.emulate_media(media="print")
    assert page.locator("main h1").is_visible()
    around = page.locator(".masthead, .skip, .breadcrumbs, main button, .footer nav")
    assert around.count() > 3
    assert [each.inner_html() for each in around.all() if each.is_visible()] == []


@pytest.mark.parametrize("role", ["DIRECTOR", "REVIEWER"])
def test_on_paper_nothing_waits_to_be_filled_in(town: Town, visit: Callable[..., Visitor], role: str) -> None:
    asked = town.reports[0]  # it has an open question, and takes updates, notes and files
    page = visit(town.people[role]).open(reverse("report_detail", args=[asked.reference]))
    boxes = page.locator("main :is(textarea, select, input:not([type=hidden]))")
    assert boxes.locator("visible=true").count() > 1
    page.emulate_media(media="print")
    assert [each.get_attribute("name") for each in boxes.locator("visible=true").all()] == []
    assert page.locator("#timeline").is_visible()
