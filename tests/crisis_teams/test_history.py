"""Every change is kept, once, and tells who did it without telling more than codes to the log."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from crisis_teams import actions
from crisis_teams.history import Deed, history
from entities.models import AuditEvent, Notice
from entities.permissions import Role
from tests.crisis_teams.teams import a_leader, acting, appointed, somebody, team_of

pytestmark = pytest.mark.django_db


def test_each_deed_leaves_its_line() -> None:
    leader = a_leader()
    director, alternate = appointed(leader), appointed(leader, Role.ALTERNATE)
    member = appointed(leader, Role.MEMBER)
    actions.amend(member, delegated=True, by=leader)
    actions.confirm_team(team_of(director.entity), by=acting(director))
    actions.hand_over(alternate, by=leader)
    actions.retire(member, reason="انتقال", by=leader)
    told = [line.deed for line in history(director.entity)]
    assert told == [
        Deed.RETIRED,
        Deed.HANDED_OVER,
        Deed.CONFIRMED,
        Deed.AMENDED,
        Deed.APPOINTED,
        Deed.APPOINTED,
        Deed.APPOINTED,
    ]


def test_an_emergency_is_on_record_as_one() -> None:
    leader = a_leader()
    director = actions.emergency_appoint(leader.acting.entity, somebody(), by=leader)
    line = history(director.entity)[0]
    assert (line.deed, line.person, line.actor) == (Deed.EMERGENCY, director.user.name, leader.name)


def test_a_successor_stands_beside_whom_she_followed_and_why() -> None:
    leader = a_leader()
    before = appointed(leader, person=somebody(name_ar="خالد العتيبي"))
    actions.replace(before, somebody(name_ar="هند الزهراني"), reason="انتقال", by=leader)
    line = history(before.entity)[0]
    assert (line.person, line.other, line.reason) == ("هند الزهراني", "خالد العتيبي", "انتقال")


def test_the_role_of_then_is_shown_and_not_the_one_of_today() -> None:
    leader = a_leader()
    director, alternate = appointed(leader), appointed(leader, Role.ALTERNATE)
    actions.hand_over(alternate, by=leader)
    first = history(director.entity)[-1]
    assert first.role == Role.DIRECTOR.label


def test_a_refused_change_leaves_no_line() -> None:
    leader = a_leader()
    director = appointed(leader)
    with pytest.raises(actions.people.TeamRefused):
        actions.retire(director, reason="انتقال", by=leader)
    assert len(history(director.entity)) == 1


def test_the_log_holds_no_name_no_mobile_and_no_address() -> None:
    leader = a_leader()
    person = somebody(name_ar="ريم الغامدي")
    member = appointed(leader, Role.MEMBER, person=person)
    actions.amend(member, mobile="+966500000009", email="new@entity.example", by=leader)
    logged = json.dumps([event.data for event in AuditEvent.objects.all()], ensure_ascii=False)
    for secret in (person.national_id, "ريم", "500000009", "512345678", "@entity"):
        assert secret not in logged


def test_a_seeded_deed_is_shown_at_its_own_time() -> None:
    leader, then = a_leader(), timezone.now() - timedelta(days=120)
    director = appointed(leader, at=then)
    assert history(director.entity)[0].at == then
    assert director.valid_from == timezone.localdate(then)


def test_people_hear_of_who_may_act_and_not_of_the_rest() -> None:
    leader = a_leader()
    director = appointed(leader)
    actions.confirm_team(team_of(director.entity), by=leader)
    actions.amend(director, mobile="+966500000009", by=leader)
    told = Notice.objects.filter(kind=Notice.Kind.TEAM_CHANGED, entity=director.entity)
    assert [notice.data["deed"] for notice in told] == [Deed.APPOINTED]


def test_the_history_of_one_entity_tells_nothing_of_another() -> None:
    appointed(a_leader())
    other = appointed(a_leader())
    assert len(history(other.entity)) == 1
