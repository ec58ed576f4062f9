"""Somebody is on duty in the demo, whenever it is started, and what was changed by hand stays; as does the list."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from entities.models import Notice, User
from entities.permissions import Role
from incidents.duty import Roster
from incidents.models import DutyShift, OutsideReader
from outage_portal.seed.catalogue import load_catalogue
from outage_portal.seed.outside import keep_outside_reader
from outage_portal.seed.people import Cast, load_people
from outage_portal.seed.roster import keep_roster

pytestmark = pytest.mark.django_db


def test_somebody_is_on_duty_at_every_start_and_what_was_taken_off_by_hand_stays_off() -> None:
    load_catalogue()
    load_people(now=timezone.now())
    lead = Cast.from_database().first("dga", Role.LEAD)
    assert lead is not None
    now = timezone.now()
    assert keep_roster(now=now) > 40
    roster = Roster.read(lead, at=now)
    assert sorted(turn.shift.role for turn in roster.on_duty) == ["LEAD", "REVIEWER"]
    assert all(day.turns for day in roster.days)
    assert [gap.post for gap in roster.gaps] == ["LEAD"], "one gap, so that there is something to warn of"
    DutyShift.objects.filter(starts_at__gt=now, ends_at__lt=now + timedelta(days=2)).delete()
    assert keep_roster(now=now) == 0
    for later in (now + timedelta(days=4), now + timedelta(days=60)):
        assert keep_roster(now=later) > 0
        assert "REVIEWER" in {turn.shift.role for turn in Roster.read(lead, at=later).on_duty}
    for person in User.objects.filter(memberships__duty_shifts__isnull=False).distinct():
        shifts = list(DutyShift.objects.of_person(person).order_by("starts_at"))
        assert all(one.ends_at <= after.starts_at for one, after in pairwise(shifts))


def test_one_office_outside_reads_of_incidents_and_stays_off_once_it_was_taken_off() -> None:
    load_catalogue()
    load_people(now=timezone.now())
    assert keep_outside_reader(now=timezone.now()) == 1
    assert OutsideReader.objects.confirmed().count() == 1
    assert not Notice.objects.not_fanned_out().exists(), "nobody is mailed about it"
    OutsideReader.objects.update(ended_at=timezone.now(), ended_why="removed")
    assert keep_outside_reader(now=timezone.now()) == 0
