"""Deeds in a row: acknowledge, assign, take back; what a stale page is told; and the same without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents import actions
from incidents.errors import MoveRefused
from incidents.lifecycle import ClockKind, EventKind, ReportKind, Status
from incidents.models import Report
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
    def send(name: str, report: Report, *, htmx: bool = True, **fields: object) -> HttpResponse:
        url = reverse(f"board_{name}", args=[report.reference])
        return browser.post(url, {"version": report.version, **fields}, headers=HTMX if htmx else {})

    return send


def fresh(report: Report) -> Report:
    return Report.objects.get(pk=report.pk)


def test_a_deed_is_counted_at_once(post: Post) -> None:
    a_report()
    html = post("acknowledge", a_report()).content.decode()
    tiles = html.partition('id="board-tiles"')[2]
    assert 'hx-swap-oob="true"' in tiles
    assert re.search(r"<b>1</b><span>بانتظار الاستلام<", tiles)


# --- Acknowledge, and take it back ---------------------------------------------------------------------------------


def test_acknowledging_answers_with_the_row_and_offers_to_take_it_back(post: Post, reviewer: User) -> None:
    report = a_report()
    response = post("acknowledge", report)
    row, _tiles = response.content.decode().strip().split("\n<nav", 1)
    row = row.strip()
    assert response.status_code == 200
    assert row.startswith(f'<tr id="row-{report.reference}"')
    assert response["HX-Retarget"] == f"#row-{report.reference}"
    assert row.endswith("</tr>")
    assert reverse("board_undo_acknowledge", args=[report.reference]) in row
    assert 'data-vanishes="30"' in row
    assert (fresh(report).status, fresh(report).reviewer) == (Status.ACTIVE, reviewer)


def test_without_javascript_one_comes_back_to_the_board_with_the_same_filter(post: Post, browser: Client) -> None:
    report = a_report()
    response = post("acknowledge", report, htmx=False, next="severity=1&kind=OUT&nonsense=1")
    assert response.status_code == 302
    assert response["Location"].startswith(f"{reverse('board')}?kind=OUT&severity=1&")
    assert response["Location"].endswith(f"#row-{report.reference}")
    page = browser.get(response["Location"]).content.decode()
    assert f"استُلم البلاغ {report.reference}." in page
    assert reverse("board_undo_acknowledge", args=[report.reference]) in page


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "?x", "%", "a=b&" * 300])
def test_the_filter_carried_along_leads_nowhere_but_to_the_board(post: Post, elsewhere: str) -> None:
    response = post("acknowledge", a_report(), htmx=False, next=elsewhere)
    assert response["Location"].startswith(reverse("board"))
    assert "evil" not in response["Location"]


def test_an_acknowledgement_taken_back_lets_its_clock_run_on(post: Post) -> None:
    report = a_report()
    clock = report.clocks.get(kind=ClockKind.C2)
    post("acknowledge", report)
    response = post("undo_acknowledge", fresh(report))
    assert response.status_code == 200
    report = fresh(report)
    again = report.clocks.running().get(kind=ClockKind.C2)
    assert (report.status, report.reviewer, report.acknowledged_at) == (Status.SUBMITTED, None, None)
    assert (again.started_at, again.due_at) == (clock.started_at, clock.due_at)
    assert (report.next_clock, report.next_due_at) == (ClockKind.C2, clock.due_at)
    assert [e.move for e in report.events.filter(kind=EventKind.MOVED)] == ["acknowledge", "undo_acknowledge"]


def test_an_acknowledgement_is_taken_back_by_its_giver_within_a_minute_and_once() -> None:
    report, reviewer = a_report(), a_reviewer()
    actions.acknowledge(report, by=reviewer)
    with pytest.raises(MoveRefused):
        actions.undo_acknowledge(report, by=a_reviewer(Role.LEAD))
    with pytest.raises(MoveRefused):
        actions.undo_acknowledge(report, at=timezone.now() + timedelta(seconds=61), by=reviewer)
    actions.undo_acknowledge(report, by=reviewer)
    with pytest.raises(MoveRefused):
        actions.undo_acknowledge(report, by=reviewer)
    actions.acknowledge(report, by=reviewer)
    assert report.clocks.filter(kind=ClockKind.C2).count() == 2


def test_taking_back_leaves_a_reviewer_who_was_there_before_or_came_since() -> None:
    report, reviewer, colleague = a_report(), a_reviewer(), a_reviewer()
    actions.assign(report, reviewer=colleague, by=colleague)
    actions.acknowledge(report, by=reviewer)
    actions.undo_acknowledge(report, by=reviewer)
    assert fresh(report).reviewer == colleague
    other = a_report()
    actions.acknowledge(other, by=reviewer)
    actions.assign(other, reviewer=colleague, by=colleague)
    actions.undo_acknowledge(other, by=reviewer)
    assert fresh(other).reviewer == colleague


# --- Assign --------------------------------------------------------------------------------------------------------


def test_the_question_who_follows_is_a_page_and_a_dialog(browser: Client, reviewer: User) -> None:
    report = a_report()
    colleague = a_person(Role.REVIEWER, name_ar="ريم العنزي")
    a_person(Role.AUDITOR, name_ar="مدقق لا يتابع")
    url = reverse("board_assign", args=[report.reference])
    page, dialog = browser.get(url).content.decode(), browser.get(url, headers=HTMX).content.decode()
    assert "<html" in page
    assert dialog.lstrip().startswith("<dialog")
    for answer in (page, dialog):
        assert "ريم العنزي" in answer
        assert str(colleague.public_id) in answer
        assert "مدقق لا يتابع" not in answer
        assert 'value="nobody"' not in answer, "nobody follows it yet"
    assert fresh(report).version == report.version


def test_a_report_is_given_to_a_reviewer_back_and_to_nobody(post: Post, reviewer: User) -> None:
    report, colleague = a_report(), a_reviewer()
    for whom, expected in ((colleague.public_id, colleague), (reviewer.public_id, reviewer), ("nobody", None)):
        before = str(fresh(report).reviewer.public_id) if fresh(report).reviewer else "nobody"
        response = post("assign", fresh(report), reviewer=whom)
        assert response.status_code == 200
        assert fresh(report).reviewer == expected
        assert f"/assign/?reviewer={before}&amp;undo=yes" in response.content.decode(), "the way back"
    assert fresh(report).status == Status.SUBMITTED


def test_the_way_back_of_an_assignment_offers_no_way_back(browser: Client) -> None:
    report, colleague = a_report(), a_reviewer()
    url = f"{reverse('board_assign', args=[report.reference])}?reviewer={colleague.public_id}&undo=yes"
    response = browser.post(url, {"version": report.version}, headers=HTMX)
    assert response.status_code == 200
    assert fresh(report).reviewer == colleague
    assert "data-vanishes" not in response.content.decode()


def test_an_assignment_without_javascript_offers_the_way_back_on_the_board(post: Post, browser: Client) -> None:
    report = a_report()
    response = post("assign", report, htmx=False, reviewer=a_person(Role.REVIEWER, name_ar="ريم العنزي").public_id)
    page = browser.get(response["Location"]).content.decode()
    assert f"متابعة البلاغ {report.reference} مسندة الآن إلى: ريم العنزي." in page
    assert "/assign/?reviewer=nobody&amp;undo=yes" in page


@pytest.mark.parametrize("whom", ["", "x", "0" * 3000, "00000000-0000-0000-0000-000000000000"])
def test_nobody_but_a_reviewer_is_given_a_report(post: Post, whom: str) -> None:
    report, director = a_report(), a_person()
    for value in (whom, str(director.public_id)):
        response = post("assign", report, reviewer=value)
        assert response.status_code == 409
        assert "لم يعد هذا الشخص ضمن مسؤولي المتابعة" in response.content.decode()
    assert fresh(report).version == report.version


# --- Stale, refused, not yours --------------------------------------------------------------------------------------


def test_a_stale_version_is_told_with_the_row_as_it_is_now(post: Post) -> None:
    report = a_report()
    actions.acknowledge(report, by=a_person(Role.REVIEWER, name_ar="سعد المطيري"))
    response = post("acknowledge", report)
    row = response.content.decode()
    assert response.status_code == 409
    assert "تغيّر هذا البلاغ أثناء الاطلاع عليه" in row
    assert "سعد المطيري" in row
    assert fresh(report).get_status_display() in row
    assert "data-vanishes" not in row


def test_a_stale_version_without_javascript_is_a_page_with_that_row_and_a_way_back(post: Post) -> None:
    report = a_report()
    actions.acknowledge(report, by=a_reviewer())
    response = post("acknowledge", report, htmx=False, next="kind=OUT")
    page = response.content.decode()
    assert response.status_code == 409
    assert "<html" in page
    assert f'id="row-{report.reference}"' in page
    assert f'href="{reverse("board")}?kind=OUT"' in page


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 50, "1.5"])
@pytest.mark.parametrize("name", ["acknowledge", "undo_acknowledge", "assign"])
def test_a_deed_without_the_version_that_was_read_changes_nothing(browser: Client, name: str, version: str) -> None:
    report = a_report()
    url = reverse(f"board_{name}", args=[report.reference])
    assert browser.post(url, {"version": version}, headers=HTMX).status_code == 409
    assert fresh(report).version == report.version


def test_what_the_table_does_not_allow_is_refused_in_words(post: Post) -> None:
    planned = a_report(ReportKind.MAINTENANCE)
    response = post("acknowledge", planned)
    assert response.status_code == 409
    assert 'role="alert"' in response.content.decode()
    assert fresh(planned).version == planned.version


@pytest.mark.parametrize("name", ["acknowledge", "undo_acknowledge", "assign"])
def test_deeds_belong_to_reviewers_and_go_by_post(
    client_of: Callable[[User], Client], browser: Client, name: str
) -> None:
    report = a_report()
    url = reverse(f"board_{name}", args=[report.reference])
    for role in (Role.AUDITOR, Role.ADMIN, Role.DIRECTOR):
        assert client_of(a_person(role)).post(url, {"version": report.version}).status_code == 403
    assert browser.post(url.replace(report.reference, "OUT-2026-999999"), {"version": 1}).status_code == 404
    assert browser.put(url).status_code == 405
    assert fresh(report).version == report.version
