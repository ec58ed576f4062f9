"""A consumer's report is linked to its owner's: the history says so, and its page names the owner's reference.

The owner's report is another entity's, so only its reference is kept. A sweep does it, not the owner's filing: however
many have reported the service, filing costs the same.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from incidents.actions.by_itself import BATCH, one_by_one
from incidents.actions.moves import conclude, take_for_sweep
from incidents.models import Report, ReportEvent


def link_to_owners(*, at: datetime) -> int:
    """Link open reports of consumed services to what their owners have reported; returns how many."""
    return one_by_one(Report.objects.to_link().order_by("pk")[:BATCH], link_to_owner, at=at)


@transaction.atomic
def link_to_owner(report: Report, *, at: datetime) -> ReportEvent | None:
    """One report, as `to_link` found it; None where it is linked already. Raises MoveRefused."""
    found, move = take_for_sweep(report, "link_owner")
    reference: str = report.owner_reports  # type: ignore[attr-defined]  # annotated
    if found.owner_reference == reference:
        return None
    found.owner_reference = reference
    return conclude(found, move, at=at, data={"owner_reference": reference}, by=None)
