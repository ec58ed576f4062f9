"""On a phone nothing that was written is cut off in its box."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from incidents.models import FinalReport
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
