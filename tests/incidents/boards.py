"""A board's worth of reports, for the tests of the board."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.utils import timezone

from incidents.lifecycle import Status
from incidents.models import Report
from incidents.models.report_query import NEVER
from tests.factories import a_person, a_report, a_reviewer


def many(number: int) -> list[Report]:
    """A board's worth of reports, two thirds of them acknowledged, without the long way through the forms."""
    director, reviewer = a_person(), a_reviewer()
    pattern = a_report(by=director)
    reports = []
    for n in range(1, number):
        copy = Report.objects.get(pk=pattern.pk)
        copy.pk, copy.reference, copy.key = None, f"OUT-2031-{n:06}", uuid.uuid4()
        copy.next_due_at = pattern.next_due_at + timedelta(minutes=n - 5)
        if n % 3:
            copy.status, copy.reviewer, copy.acknowledged_at = Status.ACTIVE, reviewer, timezone.now()
        reports.append(copy)
    Report.objects.bulk_create(reports)
    return [pattern, *reports]


def place(report: Report, **columns: Any) -> Report:
    """Set what the board reads, whatever the report's story is; what is owed next may be the authority's."""
    if {"next_due_at", "waits_on_authority"} & set(columns):
        due = columns.get("next_due_at", report.next_due_at)
        ours = columns.get("waits_on_authority", report.waits_on_authority)
        columns = {"authority_due_at": due if ours else NEVER, **columns}
    Report.objects.filter(pk=report.pk).update(**columns)
    report.refresh_from_db()
    return report
