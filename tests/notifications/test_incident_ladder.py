"""Reports of one incident climb one ladder: the authority hears each mark once, the entities hear of their own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from entities.models import Notice, User
from entities.permissions import Role
from incidents import actions, grouping
from incidents.lifecycle import EventKind, ReportKind
from incidents.models import Incident, Report, ReportEvent
from notifications.actions import fan_out_new_events
from notifications.models import Channel, Delivery
from notifications.recipients import audience
from notifications.register import Register
from notifications.relevance import event_stands
from notifications.stories import story_of
from tests.factories import a_person, a_report, a_reviewer, a_service, a_shift

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer() -> User:
    person = a_reviewer()
    a_shift(person)
    return person


def told(person: User, **wanted: object) -> list[Delivery]:
    now = timezone.now() + timedelta(days=1)
    while fan_out_new_events(at=now):
        pass
    return list(Delivery.objects.filter(person=person, **wanted).with_all_to_tell().order_by("pk"))


def consumed(number: int) -> list[Report]:
    provider = a_service(tier=0)
    return [a_report(ReportKind.CONSUMED_OUTAGE, provider=provider) for _number in range(number)]


def test_a_late_acknowledgement_is_told_once_for_all_and_leads_to_the_incident(reviewer: User) -> None:
    lead = a_reviewer(Role.LEAD)
    incident = actions.open_incident(consumed(3), name_ar="أ", name_en="a", by=lead)
    actions.record_due_reminders(at=timezone.now() + timedelta(minutes=40))
    reminded = told(reviewer, channel=Channel.IN_APP, event__kind=EventKind.REMINDED)
    assert len(reminded) == 1
    story = story_of(reminded[0], at=timezone.now())
    assert story.reference == incident.reference
    assert incident.reference in story.path


def test_a_report_of_another_reviewer_is_told_to_her(reviewer: User) -> None:
    """What one reviewer hears is not heard by the other; the leads hear both."""
    lead, other = a_reviewer(Role.LEAD), a_reviewer()
    first, second, third = consumed(3)
    actions.open_incident([first, second, third], name_ar="أ", name_en="a", by=lead)
    actions.assign(first, reviewer=reviewer, by=lead)
    for report in (second, third):
        actions.assign(report, reviewer=other, by=lead)
    actions.record_due_reminders(at=timezone.now() + timedelta(minutes=40))
    for person, report in ((reviewer, first), (other, second)):
        [only] = told(person, channel=Channel.IN_APP, event__kind=EventKind.REMINDED)
        assert only.event is not None and only.event.report == report


def test_the_ladders_of_a_batch_are_read_at_once(reviewer: User) -> None:
    lead, reports = a_reviewer(Role.LEAD), [a_report() for _number in range(4)]
    for number in (0, 2):
        actions.open_incident(reports[number : number + 2], name_ar="أ", name_en="a", by=lead)
    actions.record_due_reminders(at=timezone.now() + timedelta(minutes=40))
    found = ReportEvent.objects.filter(kind=EventKind.REMINDED)
    events = list(found.select_related("clock", "report__policy", "report__provider_service").order_by("pk"))
    assert len(events) >= 4
    asked = []
    for some in (events[:1], events):
        with CaptureQueriesContext(connection) as questions:
            register = Register(some)
            for event in some:
                audience(event, register)
        asked.append(len(questions))
    assert asked[0] == asked[1]


def test_reports_that_stand_alone_are_told_one_by_one(reviewer: User) -> None:
    consumed(2)
    actions.record_due_reminders(at=timezone.now() + timedelta(minutes=40))
    assert len(told(reviewer, channel=Channel.IN_APP, event__kind=EventKind.REMINDED)) == 2


def test_another_report_speaks_when_the_first_one_waits_no_more(reviewer: User) -> None:
    lead = a_reviewer(Role.LEAD)
    first, second = consumed(2)
    actions.open_incident([first, second], name_ar="أ", name_en="a", by=lead)
    actions.acknowledge(first, by=lead)
    actions.record_due_reminders(at=timezone.now() + timedelta(minutes=40))
    [only] = told(reviewer, channel=Channel.IN_APP, event__kind=EventKind.REMINDED)
    assert only.event is not None and only.event.report == second


def test_a_worse_report_speaks_for_itself(reviewer: User) -> None:
    lead = a_reviewer(Role.LEAD)
    mild, bad = consumed(2)
    actions.open_incident([mild, bad], name_ar="أ", name_en="a", by=lead)
    Report.objects.filter(pk=mild.pk).update(severity=4)
    actions.record_due_reminders(at=timezone.now() + timedelta(minutes=40))
    assert len(told(reviewer, channel=Channel.IN_APP, event__kind=EventKind.REMINDED)) == 2


def test_thirty_reports_on_one_provider_leave_one_case_and_one_ladder(reviewer: User) -> None:
    provider = a_service(tier=0)
    for number in range(30):
        a_report(ReportKind.CONSUMED_OUTAGE, provider=provider)
        if number == 11:
            actions.group_by_itself(at=timezone.now())
    filed = told(reviewer, event__kind=EventKind.FILED)
    assert len([each for each in filed if each.channel == Channel.IN_APP]) == 30
    assert not [each for each in filed if each.channel != Channel.IN_APP], "the group is told by its own message"
    actions.group_by_itself(at=timezone.now())
    incident = Incident.objects.get()
    assert incident.members.count() == 30
    assert {each.channel for each in told(reviewer, notice__kind=Notice.Kind.INCIDENT_OPENED)} == set(Channel)
    actions.record_due_reminders(at=timezone.now() + timedelta(minutes=40))
    late = told(reviewer, channel=Channel.IN_APP, event__kind=EventKind.REMINDED)
    assert len(late) == 1
    actions.acknowledge_incident(incident, by=reviewer)
    assert not Report.objects.filter(acknowledged_at__isnull=True).exists()


@pytest.mark.parametrize("left", ["restored", "full", "unlisted", "alone"])
def test_what_no_group_takes_is_told_as_any_report(reviewer: User, monkeypatch: pytest.MonkeyPatch, left: str) -> None:
    """Nothing is kept from the one on duty by a promise that the next sweep breaks."""
    provider = a_service(tier=0)
    for _number in range(11):
        a_report(ReportKind.CONSUMED_OUTAGE, provider=provider)
    actions.group_by_itself(at=timezone.now())
    told(reviewer)
    late = {"restored": lambda: Incident.objects.update(state=Incident.State.RESTORED)}
    late["full"] = lambda: monkeypatch.setattr(grouping, "MOST_REPORTS", 12)
    late.get(left, int)()
    columns = {"provider": a_service(entity=provider.entity, listed=left != "unlisted", tier=0)}
    waiting = [a_report(ReportKind.CONSUMED_OUTAGE, **columns) for _number in range(2)]
    if left == "alone":  # a lead has taken it out of the incident again
        [lead, incident] = [a_reviewer(Role.LEAD), Incident.objects.get()]
        actions.link(incident, waiting[1:], by=lead)
        actions.unlink(incident, waiting[1], by=lead)
    mailed = {each.event.report for each in told(reviewer, channel=Channel.EMAIL, event__kind=EventKind.FILED)}
    assert mailed == set(waiting[1:] if left in {"full", "alone"} else waiting)


def test_whoever_has_no_duty_is_not_woken_by_a_group(reviewer: User) -> None:
    asleep = a_reviewer()
    for report in consumed(11):
        assert report
    actions.group_by_itself(at=timezone.now())
    assert told(reviewer, notice__isnull=False) and not told(asleep, notice__isnull=False)


def test_a_word_to_all_reaches_every_team(reviewer: User) -> None:
    lead = a_reviewer(Role.LEAD)
    reports = consumed(2)
    members = [a_person(Role.MEMBER, entity=report.entity) for report in reports]
    incident = actions.open_incident(reports, name_ar="أ", name_en="a", by=lead)
    actions.tell_reports(incident, text_ar="حُدد السبب", text_en="Known", by=lead)
    for member in members:
        assert {each.channel for each in told(member, event__kind=EventKind.ECHOED)} == {Channel.IN_APP, Channel.EMAIL}


def test_a_sent_situation_report_reaches_the_list_and_nobody_else(reviewer: User) -> None:
    lead = a_reviewer(Role.LEAD)
    [report] = consumed(1)
    head, other = a_person(Role.HEAD_CONTACT, entity=report.entity), a_person(Role.HEAD_CONTACT)
    incident = actions.open_incident([report], name_ar="سر", name_en="secret", by=lead)
    draft = actions.prepare_situation(incident, by=lead)
    actions.choose_readers(incident, people=[head.acting], by=lead)  # type: ignore[list-item]
    actions.send_situation(draft, text_ar="أ", text_en="a", by=lead)
    sent = Q(notice__kind=Notice.Kind.SITUATION_SENT)
    told(reviewer)
    assert set(Delivery.objects.filter(sent).values_list("person", flat=True)) == {head.pk}
    assert other.pk not in Delivery.objects.values_list("person", flat=True)
    story = story_of(Delivery.objects.filter(sent).with_all_to_tell()[0], at=timezone.now())
    assert "secret" not in str(story) and "سر" not in str(story)


def test_a_link_is_worth_telling_while_the_report_stands_under_that_incident() -> None:
    lead, [report, other] = a_reviewer(Role.LEAD), consumed(2)
    first, second = (actions.open_incident([each], name_ar="أ", name_en="a", by=lead) for each in (report, other))

    def standing() -> list[bool]:
        events = ReportEvent.objects.filter(report=report, data__move="link").order_by("seq")
        return [event_stands(event) for event in events.select_related("report__incident")]

    assert standing() == [True]
    actions.unlink(first, report, by=lead)
    assert standing() == [False]
    actions.link(second, [report], by=lead)
    assert standing() == [False, True]
