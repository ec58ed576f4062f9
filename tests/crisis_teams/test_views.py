"""The team's pages: who sees them, who may act, and what comes back when something is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crisis_teams import actions
from crisis_teams.history import Deed, history
from crisis_teams.models import CrisisTeam
from crisis_teams.readiness import active_team
from entities.models import Entity, Membership, User
from entities.permissions import Role
from tests.crisis_teams.teams import a_leader, acting, appointed, team_of, typed
from tests.factories import a_person, a_reviewer, an_entity, valid_id

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
Status = Membership.Status


def entity_of(user: User) -> Entity:
    assert user.acting is not None
    return user.acting.entity


# --- Reading ----------------------------------------------------------------------------------------------
def test_the_page_shows_people_with_masked_numbers(client_of: SignIn) -> None:
    leader = a_leader()
    director = appointed(leader)
    page = client_of(acting(director)).get(reverse("team")).content.decode()
    assert director.user.name in page
    assert director.user.masked_mobile in page
    assert "512345678" not in page
    assert "mona@entity.example" not in page


def test_whoever_may_not_confirm_the_data_reads_who_does(client_of: SignIn) -> None:
    leader = a_leader()
    appointed(leader)
    appointed(leader, Role.ALTERNATE)
    CrisisTeam.objects.update(confirmed_at=timezone.now() - timedelta(days=91))
    told = {
        person: client_of(person).get("/en" + reverse("team")).content.decode()
        for person in (leader, a_person(Role.HEAD_CONTACT, entity=entity_of(leader)))
    }
    assert ["one tap confirms them" in page for page in told.values()] == [True, False]
    assert ["looks through it and confirms it" in page for page in told.values()] == [False, True]


def test_the_page_stays_within_its_queries(client_of: SignIn, django_assert_max_num_queries: Any) -> None:
    leader = a_leader()
    for role in (Role.DIRECTOR, *[Role.ALTERNATE] * 3, *[Role.MEMBER] * 10):
        appointed(leader, role)
    client = client_of(leader)
    with django_assert_max_num_queries(11):
        client.get(reverse("team"))


def test_reading_writes_nothing(client_of: SignIn) -> None:
    leader = a_leader()
    client_of(leader).get(reverse("team"))
    assert not hasattr(entity_of(leader), "crisis_team")


def test_the_authority_reads_the_team_of_any_entity(client_of: SignIn) -> None:
    leader = a_leader()
    director = appointed(leader)
    page = client_of(a_reviewer()).get(reverse("entity_team", args=[director.entity.code])).content.decode()
    assert director.user.name in page
    assert reverse("team_confirm") not in page
    assert f'href="{reverse("team_member", args=[director.pk])}"' not in page


def test_the_team_of_another_entity_is_not_found(client_of: SignIn) -> None:
    foreign = appointed(a_leader()).entity
    client = client_of(a_leader())
    assert client.get(reverse("entity_team", args=[foreign.code])).status_code == 404
    assert client.post(reverse("team_decision_file", args=[foreign.code])).status_code == 404


@pytest.mark.parametrize("view", ["team_member", "team_replace", "team_retire", "team_hand_over"])
def test_people_of_another_entity_are_not_found(client_of: SignIn, view: str) -> None:
    foreign = appointed(a_leader(), Role.ALTERNATE)
    for leader in (a_leader(), a_leader(an_entity(authority=True))):
        client = client_of(leader)
        assert client.get(reverse(view, args=[foreign.pk])).status_code == 404
        assert client.post(reverse(view, args=[foreign.pk]), {"reason": "x"}).status_code == 404
    assert Membership.objects.get(pk=foreign.pk).status == Status.INVITED


def test_an_absurd_number_in_the_address_is_not_found(client_of: SignIn) -> None:
    assert client_of(a_leader()).get(reverse("team_member", args=[10**30])).status_code == 404


def test_it_leaders_are_not_retired_here(client_of: SignIn) -> None:
    leader = a_leader()
    response = client_of(leader).post(reverse("team_retire", args=[leader.acting.pk]), {"reason": "x"})
    assert response.status_code == 404


# --- Who may ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", [Role.DIRECTOR, Role.ALTERNATE, Role.MEMBER, Role.HEAD_CONTACT, Role.REVIEWER])
def test_only_the_it_leader_appoints(client_of: SignIn, role: Role) -> None:
    client = client_of(a_person(role))
    assert client.get(reverse("team_appoint", args=["member"])).status_code == 403
    assert client.post(reverse("team_appoint", args=["member"]), typed()).status_code == 403
    assert client.post(reverse("team_emergency"), typed()).status_code == 403


@pytest.mark.parametrize("role", [Role.MEMBER, Role.HEAD_CONTACT, Role.REVIEWER])
def test_who_does_not_keep_the_team_does_not_confirm_it(client_of: SignIn, role: Role) -> None:
    assert client_of(a_person(role)).post(reverse("team_confirm")).status_code == 403


@pytest.mark.parametrize("role", [Role.DIRECTOR, Role.ALTERNATE])
def test_director_and_alternate_confirm_in_one_tap(client_of: SignIn, role: Role) -> None:
    leader = a_leader()
    seat = appointed(leader, role)
    assert client_of(acting(seat)).post(reverse("team_confirm")).status_code == 302
    assert team_of(seat.entity).confirmed_by == seat.user


def test_there_is_nothing_to_confirm_without_a_team(client_of: SignIn) -> None:
    assert client_of(a_leader()).post(reverse("team_confirm")).status_code == 404


def test_a_director_sets_no_term(client_of: SignIn) -> None:
    leader = a_leader()
    director, member = appointed(leader), appointed(leader, Role.MEMBER)
    past = (timezone.localdate() - timedelta(days=1)).isoformat()
    client_of(acting(director)).post(reverse("team_member", args=[member.pk]), {"delegated": "on", "valid_to": past})
    member.refresh_from_db()
    assert (member.delegated, member.valid_to) == (True, None)


# --- Appointing ---------------------------------------------------------------------------------------------
def test_an_appointment_from_the_form(client_of: SignIn) -> None:
    leader = a_leader()
    response = client_of(leader).post(reverse("team_appoint", args=["director"]), typed(), follow=True)
    director = Membership.objects.get(entity=entity_of(leader), role=Role.DIRECTOR)
    assert director.user.mobile == "+966512345678"
    assert director.user.name in response.content.decode()


def test_a_role_that_is_none_of_the_team_has_no_page(client_of: SignIn) -> None:
    assert client_of(a_leader()).get("/team/appoint/admin/").status_code == 404


@pytest.mark.parametrize("number", ["", "12345", "3000000004", "1000000009", "abcdefghij"])
def test_a_wrong_id_keeps_everything_else_typed(client_of: SignIn, number: str) -> None:
    form = {**typed(name_ar="ريم الغامدي", email="reem@entity.example"), "national_id": number}
    response = client_of(a_leader()).post(reverse("team_appoint", args=["member"]), form)
    page = response.content.decode()
    assert response.status_code == 422
    assert "ريم الغامدي" in page
    assert "reem@entity.example" in page
    assert 'href="#id_national_id"' in page
    assert not Membership.objects.in_roles(Role.MEMBER).exists()


def test_a_refusal_is_told_on_the_form(client_of: SignIn) -> None:
    leader = a_leader()
    director = appointed(leader)
    response = client_of(leader).post(reverse("team_appoint", args=["director"]), typed())
    assert response.status_code == 422
    assert director.user.name in response.content.decode()


def test_a_term_that_has_passed_is_refused(client_of: SignIn) -> None:
    yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()
    response = client_of(a_leader()).post(reverse("team_appoint", args=["member"]), typed(until=yesterday))
    assert "until" in response.context["form"].errors


def test_the_id_is_in_no_answer_but_the_page_that_gives_it_back(client_of: SignIn) -> None:
    number, client = valid_id(), client_of(a_leader())
    posted = client.post(reverse("team_appoint", args=["director"]), typed(number))
    assert number not in posted.headers["Location"]
    assert number not in client.get(reverse("team")).content.decode()


def test_it_is_told_when_the_contact_data_registered_elsewhere_stays(client_of: SignIn) -> None:
    number = valid_id()
    a_person(Role.DIRECTOR, number=number)
    page = client_of(a_leader()).post(reverse("team_appoint", args=["member"]), typed(number), follow=True)
    assert len(list(page.context["messages"])) == 2


def test_a_successor_from_the_form(client_of: SignIn) -> None:
    leader = a_leader()
    director = appointed(leader)
    form = typed(reason="انتقال", name_ar="هند الزهراني")
    client_of(leader).post(reverse("team_replace", args=[director.pk]), form)
    director.refresh_from_db()
    assert director.status == Status.ENDED
    assert Membership.objects.usable().get(entity=director.entity, role=Role.DIRECTOR).user.name_ar == "هند الزهراني"


def test_the_end_of_a_membership_asks_for_its_reason(client_of: SignIn) -> None:
    leader = a_leader()
    member = appointed(leader, Role.MEMBER)
    client, url = client_of(leader), reverse("team_retire", args=[member.pk])
    assert client.post(url, {"reason": " "}).status_code in {200, 422}
    assert client.post(url, {"reason": "انتقال"}).status_code == 302
    assert client.post(url, {"reason": "انتقال"}).status_code == 302
    assert Membership.objects.get(pk=member.pk).status == Status.ENDED


def test_the_last_filer_stays_and_the_page_says_why(client_of: SignIn) -> None:
    leader = a_leader()
    director = appointed(leader)
    response = client_of(leader).post(reverse("team_retire", args=[director.pk]), {"reason": "انتقال"})
    assert response.status_code == 422
    assert active_team(director.entity)


def test_a_retired_person_is_out_at_the_next_request(client_of: SignIn) -> None:
    leader = a_leader()
    member = appointed(leader, Role.MEMBER)
    client = client_of(acting(member))
    assert client.get(reverse("team")).status_code == 200
    actions.retire(member, reason="انتقال", by=leader)
    assert client.get(reverse("team")).status_code == 302


def test_a_hand_over_asks_first_and_keeps_both_signed_in(client_of: SignIn) -> None:
    leader = a_leader()
    director, alternate = appointed(leader), appointed(leader, Role.ALTERNATE)
    client, url = client_of(acting(director)), reverse("team_hand_over", args=[alternate.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, follow=True).status_code == 200
    assert Membership.objects.get(pk=alternate.pk).role == Role.DIRECTOR
    assert client.get(reverse("team")).status_code == 200


def test_the_page_of_an_ended_membership_is_gone(client_of: SignIn) -> None:
    leader = a_leader()
    member = appointed(leader, Role.MEMBER)
    actions.retire(member, reason="انتقال", by=leader)
    assert client_of(leader).get(reverse("team_member", args=[member.pk])).status_code == 404


# --- Registering ---------------------------------------------------------------------------------------------
def test_a_team_whose_people_came_another_way_is_registered_in_one_tap(client_of: SignIn) -> None:
    director = a_person(Role.DIRECTOR)
    client = client_of(director)
    assert reverse("team_register") in client.get(reverse("team")).content.decode()
    assert client.post(reverse("team_register")).headers["Location"] == reverse("team")
    assert active_team(entity_of(director))
    assert client.post(reverse("team_register")).status_code == 302
    assert [line.deed for line in history(entity_of(director))] == [Deed.REGISTERED]


def test_the_it_leader_is_not_sent_into_an_emergency_that_would_be_refused(client_of: SignIn) -> None:
    director = a_person(Role.DIRECTOR)
    page = client_of(a_leader(entity_of(director))).get(reverse("team")).content.decode()
    assert reverse("team_register") in page
    assert reverse("team_emergency") not in page


@pytest.mark.parametrize(
    "next_url", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", "elsewhere", "team_retire"]
)
def test_registering_leads_to_no_other_site(client_of: SignIn, next_url: str) -> None:
    response = client_of(a_person(Role.DIRECTOR)).post(reverse("team_register"), {"next": next_url})
    assert response.headers["Location"] == reverse("team")


# --- Emergency ------------------------------------------------------------------------------------------------
def test_without_a_team_the_it_leader_finds_the_form_and_the_others_whom_to_call(client_of: SignIn) -> None:
    leader = a_leader()
    member = a_person(Role.MEMBER, entity=entity_of(leader))
    assert reverse("team_emergency") in client_of(leader).get(reverse("team")).content.decode()
    page = client_of(member).get(reverse("team")).content.decode()
    assert reverse("team_emergency") not in page
    assert leader.name in page


def test_an_emergency_takes_three_answers(client_of: SignIn) -> None:
    leader = a_leader()
    answers = {"name_ar": "يوسف المالكي", "national_id": valid_id(), "mobile": "0512345678"}
    assert client_of(leader).post(reverse("team_emergency"), answers).status_code == 302
    assert active_team(entity_of(leader))


def test_a_mistake_in_an_emergency_keeps_the_rest(client_of: SignIn) -> None:
    answers = {"name_ar": "يوسف المالكي", "national_id": "1000000009", "mobile": "0512345678"}
    response = client_of(a_leader()).post(reverse("team_emergency"), answers)
    assert response.status_code == 422
    assert "يوسف المالكي" in response.content.decode()
