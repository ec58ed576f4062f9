"""The entity's list: its own reports and those about its services, in the order of what is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents import actions
from incidents.lifecycle import ClockKind, ReportKind
from incidents.models import Report
from tests.factories import a_person, a_report, a_reviewer, a_service
from tests.incidents.pages import messages_of, queries, text_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
URL = "/reports/"


@pytest.fixture
def director() -> User:
    return a_person(Role.DIRECTOR)


def own(director: User, kind: ReportKind = ReportKind.OWN_OUTAGE) -> Report:
    assert director.acting is not None
    return a_report(kind, by=director, service=a_service(entity=director.acting.entity))


def test_an_entity_sees_its_own_reports_and_nobody_elses(client_of: ClientOf, director: User) -> None:
    mine, theirs = own(director), a_report()
    page = text_of(client_of(director).get(URL))
    assert mine.reference in page
    assert theirs.reference not in page


def test_a_report_about_ones_service_is_marked_and_named_only_if_it_may_be(client_of: ClientOf, director: User) -> None:
    assert director.acting is not None
    service = a_service(entity=director.acting.entity)
    named = a_report(ReportKind.CONSUMED_OUTAGE, provider=service)
    unnamed = a_report(ReportKind.CONSUMED_OUTAGE, provider=service, share_identity=False)
    page = text_of(client_of(director).get(URL))
    assert named.reference in page
    assert unnamed.reference in page
    assert named.entity.name_ar in page
    assert unnamed.entity.name_ar not in page


def test_an_entity_that_is_not_to_be_named_is_not_found_by_its_name(client_of: ClientOf, director: User) -> None:
    assert director.acting is not None
    service = a_service(entity=director.acting.entity)
    report = a_report(ReportKind.CONSUMED_OUTAGE, provider=service, share_identity=False)
    browser = client_of(director)
    assert report.reference not in text_of(browser.get(URL, {"q": report.entity.name_ar}))
    assert report.reference in text_of(browser.get(URL, {"q": report.reference.lower()}))


def test_the_tabs_part_what_is_open_what_is_paperwork_and_what_has_ended(client_of: ClientOf, director: User) -> None:
    open_, paper, ended = (own(director) for _ in range(3))
    actions.restore(paper, restored_at=timezone.now(), by=director)
    actions.move(ended, "dismiss", note="خارج النطاق", by=a_reviewer())
    browser = client_of(director)
    for show, report in (("", open_), ("paperwork", paper), ("ended", ended)):
        page = text_of(browser.get(URL, {"show": show}))
        shown = {each.reference for each in (open_, paper, ended) if each.reference in page}
        assert shown == {report.reference}, show


def test_what_did_not_end_as_an_outage_has_no_length_that_goes_on_growing(client_of: ClientOf, director: User) -> None:
    """Withdrawn, not reportable, cancelled: nobody has said when it ended, and nothing is ahead any more."""
    withdrawn, planned = own(director), own(director, ReportKind.MAINTENANCE)
    actions.move(withdrawn, "dismiss", note="خارج النطاق", by=a_reviewer())
    Report.objects.filter(pk=withdrawn.pk).update(started_at=timezone.now() - timedelta(days=85))
    actions.move(planned, "cancel", note="لا حاجة", by=director)
    browser = client_of(director)
    page = messages_of(browser.get("/en" + URL, {"show": "ended"}))
    assert withdrawn.reference in page
    assert planned.reference in page
    assert "85 days" not in page
    assert "starts in" not in page
    assert "85 days" not in messages_of(browser.get(f"/en/reports/{withdrawn.reference}/"))


def test_a_report_that_has_ended_names_no_outage_of_today_as_linked(client_of: ClientOf, director: User) -> None:
    ended = own(director)
    actions.move(ended, "dismiss", note="خارج النطاق", by=a_reviewer())
    running = [a_report(by=director, service=ended.main_service) for _n in range(2)]
    browser = client_of(director)
    assert running[1].reference in text_of(browser.get(f"/reports/{running[0].reference}/"))
    assert running[1].reference not in text_of(browser.get(f"/reports/{ended.reference}/"))


def test_until_the_start_of_works_a_row_says_the_same_length_twice(client_of: ClientOf, director: User) -> None:
    works = own(director, ReportKind.MAINTENANCE)
    start = timezone.now() + timedelta(hours=5, minutes=10, seconds=30)
    Report.objects.filter(pk=works.pk).update(window_start=start)
    works.clocks.running().filter(kind=ClockKind.M3).update(due_at=start)
    page = messages_of(client_of(director).get("/en" + URL))
    assert "starts in 5 h 11 min" in page
    assert "5 h 11 min left" in page


def test_what_is_due_first_stands_first(client_of: ClientOf, director: User) -> None:
    later, sooner = own(director), own(director)
    passed = timezone.now() - timedelta(minutes=5)
    Report.objects.filter(pk=sooner.pk).update(next_due_at=passed, waits_on_authority=False)
    sooner.clocks.running().filter(kind=ClockKind.C3).update(due_at=passed)
    page = text_of(client_of(director).get(URL))
    assert page.index(sooner.reference) < page.index(later.reference)
    assert page.count("is-late") == 1


def test_a_row_is_not_marked_for_what_the_authority_owes(client_of: ClientOf, director: User) -> None:
    report = own(director)
    passed = timezone.now() - timedelta(minutes=5)
    Report.objects.filter(pk=report.pk).update(next_due_at=passed, waits_on_authority=True)
    assert "is-late" not in text_of(client_of(director).get(URL))


def test_a_search_finds_by_reference_service_and_any_spelling(client_of: ClientOf, director: User) -> None:
    assert director.acting is not None
    service = a_service(entity=director.acting.entity, name_ar="بوابة الإسكان", name_en="Housing gate")
    report = a_report(by=director, service=service)
    other = own(director)
    browser = client_of(director)
    for words in (report.reference, "بوابه الاسكان", "housing"):
        page = text_of(browser.get(URL, {"q": words}))
        assert report.reference in page, words
        assert other.reference not in page, words
    page = messages_of(browser.get("/en/reports/", {"q": "nothing like it"}))
    assert "No report fits this search" in page


def test_pages_go_on_where_the_last_one_ended(client_of: ClientOf, director: User) -> None:
    import re

    references = {own(director).reference for _ in range(30)}
    browser = client_of(director)
    first = text_of(browser.get(URL))
    link = re.search(r'href="([^"]+after=[^"]+)"', first)
    assert link is not None
    second = text_of(browser.get(link[1].replace("&amp;", "&")))
    shown = [{ref for ref in references if ref in page} for page in (first, second)]
    assert (len(shown[0]), len(shown[1])) == (25, 5)
    assert shown[0] | shown[1] == references


@pytest.mark.parametrize("query", ["?after=x", "?before=%D8%B4", "?show=nonsense", "?q=" + "x" * 5000])
def test_a_query_that_means_nothing_is_the_first_page(client_of: ClientOf, director: User, query: str) -> None:
    own(director)
    assert client_of(director).get(URL + query).status_code == 200


@pytest.mark.parametrize("show", ["", "paperwork", "ended"])
def test_an_empty_list_says_so(client_of: ClientOf, director: User, show: str) -> None:
    assert 'class="empty"' in text_of(client_of(director).get(URL, {"show": show}))


def test_only_those_who_may_file_are_offered_a_new_report(client_of: ClientOf, director: User) -> None:
    assert director.acting is not None
    assert reverse("report_new") in text_of(client_of(director).get(URL))
    leader = a_person(Role.HEAD_CONTACT, entity=director.acting.entity)
    assert 'class="button" href="' + reverse("report_new") not in text_of(client_of(leader).get(URL))


def test_reviewers_are_led_to_the_board(client_of: ClientOf) -> None:
    response = client_of(a_reviewer()).get(URL)
    assert (response.status_code, response["Location"]) == (302, reverse("board"))


def test_the_list_takes_six_queries(client_of: ClientOf, director: User) -> None:
    for _ in range(12):
        own(director)
    browser = client_of(director)
    browser.get(URL)
    assert queries(browser, URL) <= 6


def test_the_list_names_what_the_entity_owes_while_the_authority_owes_something_sooner(
    client_of: ClientOf, director: User
) -> None:
    report = own(director)
    report.refresh_from_db()
    assert report.waits_on_authority
    page = text_of(client_of(director).get(f"/en{URL}"))
    assert "Next update" in page
    assert "on the entity" in page
