"""On a phone nothing that was written is cut off in its box, and nothing is said that does not hold there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from incidents.models import FinalReport
from tests.factories import a_person, a_report
from tests.incidents.finals import filer_of, restored, url, written
from tests.journeys.conftest import PHONE, Visitor

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without"])
def test_the_day_and_the_time_of_a_line_are_read_whole(visit: Callable[..., Visitor], javascript: bool) -> None:
    report = written(restored())
    for line in FinalReport.objects.get(report=report).timeline.all():
        line.at -= timedelta(days=9)  # neither today nor yesterday: year, month and day
        line.save()
    page = visit(filer_of(report), width=PHONE, javascript=javascript).open(url(report, "timeline"))
    days = page.locator('input[name$="-at_date"]:not([value=""])')
    assert days.count() >= 3
    for box in [*days.all(), *page.locator('input[name$="-at_time"]:not([value=""])').all()]:
        assert box.evaluate("box => box.scrollWidth <= box.clientWidth"), box.input_value()


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without"])
def test_news_by_itself_is_promised_only_where_a_script_brings_it(
    visit: Callable[..., Visitor], javascript: bool
) -> None:
    report = a_report()
    page = visit(filer_of(report), width=PHONE, javascript=javascript).open(f"/reports/{report.reference}/")
    assert page.locator("#live").is_visible() == javascript


@pytest.mark.parametrize("path", ["/guide/", "/accounts/my-data/"])
def test_what_has_no_mark_has_no_indent_and_the_contents_stand_before_the_text(
    visit: Callable[..., Visitor], path: str
) -> None:
    page = visit(a_person(), width=PHONE).open(path)
    assert page.evaluate("""() => [...document.querySelectorAll('main :is(ul, ol)[role="list"]')]
        .every((list) => getComputedStyle(list).paddingInlineStart === '0px')""")
    contents = page.locator(".toc")
    if contents.count():
        assert contents.bounding_box()["y"] < page.locator("article").bounding_box()["y"]  # type: ignore[index]  # both are there
