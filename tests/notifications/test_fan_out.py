"""Events and notices become deliveries, once whatever happens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from crisis_teams.actions import remind_stale_teams
from crisis_teams.models import CrisisTeam
from entities.models import Notice
from entities.permissions import Role
from incidents import actions as reports
from incidents.models import Draft, ReportEvent
from notifications import actions
from notifications.models import Channel, Delivery, State
from notifications.register import Register
from tests.factories import a_person, a_report, a_reviewer, a_service, an_entity
from tests.notifications.conftest import colleague, fan_out, heard, send_all

pytestmark = pytest.mark.django_db


def test_a_second_fan_out_writes_nothing_and_leaves_the_history_whole() -> None:
    report = a_report()
    assert fan_out() == 1
    before, hashed = Delivery.objects.count(), report.events.get().hash
    assert fan_out() == 0
    assert Delivery.objects.count() == before
    event = report.events.get()
    assert event.fanned_out_at is not None
    assert event.hash == hashed


def test_an_event_that_two_workers_took_is_told_once() -> None:
    """As if the second had read the event before the first had stamped it."""
    report = a_report()
    event = ReportEvent.objects.select_related("report__policy", "report__provider_service").get(report=report)
    fan_out()
    before = Delivery.objects.count()
    again = [
        actions._delivery(recipient, channel, at=timezone.now(), event=event)
        for recipient in actions.everybody(event, Register([event]))
        for channel in recipient.channels
    ]
    Delivery.objects.bulk_create(again, ignore_conflicts=True)
    assert len(again) == before == Delivery.objects.count()


def test_what_is_told_in_the_portal_is_there_at_once() -> None:
    report = a_report()
    mate = colleague(report)
    reports.acknowledge(report, by=a_reviewer())
    fan_out()
    shown = Delivery.objects.filter(person=mate, channel=Channel.IN_APP)
    assert {delivery.state for delivery in shown} == {State.SENT}
    assert all(delivery.sent_at and not delivery.read_at for delivery in shown)
    assert set(Delivery.objects.exclude(channel=Channel.IN_APP).values_list("state", flat=True)) == {State.PENDING}


def test_batches_follow_each_other_until_nothing_waits() -> None:
    for _n in range(3):
        a_report()
    assert actions.fan_out_new_events(at=timezone.now(), limit=2) == 2
    assert actions.fan_out_new_events(at=timezone.now(), limit=2) == 1
    assert not ReportEvent.objects.not_fanned_out().exists()


def test_a_reminder_whose_clock_was_met_meanwhile_is_told_to_nobody() -> None:
    report = a_report()
    clock = report.clocks.get(kind="C2")
    fan_out()
    reports.record_due_reminders(at=clock.due_at)
    reports.acknowledge(report, by=a_reviewer())
    fan_out()
    reminder = report.events.get(clock=clock)
    assert reminder.fanned_out_at is not None
    assert not reminder.deliveries.exists()


def test_nothing_but_the_end_is_told_of_a_report_that_has_ended() -> None:
    entity = an_entity()
    director, mate = a_person(Role.DIRECTOR, entity=entity), a_person(Role.ALTERNATE, entity=entity)
    service = a_service(entity=entity, tier=3)
    report = a_report(by=director, service=service, impact="minor")
    reports.withdraw(report, note="بلاغ مكرر", by=director)
    fan_out()
    assert heard(mate, event=report.events.get(kind="FILED")) == set()
    assert heard(mate, event=report.events.get(kind="MOVED")) == {"in_app", "email"}


# --- Notices ------------------------------------------------------------------------------------------------------


def a_draft(*, tier: int = 0, kind: str = "OUT", minutes: int = 11) -> Draft:
    entity = an_entity()
    director = a_person(Role.DIRECTOR, entity=entity)
    a_person(Role.ALTERNATE, entity=entity)
    return Draft.objects.create(
        entity=entity, kind=kind, service=a_service(entity=entity, tier=tier), started_by=director,
        last_writer=director, created_at=timezone.now() - timedelta(minutes=minutes),
    )  # fmt: skip


def test_an_unsent_draft_is_told_once_to_director_and_alternate() -> None:
    draft = a_draft()
    for _run in range(3):
        reports.remind_unsent_drafts(at=timezone.now())
        fan_out()
    notice = Notice.objects.get()
    assert (notice.kind, notice.key) == (Notice.Kind.DRAFT_WAITS, f"draft:{draft.pk}:10m")
    told = Delivery.objects.values_list("membership__role", "channel")
    assert sorted(told) == sorted((role, c) for role in ("ALTERNATE", "DIRECTOR") for c in ("in_app", "sms"))


@pytest.mark.parametrize("draft", [{"minutes": 9}, {"tier": 2}, {"kind": "MNT"}])
def test_a_draft_is_left_alone_while_it_is_young_ordinary_or_planned(draft: dict[str, object]) -> None:
    a_draft(**draft)  # type: ignore[arg-type]  # one trait at a time
    assert reports.remind_unsent_drafts(at=timezone.now()) == 0


def test_a_draft_that_was_sent_meanwhile_is_not_mentioned(sms) -> None:  # type: ignore[no-untyped-def]  # a fixture
    draft = a_draft()
    reports.remind_unsent_drafts(at=timezone.now())
    fan_out()
    draft.delete()
    send_all()
    assert sms.taken == []
    assert set(Delivery.objects.filter(channel="sms").values_list("state", flat=True)) == {State.SUPERSEDED}


def test_a_change_of_the_team_is_told_to_its_people() -> None:
    entity = an_entity()
    people = {role: a_person(role, entity=entity) for role in (Role.IT_LEADER, Role.DIRECTOR, Role.MEMBER)}
    stranger = a_person(Role.DIRECTOR)
    Notice.objects.create(kind=Notice.Kind.TEAM_CHANGED, key="team:x:1", entity=entity)
    fan_out()
    assert all(heard(person) == {"in_app", "email"} for person in people.values())
    assert heard(stranger) == set()


def test_a_stale_team_is_told_until_it_is_confirmed() -> None:
    director = a_person(Role.DIRECTOR)
    assert director.acting is not None
    long_ago = timezone.now() - timedelta(days=91)
    team = CrisisTeam.objects.create(entity=director.acting.entity, confirmed_at=long_ago, created_at=long_ago)
    remind_stale_teams(at=timezone.now())
    fan_out()
    assert heard(director) == {"in_app", "email"}
    CrisisTeam.objects.filter(pk=team.pk).update(confirmed_at=timezone.now())
    send_all()
    assert Delivery.objects.get(channel=Channel.EMAIL).state == State.SUPERSEDED
