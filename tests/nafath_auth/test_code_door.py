"""The code door: only while Nafath is down, only for those who file, once, in one browser, and it tells nothing."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from entities.models import AuditEvent, Entity, Membership, Notice, Session, User
from entities.permissions import Role
from nafath_auth.models import DoorCode
from notifications.actions import deliver, fan_out_new_events
from notifications.models import Delivery
from tests.factories import a_membership
from tests.nafath_auth.conftest import Visitor
from tests.nafath_auth.night import (
    ASK,
    ENTER,
    NUMBER,
    STRANGER,
    a_filer,
    ask,
    by_code,
    enter,
    nafath_back,
    nafath_down,
    the_code,
)  # fmt: skip
from tests.nafath_auth.test_no_clear_id import stored


@pytest.fixture
def night(authority: Entity) -> None:
    nafath_down()


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def written() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (DoorCode, Notice, AuditEvent, Delivery, Session))


def test_code_opens_a_short_session_for_one_membership(night: None, client: Client) -> None:
    person = a_filer()
    by_code(client)
    assert client.session["membership_id"] == person.memberships.get().pk
    assert is_in(client)
    assert "nafath_at" not in client.session
    row = Session.objects.get(person=person)
    assert row.started_at is not None
    assert row.expire_date == row.started_at + timedelta(hours=1)
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert "/accounts/sign-in/" in client.get("/reports/").headers["Location"]


def test_its_session_lives_on_to_its_end_when_nafath_is_back(night: None, client: Client) -> None:
    a_filer()
    by_code(client)
    nafath_back()
    assert client.get("/").status_code == 200
    assert Client().get(ASK).status_code == 403


def test_while_nafath_is_up_everything_is_refused_and_nothing_written(authority: Entity, client: Client) -> None:
    a_filer()
    before = written()
    for path, fields in ((ASK, {"national_id": NUMBER}), (ENTER, {"code": "123456"})):
        assert client.get(path).status_code == 403
        assert client.post(path, fields).status_code == 403
    assert written() == before


def test_code_sent_in_time_opens_nothing_once_nafath_is_back(night: None, client: Client) -> None:
    a_filer()
    ask(client)
    nafath_back()
    before = written()
    assert enter(client).status_code == 403
    assert written() == before
    assert not is_in(client)


def test_code_is_good_once_for_ten_minutes_and_three_tries(night: None, client: Client) -> None:
    a_filer()
    ask(client)
    wrong = f"{(int(the_code()) + 1) % 10**6:06}"
    for _ in range(3):
        assert enter(client, wrong).status_code == 422
    assert enter(client).status_code == 422
    assert not is_in(client)
    ask(client)
    with time_machine.travel(timezone.now() + timedelta(minutes=10, seconds=1)):
        assert enter(client).status_code == 422
    ask(client)
    kept = dict(client.session["code_door"])
    assert enter(client).status_code == 302
    second = Client()
    session = second.session
    session["code_door"] = kept
    session.save()
    assert enter(second).status_code == 422
    assert not is_in(second)


@pytest.mark.wide
@pytest.mark.django_db(transaction=True)
def test_of_many_asked_for_at_the_same_moment_three_are_made(night: None) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time anyway, and threads do not share its memory")
    a_filer()
    start, statuses = threading.Barrier(8), []

    def asked(n: int) -> None:
        try:
            start.wait()
            statuses.append(Client(REMOTE_ADDR=f"192.0.2.{n + 1}").post(ASK, {"national_id": NUMBER}).status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=asked, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [302] * 3 + [429] * 5
    assert DoorCode.objects.count() == 3


def test_arabic_digits_are_a_code_too(night: None, client: Client) -> None:
    a_filer()
    ask(client)
    assert enter(client, the_code().translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))).status_code == 302


def test_second_browser_cannot_enter_with_it(night: None, client: Client) -> None:
    a_filer()
    ask(client)
    assert enter(Client()).headers["Location"] == ASK
    assert DoorCode.objects.get().tries == 0


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.DIRECTOR, Role.ALTERNATE}])
def test_other_roles_get_no_code(night: None, client: Client, role: Role) -> None:
    a_filer(role)
    ask(client)
    assert DoorCode.objects.get().membership is None
    assert enter(client).status_code == 422


@pytest.mark.parametrize("status", [Membership.Status.INVITED, Membership.Status.SUSPENDED, Membership.Status.ENDED])
def test_only_an_active_membership_gets_one(night: None, client: Client, status: str) -> None:
    a_filer().memberships.update(status=status)
    ask(client)
    assert enter(client).status_code == 422


def test_membership_that_ended_meanwhile_opens_nothing(night: None, client: Client) -> None:
    person = a_filer()
    ask(client)
    person.memberships.update(status=Membership.Status.ENDED)
    assert enter(client).status_code == 422


def masked(html: str) -> str:
    return re.sub(r'(csrfmiddlewaretoken" value="|X-CSRFToken": "|server-time" content=")[^"]*', r"\1", html)


def test_known_and_unknown_numbers_are_told_the_same_with_the_same_queries(night: None) -> None:
    a_filer()
    seen = []
    for number in (NUMBER, STRANGER):
        client = Client()
        with CaptureQueriesContext(connection) as queries:
            asked = ask(client, number)
            page = client.get(ENTER)
            wrong = client.post(ENTER, {"code": f"{(int(the_code()) + 1) % 10**6:06}"})
        shapes = [re.sub(r"'[^']*'|\bs\d+_x\d+|\b\d+\b", "?", query["sql"]).split(" VALUES ")[0] for query in queries]
        seen.append((asked.status_code, asked.headers["Location"], masked(page.content.decode()), wrong.status_code,
                     masked(wrong.content.decode()), shapes))  # fmt: skip
    assert seen[0] == seen[1]


def test_a_strangers_number_never_opens_even_with_its_code(night: None, client: Client) -> None:
    ask(client, STRANGER)
    assert enter(client).status_code == 422
    assert not is_in(client)


def test_codes_are_limited_by_number_and_by_address(night: None) -> None:
    a_filer()
    assert [ask(Client(), NUMBER).status_code for _ in range(4)] == [302, 302, 302, 429]
    before = written()
    answer = ask(Client(), NUMBER)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "600")
    assert written() == before
    DoorCode.objects.update(nid_digest="another")
    for n in range(7):
        DoorCode.objects.create(nid_digest=f"d{n}", state_id="x", address="127.0.0.1", created_at=timezone.now())
    assert ask(Client(), STRANGER).status_code == 429


def sent(at_most: int = 10) -> list[Delivery]:
    fan_out_new_events(at=timezone.now())
    return list(Delivery.objects.filter(notice__kind="CODE")[:at_most])


def test_code_goes_to_the_registered_mobile_and_mail_and_stands_nowhere(
    night: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: list[Any] = []
    sender = type("Sender", (), {"send": lambda self, message: messages.append(message)})()
    monkeypatch.setattr("notifications.channels.channel", lambda name: sender)
    person = a_filer()
    ask(client)
    code = the_code()
    for delivery in sent():
        assert deliver(delivery.pk, at=timezone.now()) == "sent"
    assert {message.to for message in messages} == {person.mobile, person.email}
    for message in messages:
        assert code in message.text
        assert code not in message.subject
        assert NUMBER not in message.text
    sms = next(message for message in messages if message.to == person.mobile)
    assert "http" not in sms.text
    assert not re.search(rf"(?<![\w.-]){code}(?![\w.-])", stored())
    assert NUMBER not in stored()


def test_code_is_never_folded_into_a_summary(night: None, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.batches.Batch.lately", lambda *args, **kwargs: [timezone.now()] * 99)
    messages: list[Any] = []
    sender = type("Sender", (), {"send": lambda self, message: messages.append(message)})()
    monkeypatch.setattr("notifications.channels.channel", lambda name: sender)
    a_filer()
    ask(client)
    for delivery in sent():
        deliver(delivery.pk, at=timezone.now())
    assert [the_code() in message.text for message in messages] == [True, True]


def test_strangers_code_is_sent_to_nobody_and_a_stale_one_stays(night: None, client: Client) -> None:
    ask(client, STRANGER)
    assert sent() == []
    a_filer()
    ask(client)
    late = sent()
    assert len(late) == 2
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert {deliver(each.pk, at=timezone.now()) for each in late} == {"superseded"}


def test_log_says_who_and_when_and_a_mark_of_the_address_and_the_leads_hear_of_it(night: None, client: Client) -> None:
    person = a_filer()
    by_code(client)
    lines = list(AuditEvent.objects.filter(action=AuditEvent.Action.CODE).order_by("seq"))
    assert [(line.data["code"], line.person, line.entity_id) for line in lines] == [
        ("asked", person.public_id, person.acting.entity_id),  # type: ignore[union-attr]  # she acts
        ("entered", person.public_id, person.acting.entity_id),  # type: ignore[union-attr]
    ]
    assert all(len(line.data["address_hash"]) == 16 for line in lines)
    lead = a_membership(User.objects.create(national_id_digest="lead", email="lead@example.sa"), role=Role.LEAD)
    fan_out_new_events(at=timezone.now())
    heard = Delivery.objects.filter(notice__kind="CODE_ENTERED")
    assert {(each.membership_id, each.channel) for each in heard} >= {(lead.pk, "in_app"), (lead.pk, "email")}


def test_session_key_changes_and_another_persons_session_ends(night: None, client: Client) -> None:
    a_filer()
    ask(client)
    before = client.session.session_key
    enter(client)
    assert client.session.session_key != before
    assert not Session.objects.filter(pk=before).exists()


def test_next_sign_in_with_nafath_makes_it_whole_and_ends_the_others(visitor: Visitor) -> None:
    person = a_filer()
    nafath_down()
    other = by_code(Client())
    by_code(visitor)
    assert visitor.get("/team/").status_code == 403
    nafath_back()
    visitor.sign_in(NUMBER)
    assert visitor.is_signed_in
    assert "by_code" not in visitor.session
    assert visitor.get("/team/").status_code == 200
    assert not is_in(other)
    assert DoorCode.objects.filter(membership__user=person, confirmed_at__isnull=True).count() == 0
