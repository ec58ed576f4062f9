"""What was done with a code while Nafath was down is confirmed when its person has signed in with Nafath since."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from incidents.lifecycle import EventKind
from incidents.models import Report
from nafath_auth.models import DoorCode

BATCH = 200


def confirm_identities(*, at: datetime) -> int:
    """Write one event on each report that has become certain; returns how many. Run by the sweep."""
    waiting = Report.objects.filter(unconfirmed_at__isnull=False).order_by("pk").values_list("pk", flat=True)[:BATCH]
    return sum(_confirm(pk, at=at) for pk in list(waiting))


@transaction.atomic
def _confirm(pk: int, *, at: datetime) -> bool:
    """The report waits on while any of its codes is not confirmed; each is told of once."""
    report = Report.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
    marked = {code for code in report.events.values_list("data__by_code", flat=True) if code}
    told = report.events.filter(kind=EventKind.IDENTIFIED).values_list("data__codes", flat=True)
    marked -= {code for codes in told for code in codes}
    certain = {
        str(key)
        for key in DoorCode.objects.filter(pk__in=marked, confirmed_at__isnull=False).values_list("pk", flat=True)
    }
    if not certain:
        return False
    report.record(EventKind.IDENTIFIED, by=None, at=at, data={"codes": sorted(certain)})
    if marked == certain:
        report.unconfirmed_at = None
    report.save()
    return True
