"""Whoever asked to be told is told, what her side may hear and no more, for as long as she may."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from entities.models import Membership, ServiceDependency, User
from entities.permissions import Role
from incidents import actions, lifecycle
from incidents.lifecycle import ReportKind
from notifications import followers, following
from notifications.messages import message_for
from notifications.models import Channel, Delivery, Follow, State
from notifications.paths import path_of, place_of
from tests.factories import a_dependency, a_person, a_report, a_reviewer, a_service
from tests.notifications.conftest import fan_out, heard, send_all, to
from tests.notifications.test_recipients import MAIL, NOTHING, PORTAL, Town

pytestmark = pytest.mark.django_db
SOFT = ServiceDependency.Strength.SOFT


def consumer(town: Town, role: Role = Role.MEMBER, *, strength: str = "hard") -> User:
    """Somebody of an entity whose service relies on the town's."""
    person = a_person(role)
    assert person.acting is not None
    a_dependency(a_service(entity=person.acting.entity), town.report.main_service, strength=strength)
    return person


def told(person: User, town: Town) -> set[str]:
    fan_out()
    return heard(person, event=town.report.events.latest("seq"))


def shared(town: Town, visibility: str = "consumers") -> None:
    director = town.people["DIRECTOR"]
    actions.post_update(town.report, phase="identified", message="حُصر", visibility=visibility, by=director)


# --- Who hears ------------------------------------------------------------------------------------------------------


def test_every_line_speaks_of_a_deed_of_the_lifecycle() -> None:
    deeds = {move.name for moves in lifecycle.LIFECYCLES.values() for move in moves}
    assert set(followers.INSIDE) <= deeds | {f"FILED:{kind}" for kind in ReportKind}


def test_a_hard_dependency_is_told_by_itself_and_a_soft_one_to_whoever_follows() -> None:
    town = Town()
    hard = consumer(town, Role.DIRECTOR)
    soft, choosing = (consumer(town, Role.DIRECTOR, strength=SOFT) for _n in range(2))
    following.follow(service=town.report.main_service, by=choosing)
    fan_out()
    assert heard(hard) == heard(choosing) == MAIL
    assert heard(soft) == NOTHING


def test_the_others_of_a_consumer_are_told_when_they_follow() -> None:
    town = Town()
    quiet, member, leader = consumer(town), consumer(town), consumer(town, Role.IT_LEADER)
    for person in (member, leader):
        following.follow(service=town.report.main_service, by=person)
    assert told(member, town) == told(leader, town) == MAIL
    assert told(quiet, town) == NOTHING
    town.acknowledged()
    assert told(member, town) == NOTHING  # as the table says of consumers
    shared(town, "authority")
    assert told(member, town) == NOTHING
    shared(town)
    assert told(member, town) == MAIL
    actions.change_severity(town.report, severity=2, note="الأثر أقل", by=town.people["LEAD"])
    assert told(member, town) == NOTHING
    actions.restore(town.report, restored_at=timezone.now(), by=town.people["DIRECTOR"])
    assert told(member, town) == MAIL


def test_a_consumer_who_follows_never_hears_of_another_consumers_report() -> None:
    town = Town(ReportKind.CONSUMED_OUTAGE)
    provider = town.report.provider_service
    neighbour = a_person(Role.MEMBER)
    a_dependency(a_service(entity=neighbour.acting.entity), provider)  # type: ignore[union-attr, arg-type]  # both there
    following.follow(service=provider, by=neighbour)
    affected, relying = town.report.affected.get().service, a_person(Role.MEMBER)  # on the service that fails with it
    a_dependency(a_service(entity=relying.acting.entity), affected)  # type: ignore[union-attr]  # acting
    following.follow(service=affected, by=relying)
    fan_out()
    assert heard(neighbour) == heard(relying) == NOTHING


def test_the_authority_follows_a_service_an_entity_or_a_report() -> None:
    town = Town(tier=3, impact="minor").acknowledged()
    by_service, by_entity, by_report, quiet = (a_reviewer(Role.AUDITOR) for _n in range(4))
    following.follow(service=town.report.main_service, by=by_service)
    following.follow(entity=town.report.entity, by=by_entity)
    following.follow(report=town.report, by=by_report)
    actions.change_severity(town.report, severity=2, note="أثر أوسع", by=town.people["REVIEWER"])
    assert [told(each, town) for each in (by_service, by_entity, by_report, quiet)] == [MAIL, MAIL, MAIL, NOTHING]
    shared(town, "authority")
    assert told(by_entity, town) == PORTAL


def test_a_service_is_followed_at_both_ends_by_the_authority_and_its_owner() -> None:
    town = Town(ReportKind.CONSUMED_OUTAGE)
    provider = town.report.provider_service
    assert provider is not None
    auditor, owner = a_reviewer(Role.AUDITOR), a_person(Role.MEMBER, entity=provider.entity)
    following.follow(service=provider, by=auditor)
    following.follow(entity=provider.entity, by=owner)
    fan_out()
    assert heard(auditor) == heard(owner) == MAIL


def test_a_moved_window_is_told_to_followers() -> None:
    town = Town(ReportKind.MAINTENANCE)
    member, contact = consumer(town), a_person(Role.HEAD_CONTACT, entity=town.report.entity)
    following.follow(service=town.report.main_service, by=member)
    following.follow(report=town.report, by=contact)
    start = timezone.now() + timedelta(days=20)
    times = {"window_start": start, "window_end": start + timedelta(hours=2)}
    actions.reschedule(town.report, **times, note="تأجيل", by=town.people["DIRECTOR"])
    assert told(member, town) == told(contact, town) == MAIL


# --- Once, and as long as she may -----------------------------------------------------------------------------------


def test_who_is_told_anyway_is_told_once_and_by_the_channels_of_both() -> None:
    town = Town(tier=3, impact="minor")
    second, director = town.people["SECOND"], town.people["DIRECTOR"]
    for person in (second, director):
        following.follow(service=town.report.main_service, by=person)
        following.follow(entity=town.report.entity, by=person)
    fan_out()
    assert sorted(to(second).values_list("channel", flat=True)) == sorted(MAIL)  # by the table alone: in the portal
    assert heard(director) == {"email", "sms"}  # her own deed: the receipt alone


def test_a_removed_member_hears_nothing_more() -> None:
    town = Town()
    member = consumer(town)
    following.follow(service=town.report.main_service, by=member)
    Membership.objects.filter(user=member).update(status=Membership.Status.ENDED)
    fan_out()
    assert heard(member) == NOTHING


def test_what_was_on_its_way_to_a_removed_member_is_not_sent() -> None:
    town = Town()
    member = consumer(town)
    following.follow(service=town.report.main_service, by=member)
    fan_out()
    Membership.objects.filter(user=member).update(status=Membership.Status.ENDED)
    send_all()
    assert Delivery.objects.get(person=member, channel=Channel.EMAIL).state == State.SUPERSEDED


def test_who_relies_on_it_no_more_hears_no_more() -> None:
    town = Town()
    member = consumer(town)
    following.follow(service=town.report.main_service, by=member)
    ServiceDependency.objects.filter(consumer__entity=member.acting.entity).delete()  # type: ignore[union-attr]  # acting
    fan_out()
    assert heard(member) == NOTHING


def test_a_team_that_is_asked_by_its_own_report_is_not_asked_twice() -> None:
    town = Town()
    director = consumer(town, Role.DIRECTOR, strength=SOFT)
    assert director.acting is not None
    member = a_person(Role.MEMBER, entity=director.acting.entity)
    for person in (director, member):
        following.follow(service=town.report.main_service, by=person)
    service = ServiceDependency.objects.get(consumer__entity=director.acting.entity).consumer
    a_report(ReportKind.CONSUMED_OUTAGE, by=director, service=service, provider=town.report.main_service)
    actions.restore(town.report, restored_at=timezone.now(), by=town.people["DIRECTOR"])
    assert told(director, town) == NOTHING
    assert told(member, town) == MAIL


def test_what_is_followed_twice_is_followed_once_and_ends_at_once() -> None:
    town = Town()
    member = consumer(town)
    assert following.follow(report=town.report, by=member) == following.follow(report=town.report, by=member)
    assert following.unfollow(report=town.report, by=member) == 1
    assert following.unfollow(report=town.report, by=member) == 0
    with pytest.raises(IntegrityError), transaction.atomic():
        Follow.objects.create(membership=member.acting, report=town.report, entity=town.report.entity)


# --- What she reads -------------------------------------------------------------------------------------------------


def test_a_follower_of_the_authority_owes_nothing() -> None:
    town = Town()
    auditor = a_reviewer(Role.AUDITOR)
    following.follow(entity=town.report.entity, by=auditor)
    fan_out()
    mails = {
        person: message_for(to(person, channel=Channel.EMAIL).get(), at=timezone.now()).text
        for person in (auditor, town.people["REVIEWER"])
    }
    assert "استلام البلاغ" in mails[town.people["REVIEWER"]]
    assert "استلام البلاغ" not in mails[auditor]


def test_a_message_leads_a_follower_to_a_page_that_she_may_open() -> None:
    town = Town()
    leader, member = consumer(town, Role.IT_LEADER), consumer(town)
    for person in (leader, member):
        following.follow(service=town.report.main_service, by=person)
    fan_out()
    leads = [path_of(to(person, channel=Channel.IN_APP).get()) for person in (leader, member)]
    service = town.report.main_service_id
    assert leads == [f"/status/{service}/", f"/reports/new/consumed-outage/?provider={service}"]


def test_a_message_leads_to_its_event_wherever_in_the_log_it_stands() -> None:
    town = Town()
    fan_out()
    first = to(town.people["ALTERNATE"], channel=Channel.IN_APP).get()
    page = f"/reports/{town.report.reference}/"
    assert place_of(first) == f"{page}#event-1"
    first.event.report.event_count = 51  # type: ignore[union-attr]  # of an event
    assert place_of(first) == f"{page}?before=2#event-1"
