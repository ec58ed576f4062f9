"""A message that should have been written and was not is found and named; what changed afterwards is no hole."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from unittest.mock import Mock

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from entities.models import Membership, Notice
from entities.permissions import Role
from incidents import actions as reports
from incidents.models import Report
from notifications import health, reconciling
from notifications.messages import message_for
from notifications.models import Delivery, Hole, Preference, State
from notifications.reconciling import mend, reconcile
from notifications.tasks import deliver_due
from notifications.topics import Topic
from tests.factories import a_report, a_reviewer
from tests.notifications.conftest import colleague, fan_out, to

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=6)


@pytest.fixture
def told() -> Report:
    """A report with a colleague and a reviewer, all of whom were told."""
    report = a_report()
    colleague(report)
    reviewer = a_reviewer()
    Membership.objects.update(created_at=timezone.now() - timedelta(days=1))
    reports.acknowledge(report, by=reviewer)
    fan_out()
    return report


def look() -> int:
    return reconcile(at=timezone.now() + LATER)


def test_a_house_in_order_has_no_hole(told: Report) -> None:
    assert look() == 0
    assert "holes" not in health.degraded_parts()


def test_a_lost_delivery_is_found_named_once_and_mended(told: Report) -> None:
    lost = to(told.filed_by, event__data__move="acknowledge")
    event = lost[0].event_id
    lost.delete()
    assert look() == look() == 1
    hole = Hole.objects.get()
    assert (hole.key, hole.reference, hole.missing) == (f"event:{event}", told.reference, 1)
    assert "holes" in health.degraded_parts()
    with pytest.raises(CommandError, match="1 holes"):
        call_command("reconcile", stdout=StringIO())
    assert mend(at=timezone.now()) == 1
    assert to(told.filed_by, event=event, channel="in_app").exists()
    assert "holes" not in health.degraded_parts()


def test_an_event_of_which_nobody_was_told_is_found_although_the_report_went_on(told: Report) -> None:
    Delivery.objects.filter(event__kind="FILED").delete()
    assert look() == 1


def test_who_joined_or_chose_otherwise_afterwards_is_no_hole(told: Report) -> None:
    colleague(told, Role.MEMBER)
    Preference.objects.create(person=told.filed_by, no_mail=[Topic.PROGRESS])
    Delivery.objects.filter(person=told.filed_by).exclude(channel="in_app").delete()
    assert look() == 0


def test_the_silence_of_a_ladder_that_reports_climb_together_is_no_hole(told: Report) -> None:
    """Another report of the incident has spoken for it, or a reminder of it that is met by now has."""
    lead = a_reviewer(Role.LEAD)
    Membership.objects.update(created_at=timezone.now() - timedelta(days=1))
    both = [a_report(), a_report()]
    reports.open_incident(both, name_ar="أ", name_en="a", by=lead)
    fan_out()
    look()
    reports.record_due_reminders(at=timezone.now() + timedelta(minutes=40))
    fan_out()
    first, second = (report.events.filter(kind="REMINDED", data__clock="C2").latest("seq") for report in both)
    assert to(lead, event=first).exists() and not to(lead, event=second).exists()
    Report.objects.filter(pk=both[0].pk).update(severity=4)  # as of now it speaks for the second no more
    assert look() == 0


def test_what_was_compared_is_not_looked_at_again(told: Report) -> None:
    assert look() == 0
    Delivery.objects.all().delete()
    assert look() == 0


def test_what_a_run_broke_off_at_is_compared_by_the_next(told: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    Delivery.objects.all().delete()
    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(reconciling, "_missing", Mock(side_effect=KeyboardInterrupt))
        look()
    assert look() > 0


def test_what_is_still_on_its_way_waits(told: Report) -> None:
    Delivery.objects.all().delete()
    assert reconcile(at=timezone.now()) == 0
    assert look() > 0


def test_a_mark_that_was_not_spoken_is_a_hole_until_it_is(told: Report) -> None:
    clock = told.clocks.running().get(kind="C3")
    after = clock.due_at + LATER
    reports.record_due_reminders(at=clock.due_at)
    told.clocks.filter(pk=clock.pk).update(next_mark_at=None)  # the sweep has lost sight of it
    fan_out()
    assert reconcile(at=after) == 0
    late = after + timedelta(days=3)
    assert reconcile(at=late) == 1
    assert Hole.objects.get().key.startswith(f"clock:{clock.pk}:")
    told.clocks.filter(pk=clock.pk).update(next_mark_at=clock.due_at)
    reports.record_due_reminders(at=late)
    assert reconcile(at=late) == 0


def test_every_clock_is_looked_at_and_a_hole_of_the_last_stays_open(
    told: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = timezone.now() + timedelta(days=3)
    other = a_report()
    fan_out()
    other.clocks.filter(kind="C3").update(next_mark_at=None)
    reports.record_due_reminders(at=late)
    fan_out()
    monkeypatch.setattr(reconciling, "CLOCKS", 1)
    for _run in range(2):
        reconcile(at=late + LATER)
        assert [hole.reference for hole in Hole.objects.open()] == [other.reference]


def test_the_authoritys_admins_are_told_once_a_day_while_a_hole_is_open(told: Report) -> None:
    admin = a_reviewer(Role.ADMIN)
    to(told.filed_by, event__data__move="acknowledge").delete()
    now = timezone.now()
    for at in (now + LATER, now + LATER, now + LATER + timedelta(days=1)):
        reconcile(at=at)
    fan_out()
    mails = to(admin, notice__kind=Notice.Kind.MESSAGES_MISSING, channel="email")
    assert len(mails) == 2
    assert "What should have been told and was not" in message_for(mails[0], at=now).text
    assert not to(told.reviewer, notice__isnull=False).exists()  # type: ignore[arg-type]  # acknowledged: she has one
    Hole.objects.update(mended_at=now)
    deliver_due()
    assert {each.state for each in mails.all()} == {State.SUPERSEDED}


def test_a_house_in_order_raises_no_alarm(told: Report) -> None:
    a_reviewer(Role.ADMIN)
    look()
    assert not Notice.objects.filter(kind=Notice.Kind.MESSAGES_MISSING).exists()
