"""Every page of ours, wide and narrow: no axe violation, nothing from elsewhere, nothing cut off. In Arabic."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from django.utils import translation

from tests.journeys.conftest import Visitor
from tests.journeys.town import Town, axe_objections, built, every_page, faults
from tests.signing import prove_sessions

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def town() -> Town:
    return built()


def test_every_page_is_open_to_everyone(town: Town, visit: Callable[..., Visitor]) -> None:
    assert every_page(town, visit, "ar") == []


@pytest.mark.parametrize("language", ["ar", "en"])
def test_pages_between_a_deed_and_its_proof_are_open_to_everyone(
    town: Town, visit: Callable[..., Visitor], language: str
) -> None:
    visitor = visit(town.people["DIRECTOR"])
    prove_sessions(minutes_ago=6)
    with translation.override(language):
        page = visitor.open(reverse("my_data"))
        page.locator(f'form[action="{reverse("my_data_copy")}"] button').click()
        assert page.url.endswith(reverse("nafath_step_up"))
    found = [*faults(page)]
    prove_sessions()
    idle = "export function start() {}"  # or the script goes onward at once
    page.route("**/onward*.js", lambda route: route.fulfill(body=idle, content_type="text/javascript"))
    page.reload()
    assert page.locator("[data-onward]").count() == 1
    assert [*found, *faults(page), *visitor.complaints] == []


def test_axe_objects_to_a_picture_that_nothing_is_said_of(visit: Callable[..., Visitor]) -> None:
    """Or the walks above prove nothing."""
    page = visit().open("/")
    assert axe_objections(page) == []
    page.evaluate("document.querySelector('main').append(new Image(9, 9))")
    assert axe_objections(page) == ["image-alt img"]


def test_every_page_works_with_the_keyboard_from_the_skip_link_on(town: Town, visit: Callable[..., Visitor]) -> None:
    visitor = visit(town.people["DIRECTOR"])
    page = visitor.open("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
