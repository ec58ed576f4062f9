"""Wall mode: a lead's link opens one device for twelve hours; it shows the board without names and without deeds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from entities.models import AuditEvent, Membership, User
from entities.permissions import Role
from incidents import actions
from incidents.errors import MoveRefused
from incidents.lifecycle import ReportKind
from incidents.models import WallScreen
from incidents.views.wall import COOKIE
from tests.factories import a_person, a_report, a_reviewer, a_service
from tests.incidents.boards import many

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return a_reviewer(Role.LEAD)


@pytest.fixture
def device(person: User) -> Client:
    """A browser without a person, opened by the lead's link."""
    _screen, token = actions.make_screen(name="غرفة العمليات", by=person)
    browser = Client()
    response = browser.post(reverse("wall_open", args=[token]))
    assert response.status_code == 302 and response["Location"] == reverse("wall")
    return browser


def shown(browser: Client, name: str = "wall") -> str:
    return browser.get(reverse(name)).content.decode()


def test_the_wall_shows_services_and_what_is_due_and_no_person_text_or_deed(device: Client, person: User) -> None:
    director = a_person(name_ar="خالد كناري")
    report = a_report(by=director, summary="نص كناري")
    actions.acknowledge(report, by=person)
    for name in ("wall", "wall_changes"):
        page = shown(device, name)
        assert report.main_service.name_ar in page and report.entity.name_ar in page
        for never in ("كناري", person.name_ar, report.reference, "<a ", "<form", "<button", "csrf"):
            assert never not in page, never
    assert 'hx-trigger="every 15s"' in shown(device, "wall_changes")
    assert report.main_service.name_en in device.get(f"/en{reverse('wall')}").content.decode()


def test_the_reports_of_an_incident_are_one_row_of_the_wall(device: Client, person: User) -> None:
    provider = a_service(tier=0)
    grouped = [*(a_report(ReportKind.CONSUMED_OUTAGE, provider=provider) for _n in range(8)), a_report()]
    apart = a_report()
    incident = actions.open_incident(grouped, name_ar="كناري", name_en="Canary", service=provider, by=person)
    page = shown(device)
    assert page.count(provider.name_ar) == 1 and incident.name not in page, "one row, without what was typed"
    assert apart.main_service.name_ar in page and "wall__more" not in page
    actions.acknowledge_incident(incident, by=person)
    with translation.override("en"):
        assert "on the entities" in shown(device), "an update is owed, and said"


def test_a_link_is_asked_once_opens_one_device_and_not_for_long(person: User) -> None:
    screen, token = actions.make_screen(name="x", by=person)
    door = reverse("wall_open", args=[token])
    program = Client()
    assert program.get(door).status_code == 200 and COOKIE not in program.cookies
    assert Client().post(door).status_code == 302
    assert Client().post(door).status_code == 404
    token = actions.link_screen(screen, by=person)
    WallScreen.objects.update(link_until=timezone.now())
    assert Client().post(reverse("wall_open", args=[token])).status_code == 404


def test_a_screen_goes_dark_when_revoked_linked_anew_run_out_or_its_lead_is_none(device: Client, person: User) -> None:
    report = a_report()
    name = report.main_service.name_ar
    screen = WallScreen.objects.get()
    WallScreen.objects.update(key_until=timezone.now())
    assert name not in shown(device)
    WallScreen.objects.update(key_until=timezone.now() + timedelta(hours=1))
    assert name in shown(device)
    Membership.objects.filter(user=person).update(role=Role.REVIEWER)
    assert name not in shown(device, "wall_changes")
    Membership.objects.filter(user=person).update(role=Role.LEAD)
    assert name in shown(device)
    actions.link_screen(screen, by=person)
    assert name not in shown(device)


def test_a_revoked_screen_is_off_the_list_and_the_log_tells_of_it(
    device: Client, person: User, browser: Client
) -> None:
    a_report()
    screen = WallScreen.objects.get()
    browser.post(reverse("wall_screen_revoke", args=[screen.pk]))
    assert 'class="wall__table"' not in shown(device)
    assert not browser.get(reverse("wall_screens")).context["screens"]
    done = [line.data["done"] for line in AuditEvent.objects.filter(data__model="wallscreen").order_by("seq")]
    assert done == ["confirmed", "opened", "removed"]


def test_a_stranger_sees_nothing_of_the_board(device: Client) -> None:
    report = a_report()
    for cookie in ("", "x" * 43):
        stranger = Client()
        stranger.cookies[COOKIE] = cookie
        assert report.main_service.name_ar not in shown(stranger) + shown(stranger, "wall_changes")
    assert device.get(reverse("board")).status_code == 302, "the device is nobody's session"


def test_no_screen_outlasts_an_emergency_access(person: User) -> None:
    screen, _token = actions.make_screen(name="x", by=person)
    assert person.acting
    person.acting.by_break_glass = "ABC123"
    for deed in (lambda: actions.make_screen(name="y", by=person), lambda: actions.link_screen(screen, by=person)):
        with pytest.raises(MoveRefused):
            deed()
    actions.revoke_screen(screen, by=person)  # to take away is open to her
    assert not WallScreen.objects.standing().exists()


def test_link_and_key_are_kept_as_digests_and_shown_once(browser: Client) -> None:
    page = browser.post(reverse("wall_screens"), {"name": "شرق"}).content.decode()
    token = page.partition("/wall/open/")[2].partition("/")[0]
    assert len(token) > 40 and token not in browser.get(reverse("wall_screens")).content.decode()
    screen = WallScreen.objects.get()
    assert token not in (screen.link_digest, screen.key_digest)
    response = Client().post(reverse("wall_open", args=[token]))
    cookie = response.cookies[COOKIE]
    assert cookie["httponly"] and cookie["samesite"] == "Strict" and cookie["max-age"] == 12 * 3600


def test_only_a_lead_keeps_screens(client_of: Callable[[User], Client]) -> None:
    reviewer = a_reviewer()
    assert client_of(reviewer).get(reverse("wall_screens")).status_code == 403
    with pytest.raises(MoveRefused):
        actions.make_screen(name="x", by=reviewer)


def test_the_wall_asks_as_often_however_many_reports_there_are(device: Client) -> None:
    many(60)
    with CaptureQueriesContext(connection) as captured:
        page = shown(device, "wall_changes")
    assert page.count("<tr>") == 8
    assert len(captured) <= 6
