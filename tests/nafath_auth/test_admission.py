"""Who gets in, who does not, and what the two leave behind."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from entities import national_id
from entities.models import AuditEvent, Entity, Membership, User
from entities.permissions import Role
from tests.conftest import sign_in
from tests.factories import a_membership, a_person
from tests.nafath_auth.conftest import Visitor, a_regular

NUMBER = "1000000008"
OTHER = "1000000016"


def not_registered() -> None:
    """Nobody has this number."""


def inactive() -> None:
    User.objects.filter(pk=a_person(number=NUMBER).pk).update(is_active=False)


def without_membership() -> None:
    a_person(None, number=NUMBER)


def suspended() -> None:
    a_person(number=NUMBER).memberships.update(status=Membership.Status.SUSPENDED)


def ended() -> None:
    a_person(number=NUMBER).memberships.update(status=Membership.Status.ENDED)


def out_of_term() -> None:
    a_person(number=NUMBER).memberships.update(valid_to=timezone.localdate() - timedelta(days=1))


def entity_suspended() -> None:
    Entity.objects.filter(pk=a_person(number=NUMBER).memberships.get().entity_id).update(is_active=False)


def identity_of_another() -> None:
    """The identity was once bound to somebody else."""
    a_person(number=NUMBER)
    SocialAccount.objects.create(user=a_person(number=OTHER), provider="nafath", uid=national_id.digest(NUMBER))


def person_of_another_identity() -> None:
    """The person was once bound to another identity."""
    person = a_person(number=NUMBER)
    SocialAccount.objects.create(user=person, provider="nafath", uid=national_id.digest(OTHER))


REASONS: dict[str, Callable[[], None]] = {
    "not_registered": not_registered,
    "person_inactive": inactive,
    "no_membership": without_membership,
    "membership_suspended": suspended,
    "membership_ended": ended,
    "membership_outside_term": out_of_term,
    "entity_inactive": entity_suspended,
    "account_of_another": identity_of_another,
    "account_of_another ": person_of_another_identity,
}


def masked(answer: HttpResponse) -> str:
    """The page without what differs from one request to the next."""
    page = re.sub(r'(csrfmiddlewaretoken" value=|X-CSRFToken": )"\w+"', "", answer.content.decode())
    page = re.sub(r'<span class="ref">\w{8}</span>|name="server-time" content="[^"]*"', "", page)
    return re.sub(r"state=[\w-]+", "", page)


@pytest.fixture
def refusal(visitor: Visitor) -> str:
    """What everybody who is refused sees."""
    answer = visitor.sign_in("2000000030")
    assert answer.status_code == 403
    return masked(answer)


@pytest.mark.parametrize("reason", REASONS)
def test_refusal_is_one_page_whatever_the_reason(visitor: Visitor, refusal: str, reason: str) -> None:
    REASONS[reason]()
    answer = visitor.sign_in(NUMBER)
    assert (answer.status_code, masked(answer)) == (403, refusal)
    assert not visitor.is_signed_in
    event = AuditEvent.objects.order_by("pk").last()
    assert event is not None
    assert event.data["reason"] == reason.strip()
    assert event.data["reference"] in answer.content.decode()


@pytest.mark.parametrize("reason", REASONS)
def test_refusal_leaves_one_line_for_the_auditors_and_nothing_else(visitor: Visitor, reason: str) -> None:
    REASONS[reason]()
    before = [list(model.objects.order_by("pk").values()) for model in (User, Membership)]
    accounts = set(SocialAccount.objects.values_list("user", "uid"))
    visitor.sign_in(NUMBER)
    assert [list(model.objects.order_by("pk").values()) for model in (User, Membership)] == before
    assert set(SocialAccount.objects.values_list("user", "uid")) == accounts
    assert AuditEvent.objects.count() == 1


def questions(visitor: Visitor) -> list[str]:
    """What the database is asked from the return to the refusal, without the values."""
    sent = visitor.start()
    visitor.issuer.number = NUMBER
    with CaptureQueriesContext(connection) as captured:
        assert visitor.come_back(sent).status_code == 403
    asked = [re.sub(r"'[^']*'|\b\d+\b", "?", query["sql"]) for query in captured.captured_queries]
    return [re.sub(r" (WHERE|VALUES|SET) .*", "", sql) for sql in asked if "SAVEPOINT" not in sql]


@pytest.mark.parametrize("reason", [name for name in REASONS if not name.startswith(("not_reg", "account_of"))])
def test_a_stranger_costs_the_same_questions_as_a_person_who_may_not_enter(visitor: Visitor, reason: str) -> None:
    questions(visitor)  # the first refusal of all begins the chain
    unknown = questions(visitor)
    REASONS[reason]()
    assert questions(visitor) == unknown


def test_refusal_in_a_portal_without_an_authority_is_a_refusal(visitor: Visitor, authority: Entity) -> None:
    authority.delete()
    assert visitor.sign_in(NUMBER).status_code == 403


def test_refusal_speaks_english_where_one_came_from_there(visitor: Visitor) -> None:
    assert "no active access" in visitor.sign_in(NUMBER, prefix="/en").content.decode()


def test_refusal_of_another_ends_the_session_that_was_open(visitor: Visitor) -> None:
    a_person(number=NUMBER)
    visitor.sign_in(NUMBER)
    visitor.sign_in(OTHER)
    assert not visitor.is_signed_in


def test_registered_twice_is_refused(visitor: Visitor, settings: Any) -> None:
    settings.NID_DIGEST_KEYS = ["old:first"]
    a_person(number=NUMBER)
    settings.NID_DIGEST_KEYS = ["new:second", "old:first"]
    a_person(number=NUMBER)
    assert visitor.sign_in(NUMBER).status_code == 403
    assert AuditEvent.objects.get().data["reason"] == "registered_twice"


def test_account_holds_a_digest_and_no_claims(visitor: Visitor) -> None:
    a_person(number=NUMBER)
    visitor.sign_in(NUMBER)
    account = SocialAccount.objects.get()
    assert account.uid == national_id.digest(NUMBER)
    assert account.extra_data == {"iss": "https://nafath.example", "acr": "aal2", "amr": ["otp"]}


def test_newer_key_is_written_on_both_rows_at_the_next_sign_in(visitor: Visitor, settings: Any) -> None:
    settings.NID_DIGEST_KEYS = ["old:first"]
    person = a_person(number=NUMBER)
    visitor.sign_in(NUMBER)
    visitor.post("/accounts/sign-out/", {"scope": "portal"})
    settings.NID_DIGEST_KEYS = ["new:second", "old:first"]
    visitor.sign_in(NUMBER)
    person.refresh_from_db()
    assert visitor.is_signed_in
    assert SocialAccount.objects.get().uid == person.national_id_digest == national_id.digest(NUMBER)
    assert person.national_id_digest.startswith("new:")


def test_same_person_keeps_one_account(visitor: Visitor) -> None:
    a_person(number=NUMBER)
    for _ in range(2):
        visitor.sign_in(NUMBER)
    assert SocialAccount.objects.count() == 1


def test_name_is_filled_in_only_where_none_was_registered(visitor: Visitor) -> None:
    person = a_person(number=NUMBER, name_ar="منى الشهري", name_en="")
    visitor.sign_in(NUMBER)
    person.refresh_from_db()
    assert (person.name_ar, person.name_en) == ("منى الشهري", "Mona Al-Shehri")


def test_first_entrance_shows_what_is_registered_once(visitor: Visitor) -> None:
    a_person(number=NUMBER, name_ar="منى الشهري", mobile="+966500000112", email="mona@example.sa")
    answer = visitor.sign_in(NUMBER, next="/team/")
    assert answer.headers["Location"] == "/accounts/first-sign-in/?next=%2Fteam%2F"
    page = visitor.get(answer.headers["Location"]).content.decode()
    assert "منى بنت سعد الشهري" in page
    assert "05• ••• ••12" in page
    assert "m•••@example.sa" in page
    assert "يختلف" not in page
    assert "+966500000112" not in page
    assert visitor.post("/accounts/first-sign-in/", {"next": "/team/"}).headers["Location"] == "/team/"
    assert visitor.get("/accounts/first-sign-in/").headers["Location"] == "/"


def test_name_of_another_is_shown_and_flagged(visitor: Visitor) -> None:
    a_person(number=NUMBER, name_ar="خالد العتيبي")
    page = visitor.get(visitor.sign_in(NUMBER).headers["Location"]).content.decode()
    assert "يختلف" in page
    assert AuditEvent.objects.get(action=AuditEvent.Action.SIGN_IN).data["name_differs"] is True


def test_one_of_several_entities_is_chosen(visitor: Visitor) -> None:
    person = a_regular(number=NUMBER)
    second = a_membership(person, role=Role.MEMBER, status=Membership.Status.INVITED)
    answer = visitor.sign_in(NUMBER, next="/team/")
    assert answer.headers["Location"] == "/accounts/entity/?next=%2Fteam%2F"
    assert "membership_id" not in visitor.session
    page = visitor.get(answer.headers["Location"]).content.decode()
    assert page.count('name="membership"') == 2
    assert second.entity.name_ar in page
    before = visitor.session.session_key
    answer = visitor.post("/accounts/entity/", {"membership": second.pk, "next": "/team/"})
    assert answer.headers["Location"] == "/team/"
    assert visitor.session["membership_id"] == second.pk
    assert visitor.session.session_key != before
    second.refresh_from_db()
    assert second.status == Membership.Status.ACTIVE


def test_switching_is_audited_where_one_arrives(client: Any, authority: Entity) -> None:
    person = a_person(Role.DIRECTOR)
    second = a_membership(person, role=Role.ALTERNATE)
    first = person.acting
    assert first is not None
    sign_in(client, person)
    client.post("/accounts/entity/", {"membership": second.pk})
    event = AuditEvent.objects.get(action=AuditEvent.Action.SWITCHED_ENTITY)
    assert (event.entity, event.role, event.person) == (second.entity, Role.ALTERNATE, person.public_id)
    assert event.data == {"previous_entity": first.entity.code, "previous_role": Role.DIRECTOR}


@pytest.mark.parametrize("spoil", ["another's", "ended", "words", "huge", "none"])
def test_membership_that_is_not_ones_own_is_not_found(client: Any, authority: Entity, spoil: str) -> None:
    person = a_person(Role.DIRECTOR)
    second = a_membership(person, role=Role.ALTERNATE)
    Membership.objects.filter(pk=second.pk).update(status=Membership.Status.ENDED)
    stranger = a_person().memberships.get()
    sent = {"another's": stranger.pk, "ended": second.pk, "words": "abc", "huge": "9" * 40, "none": ""}[spoil]
    sign_in(client, person)
    assert client.post("/accounts/entity/", {"membership": sent}).status_code == 404
    assert person.acting is not None
    assert client.session["membership_id"] == person.acting.pk


def test_person_whose_last_membership_ended_before_choosing_is_out(client: Any, authority: Entity) -> None:
    person = a_person(None)
    sign_in(client, person)
    assert client.get("/accounts/entity/").headers["Location"] == "/accounts/sign-in/"
    assert "_auth_user_id" not in client.session
