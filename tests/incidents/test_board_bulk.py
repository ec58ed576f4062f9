"""One deed on several reports, its way back, and tags: the authority's own words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from entities.models import AuditEvent, User
from incidents import actions
from incidents.errors import MoveRefused
from incidents.lifecycle import Status
from incidents.models import Report, ReportTag, Tag
from incidents.models.tag import MOST_ON_A_REPORT
from tests.factories import a_person, a_report, a_reviewer

pytestmark = pytest.mark.django_db
Post = Callable[..., HttpResponse]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def reviewer() -> User:
    return a_reviewer()


@pytest.fixture
def browser(client_of: Callable[[User], Client], reviewer: User) -> Client:
    return client_of(reviewer)


@pytest.fixture
def post(browser: Client) -> Post:
    def send(deed: str, *reports: Report, htmx: bool = False, **fields: Any) -> HttpResponse:
        picked = [f"{report.reference}.{report.version}" for report in reports]
        url = reverse(f"board_picked_{deed}")
        return browser.post(url, {"picked": picked, **fields}, headers=HTMX if htmx else {})

    return send


def undo(browser: Client) -> list[str]:
    response = browser.post(reverse("board_picked_undo"))
    return [str(message) for message in get_messages(response.wsgi_request)]


def fresh(report: Report) -> Report:
    return Report.objects.get(pk=report.pk)


def test_several_are_acknowledged_and_taken_back_in_one_press(post: Post, browser: Client, reviewer: User) -> None:
    first, second, other = a_report(), a_report(), a_report()
    response = post("acknowledge", first, second, next="kind=OUT")
    assert response["Location"] == f"{reverse('board')}?kind=OUT"
    assert {fresh(each).status for each in (first, second)} == {Status.ACTIVE}
    assert fresh(other).status == Status.SUBMITTED
    page = browser.get(response["Location"])
    assert page.context["offer"] == 2
    assert reverse("board_picked_undo") in page.content.decode()
    undo(browser)
    assert {fresh(each).status for each in (first, second)} == {Status.SUBMITTED}
    assert browser.get(reverse("board")).context["offer"] == 0
    undo(browser)
    assert fresh(first).events.count() == 3, "once taken back, it is not taken back again"


def test_one_that_has_moved_on_does_not_hold_the_others_back(post: Post, browser: Client) -> None:
    stale, good = a_report(), a_report()
    actions.acknowledge(fresh(stale), by=a_reviewer())
    response = post("acknowledge", stale, good)
    said = " ".join(str(message) for message in get_messages(response.wsgi_request))
    assert stale.reference in said and good.reference not in said
    assert fresh(good).status == Status.ACTIVE
    assert browser.get(reverse("board")).context["offer"] == 1


def test_assigned_ones_go_back_to_whoever_followed_them(post: Post, browser: Client, reviewer: User) -> None:
    before, colleague = a_reviewer(), a_reviewer()
    followed, free = a_report(), a_report()
    actions.assign(followed, reviewer=before, by=reviewer)
    post("assign", fresh(followed), free, to=str(colleague.public_id))
    assert {fresh(each).reviewer for each in (followed, free)} == {colleague}
    undo(browser)
    assert (fresh(followed).reviewer, fresh(free).reviewer) == (before, None)


def test_htmx_is_led_to_the_board_with_its_filter(post: Post) -> None:
    response = post("acknowledge", a_report(), htmx=True, next="severity=1")
    assert response["HX-Redirect"] == f"{reverse('board')}?severity=1"


@pytest.mark.parametrize(
    "picked", [[], ["x"], ["OUT-2026-000001"], ["OUT-2026-000001.x"], ["OUT-2026-000001.9"]], ids=str
)
def test_nothing_picked_and_nonsense_change_nothing(browser: Client, picked: list[str]) -> None:
    report = a_report()
    assert browser.post(reverse("board_picked_acknowledge"), {"picked": picked}).status_code == 302
    assert fresh(report).version == report.version


# --- Tags ------------------------------------------------------------------------------------------------------------


def test_what_was_picked_stays_when_the_tag_is_missing(post: Post) -> None:
    answer = post("tag", a_report(), label="", htmx=True)
    assert answer.status_code == 422 and answer["HX-Retarget"] == "#bulk-said"
    assert answer["HX-Reswap"] == "innerHTML" and "<tr" not in answer.content.decode(), "the rows are left alone"


def test_a_tag_is_put_on_several_filters_the_board_and_is_taken_off(
    post: Post, browser: Client, listed: Callable[..., list[str]]
) -> None:
    first, second, other = a_report(), a_report(), a_report()
    post("tag", first, second, label="  انقطاع   الشبكة ")
    page = browser.get(reverse("board"))
    assert [menu.name for menu in page.context["filter"].menus][-1] == "tag"
    assert sorted(listed(tag="انقطاع الشبكه")) == sorted([first.reference, second.reference])
    row = next(row for row in page.context["rows"] if row.report == first)
    assert row.tags == ("انقطاع الشبكة",)
    undo(browser)
    assert not ReportTag.objects.exists()
    assert browser.get(reverse("board")).context["filter"].tags == []
    assert other.events.count() == 1


def test_a_tag_leaves_the_history_alone_and_stands_in_the_security_log(post: Post) -> None:
    report = a_report()
    post("tag", report, label="متكرر")
    again = fresh(report)
    assert (again.version, again.event_count, again.head_hash) == (report.version, report.event_count, report.head_hash)
    line = AuditEvent.objects.get(data__model="reporttag")
    assert line.data == {"model": "reporttag", "reference": report.reference, "added": ["متكرر"]}
    post("untag", report, label="متكرر")
    assert AuditEvent.objects.filter(data__model="reporttag").last().data["removed"] == ["متكرر"]  # type: ignore[union-attr]


def test_a_row_shows_three_tags_and_says_the_others(browser: Client, reviewer: User) -> None:
    report = a_report()
    for n in range(5):
        actions.tag(report, label=f"tag {n}", by=reviewer)
    [row] = browser.get(reverse("board")).context["rows"]
    assert (len(row.tags), row.more_tags) == (3, "tag 3, tag 4")


def test_a_tag_is_short_has_one_spelling_holds_no_id_and_a_report_carries_ten(
    post: Post, browser: Client, reviewer: User
) -> None:
    report = a_report()
    ligatures, marks = "\ufb03" * 30, "\u064e\u064f"  # searched for as 90 letters, and as none
    for label in ("", "x" * 31, "هوية 1058529940", ligatures, marks):
        post("tag", report, label=label)
    assert not Tag.objects.exists()
    actions.tag(report, label="Network", by=reviewer)
    with pytest.raises(MoveRefused):
        actions.tag(report, label="NETWORK", by=reviewer)
    for n in range(MOST_ON_A_REPORT - 1):
        actions.tag(report, label=f"t{n}", by=reviewer)
    with pytest.raises(MoveRefused):
        actions.tag(report, label="one more", by=reviewer)


def test_an_entity_never_sees_a_tag(client_of: Callable[[User], Client], reviewer: User) -> None:
    director = a_person()
    report = a_report(by=director)
    actions.tag(report, label="كناري", by=reviewer)
    with pytest.raises(MoveRefused):
        actions.tag(report, label="x", by=director)
    client = client_of(director)
    for url in (reverse("home"), reverse("report_list"), reverse("report_detail", args=[report.reference])):
        assert "كناري" not in client.get(url, follow=True).content.decode()
    assert not ReportTag.objects.visible_to(director).exists()
