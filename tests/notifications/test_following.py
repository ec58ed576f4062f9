"""The buttons and the page of what one follows: what she may choose, and what is told without being asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from entities.models import ServiceDependency, User
from entities.permissions import Role
from incidents.models import Report
from notifications import following
from notifications.following import Following
from notifications.models import Follow
from tests.factories import a_dependency, a_person, a_report, a_reviewer, a_service, an_entity
from tests.incidents.pages import get, queries, text_of

pytestmark = pytest.mark.django_db
In = Callable[[User], Client]
PAGE, HERE = "/en/inbox/following/", "/inbox/following/"


def press(browser: Client, name: str, *args: object, follow: str = "on", **headers: str) -> int:
    return browser.post(reverse(name, args=args), {"follow": follow}, headers=headers).status_code


@pytest.fixture
def report() -> Report:
    return a_report()


def test_a_reviewer_follows_a_colleagues_report_and_stops(client_of: In, report: Report) -> None:
    reviewer = a_reviewer()
    browser = client_of(reviewer)
    assert reverse("follow_report", args=[report.reference]) in text_of(get(browser, report))
    assert press(browser, "follow_report", report.reference) == 302
    assert Following(reviewer).has(report)
    assert 'value="off"' in text_of(get(browser, report))
    assert press(browser, "follow_report", report.reference, follow="off") == 302
    assert not Follow.objects.exists()


def test_the_page_of_a_report_offers_it_to_whoever_is_not_told_anyway(client_of: In, report: Report) -> None:
    entity, reviewer = report.entity, a_reviewer()
    Report.objects.filter(pk=report.pk).update(reviewer=reviewer)
    button = reverse("follow_report", args=[report.reference])
    for person in (a_person(Role.ALTERNATE, entity=entity), a_person(Role.MEMBER, entity=entity), reviewer):
        assert button not in text_of(get(client_of(person), report)), person.acting
    for role in (Role.IT_LEADER, Role.HEAD_CONTACT):
        assert button in text_of(get(client_of(a_person(role, entity=entity)), report)), role


def test_what_she_may_not_see_she_cannot_follow(client_of: In, report: Report) -> None:
    browser = client_of(a_person(Role.DIRECTOR))
    for name, thing in (
        ("follow_report", report.reference),
        ("follow_service", report.main_service_id),
        ("follow_entity", report.entity.code),
    ):
        assert press(browser, name, thing) == 404
    assert not Follow.objects.exists()


def test_the_authority_follows_any_service_and_entity(client_of: In, report: Report) -> None:
    browser = client_of(a_reviewer(Role.AUDITOR))
    assert press(browser, "follow_service", report.main_service_id) == 302
    assert press(browser, "follow_entity", report.entity.code) == 302
    page = text_of(browser.get(PAGE))
    assert report.main_service.name_en in page
    assert report.entity.name_en in page


def test_htmx_gets_the_button_as_it_is_now(client_of: In, report: Report) -> None:
    browser = client_of(a_reviewer())
    url = reverse("follow_report", args=[report.reference])
    page = text_of(browser.post(url, {"follow": "on"}, headers={"HX-Request": "true"}))
    assert page.lstrip().startswith("<form")
    assert 'value="off"' in page


@pytest.mark.parametrize(("onward", "where"), [("/en/", "/en/"), ("https://evil.example", HERE), ("", HERE)])
def test_one_goes_back_to_where_one_was_and_nowhere_else(
    client_of: In, report: Report, onward: str, where: str
) -> None:
    url = reverse("follow_report", args=[report.reference])
    assert client_of(a_reviewer()).post(url, {"follow": "on", "next": onward})["Location"] == where


# --- The page ---------------------------------------------------------------------------------------------------------


class Town:
    """An entity that stops without one service of a neighbour and works worse without another."""

    def __init__(self) -> None:
        entity, neighbour = an_entity(), an_entity()
        self.director = a_person(Role.DIRECTOR, entity=entity)
        self.member = a_person(Role.MEMBER, entity=entity)
        self.ours = a_service(entity=entity)
        self.hard, self.soft = a_service(entity=neighbour), a_service(entity=neighbour)
        a_dependency(self.ours, self.hard)
        a_dependency(self.ours, self.soft, strength=ServiceDependency.Strength.SOFT)


def test_a_team_reads_what_it_is_told_by_itself_and_why_and_cannot_stop_it(client_of: In) -> None:
    town = Town()
    page = text_of(client_of(town.director).get(PAGE))
    before, automatic = page.split('id="automatic-title"')
    assert town.hard.name_en in automatic
    assert town.ours.name_en in automatic
    assert reverse("follow_service", args=[town.hard.pk]).lstrip("/") not in page
    assert reverse("follow_service", args=[town.soft.pk]).lstrip("/") in before
    assert following.offers(Following(town.director), "", most=9) == [town.soft]


def test_a_member_is_offered_what_the_team_is_told_by_itself(client_of: In) -> None:
    town = Town()
    offered = following.offers(Following(town.member), "", most=9)
    assert set(offered) == {town.ours, town.hard, town.soft, town.ours.entity}
    page = text_of(client_of(town.member).get("/en/"))
    assert reverse("follow_service", args=[town.hard.pk]).lstrip("/") in page
    assert "Told automatically" in text_of(client_of(town.director).get("/en/"))


def test_a_service_that_left_the_list_can_still_be_let_go(client_of: In) -> None:
    town = Town()
    following.follow(service=town.soft, by=town.member)
    ServiceDependency.objects.all().delete()
    browser = client_of(town.member)
    assert town.soft.name_en in text_of(browser.get(PAGE))
    assert press(browser, "follow_service", town.soft.pk, follow="off") == 302
    assert not Follow.objects.exists()


def test_the_authority_finds_services_and_entities_by_their_words(client_of: In, report: Report) -> None:
    browser = client_of(a_reviewer())
    assert report.main_service.name_en not in text_of(browser.get(PAGE))
    page = text_of(browser.get(PAGE, {"q": report.entity.name_en}))
    assert reverse("follow_entity", args=[report.entity.code]).lstrip("/") in page
    assert "Nothing that you could follow" in text_of(browser.get(PAGE, {"q": "qqq"}))


def test_the_page_takes_as_much_for_many_as_for_one(client_of: In) -> None:
    town = Town()
    browser = client_of(town.member)
    following.follow(service=town.soft, by=town.member)
    browser.get(PAGE)
    few = queries(browser, PAGE)
    for _n in range(12):
        following.follow(service=a_service(entity=town.ours.entity), by=town.member)
    assert queries(browser, PAGE) == few <= 8
