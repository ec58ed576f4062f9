"""The checklist: what an entity has and lacks to report an outage."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from crisis_teams import actions
from crisis_teams.models import CrisisTeam
from crisis_teams.readiness import CheckName, Readiness, Standing, active_team, readiness
from entities.models import Membership, Notice, User
from entities.permissions import Role
from tests.crisis_teams.teams import a_leader, appointed, end_term, somebody, team_of
from tests.factories import a_person, a_reviewer, an_entity

pytestmark = pytest.mark.django_db


def ready_team(leader: User, *, confirmed_days_ago: int = 1) -> CrisisTeam:
    director = appointed(leader)
    appointed(leader, Role.ALTERNATE)
    team = team_of(director.entity)
    upload = SimpleUploadedFile("decision.pdf", b"%PDF-1.7")
    actions.attach_decision(
        team, reference="1447/1", day=date(2026, 1, 1), upload=upload, content_type="application/pdf", by=leader
    )
    at = timezone.now() - timedelta(days=confirmed_days_ago)
    return actions.confirm_team(team, at=at, by=leader)


def missing(ready: Readiness) -> set[CheckName]:
    return {check.name for check in ready.checks if not check.done}


def test_an_entity_with_everything_is_ready() -> None:
    ready = readiness(ready_team(a_leader()).entity)
    assert ready.is_ready
    assert ready.next_check is None


def test_an_entity_without_a_team_lacks_everything_and_cannot_file() -> None:
    entity = an_entity()
    ready = readiness(entity)
    assert missing(ready) == set(CheckName)
    assert not ready.is_active
    assert active_team(entity) is None


def test_an_emergency_director_can_file_and_the_rest_is_asked_next() -> None:
    leader = a_leader()
    entity = leader.acting.entity
    actions.emergency_appoint(entity, somebody(email=""), by=leader)
    ready = readiness(entity)
    assert ready.is_active
    assert missing(ready) == set(CheckName) - {CheckName.DIRECTOR}
    assert ready.next_check
    assert ready.next_check.name == CheckName.ALTERNATE


@pytest.mark.parametrize("lost", ["mobile", "email"])
def test_a_member_without_mobile_or_e_mail_is_named(lost: str) -> None:
    leader = a_leader()
    team = ready_team(leader)
    member = appointed(leader, Role.MEMBER, person=somebody(name_ar="ريم الغامدي"))
    User.objects.filter(pk=member.user_id).update(**{lost: ""})
    ready = readiness(team.entity)
    assert missing(ready) == {CheckName.REACHABLE}
    assert ready.next_check
    assert ready.next_check.person == "ريم الغامدي"


@pytest.mark.parametrize(("days", "fresh"), [(0, True), (89, True), (91, False)])
def test_a_confirmation_counts_for_90_days(days: int, fresh: bool) -> None:
    ready = readiness(ready_team(a_leader(), confirmed_days_ago=days).entity)
    assert (CheckName.CONFIRMED not in missing(ready)) is fresh
    assert ready.is_active


def test_a_stale_confirmation_does_not_stop_filing() -> None:
    assert active_team(ready_team(a_leader(), confirmed_days_ago=400).entity)


def test_terms_that_are_over_leave_the_team_inactive() -> None:
    team = ready_team(a_leader())
    for membership in Membership.objects.in_roles(Role.DIRECTOR, Role.ALTERNATE).filter(entity=team.entity):
        end_term(membership, timezone.localdate() - timedelta(days=1))
    ready = readiness(team.entity)
    assert not ready.is_active
    assert {seat.standing for seat in ready.seats} == {Standing.OVER}
    assert active_team(team.entity) is None


def test_a_term_that_has_not_begun_does_not_count() -> None:
    director = appointed(a_leader())
    Membership.objects.filter(pk=director.pk).update(valid_from=timezone.localdate() + timedelta(days=1))
    ready = readiness(director.entity)
    assert [seat.standing for seat in ready.seats] == [Standing.AHEAD]
    assert not ready.is_active


def test_members_alone_cannot_file() -> None:
    member = appointed(a_leader(), Role.MEMBER)
    assert active_team(member.entity) is None


def test_a_team_of_a_closed_entity_is_not_active() -> None:
    director = appointed(a_leader())
    director.entity.is_active = False
    director.entity.save()
    assert active_team(director.entity) is None


def test_a_team_is_seen_by_its_entity_and_by_the_authority() -> None:
    team = team_of(appointed(a_leader()).entity)
    member, stranger = a_person(Role.MEMBER, entity=team.entity), a_person(Role.DIRECTOR)
    assert team in CrisisTeam.objects.visible_to(member)
    assert team in CrisisTeam.objects.visible_to(a_reviewer())
    assert team not in CrisisTeam.objects.visible_to(stranger)
    assert team not in CrisisTeam.objects.visible_to(a_person(None))


def test_the_checklist_costs_two_queries(django_assert_num_queries: Any) -> None:
    team = ready_team(a_leader())
    with django_assert_num_queries(2):
        readiness(team.entity)


# --- Freshness (T1) -----------------------------------------------------------------------------------------
def test_a_stale_team_is_reminded_of_once() -> None:
    ready_team(a_leader(), confirmed_days_ago=91)
    now = timezone.now()
    actions.remind_stale_teams(at=now)
    actions.remind_stale_teams(at=now + timedelta(hours=1))
    assert Notice.objects.filter(kind=Notice.Kind.TEAM_STALE).count() == 1


def test_a_team_that_was_confirmed_and_grows_stale_again_is_reminded_of_again() -> None:
    leader = a_leader()
    team = ready_team(leader, confirmed_days_ago=200)
    actions.remind_stale_teams(at=timezone.now() - timedelta(days=100))
    actions.confirm_team(team, at=timezone.now() - timedelta(days=95), by=leader)
    actions.remind_stale_teams(at=timezone.now())
    assert Notice.objects.filter(kind=Notice.Kind.TEAM_STALE).count() == 2


def test_a_fresh_team_is_left_in_peace() -> None:
    ready_team(a_leader(), confirmed_days_ago=89)
    assert actions.remind_stale_teams(at=timezone.now()) == 0


def test_a_confirmation_never_moves_backwards() -> None:
    leader = a_leader()
    team = ready_team(leader, confirmed_days_ago=1)
    after = actions.confirm_team(team, at=timezone.now() - timedelta(days=30), by=leader)
    assert after.confirmed_at == team.confirmed_at
