"""One's own sessions: warned before the end, listed, ended at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from crisis_teams import actions as team
from entities.models import AuditEvent, Session, User
from entities.permissions import Role
from entities.sessions import BROWSERS, SYSTEMS, SessionStore, _first, end_sessions_of
from entities.tasks import clear_dead_sessions
from tests.conftest import sign_in
from tests.factories import a_membership, a_person, an_entity
from tests.nafath_auth.conftest import Visitor, a_regular

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile/15E148 Safari/604.1"
)
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537 Chrome/130.0 Safari/537 Edg/130.0"
ANDROID = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537 Chrome/130.0 Mobile Safari/537"


def idle(client: Client, seconds: int) -> int:
    session = client.session
    session["seen_at"] = seen = int(timezone.now().timestamp()) - seconds
    session.save()
    return seen


def is_in(client: Client) -> bool:
    return client.get("/inbox/").status_code == 200


@pytest.mark.parametrize(
    ("agent", "told"),
    [
        (FIREFOX, ("Firefox", "Windows")),
        (IPHONE, ("Safari", "iOS")),
        (EDGE, ("Edge", "Windows")),
        (ANDROID, ("Chrome", "Android")),
        ("curl/8", ("", "")),
    ],
)
def test_a_device_is_told_by_its_browser_and_its_system(agent: str, told: tuple[str, str]) -> None:
    assert (_first(BROWSERS, agent), _first(SYSTEMS, agent)) == told


def test_a_sign_in_says_from_where_it_was_opened(visitor: Visitor) -> None:
    person = a_regular()
    visitor.defaults["HTTP_USER_AGENT"] = FIREFOX
    visitor.sign_in()
    row = Session.objects.get(person=person)
    assert (row.browser, row.system, row.address) == ("Firefox", "Windows", "127.0.0.1")
    assert row.started_at
    assert row.expire_date == row.started_at + timedelta(hours=8)
    page = visitor.get("/en/accounts/sessions/").content.decode()
    assert "Firefox on Windows" in page
    assert "127.0.0.1" in page
    assert row.session_key not in page


def test_asking_what_is_left_is_no_activity_and_staying_is() -> None:
    client = sign_in(Client(), a_person())
    seen = idle(client, 13 * 60)
    told = client.get("/accounts/stay/", headers={"X-Background": "1"}).json()
    assert 115 <= told["left"] <= 120
    assert told["extends"] is True
    assert client.session["seen_at"] == seen
    assert client.post("/accounts/stay/").json()["left"] > 14 * 60
    assert client.session["seen_at"] > seen


def test_eight_hours_are_not_extended() -> None:
    client = sign_in(Client(), a_person())
    session = client.session
    session["started_at"] -= 8 * 3600 - 90
    session.save()
    told = client.post("/accounts/stay/").json()
    assert told["left"] <= 90
    assert told["extends"] is False


def test_one_other_session_ends_at_once_and_this_one_goes_on() -> None:
    person = a_person()
    here, there, stays = (sign_in(Client(), person) for _n in range(3))
    handle = Session.objects.get(pk=there.session.session_key).handle
    assert here.post("/accounts/sessions/end/", {"session": handle}).status_code == 302
    assert [is_in(here), is_in(there), is_in(stays)] == [True, False, True]
    event = AuditEvent.objects.get(action=AuditEvent.Action.SESSION_ENDED)
    assert (event.person, event.data["count"], event.data["why"]) == (person.public_id, 1, "own")


def test_all_others_end_and_nobody_elses() -> None:
    person = a_person()
    here, there = sign_in(Client(), person), sign_in(Client(), person)
    stranger = sign_in(Client(), a_person())
    foreign = Session.objects.get(pk=stranger.session.session_key).handle
    assert here.post("/accounts/sessions/end/", {"session": foreign}).status_code == 404
    here.post("/accounts/sessions/end/", {"session": "others"})
    assert [is_in(here), is_in(there), is_in(stranger)] == [True, False, True]


def test_a_membership_that_ends_takes_its_sessions_along_and_no_others() -> None:
    entity = an_entity()
    leader, member = a_person(Role.IT_LEADER, entity=entity), a_person(Role.MEMBER, entity=entity)
    a_person(Role.DIRECTOR, entity=entity)
    ending = member.acting
    assert ending
    sign_in(Client(), member)
    member.acting = a_membership(member, role=Role.MEMBER)
    other = sign_in(Client(), member).session.session_key
    team.retire(ending, reason="moved", by=leader)
    assert [row.pk for row in Session.objects.filter(person=member)] == [other]
    assert AuditEvent.objects.get(action=AuditEvent.Action.SESSION_ENDED).data["of"] == str(member.public_id)


def test_ones_own_session_has_still_to_answer() -> None:
    person = a_person()
    sign_in(Client(), person)
    assert end_sessions_of(person, by=person) == 0
    assert Session.objects.filter(person=person).exists()


def test_a_person_switched_off_at_the_desk_is_out(client: Client) -> None:
    admin, person = a_person(Role.ADMIN), a_person()
    sign_in(Client(), person)
    desk = sign_in(client, admin)
    fields: dict[str, str] = {"name_ar": person.name_ar, "name_en": "", "mobile": person.mobile, "language": "ar"}
    membership = person.memberships.get()
    row = {"id": membership.pk, "user": person.pk, "status": "ACTIVE", "valid_from": "2024-01-01"}
    fields |= {"memberships-TOTAL_FORMS": "1", "memberships-INITIAL_FORMS": "1"}
    fields |= {f"memberships-0-{name}": str(value) for name, value in row.items()}
    answer = desk.post(f"/admin/entities/user/{person.pk}/change/", fields)
    assert answer.status_code == 302, answer.content.decode()
    assert not User.objects.get(pk=person.pk).is_active
    assert not Session.objects.filter(person=person).exists()


def test_the_desk_lists_no_sessions(client: Client) -> None:
    assert (
        "session" not in sign_in(client, a_person(Role.ADMIN)).get("/en/admin/").content.decode().partition("<main")[2]
    )


def test_dead_rows_go_and_living_ones_stay() -> None:
    living = sign_in(Client(), a_person())
    dead = sign_in(Client(), a_person()).session.session_key
    Session.objects.filter(pk=dead).update(expire_date=timezone.now() - timedelta(minutes=1))
    clear_dead_sessions()
    assert not SessionStore().exists(dead)
    assert is_in(living)
