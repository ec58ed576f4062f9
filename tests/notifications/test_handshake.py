"""Who hears of the handshake over a consumed service, where it leads them, and what is asked of them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from entities.models import ServiceDependency, User
from entities.permissions import Role
from incidents import actions
from incidents.lifecycle import ClockKind, EventKind, ReportKind, Ruling, Verdict
from incidents.models import Report, ReportEvent
from notifications.filters import asking
from notifications.messages import part_of
from notifications.models import Delivery
from notifications.paths import path_of
from notifications.relevance import event_stands
from notifications.topics import Minimum, Topic, class_of
from tests.factories import a_person, a_report, a_reviewer, a_service, a_team, an_entity
from tests.notifications.conftest import fan_out, heard, to

pytestmark = pytest.mark.django_db
EVIDENCE = "سجلات الإرسال تُظهر استلام الطلبات"


class Two:
    """A service's owner with its whole team, and a consumer that is in no catalogue as relying on it."""

    def __init__(self) -> None:
        entity = a_team(an_entity()).entity
        roles = (Role.DIRECTOR, Role.MEMBER, Role.IT_LEADER, Role.HEAD_CONTACT)
        self.owners = {role.value: a_person(role, entity=entity) for role in roles}
        self.owner, self.consumer, self.reviewer = self.owners["DIRECTOR"], a_person(Role.DIRECTOR), a_reviewer()
        self.service = a_service(entity=entity, tier=1)
        self.report = a_report(ReportKind.CONSUMED_OUTAGE, by=self.consumer, provider=self.service)
        ServiceDependency.objects.all().delete()  # “none yet”: no service of hers stops without it

    def answers(self, verdict: str, **said: str) -> Report:
        actions.give_verdict(self.report, verdict=verdict, by=self.owner, **said)
        fan_out()
        return Report.objects.get(pk=self.report.pk)

    def owners_told(self, moment: datetime) -> set[str]:
        actions.record_due_reminders(at=moment)
        fan_out()
        event = self.report.events.filter(kind=EventKind.REMINDED).latest("seq")
        return {role for role, person in self.owners.items() if heard(person, event=event)}


def the_only(person: User, move: str) -> Delivery:
    return to(person, event__data__move=move, channel="in_app").get()


def stands(event: ReportEvent) -> bool:
    return event_stands(ReportEvent.objects.select_related("report", "clock").get(pk=event.pk))


def test_an_answer_is_worth_telling_until_another_is_given() -> None:
    two = Two()
    own = a_report(by=two.owner, service=two.service)
    for number, said in enumerate(({"verdict": Verdict.CONFIRMED}, {"verdict": Verdict.KNOWN, "link": own.reference})):
        actions.give_verdict(two.report, by=two.owner, **said)
        answers = two.report.events.filter(data__move="verdict").order_by("seq")
        assert [stands(event) for event in answers] == [False] * number + [True]


def test_a_dispute_is_worth_telling_until_it_is_over() -> None:
    for over in (True, False):
        two = Two()
        two.answers(Verdict.NOT_OURS, note=EVIDENCE)
        disputed = two.report.events.get(data__move="dispute")
        assert stands(disputed)
        if over:
            actions.rule(two.report, ruling=Ruling.PROVIDER, note="يظهر في السجل", by=two.reviewer)
        else:
            two.answers(Verdict.CONFIRMED)
        assert not stands(disputed)
        assert stands(two.report.events.latest("seq"))


def test_the_owners_ladder_climbs_in_its_own_entity_and_never_speaks_to_the_consumer() -> None:
    two = Two()
    clock = two.report.clocks.get(kind=ClockKind.D1)
    length = clock.due_at - clock.started_at
    steps = [
        (clock.due_at - length * 0.2, {"DIRECTOR"}),
        (clock.due_at, {"DIRECTOR", "MEMBER"}),
        (clock.due_at + length * 0.25, {"DIRECTOR", "MEMBER", "IT_LEADER"}),
        (clock.due_at + length, {"DIRECTOR", "MEMBER", "IT_LEADER", "HEAD_CONTACT"}),
    ]
    for moment, told in steps:
        assert two.owners_told(moment + timedelta(seconds=1)) == told
    reminders = to(two.consumer, event__clock=clock)
    assert not reminders.exists()


def test_the_owner_is_told_at_once_what_is_asked_and_by_when() -> None:
    two = Two()
    fan_out()
    delivery = to(two.owner, event__kind=EventKind.FILED, channel="in_app").get()
    story = part_of(delivery, "en", at=timezone.now()).story
    assert story.duty == "Say whether the outage is on your side"
    assert story.due
    assert story.path == f"/en{reverse('report_detail', args=[two.report.reference])}"
    assert delivery in Delivery.objects.filter(asking(two.owner))
    Delivery.objects.update(read_at=timezone.now())
    assert delivery in Delivery.objects.filter(asking(two.owner)), "it asks until it is answered"
    two.answers(Verdict.NOT_REPRODUCED)
    assert delivery not in Delivery.objects.filter(asking(two.owner))


def test_the_consumer_is_told_the_answer_and_the_reference_that_it_names() -> None:
    two = Two()
    outage = a_report(by=two.owner, service=two.service)
    two.answers(Verdict.KNOWN, link=outage.reference)
    delivery = the_only(two.consumer, "verdict")
    facts = dict(part_of(delivery, "en", at=timezone.now()).story.facts)
    assert facts["The owner's report"] == outage.reference
    assert heard(two.owner, event=delivery.event) == set()


def test_a_dispute_asks_the_authority_for_a_ruling_and_both_sides_hear_of_it() -> None:
    two = Two()
    report = two.answers(Verdict.NOT_OURS, note=EVIDENCE)
    asked = the_only(two.reviewer, "dispute")
    assert part_of(asked, "en", at=timezone.now()).story.duty == "Rule on whose side the fault lies"
    assert EVIDENCE not in str(part_of(asked, "ar", at=timezone.now()))
    assert asked in Delivery.objects.filter(asking(two.reviewer))
    actions.rule(report, ruling=Ruling.LOCAL, note="العطل في شبكة الجهة", by=two.reviewer)
    fan_out()
    for person in (two.owner, two.consumer):
        assert path_of(the_only(person, "rule")) == reverse("report_detail", args=[report.reference])
    assert asked not in Delivery.objects.filter(asking(two.reviewer))


def test_an_answer_that_names_a_report_makes_the_consumer_hear_what_becomes_of_it() -> None:
    two = Two()
    outage = a_report(by=two.owner, service=a_service(entity=two.service.entity))  # the cause is another service
    fan_out()
    assert heard(two.consumer, event__report=outage) == set()
    two.answers(Verdict.KNOWN, link=outage.reference)
    actions.post_update(outage, phase="identified", message="حُصر العطل في موزّع الأحمال", by=two.owner)
    fan_out()
    update = to(two.consumer, event__report=outage, channel="in_app").get()
    assert path_of(update) == reverse("report_detail", args=[two.report.reference])


def test_a_confirmed_outage_makes_the_consumer_hear_of_the_owners_report_when_it_comes() -> None:
    two = Two()
    two.answers(Verdict.CONFIRMED)
    outage = a_report(by=two.owner, service=two.service)
    fan_out()
    assert heard(two.consumer, event__report=outage, event__kind=EventKind.FILED) == {"in_app", "email"}


def test_works_that_an_answer_names_are_told_as_well_and_others_are_not() -> None:
    two = Two()
    named, other = (a_report(ReportKind.MAINTENANCE, by=two.owner, service=two.service) for _each in range(2))
    two.answers(Verdict.PLANNED, link=named.reference)
    for works in (named, other):
        actions.move(works, "cancel", note="تأجيل الأعمال", by=two.owner)
    fan_out()
    assert heard(two.consumer, event__report=named)
    assert not heard(two.consumer, event__report=other)


def test_what_the_owner_owes_may_not_be_turned_off() -> None:
    two = Two()
    clock = two.report.clocks.get(kind=ClockKind.D1)
    actions.record_due_reminders(at=clock.due_at)
    reminded = two.report.events.latest("seq")
    membership = two.owner.memberships.get()
    assert class_of(two.report.events.get(kind=EventKind.FILED), membership) == Minimum.OWED
    assert class_of(reminded, membership) == Minimum.ESCALATION
    restored = actions.restore(two.report, restored_at=timezone.now(), by=two.consumer)
    assert class_of(restored, membership) == Topic.ELSEWHERE
