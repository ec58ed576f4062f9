"""The demo's duty roster: a lead round the clock, two reviewers by day and by night, from three days ago on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.db.models import Max
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents.calendar import RIYADH
from incidents.models import DutyShift
from outage_portal.seed.people import Cast

AUTHORITY = "dga"
PAST, AHEAD = timedelta(days=3), timedelta(days=15)
CHANGE = time(7)
#: One day of the coming week has no lead, so that the page has something to warn of.
DAY_WITHOUT_LEAD = 5
PHONES = {Role.LEAD: "+966500000190", Role.REVIEWER: "+966500000191"}


def keep_roster(*, now: datetime) -> int:
    """Plan whatever the roster does not reach yet; what stands, or was changed by hand, stays. Returns how many."""
    cast = Cast.from_database()
    lead, reviewers = cast.first(AUTHORITY, Role.LEAD), cast.all(AUTHORITY, Role.REVIEWER)
    if lead is None or len(reviewers) < 2:
        return 0
    planned = DutyShift.objects.aggregate(end=Max("ends_at"))["end"]
    start = max(now - PAST, planned or now - PAST)
    first, today = timezone.localdate(start), timezone.localdate(now)
    new = [
        shift
        for n in range((timezone.localdate(now + AHEAD) - first).days)
        for shift in _day(first + timedelta(days=n), lead=lead, reviewers=reviewers, today=today)
        if planned is None or shift.starts_at >= planned
    ]
    return len(DutyShift.objects.bulk_create(new))


def _day(day: date, *, lead: User, reviewers: list[User], today: date) -> Iterator[DutyShift]:
    """The shifts of a day, from the change at 07:00; the reviewers change places every week."""
    start = datetime.combine(day, CHANGE, RIYADH)
    half, whole = start + timedelta(hours=12), start + timedelta(hours=24)
    by_day, by_night = reviewers[:2] if day.toordinal() // 7 % 2 else reviewers[1::-1]
    if (day - today).days != DAY_WITHOUT_LEAD:
        yield _shift(lead, Role.LEAD, start, whole)
    yield _shift(by_day, Role.REVIEWER, start, half)
    yield _shift(by_night, Role.REVIEWER, half, whole)


def _shift(person: User, role: Role, starts_at: datetime, ends_at: datetime) -> DutyShift:
    return DutyShift(person=person.acting, role=role, starts_at=starts_at, ends_at=ends_at, phone=PHONES[role])
