"""The demo's freeze period: a few days of the week after next, so that the calendar and the radar have one to show."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from incidents.models import FreezePeriod
from incidents.models.freeze import forget_freezes

NAMES = {"name_ar": "إعلان نتائج الاختبارات", "name_en": "Exam results"}
BEGINS, DAYS = timedelta(days=11), timedelta(days=2)


def keep_a_freeze(*, now: datetime) -> bool:
    """One that lies ahead, or goes on, stays; the next is kept once it is over. Returns whether one was."""
    today = timezone.localdate(now)
    if FreezePeriod.objects.filter(name_ar=NAMES["name_ar"], last_day__gte=today).exists():
        return False
    first = today + BEGINS
    FreezePeriod.objects.create(
        **NAMES,
        first_day=first,
        last_day=first + DAYS,
        tiers=[0, 1],
        reason="ذروة الاستعلام عن النتائج والقبول",
        confirmed_at=now,
    )
    forget_freezes()
    return True
