"""The escalation ladder goes to whoever is on duty; to all, as long as the roster names nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from entities.models import Membership
from entities.permissions import Role
from incidents import actions
from incidents.lifecycle import ReportKind
from incidents.models import ReportEvent
from notifications.relevance import event_stands
from tests.factories import a_reviewer, a_shift
from tests.notifications.conftest import heard
from tests.notifications.test_recipients import EVERYWHERE, MAIL, PORTAL, Town

pytestmark = pytest.mark.django_db


class Watch(Town):
    """A town in which SECOND is the reviewer on duty and LEAD the lead; REVIEWER and CHIEF sleep."""

    def __init__(self, kind: str = ReportKind.OWN_OUTAGE, *, tier: int = 0, **columns: object) -> None:
        super().__init__(kind, tier=tier, **columns)
        self.people["CHIEF"] = a_reviewer(Role.LEAD)
        a_shift(self.people["SECOND"])
        a_shift(self.people["LEAD"])

    def reminded(self, clock: str, mark: str) -> dict[str, set[str]]:
        found = self.report.clocks.running().get(kind=clock)
        marks = self.report.policy.rules.marks_of(clock, started_at=found.started_at, due_at=found.due_at)
        moment = next(moment for moment, each in marks if each.code == mark)
        actions.record_due_reminders(at=moment + timedelta(seconds=1))
        return self.heard(self.report.events.get(clock=found, mark=mark))


def authority(told: dict[str, set[str]]) -> dict[str, set[str]]:
    return {name: told[name] for name in ("REVIEWER", "SECOND", "LEAD", "CHIEF") if name in told}


def test_a_bad_outage_wakes_whoever_is_on_duty_and_waits_in_the_portal_for_the_others() -> None:
    told = authority(Watch().heard())
    assert told == {"SECOND": EVERYWHERE, "LEAD": EVERYWHERE, "REVIEWER": PORTAL, "CHIEF": PORTAL}


def test_an_emergency_maintenance_wakes_the_reviewer_on_duty() -> None:
    start = timezone.now() + timedelta(hours=5)
    window = {"window_start": start, "window_end": start + timedelta(hours=1)}
    told = authority(Watch(ReportKind.MAINTENANCE, emergency_reason="ثغرة", **window).heard())
    assert told == {"SECOND": EVERYWHERE, "REVIEWER": PORTAL}


def test_a_late_acknowledgement_goes_to_the_reviewer_on_duty_then_to_the_lead_on_duty() -> None:
    watch = Watch()
    assert watch.reminded("C2", "due") == {"SECOND": EVERYWHERE}
    assert watch.reminded("C2", "plus-50") == {"SECOND": EVERYWHERE, "LEAD": EVERYWHERE}


def test_a_late_acknowledgement_goes_to_the_reports_reviewer_first_of_all() -> None:
    watch = Watch()
    actions.assign(watch.report, reviewer=watch.people["REVIEWER"], by=watch.people["LEAD"])
    assert watch.reminded("C2", "due") == {"REVIEWER": EVERYWHERE}


def test_the_last_step_of_a_late_update_goes_to_the_lead_on_duty() -> None:
    told = authority(Watch().acknowledged().reminded("C3", "plus-100"))
    assert set(told) == {"REVIEWER", "LEAD"}


def test_a_shift_that_is_over_or_of_somebody_who_left_names_nobody() -> None:
    town = Town()
    a_shift(town.people["SECOND"], hours=(-9, -1))
    a_shift(town.people["LEAD"], hours=(1, 9))
    left = a_reviewer()
    a_shift(left)
    Membership.objects.filter(user=left).update(status=Membership.Status.SUSPENDED)
    told = town.heard()
    assert told["REVIEWER"] == told["SECOND"] == told["LEAD"] == EVERYWHERE


def test_a_lead_who_stands_in_as_reviewer_hears_as_the_reviewer_on_duty() -> None:
    town = Town()
    a_shift(town.people["LEAD"], role=Role.REVIEWER)
    found = town.report.clocks.running().get(kind="C2")
    actions.record_due_reminders(at=found.due_at)
    assert town.heard() == {"LEAD": EVERYWHERE}


# --- The watchdogs ---------------------------------------------------------------------------------------------


def returned() -> Watch:
    watch, at = Watch(), timezone.now()
    actions.assign(watch.report, reviewer=watch.people["REVIEWER"], by=watch.people["LEAD"])
    actions.act_by_itself(at=at + timedelta(minutes=21))
    return watch


def test_a_silent_reviewer_hears_before_and_the_one_on_duty_after() -> None:
    watch = returned()
    assert watch.heard() == {"REVIEWER": EVERYWHERE}
    actions.act_by_itself(at=timezone.now() + timedelta(minutes=32))
    told = authority(watch.heard())
    assert told == {"SECOND": EVERYWHERE, "LEAD": EVERYWHERE, "REVIEWER": MAIL}


def test_a_warning_is_worth_nothing_once_somebody_else_has_the_report() -> None:
    watch = returned()
    actions.assign(watch.report, reviewer=watch.people["SECOND"], by=watch.people["LEAD"])
    event = ReportEvent.objects.select_related("report__reviewer").get(data__move="warn_reviewer")
    assert not event_stands(event)


def test_a_long_outage_is_told_to_the_lead_on_duty_and_the_it_leader() -> None:
    watch = Watch()
    actions.act_by_itself(at=watch.report.began_at + timedelta(hours=5))
    assert watch.heard() == {"LEAD": EVERYWHERE, "IT_LEADER": MAIL}
    assert heard(watch.people["CHIEF"], event=watch.report.events.latest("seq")) == set()


def test_a_new_estimate_is_asked_of_the_team_until_it_is_given() -> None:
    at = timezone.now()
    watch = Watch(expected_restoration_at=at + timedelta(hours=1))
    actions.act_by_itself(at=at + timedelta(hours=1, minutes=11))
    assert watch.heard() == {"DIRECTOR": MAIL, "ALTERNATE": MAIL}
    asked = watch.report.events.latest("seq")
    assert event_stands(asked)
    columns = {"expected_restoration_at": at + timedelta(hours=3)}
    actions.post_update(
        watch.report, phase="identified", message="حُصر العطل", columns=columns, by=watch.people["DIRECTOR"]
    )
    assert not event_stands(ReportEvent.objects.select_related("report").get(pk=asked.pk))
