"""Appointments: who becomes what, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from crisis_teams import actions
from crisis_teams.errors import TeamRefused
from crisis_teams.readiness import active_team
from entities import national_id
from entities.models import Membership, Notice, User
from entities.permissions import Permission, Role
from tests.crisis_teams.teams import a_leader, acting, appointed, end_term, somebody, team_of
from tests.factories import a_membership, a_person, an_entity, valid_id

pytestmark = pytest.mark.django_db
Status = Membership.Status


def test_the_first_appointment_registers_the_team() -> None:
    leader = a_leader()
    director = appointed(leader)
    assert team_of(director.entity).entity == leader.acting.entity


def test_an_appointed_person_is_invited_and_may_act_at_once() -> None:
    director = appointed(a_leader())
    assert director.status == Status.INVITED
    assert acting(director).may(Permission.REPORT_FILE)


def test_the_national_id_is_kept_as_a_digest_only() -> None:
    number = valid_id()
    user = appointed(a_leader(), person=somebody(number)).user
    assert user.national_id_digest == national_id.digest(number)
    assert user.national_id_last4 == number[-4:]
    assert number not in repr(somebody(number))


def test_a_known_person_is_appointed_and_not_registered_again() -> None:
    number = valid_id()
    known = a_person(None, number=number)
    assert appointed(a_leader(), person=somebody(number)).user == known
    assert User.objects.filter(national_id_last4=number[-4:]).count() == 1


def test_a_person_is_known_under_an_older_key(settings: Any) -> None:
    number = valid_id()
    known = a_person(None, number=number)
    settings.NID_DIGEST_KEYS = ["new:another-key", *settings.NID_DIGEST_KEYS]
    assert appointed(a_leader(), person=somebody(number)).user == known


def test_contact_data_of_a_person_of_another_entity_stays() -> None:
    number = valid_id()
    elsewhere = a_person(Role.DIRECTOR, number=number, mobile="+966500000001", email="own@example.sa")
    user = appointed(a_leader(), person=somebody(number)).user
    assert (user.mobile, user.email) == (elsewhere.mobile, elsewhere.email)


def test_contact_data_of_a_person_who_belongs_nowhere_else_is_renewed() -> None:
    number = valid_id()
    a_person(None, number=number, mobile="+966500000001")
    assert appointed(a_leader(), person=somebody(number, mobile="+966500000002")).user.mobile == "+966500000002"


def test_a_closed_account_is_not_appointed() -> None:
    number = valid_id()
    User.objects.filter(pk=a_person(None, number=number).pk).update(is_active=False)
    with pytest.raises(TeamRefused):
        appointed(a_leader(), person=somebody(number))


def test_a_second_director_is_refused_by_name() -> None:
    leader = a_leader()
    director = appointed(leader)
    with pytest.raises(TeamRefused, match=director.user.name):
        appointed(leader)


def test_the_database_refuses_a_second_director_as_well() -> None:
    director = appointed(a_leader())
    with pytest.raises(IntegrityError), transaction.atomic():
        a_membership(a_person(None), role=Role.DIRECTOR, entity=director.entity)


def test_two_alternates_are_fine() -> None:
    leader = a_leader()
    first, second = appointed(leader, Role.ALTERNATE), appointed(leader, Role.ALTERNATE)
    assert first.user != second.user


def test_a_director_whose_term_is_over_makes_room() -> None:
    leader = a_leader()
    before = appointed(leader)
    end_term(before, timezone.localdate() - timedelta(days=1))
    appointed(leader)
    before.refresh_from_db()
    assert before.status == Status.ENDED


def test_the_same_appointment_twice_changes_nothing() -> None:
    leader, person = a_leader(), somebody()
    first = appointed(leader, person=person)
    assert appointed(leader, person=person) == first
    assert Notice.objects.filter(kind=Notice.Kind.TEAM_CHANGED).count() == 1


def test_a_director_is_not_appointed_member_as_well() -> None:
    leader, person = a_leader(), somebody()
    appointed(leader, person=person)
    with pytest.raises(TeamRefused):
        appointed(leader, Role.MEMBER, person=person)


def test_a_member_who_becomes_alternate_keeps_her_membership() -> None:
    leader, person = a_leader(), somebody()
    member = appointed(leader, Role.MEMBER, person=person)
    alternate = appointed(leader, Role.ALTERNATE, person=person)
    assert (alternate.pk, alternate.role) == (member.pk, Role.ALTERNATE)


def test_the_it_leader_may_direct_the_team_herself() -> None:
    number, entity = valid_id(), an_entity()
    leader = a_person(Role.IT_LEADER, number=number, entity=entity)
    assert appointed(leader, person=somebody(number)).user == leader


def test_the_team_can_file_until_the_last_day_of_the_term() -> None:
    today = timezone.localdate()
    director = appointed(a_leader(), until=today)
    assert active_team(director.entity)
    end_term(director, today - timedelta(days=1))
    assert active_team(director.entity) is None


# --- Emergency ------------------------------------------------------------------------------------------
def test_an_emergency_makes_a_director_of_a_name_an_id_and_a_mobile() -> None:
    leader = a_leader()
    entity = leader.acting.entity
    director = actions.emergency_appoint(entity, somebody(email=""), by=leader)
    assert director.role == Role.DIRECTOR
    assert active_team(entity)
    assert acting(director).may(Permission.REPORT_FILE)


def test_an_emergency_is_none_while_somebody_can_file() -> None:
    leader = a_leader()
    alternate = appointed(leader, Role.ALTERNATE)
    with pytest.raises(TeamRefused):
        actions.emergency_appoint(alternate.entity, somebody(), by=leader)


def test_a_director_who_cannot_act_makes_room_in_an_emergency() -> None:
    leader = a_leader()
    before = appointed(leader)
    Membership.objects.filter(pk=before.pk).update(status=Status.SUSPENDED)
    after = actions.emergency_appoint(before.entity, somebody(), by=leader)
    before.refresh_from_db()
    assert (before.status, after.status) == (Status.ENDED, Status.INVITED)


def test_an_emergency_lifts_no_suspension() -> None:
    leader, person = a_leader(), somebody()
    suspended = appointed(leader, person=person)
    Membership.objects.filter(pk=suspended.pk).update(status=Status.SUSPENDED)
    with pytest.raises(TeamRefused):
        actions.emergency_appoint(suspended.entity, person, by=leader)


def test_a_member_is_promoted_in_an_emergency() -> None:
    leader, person = a_leader(), somebody()
    member = appointed(leader, Role.MEMBER, person=person)
    director = actions.emergency_appoint(member.entity, person, by=leader)
    assert (director.pk, director.role) == (member.pk, Role.DIRECTOR)


def test_the_same_emergency_twice_changes_nothing() -> None:
    leader, person = a_leader(), somebody()
    entity = leader.acting.entity
    first = actions.emergency_appoint(entity, person, by=leader)
    assert actions.emergency_appoint(entity, person, by=leader) == first
