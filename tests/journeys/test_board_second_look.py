"""The board by the keyboard, with several reports at once; who else is on a page; the wall of the operations room."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import expect

from entities.permissions import Role
from incidents import actions
from incidents.lifecycle import Status
from incidents.models import Report
from tests.factories import a_report, a_reviewer
from tests.journeys.conftest import Visitor

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]


def test_several_are_picked_acknowledged_and_given_back_without_a_mouse(visit: Callable[..., Visitor]) -> None:
    reports = [a_report() for _n in range(3)]
    visitor = visit(a_reviewer())
    page = visitor.open(reverse("board"))
    expect(page.locator(".bulk")).to_be_hidden()
    expect(page.locator("[data-shortcuts-offer]")).to_be_visible()  # the script is there
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator(".bulk")).to_be_visible()
    page.keyboard.press("b")
    page.wait_for_url("**show=live**")
    assert Report.objects.filter(status=Status.ACTIVE).count() == 2
    expect(page.locator("[data-shortcuts-offer]")).to_be_visible()
    page.keyboard.press("u")
    expect(page.locator("#messages")).to_contain_text("تم التراجع")
    assert not Report.objects.filter(status=Status.ACTIVE).exists()
    assert len(reports) == 3 and visitor.complaints == []


def test_what_is_done_with_several_stands_in_sight_of_every_row(visit: Callable[..., Visitor]) -> None:
    for _n in range(12):
        a_report()
    page = visit(a_reviewer()).open(reverse("board"))
    first, last = page.locator("[name=picked]").first, page.locator("[name=picked]").last
    before = first.bounding_box()
    first.check()
    assert first.bounding_box() == before, "nothing moves under a finger"
    last.check()
    expect(page.locator(".bulk")).to_be_in_viewport(ratio=1)
    with translation.override("ar"):
        page.get_by_role("button", name=gettext("Put the tag on")).click()
        expect(page.locator("#bulk-said")).to_contain_text(gettext("Write the tag first."))
    expect(last).to_be_checked()


def test_a_whole_page_is_picked_at_once_and_counted(visit: Callable[..., Visitor]) -> None:
    for _n in range(12):
        a_report()
    visitor = visit(a_reviewer())
    page = visitor.open("/en" + reverse("board"))
    expect(page.locator("[data-shortcuts-offer]")).to_be_visible()  # the script is there
    page.locator("[name=picked]").first.check()
    expect(page.locator("[data-picked]")).to_have_text("Picked: 1")
    every = page.locator("[data-pick-all]")
    every.click()
    expect(page.locator("[data-picked]")).to_have_text("Picked: 12")
    expect(every).to_be_hidden()
    expect(page.get_by_role("button", name="Acknowledge them")).to_be_focused()
    page.locator("[name=picked]").first.uncheck()
    expect(page.locator("[data-picked]")).to_have_text("Picked: 11")
    expect(every).to_be_visible()
    assert visitor.complaints == []


def test_two_on_one_report_see_each_other_and_its_entity_sees_neither(visit: Callable[..., Visitor]) -> None:
    cache.clear()
    report, first, second = a_report(), a_reviewer(), a_reviewer()
    path = reverse("report_detail", args=[report.reference])
    one = visit(first).open(path)
    expect(one.locator("#presence")).to_be_attached()
    other = visit(second).open(path)
    expect(other.locator("#presence")).to_contain_text(first.name_ar)
    report.filed_by.acting = report.filed_by.memberships.get()
    assert visit(report.filed_by).open(path).locator("#presence").count() == 0


def test_a_screen_shows_the_board_until_it_is_revoked(visit: Callable[..., Visitor]) -> None:
    report, lead = a_report(), a_reviewer(Role.LEAD)
    screen, token = actions.make_screen(name="شرق", by=lead)
    device = visit(width=1920)
    page = device.open(reverse("wall_open", args=[token]))
    page.get_by_role("button").click()
    page.wait_for_url("**/wall/")
    expect(page.locator("#wall")).to_contain_text(report.main_service.name_ar)
    with translation.override("en"):
        english = device.open(reverse("wall"))
    expect(english.locator("#wall")).to_contain_text(report.main_service.name_en)
    actions.revoke_screen(screen, by=lead)
    page.evaluate("htmx.ajax('GET', document.getElementById('wall').getAttribute('hx-get'), '#wall')")
    expect(page.locator(".wall__closed")).to_be_visible()
    assert device.complaints == []
