"""The most important path without a mouse: sign in, file an own outage, read the receipt, update, restore."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from entities.permissions import Role
from incidents.lifecycle import Status
from incidents.models import Report
from tests.factories import a_person, a_report, a_reviewer, a_service, a_team, an_entity
from tests.journeys.conftest import PHONE, Visitor
from tests.journeys.keyboard import Keyboard
from tests.simulator_process import Simulator

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]
SUBMIT = "#filing-form .form-actions button:first-child"


@pytest.fixture
def home(portal: str, simulator: Simulator, visit: Callable[..., Visitor]) -> Visitor:
    """The window of a director who is not signed in yet, with a team and a service."""
    khalid = simulator.personas["Khalid Al-Otaibi"]
    entity = an_entity(name_en="Model entity A")
    a_team(entity)
    a_service(entity=entity, name_ar="بوابة التراخيص", tier=3)
    a_person(Role.DIRECTOR, entity=entity, number=khalid.national_id, name_ar=khalid.name, name_en=khalid.name_en)
    return visit(origin=portal, beside=(simulator.origin,))


def signs_in(keys: Keyboard, simulator: Simulator) -> None:
    """By the skip link to the button, then the ID, the code of the phone, and the first confirmation."""
    khalid = simulator.personas["Khalid Al-Otaibi"]
    keys.press("Tab")
    assert keys.is_on(".skip")
    keys.press("Enter")
    assert keys.is_on("#main")
    keys.tabs_to(".button--nafath", within=3)
    keys.press("Enter")
    keys.arrives("/login/")
    keys.tabs_to('[name="national_id"]')
    keys.types(khalid.national_id)
    keys.press("Enter")
    keys.arrives("/code/")
    keys.tabs_to('[name="code"]')
    keys.types(simulator.latest_code(khalid))
    keys.press("Enter")
    keys.arrives("/accounts/first-sign-in/")
    keys.tabs_to('form[action*="first-sign-in"] button')
    keys.press("Enter")
    expect(keys.page.locator("a.door--urgent")).to_be_visible()


def learns_what_is_missing(keys: Keyboard) -> None:
    """An empty form sent: the focus stands in the summary, and its links lead to the fields."""
    keys.tabs_to(SUBMIT)
    keys.press("Enter")
    expect(keys.page.locator("#error-summary")).to_be_focused()
    links = keys.page.locator("#error-summary a")
    targets = [str(link.get_attribute("href")) for link in links.all()]
    assert len(targets) >= 4
    for target in targets:
        keys.tabs_to(f'#error-summary a[href="{target}"]', back=not keys.is_on("#error-summary, #error-summary *"))
        keys.press("Enter")
        assert keys.is_on(target), f"{target} leads to {keys.page.evaluate('document.activeElement.outerHTML')}"
        keys.is_seen()


def answers(keys: Keyboard) -> None:
    keys.tabs_to('[name="services"]', back=True)
    keys.press("Space")
    keys.tabs_to('[name="impact_level"]')
    keys.press("Space")
    keys.tabs_to('[name="started_at"]')
    keys.press("Space")
    keys.press("ArrowDown")
    keys.tabs_to('[name="symptom"][value="login"]')
    keys.press("Space")
    keys.tabs_to('[name="cyber_suspected"]')
    keys.press("Space")
    keys.press("ArrowDown", times=2)


@pytest.mark.parametrize("width", [1440, PHONE])
def test_from_the_home_page_to_the_restoration_by_keys_alone(home: Visitor, simulator: Simulator, width: int) -> None:
    page = home.open("/")
    page.set_viewport_size({"width": width, "height": 900})
    keys = Keyboard(page)
    signs_in(keys, simulator)

    # When the form is sent empty, then what is missing is found by its links, answered and sent.
    keys.tabs_to("a.door--urgent")
    keys.press("Enter")
    keys.arrives("/reports/new/own-outage/")
    learns_what_is_missing(keys)
    answers(keys)
    keys.tabs_to(SUBMIT)
    keys.press("Enter")
    keys.arrives("/receipt/")
    report = Report.objects.get()
    assert (report.impact_level, report.symptom, report.cyber_suspected) == ("full", ["login"], "unknown")

    # When an update is written, then it is sent and one goes on from there.
    keys.tabs_to(f'main a[href$="/reports/{report.reference}/"]')
    keys.press("Enter")
    keys.arrives(f"/reports/{report.reference}/")
    keys.tabs_to('#composer [name="phase"]')
    keys.press("ArrowDown")
    keys.tabs_to('#composer [name="message"]')
    keys.types("Found in the load balancer, switching over")
    keys.tabs_to("#composer .form-actions .button:first-child")
    keys.press("Enter")
    expect(page.locator("#messages .notice--good")).to_be_visible()

    # When the dialog of the restoration is left by Escape, then one stands where one was; and then it is sent.
    opener = 'main a[data-open-dialog="do-restore"]'
    keys.tabs_to(opener)
    keys.press("Enter")
    expect(page.locator("#do-restore")).to_be_visible()
    keys.press("Escape")
    expect(page.locator(opener)).to_be_focused()
    keys.press("Enter")
    keys.tabs_to('#do-restore [name="restored_at"]')
    keys.press("Space")
    keys.tabs_to("#do-restore .form-actions button")
    keys.press("Enter")
    expect(page.locator('main a[data-open-dialog="do-restore"]')).to_have_count(0)
    report.refresh_from_db()
    assert report.status == Status.RESTORED
    assert [each for each in home.complaints if " 422 " not in each] == []  # the form that was sent empty


def test_no_page_of_the_path_keeps_the_focus(home: Visitor, visit: Callable[..., Visitor]) -> None:
    director = a_person(Role.DIRECTOR, entity=an_entity())
    a_team(director.acting.entity)  # type: ignore[union-attr]  # the factory has just set it
    a_service(entity=director.acting.entity)  # type: ignore[union-attr]  # as above
    visitor = visit(director)
    for path in ("/", "/reports/new/own-outage/", "/en/reports/new/maintenance/", "/team/", "/inbox/"):
        stops = Keyboard(visitor.open(path)).goes_round()
        assert len(stops) > 5


def test_a_reviewer_goes_through_the_board_by_single_keys(visit: Callable[..., Visitor]) -> None:
    """By the key's place: the letters of an Arabic keyboard are others. Nothing is done to a row without the focus."""
    first, second = a_report(), a_report()
    visitor = visit(a_reviewer())
    page = visitor.open("/board/")
    expect(page.locator("[data-shortcuts-offer]")).to_be_visible()
    page.keyboard.press("KeyA")
    page.keyboard.press("KeyJ")
    page.keyboard.press("KeyJ")
    row = page.locator("tr:focus-within")
    expect(row).to_have_count(1)
    reference = str(row.get_attribute("id")).removeprefix("row-")
    page.keyboard.press("KeyA")
    expect(page.locator(f"#row-{reference} [data-row-shortcut=u]")).to_be_focused()
    page.keyboard.press("KeyU")
    expect(page.locator(f"#take-{reference}")).to_be_visible()
    page.keyboard.press("Slash")
    expect(page.locator("#board-search")).to_be_focused()
    assert {first.reference, second.reference} >= {reference}
    assert not Report.objects.exclude(status=Status.SUBMITTED).exists()
    assert visitor.complaints == []
