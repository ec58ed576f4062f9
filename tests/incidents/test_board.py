"""The board: what it shows in which order, what it costs, how it is filtered, and that no URL breaks it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents import actions
from incidents.actions.timekeeping import refresh_board
from incidents.board import COUNTED
from incidents.lifecycle import ClockKind, Lane, ReportKind, Status
from incidents.models import Clock, Report
from incidents.models.report_query import NEVER
from tests.factories import a_person, a_report, a_reviewer, an_entity
from tests.incidents.boards import many, place

pytestmark = pytest.mark.django_db
Board = Callable[..., list[str]]


@pytest.fixture
def person(reviewer: User) -> User:
    return reviewer


def test_the_same_look_minutes_later_finds_what_has_become_late_meanwhile(browser: Client) -> None:
    """Its questions were written at the first look; what they ask about is the moment of each."""
    now = timezone.now()
    report = place(a_report(), next_due_at=now + timedelta(minutes=10), authority_due_at=now + timedelta(minutes=10))
    updates = Clock.objects.filter(report=report, kind=ClockKind.C3)
    assert updates.update(started_at=now, due_at=now + timedelta(minutes=10))
    late = {"show": "late"}
    for minutes, is_late, is_silent in ((5, False, False), (12, True, False), (16, True, True)):
        with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
            page = browser.get(reverse("board"), late).content.decode()
            assert (f"row-{report.reference}" in page) == is_late
            row = browser.get(reverse("board")).context["rows"][0]
            assert (row.late, bool(row.silent)) == (is_late, is_silent)


# --- Order -----------------------------------------------------------------------------------------------------


def test_urgent_comes_before_open_before_maintenance_and_inside_each_what_is_due_first(listed: Board) -> None:
    now = timezone.now()
    planned = place(a_report(ReportKind.MAINTENANCE), next_due_at=now - timedelta(days=1))
    open_late = place(a_report(), lane=Lane.OPEN, next_due_at=now - timedelta(hours=1))
    urgent = place(a_report(), lane=Lane.URGENT, next_due_at=now + timedelta(hours=2))
    urgent_first = place(a_report(), lane=Lane.URGENT, next_due_at=now + timedelta(hours=1))
    assert listed() == [r.reference for r in (urgent_first, urgent, open_late, planned)]


def test_paperwork_and_what_has_ended_have_tabs_of_their_own(listed: Board) -> None:
    place(a_report())
    restored = place(a_report(), lane=Lane.PAPERWORK, status=Status.RESTORED)
    older, newer = (place(a_report(), lane=Lane.ENDED, status=Status.CLOSED, next_due_at=NEVER) for _ in range(2))
    assert listed(show="paperwork") == [restored.reference]
    assert listed(show="ended") == [newer.reference, older.reference]
    assert len(listed()) == 1


def test_a_row_says_how_bad_what_whose_where_it_stands_and_what_is_owed_by_whom(
    browser: Client, reviewer: User
) -> None:
    report = a_report()
    Report.objects.filter(pk=report.pk).update(next_due_at=timezone.now() - timedelta(minutes=12))
    page = browser.get(reverse("board")).content.decode()
    row = page[page.index(f'id="row-{report.reference}"') : page.index("</tbody>")]
    for said in (
        report.get_severity_display(), report.main_service.name_ar, report.entity.name_ar, report.reference,
        report.get_status_display(), "على هيئة الحكومة الرقمية", 'class="is-late"',
        f'aria-label="استلام {report.reference} — {report.main_service.name_ar}"',
        reverse("report_detail", args=[report.reference]),
    ):  # fmt: skip
        assert str(said) in row


def test_an_auditor_reads_the_board_and_finds_no_button(client_of: Callable[[User], Client]) -> None:
    report = a_report()
    page = client_of(a_person(Role.AUDITOR)).get(reverse("board")).content.decode()
    assert report.reference in page
    assert "formaction" not in page
    assert "/assign/" not in page


def test_the_authoritys_own_report_is_not_moved_by_its_reviewer(client_of: Callable[[User], Client]) -> None:
    own = a_report(by=a_person(Role.DIRECTOR, entity=an_entity(authority=True)))
    row = client_of(a_reviewer()).get(reverse("board")).context["rows"][0]
    assert row.report.reference == own.reference
    assert not (row.may_acknowledge or row.may_assign)


# --- Cost ------------------------------------------------------------------------------------------------------


def queries(browser: Client, url: str, **query: Any) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(url, query).status_code in {200, 204}
    return len(captured)


@pytest.mark.parametrize("rows", [10, 25, 50])
@pytest.mark.parametrize("reports", [10, 500])
def test_the_board_asks_five_times_however_many_reports_there_are(browser: Client, rows: int, reports: int) -> None:
    many(reports)
    first = queries(browser, reverse("board"), rows=rows)
    assert first <= 7, "the names to filter by are read once a minute"
    assert queries(browser, reverse("board"), rows=rows) <= 5


def test_every_filter_asks_as_often_as_none(browser: Client) -> None:
    many(30)
    every = {"q": "منى خدمة", "kind": "OUT", "severity": 2, "status": "ACTIVE", "reviewer": "mine", "late": "on"}
    with time_machine.travel(timezone.now(), tick=False):  # names are asked for anew with each minute
        browser.get(reverse("board"))
        for show in ("live", "paperwork", "ended", "late", "new", "followed", "maintenance", "final"):
            assert queries(browser, reverse("board"), show=show, **every) <= 5


def test_a_refresh_with_nothing_new_asks_three_times_and_says_nothing(browser: Client) -> None:
    many(20)
    token = Report.objects.latest("pk").events.model.objects.latest("pk").pk
    with CaptureQueriesContext(connection) as captured:
        response = browser.get(reverse("board_changes"), {"token": token}, headers={"X-Background": "1"})
    assert response.status_code == 204
    assert response.content == b""
    assert response.templates == []
    assert len(captured) <= 3


def test_the_board_never_reads_the_long_texts_nor_counts_or_skips_rows(browser: Client) -> None:
    many(60)
    with CaptureQueriesContext(connection) as captured:
        page = browser.get(reverse("board")).context["page"]
        browser.get(page["next_url"])
    asked = " ".join(query["sql"] for query in captured)
    for never in ("OFFSET", '"summary"', '"actions_taken"', '"error_sample"', '"rollback_plan"'):
        assert never not in asked
    counts = [part.split(" AS counted")[0] for part in asked.split("COUNT(")[1:] if "AS counted" in part]
    over_reports = [count for count in counts if '"incidents_report"' in count]
    assert len(over_reports) == 20
    assert all("LIMIT 1000" in count for count in over_reports)


# --- Tiles -----------------------------------------------------------------------------------------------------


def test_each_tile_counts_the_list_it_opens(browser: Client, listed: Board) -> None:
    now = timezone.now()
    late = place(a_report(), next_due_at=now - timedelta(minutes=5))
    critical = place(a_report(), status=Status.ACTIVE, lane=Lane.URGENT, severity=1, waits_on_authority=False)
    soon = place(a_report(ReportKind.MAINTENANCE), window_start=now + timedelta(hours=71), waits_on_authority=False)
    place(a_report(ReportKind.MAINTENANCE), window_start=now + timedelta(hours=80), waits_on_authority=False)
    owed = place(a_report(), status=Status.RESTORED, lane=Lane.PAPERWORK, waits_on_authority=False)
    place(a_report(ReportKind.CONSUMED_OUTAGE), status=Status.RESTORED, lane=Lane.PAPERWORK, waits_on_authority=False)
    tiles = [tile for tile, _url in browser.get(reverse("board")).context["tiles"]]
    assert [tile.part.code for tile in tiles] == ["late", "new", "followed", "maintenance", "final"]
    expected = {"late": [late], "new": [late], "followed": [critical], "maintenance": [soon], "final": [owed]}
    for tile in tiles:
        assert listed(show=tile.part.code) == [report.reference for report in expected[tile.part.code]]
        assert tile.count == 1
    assert tiles[2].critical == 1


def test_the_open_tile_says_so_and_leads_back(browser: Client) -> None:
    a_report()
    page = browser.get(reverse("board"), {"show": "new"}).content.decode()
    tile = page[page.index("tile--waiting") :]
    assert 'aria-current="true"' in tile[:200]
    assert f'href="{reverse("board")}"' in tile[:200]


def test_a_tile_stops_counting_where_it_says_so(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert COUNTED == 999
    monkeypatch.setattr("incidents.board.COUNTED", 9)
    many(15)
    Report.objects.update(status=Status.SUBMITTED)
    tile = browser.get(reverse("board")).context["tiles"][1][0]
    assert (tile.count, tile.words) == (10, "9+")


# --- What is late is late -------------------------------------------------------------------------------------------


def test_a_clock_that_waits_on_the_authority_says_so_and_counts_as_ours(browser: Client) -> None:
    report = a_report()
    assert report.next_clock == ClockKind.C2
    place(report, next_due_at=timezone.now() - timedelta(minutes=3))
    late = browser.get(reverse("board")).context["tiles"][0][0]
    assert (late.count, late.tone) == (1, "bad")
    place(report, waits_on_authority=False)
    late = browser.get(reverse("board")).context["tiles"][0][0]
    assert (late.count, late.tone) == (0, "good")


def test_what_the_authority_owes_counts_as_late_behind_what_the_entity_owes_sooner(
    browser: Client, listed: Board
) -> None:
    report = a_report()
    now = timezone.now()
    report.clocks.filter(kind=ClockKind.C3).update(due_at=now - timedelta(minutes=20))
    report.clocks.filter(kind=ClockKind.C2).update(due_at=now - timedelta(minutes=7))
    refresh_board(report)
    report.save()
    assert (report.next_clock, report.authority_clock) == (ClockKind.C3, ClockKind.C2)
    page = browser.get(reverse("board"))
    assert page.context["tiles"][0][0].count == 1
    assert listed(show="late") == listed(late="on") == [report.reference]
    row = page.content.decode().split(f'id="row-{report.reference}"')[1]
    assert all(words in row for words in ("على الجهة", "متأخر 20 د", "على هيئة الحكومة الرقمية", "متأخر 7 د"))
    actions.acknowledge(report, seen=report.version, by=a_reviewer())
    assert Report.objects.get().authority_due_at == NEVER
    assert browser.get(reverse("board")).context["tiles"][0][0].count == 0


def test_late_is_the_same_for_the_filter_the_row_and_the_entitys_list(browser: Client, listed: Board) -> None:
    now = timezone.now()
    late = place(a_report(), next_due_at=now - timedelta(minutes=3))
    overdue = place(a_report(ReportKind.MAINTENANCE), next_due_at=now - timedelta(minutes=2), next_clock="M3")
    place(a_report(), lane=Lane.ENDED, status=Status.CLOSED, next_due_at=now - timedelta(days=1))
    a_report()
    found = [report.reference for report in Report.objects.late(at=now).order_by("id")]
    rows = browser.get(reverse("board")).context["rows"]
    assert found == [late.reference, overdue.reference] == listed(late="on")
    assert [row.report.reference for row in rows if row.late] == found
    assert listed(show="ended", late="on") == []
