"""The interim report of a critical outage: when it is owed, what meets it, and who hears."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db.migrations.loader import MigrationLoader
from django.test import Client
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents import actions
from incidents.errors import MoveRefused
from incidents.lifecycle import Lane
from incidents.models import Clock, ClockRule, Policy, ReminderMark, Report
from notifications.actions import fan_out_new_events
from notifications.models import Delivery
from tests.factories import a_person, a_report, a_reviewer, a_service
from tests.incidents.finals import filer_of, restored, submitted
from tests.incidents.pages import get, offered, send, text_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KNOWN = "امتلأ القرص الذي تكتب عليه قاعدة البيانات، ولم تُعرف بعد علة النمو المفاجئ لسجلاتها."


def lasting(*, hours: float, tier: int = 0) -> Report:
    """An own outage that goes on since so many hours: S1 on tier 0."""
    service, began = a_service(tier=tier), timezone.now() - hours * HOUR
    return a_report(by=a_person(entity=service.entity), service=service, started_at=began, detected_at=began)


def interim(report: Report) -> Clock:
    return report.clocks.running().get(kind="C5")


def owes(report: Report) -> bool:
    return report.clocks.running().filter(kind="C5").exists()


def sent(report: Report, *, at: datetime | None = None) -> Report:
    columns = {"suspected_cause": "database", "actions_taken": "توسعة القرص"}
    actions.submit_interim(report, note=KNOWN, columns=columns, at=at, by=filer_of(report))
    return Report.objects.get(pk=report.pk)


def test_a_critical_outage_that_is_over_owes_an_interim_report_within_three_days() -> None:
    report = restored(tier=0)
    clock = interim(report)
    assert clock.due_at - clock.started_at == 3 * DAY
    actions.acknowledge(report, by=a_reviewer())
    report.refresh_from_db()
    assert (report.next_clock, report.lane) == ("C5", Lane.PAPERWORK)
    assert not owes(restored(tier=3)), "a small one owes none"


def test_two_days_without_the_service_start_it_once() -> None:
    report = lasting(hours=47)
    actions.act_by_itself(at=timezone.now())
    assert not owes(report)
    at = timezone.now() + 2 * HOUR
    actions.act_by_itself(at=at)
    due = interim(report).due_at
    actions.act_by_itself(at=at + HOUR)
    assert report.events.filter(data__move="owe_interim").count() == 1
    actions.restore(report, restored_at=timezone.now(), by=filer_of(report))
    assert interim(report).due_at == due, "the restoration gives no time anew"


def test_a_restoration_that_is_taken_back_puts_nothing_off() -> None:
    report = lasting(hours=49)
    actions.act_by_itself(at=timezone.now())
    due = interim(report).due_at
    actions.restore(report, restored_at=timezone.now(), by=filer_of(report))
    actions.undo_restore(report, by=filer_of(report))
    assert not owes(report)
    actions.act_by_itself(at=timezone.now() + HOUR)
    assert interim(report).due_at == due


def test_an_outage_reopened_on_its_first_day_owes_it_when_it_lasts_or_ends() -> None:
    report = restored(tier=0)
    actions.move(report, "reopen", note="عاد العطل", by=filer_of(report))
    assert not owes(report)
    actions.act_by_itself(at=timezone.now())
    assert not owes(report)
    actions.restore(report, restored_at=timezone.now(), by=filer_of(report))
    assert owes(report)


def test_it_meets_the_clock_once_and_brings_the_figures_up_to_date() -> None:
    report = restored(tier=0)
    actions.acknowledge(report, by=a_reviewer())
    report = sent(report)
    assert report.suspected_cause == "database"
    assert report.clocks.get(kind="C5").met_at is not None
    assert report.next_clock == "C6", "the final report is owed as before"
    with pytest.raises(MoveRefused):
        sent(report)
    actions.move(report, "reopen", note="عاد العطل", by=filer_of(report))
    actions.restore(report, restored_at=timezone.now(), by=filer_of(report))
    assert not owes(report), "one interim report of an outage"


def test_a_final_report_in_its_place_meets_it() -> None:
    report = submitted(restored(tier=0))
    assert report.clocks.get(kind="C5").met_at is not None


def test_what_is_critical_no_longer_owes_none() -> None:
    report = lasting(hours=49)
    actions.act_by_itself(at=timezone.now())
    actions.change_severity(report, severity=2, note="انحصر الأثر", by=a_reviewer())
    assert not owes(report)
    assert Report.objects.get(pk=report.pk).next_clock != "C5"
    actions.act_by_itself(at=timezone.now())
    assert not owes(report)


def test_the_form_stands_on_the_page_while_it_is_owed(client_of: ClientOf) -> None:
    report = restored(tier=0)
    browser = client_of(filer_of(report))
    assert offered(browser, report, "submit_interim")
    short = send(browser, report, "report_interim", note="قصير", suspected_cause="database", users_affected="5")
    assert short.status_code == 422
    said = {"note": KNOWN, "suspected_cause": "database", "users_affected": "5000", "actions_taken": "توسعة القرص"}
    assert send(browser, report, "report_interim", **said).status_code == 302
    page = text_of(get(client_of(a_reviewer()), report))
    assert KNOWN in page
    assert not offered(browser, report, "submit_interim")
    assert Report.objects.get(pk=report.pk).users_affected == 5000


def test_a_member_and_the_authority_send_none(client_of: ClientOf) -> None:
    report = restored(tier=0)
    for person in (a_person(Role.MEMBER, entity=report.entity), a_reviewer()):
        assert not offered(client_of(person), report, "submit_interim")


def test_the_team_is_reminded_and_nobody_once_it_is_sent() -> None:
    report = restored(tier=0)
    due = interim(report).due_at
    actions.record_due_reminders(at=due)
    said = report.events.filter(kind="REMINDED", data__clock="C5").get()
    assert (said.mark, said.data["missed"]) == ("due", ["before-24h"])
    fan_out_new_events(at=due)
    assert Delivery.objects.filter(event=said, person=filer_of(report)).exists()
    sent(report, at=due + HOUR)
    actions.record_due_reminders(at=due + 3 * DAY)
    assert report.events.filter(kind="REMINDED", data__clock="C5").count() == 1
    assert report.clocks.get(kind="C5").breached_at == due, "a late one is accepted, and marked late"


def test_a_policy_from_before_gets_a_version_with_the_clock() -> None:
    """What the migration does where a portal has lived for a while."""
    module = MigrationLoader(None).disk_migrations["incidents", "0029_interim_report"]
    [publish] = [each.code for each in module.operations if hasattr(each, "code")]
    old = Policy.objects.in_force()
    ClockRule.objects.filter(clock="C5").delete()
    ReminderMark.objects.filter(clock="C5").delete()
    from django.apps import apps

    publish(apps, None)
    new = Policy.objects.in_force()
    assert new.version > old.version
    assert new.rules.rule("C5", kind="OUT", severity=1, tier=0)
    assert not old.clock_rules.filter(clock="C5").exists(), "a published version stays as it is"
    publish(apps, None)
    assert Policy.objects.in_force() == new
