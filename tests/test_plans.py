"""Each of the hottest queries is answered by its index: what a missing one would cost shows at a million rows."""

from __future__ import annotations

import pytest
from django.db import connection
from django.utils import timezone

from bench.hottest import hottest
from tests.factories import a_report
from tests.marks import postgresql
from tests.notifications.conftest import fan_out

pytestmark = [pytest.mark.wide, pytest.mark.django_db]


@postgresql
def test_each_of_the_hottest_queries_has_its_index() -> None:
    """In tables of a few rows PostgreSQL would read them whole, or sort: it is told to do so only where it must."""
    report = a_report()
    fan_out()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
    plans = {query.name: (query.index, "\n".join(query.plan())) for query in hottest(report, at=timezone.now())}
    assert len(plans) == 10
    assert not {name: plan for name, (index, plan) in plans.items() if index not in plan or "Sort" in plan}
