"""The board's filter is its URL: what it finds, what it makes of nonsense, and how its pages follow each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import Sector, User
from incidents import actions
from incidents.forms.board import names_of_the_minute
from incidents.lifecycle import Lane, ReportKind, Status
from incidents.models import Report
from incidents.models.report_query import NEVER
from tests.factories import a_person, a_report, a_reviewer, a_service, an_entity
from tests.incidents.boards import many, place

pytestmark = pytest.mark.django_db
Board = Callable[..., list[str]]


@pytest.fixture
def person(reviewer: User) -> User:
    return reviewer


# --- Filters -----------------------------------------------------------------------------------------------------


def test_search_finds_reference_service_and_entity_in_whatever_spelling(listed: Board) -> None:
    entity = an_entity(name_ar="هيئة الإحصاء", name_en="Statistics")
    director = a_person(entity=entity)
    report = a_report(by=director, service=a_service(entity=entity, name_ar="بوّابة الأحوال المدنيّة", name_en="Civil"))
    a_report()
    for words in ("بوابه الاحوال", "هيئه الاحصاء", "احوال إحصاء", "civil", report.reference, report.reference.lower()):
        assert listed(q=words) == [report.reference], words
    assert listed(q="بوابة الإسكان") == []


def test_a_whole_reference_is_found_wherever_its_report_stands(listed: Board) -> None:
    ended = place(a_report(), lane=Lane.ENDED, status=Status.CLOSED)
    digits = ended.reference.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert listed(q=ended.reference) == listed(q=digits, show="paperwork") == [ended.reference]


def test_lists_narrow_by_kind_severity_sector_status_reviewer_and_lateness(listed: Board, reviewer: User) -> None:
    health = Sector.objects.create(code="health", name_ar="الصحة", name_en="Health")
    other = a_reviewer()
    mine = a_report(by=a_person(entity=an_entity(sector=health)))
    actions.acknowledge(place(mine, severity=2), by=reviewer)
    hers = place(a_report(), severity=1, lane=Lane.URGENT, reviewer=other)
    pooled = place(a_report(ReportKind.MAINTENANCE), severity=3, next_due_at=timezone.now() - timedelta(minutes=1))
    names_of_the_minute.cache_clear()
    for query, expected in (
        ({"kind": "MNT"}, pooled), ({"severity": 1}, hers), ({"sector": "health"}, mine), ({"status": "ACTIVE"}, mine),
        ({"reviewer": "mine"}, mine), ({"reviewer": str(other.public_id)}, hers), ({"reviewer": "nobody"}, pooled),
        ({"late": "on"}, pooled),
    ):  # fmt: skip
        assert listed(**query) == [expected.reference], query
    assert listed(kind="MNT", reviewer="mine") == []


def test_the_url_is_the_filter_and_a_tab_keeps_it(browser: Client) -> None:
    response = browser.get(reverse("board"), {"kind": "OUT", "q": "بوابة", "status": "ACTIVE"})
    page = response.content.decode()
    assert '<option value="OUT" selected>' in page
    assert 'value="بوابة"' in page
    paperwork = response.context["tabs"][1].url
    assert "kind=OUT" in paperwork
    assert "status=" not in paperwork, "another tab has other statuses"


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "XXX"}, {"severity": "9"}, {"severity": "x"}, {"sector": "nowhere"}, {"status": "GONE"},
        {"status": "CLOSED"}, {"reviewer": "1' OR 1=1"}, {"show": "everything"}, {"q": "x" * 500}, {"rows": "9999"},
        {"rows": "-1"}, {"severity": "9" * 5000}, {"kind": ["OUT", "MNT", "?"]},
    ],
    ids=str,
)  # fmt: skip
def test_a_value_that_means_nothing_is_left_out_and_said(browser: Client, query: dict[str, Any]) -> None:
    report = a_report()
    response = browser.get(reverse("board"), query)
    assert response.status_code == 200
    assert [row.report.reference for row in response.context["rows"]] == [report.reference]
    assert "تعذّرت قراءة هذا الجزء من التصفية" in response.content.decode()


@pytest.mark.parametrize("name", ["after", "before", "done", "undo", "late", "q"])
@pytest.mark.parametrize("value", ["x", ":::", "W10:abc", "%", "_", "\\", "-1", "9" * 400, "'\"><b>"])
def test_nothing_sent_to_the_board_makes_it_fail(browser: Client, name: str, value: str) -> None:
    a_report()
    response = browser.get(reverse("board"), {name: value})
    assert response.status_code == 200
    assert "<b>'" not in response.content.decode()


def test_nothing_open_and_nothing_found_are_two_sentences(browser: Client) -> None:
    assert "لا بلاغات مفتوحة" in browser.get(reverse("board")).content.decode()
    page = browser.get(reverse("board"), {"severity": 1, "show": "paperwork"}).content.decode()
    assert "لا بلاغات تطابق هذه التصفية" in page
    assert "الشدة: <b><bdi>حرجة</bdi></b>" in page
    assert page.count(f'href="{reverse("board")}?show=paperwork"') >= 2, "one link clears the filter and keeps the tab"


# --- Pages -------------------------------------------------------------------------------------------------------


def test_pages_follow_each_other_without_a_gap_or_a_double_and_back_again(browser: Client) -> None:
    expected = [r.reference for r in sorted(many(57), key=lambda r: (r.next_due_at, r.pk))]
    seen: list[str] = []
    url, pages = reverse("board"), 0
    while url:
        context = browser.get(url).context
        seen += [row.report.reference for row in context["rows"]]
        last, url, pages = context, context["page"]["next_url"], pages + 1
    assert (seen, pages) == (expected, 3)
    back = browser.get(last["page"]["previous_url"]).context
    assert [row.report.reference for row in back["rows"]] == expected[25:50]
    first = browser.get(back["page"]["previous_url"]).context
    assert [row.report.reference for row in first["rows"]] == expected[:25]
    assert not first["page"]["previous_url"]


def test_what_ended_is_paged_from_the_newest(browser: Client) -> None:
    many(30)
    Report.objects.update(lane=Lane.ENDED, status=Status.CLOSED, next_due_at=NEVER, next_clock="")
    first = browser.get(reverse("board"), {"show": "ended", "rows": 10}).context
    second = browser.get(first["page"]["next_url"]).context
    pks = [row.report.pk for context in (first, second) for row in context["rows"]]
    assert pks == sorted(pks, reverse=True)
    assert len(set(pks)) == 20


def test_a_cursor_of_another_order_or_another_hand_begins_at_the_beginning(browser: Client, listed: Board) -> None:
    many(30)
    cursor = browser.get(reverse("board")).context["page"]["next_url"].split("after=")[1]
    assert listed(after=cursor + "x") == listed()
    assert len(listed(after=cursor, show="ended")) == 0
