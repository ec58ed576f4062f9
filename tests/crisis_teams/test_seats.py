"""What happens to a seat afterwards: terms, delegation, hand-over, successors, the end."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from crisis_teams import actions
from crisis_teams.actions import Term
from crisis_teams.errors import TeamRefused
from crisis_teams.readiness import active_team, team_members
from entities import row_security
from entities.models import Membership
from entities.permissions import Permission, Role
from tests.crisis_teams.teams import a_leader, acting, appointed, end_term, somebody
from tests.factories import a_membership, an_entity, valid_id

pytestmark = pytest.mark.django_db
Status = Membership.Status


# --- The end ---------------------------------------------------------------------------------------------
def test_a_retired_member_opens_nothing_any_more() -> None:
    leader = a_leader()
    member = appointed(leader, Role.MEMBER)
    actions.retire(member, reason="انتقال", by=leader)
    ended = Membership.objects.get(pk=member.pk)
    assert (ended.status, ended.ended_reason) == (Status.ENDED, "انتقال")
    assert not Membership.objects.usable().filter(pk=member.pk).exists()


def test_the_last_person_who_can_file_is_not_retired() -> None:
    leader = a_leader()
    director = appointed(leader)
    with pytest.raises(TeamRefused, match=director.user.name):
        actions.retire(director, reason="انتقال", by=leader)
    assert active_team(director.entity)


def test_an_alternate_whose_term_is_over_does_not_count_as_somebody_who_can_file() -> None:
    leader = a_leader()
    director, alternate = appointed(leader), appointed(leader, Role.ALTERNATE)
    end_term(alternate, timezone.localdate() - timedelta(days=1))
    with pytest.raises(TeamRefused):
        actions.retire(director, reason="انتقال", by=leader)


def test_of_the_last_two_who_can_file_only_one_is_retired() -> None:
    leader = a_leader()
    director, alternate = appointed(leader), appointed(leader, Role.ALTERNATE)
    actions.retire(director, reason="انتقال", by=leader)
    with pytest.raises(TeamRefused):
        actions.retire(alternate, reason="انتقال", by=leader)


@pytest.mark.wide
@pytest.mark.django_db(transaction=True)
def test_of_two_retirements_at_the_same_moment_one_is_refused() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time anyway, and threads do not share its memory")
    leader = a_leader()
    seats = [appointed(leader), appointed(leader, Role.ALTERNATE)]
    start, outcomes = threading.Barrier(2), []

    def retire(seat: Membership) -> None:
        start.wait()
        try:
            with row_security.as_system():
                actions.retire(seat, reason="انتقال", by=leader)
            outcomes.append("ended")
        except TeamRefused:
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=retire, args=(seat,)) for seat in seats]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["ended", "refused"]
    assert active_team(seats[0].entity)


def test_retiring_twice_keeps_the_first_reason() -> None:
    leader = a_leader()
    member = appointed(leader, Role.MEMBER)
    actions.retire(member, reason="انتقال", by=leader)
    actions.retire(member, reason="غير ذلك", by=leader)
    assert Membership.objects.get(pk=member.pk).ended_reason == "انتقال"


def test_a_national_id_in_a_reason_is_not_kept() -> None:
    leader, number = a_leader(), valid_id()
    member = appointed(leader, Role.MEMBER)
    actions.retire(member, reason=f"هويته {number}", by=leader)
    assert number not in Membership.objects.get(pk=member.pk).ended_reason


# --- Successors ------------------------------------------------------------------------------------------
def test_even_the_last_person_who_can_file_may_be_replaced() -> None:
    leader = a_leader()
    before = appointed(leader)
    after = actions.replace(before, somebody(), reason="انتقال", by=leader)
    before.refresh_from_db()
    assert (before.status, after.role) == (Status.ENDED, Role.DIRECTOR)
    assert active_team(after.entity)


def test_nobody_succeeds_herself() -> None:
    leader, person = a_leader(), somebody()
    director = appointed(leader, person=person)
    with pytest.raises(TeamRefused):
        actions.replace(director, person, reason="انتقال", by=leader)


def test_the_alternate_may_succeed_the_director() -> None:
    leader, person = a_leader(), somebody()
    director, alternate = appointed(leader), appointed(leader, Role.ALTERNATE, person=person)
    successor = actions.replace(director, person, reason="انتقال", by=leader)
    assert (successor.pk, successor.role) == (alternate.pk, Role.DIRECTOR)


# --- Hand-over -------------------------------------------------------------------------------------------
def test_a_hand_over_swaps_director_and_alternate() -> None:
    leader = a_leader()
    director, alternate = appointed(leader), appointed(leader, Role.ALTERNATE)
    actions.hand_over(alternate, by=acting(director))
    director.refresh_from_db()
    alternate.refresh_from_db()
    assert (director.role, alternate.role) == (Role.ALTERNATE, Role.DIRECTOR)


def test_an_alternate_does_not_take_the_direction_herself() -> None:
    leader = a_leader()
    director, alternate = appointed(leader), appointed(leader, Role.ALTERNATE)
    with pytest.raises(TeamRefused, match="لا من البديل"):
        actions.hand_over(alternate, by=acting(alternate))
    director.refresh_from_db()
    assert director.role == Role.DIRECTOR


def test_a_hand_over_to_an_alternate_whose_term_is_over_is_refused() -> None:
    leader = a_leader()
    director, alternate = appointed(leader), appointed(leader, Role.ALTERNATE)
    end_term(alternate, timezone.localdate() - timedelta(days=1))
    with pytest.raises(TeamRefused):
        actions.hand_over(alternate, by=acting(director))


def test_a_hand_over_sent_twice_changes_nothing_the_second_time() -> None:
    leader = a_leader()
    director, alternate = appointed(leader), appointed(leader, Role.ALTERNATE)
    actions.hand_over(alternate, by=leader)
    actions.hand_over(alternate, by=leader)
    director.refresh_from_db()
    assert director.role == Role.ALTERNATE


# --- Term, delegation, contact data ------------------------------------------------------------------------
def test_a_member_to_whom_updates_are_delegated_may_send_them() -> None:
    leader = a_leader()
    member = appointed(leader, Role.MEMBER)
    assert not acting(member).may(Permission.REPORT_UPDATE)
    actions.amend(member, delegated=True, by=leader)
    assert acting(member).may(Permission.REPORT_UPDATE)
    actions.amend(member, delegated=False, by=leader)
    assert not acting(member).may(Permission.REPORT_UPDATE)


def test_nothing_is_delegated_to_an_alternate() -> None:
    leader = a_leader()
    with pytest.raises(TeamRefused):
        actions.amend(appointed(leader, Role.ALTERNATE), delegated=True, by=leader)


def test_a_term_that_leaves_nobody_who_can_file_is_refused() -> None:
    leader = a_leader()
    director = appointed(leader)
    ahead = timezone.localdate() + timedelta(days=3)
    with pytest.raises(TeamRefused):
        actions.amend(director, term=Term(ahead, None), by=leader)


def test_a_term_may_end_in_the_future() -> None:
    leader = a_leader()
    director = appointed(leader)
    end = timezone.localdate() + timedelta(days=3)
    actions.amend(director, term=Term(director.valid_from, end), by=leader)
    director.refresh_from_db()
    assert director.valid_to == end


def test_contact_data_shared_with_another_entity_is_not_changed_here() -> None:
    leader = a_leader()
    member = appointed(leader, Role.MEMBER)
    a_membership(member.user, role=Role.MEMBER, entity=an_entity())
    with pytest.raises(TeamRefused):
        actions.amend(member, mobile="+966500000009", by=leader)
    member.user.refresh_from_db()
    assert member.user.mobile == "+966512345678"


def test_what_is_left_empty_stays() -> None:
    leader = a_leader()
    member = appointed(leader, Role.MEMBER)
    actions.amend(member, mobile="+966500000009", by=leader)
    member.user.refresh_from_db()
    assert (member.user.mobile, member.user.email) == ("+966500000009", "mona@entity.example")


def test_an_ended_membership_is_not_amended() -> None:
    leader = a_leader()
    member = appointed(leader, Role.MEMBER)
    actions.retire(member, reason="انتقال", by=leader)
    with pytest.raises(TeamRefused):
        actions.amend(member, delegated=True, by=leader)


def test_the_people_to_call_come_in_the_order_of_calling() -> None:
    leader = a_leader()
    appointed(leader, Role.MEMBER)
    appointed(leader, Role.ALTERNATE)
    director = appointed(leader)
    expired = appointed(leader, Role.ALTERNATE)
    end_term(expired, date(2025, 1, 1))
    roles = [membership.role for membership in team_members(director.entity)]
    assert roles == [Role.DIRECTOR, Role.ALTERNATE, Role.MEMBER, Role.IT_LEADER]
