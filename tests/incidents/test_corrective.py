"""Corrective actions after the closing: owed by their own day, reported done, verified or sent back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.apps import apps
from django.db.migrations.loader import MigrationLoader
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents import actions
from incidents.errors import MoveRefused
from incidents.lifecycle import Lane
from incidents.models import Clock, CorrectiveAction, Policy, ReminderMark, Report
from notifications.actions import fan_out_new_events
from notifications.models import Delivery
from notifications.relevance import event_stands
from tests.factories import a_person, a_reviewer
from tests.incidents.finals import closed, filer_of
from tests.incidents.pages import get, offered, send, text_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
DAY = timedelta(days=1)
SHOWN = "رقم طلب التغيير 4411، ونتيجة الاختبار مرفقة."


def the_actions(report: Report) -> list[CorrectiveAction]:
    return list(CorrectiveAction.objects.filter(final_report__report=report))


def clock_of(action: CorrectiveAction) -> Clock:
    return Clock.objects.filter(kind="C9", subject=action.pk).latest("pk")


def done(report: Report, action: CorrectiveAction) -> None:
    actions.report_action(report, action=action.pk, note=SHOWN, by=filer_of(report))


def test_closing_starts_a_clock_for_each_action_until_the_end_of_its_day() -> None:
    report = closed()
    for action in the_actions(report):
        clock = clock_of(action)
        assert timezone.localtime(clock.due_at).date() == action.due_on
        assert f"{timezone.localtime(clock.due_at):%H:%M}" == "23:59"
    assert (report.next_clock, report.lane) == ("C9", Lane.PAPERWORK)
    assert not Report.objects.open().exists(), "closed it is all the same"


def test_what_is_done_stands_still_until_a_reviewer_verifies_it() -> None:
    report = closed()
    before, [first, *others] = report.closed_at, the_actions(report)
    done(report, first)
    assert clock_of(first).paused_at is not None
    actions.verify_action(report, action=first.pk, by=a_reviewer())
    clock = clock_of(first)
    assert (clock.met_at is not None, clock.breached_at) == (True, None)
    for other in others:
        assert clock_of(other).met_at is None
        done(report, other)
        actions.verify_action(report, action=other.pk, by=a_reviewer())
    report = Report.objects.get(pk=report.pk)
    assert (report.lane, report.next_clock, report.closed_at) == (Lane.ENDED, "", before)


def test_the_time_a_reviewer_takes_is_not_the_entitys() -> None:
    report = closed()
    action = the_actions(report)[0]
    due = clock_of(action).due_at
    actions.report_action(report, action=action.pk, note=SHOWN, at=due - DAY, by=filer_of(report))
    actions.verify_action(report, action=action.pk, at=due + 9 * DAY, by=a_reviewer())
    assert clock_of(action).breached_at is None
    assert clock_of(action).met_at > due


def test_what_is_sent_back_runs_on_with_its_reason(client_of: ClientOf) -> None:
    report = closed()
    action = the_actions(report)[0]
    done(report, action)
    actions.return_action(report, action=action.pk, note="لم تُرفق نتيجة الاختبار", by=a_reviewer())
    clock = clock_of(action)
    assert (clock.paused_at, clock.met_at) == (None, None)
    with pytest.raises(MoveRefused):
        actions.verify_action(report, action=action.pk, by=a_reviewer())
    assert "لم تُرفق نتيجة الاختبار" in text_of(get(client_of(filer_of(report)), report))


def test_it_is_done_and_verified_on_the_reports_page(client_of: ClientOf) -> None:
    report = closed()
    action, entity, desk = the_actions(report)[0], client_of(filer_of(report)), client_of(a_reviewer())
    assert not offered(desk, report, "verify_action")
    assert send(entity, report, "report_action", action=str(action.pk), note="تم").status_code == 422
    assert send(entity, report, "report_action", action=str(action.pk), note=SHOWN).status_code == 302
    assert SHOWN in text_of(get(desk, report))
    assert send(desk, report, "report_verify_action", action=str(action.pk)).status_code == 302
    action.refresh_from_db()
    assert action.verified_at is not None
    assert not offered(client_of(a_person(Role.MEMBER, entity=report.entity)), report, "report_action")


def test_another_reports_action_is_not_touched() -> None:
    report, other = closed(), closed()
    action = the_actions(other)[0]
    with pytest.raises(MoveRefused):
        done(report, action)
    action.refresh_from_db()
    assert action.done_at is None


def test_it_stands_on_the_entitys_home_and_in_the_boards_paperwork(client_of: ClientOf) -> None:
    report = closed()
    home = text_of(client_of(filer_of(report)).get(reverse("home")))
    assert report.reference in home.split('id="owed-title"')[1]
    desk = client_of(a_reviewer())
    assert report.reference in text_of(desk.get(reverse("board"), {"show": "paperwork"}))
    for action in the_actions(report):
        done(report, action)
    page = text_of(desk.get("/en" + reverse("board"), {"show": "paperwork"}))
    assert "An action awaits verification" in page


def test_its_reminders_outlive_the_report_and_end_with_the_action() -> None:
    report = closed()
    action = the_actions(report)[0]
    due = clock_of(action).due_at
    actions.record_due_reminders(at=due)
    said = report.events.filter(kind="REMINDED", clock=clock_of(action).pk).get()
    fan_out_new_events(at=due)
    assert Delivery.objects.filter(event=said, person=filer_of(report)).exists()
    done(report, action)
    said = type(said).objects.select_related("report", "clock").get(pk=said.pk)
    assert not event_stands(said), "nobody is reminded of what the authority looks at"


def test_a_review_that_is_reopened_keeps_what_was_done() -> None:
    report = closed()
    first = the_actions(report)[0]
    done(report, first)
    actions.verify_action(report, action=first.pk, by=a_reviewer())
    lead = a_reviewer(Role.LEAD)
    actions.move(report, "reopen_closed", note="وردت معلومات جديدة", by=lead)
    assert not report.clocks.unmet().filter(kind="C9").exists()
    actions.send_back(report, note="أكملوا", comments={"lessons": "أكملوا"}, by=lead)
    final = report.final_report
    rows = list(final.actions.values("title", "kind", "owner", "due_on"))
    answers = {comment.pk: "أُكمل" for comment in final.comments.all()}
    actions.save_final(report, columns={}, actions=rows, answers=answers, by=filer_of(report))
    kept = CorrectiveAction.objects.get(final_report=final, title=first.title)
    assert kept.verified_at is not None


def test_a_day_that_passed_before_the_closing_leaves_a_working_day() -> None:
    report = closed(due_on=timezone.localdate() - 3 * DAY)
    clock = clock_of(the_actions(report)[0])
    assert clock.due_at > clock.started_at + timedelta(hours=1)


def test_a_policy_from_before_gets_its_reminders() -> None:
    module = MigrationLoader(None).disk_migrations["incidents", "0030_corrective_actions"]
    [publish] = [each.code for each in module.operations if hasattr(each, "code")]
    old = Policy.objects.in_force()
    ReminderMark.objects.filter(clock="C9").delete()
    publish(apps, None)
    new = Policy.objects.in_force()
    assert new.version > old.version
    assert new.reminder_marks.filter(clock="C9").count() == 3
    publish(apps, None)
    assert Policy.objects.in_force() == new
