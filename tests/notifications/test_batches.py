"""Messages are leased and read a batch at a time; what a sender knows of them is never older than a second."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from entities.models import User
from incidents import actions
from incidents.models import Report
from notifications.actions import deliver
from notifications.batches import FRESH, LEASE, Batch
from notifications.models import Channel, Delivery, State
from tests.factories import a_person, a_report, a_reviewer
from tests.notifications.conftest import fan_out, to

pytestmark = pytest.mark.django_db


def mails(**about: object) -> list[UUID]:
    fan_out()
    return list(
        Delivery.objects.filter(channel=Channel.EMAIL, **about).due(at=timezone.now()).values_list("pk", flat=True)
    )


@pytest.fixture
def report() -> Report:
    return a_report(by=a_person())


def acknowledged(reviewer: User, number: int) -> list[Report]:
    filed = [a_report() for _n in range(number)]
    for each in filed:
        actions.acknowledge(each, by=reviewer)
    return filed


def test_a_mail_of_a_batch_costs_one_small_question(report: Report) -> None:
    acknowledged(a_reviewer(), 4)
    keys = mails(event__data__move="acknowledge")
    batch = Batch(keys, at=timezone.now())
    with CaptureQueriesContext(connection) as asked:
        assert {deliver(key, at=timezone.now(), batch=batch) for key in keys} == {State.SENT}
    assert len(asked) == len(keys)
    assert not [query for query in asked if "JOIN" in query["sql"]]
    assert set(Delivery.objects.filter(pk__in=keys).values_list("attempts", "lease_until")) == {(1, None)}


def test_what_has_changed_since_the_batch_was_read_is_read_again(report: Report) -> None:
    reviewer = a_reviewer()
    actions.acknowledge(report, by=reviewer)
    (told,) = mails(event__data__move="acknowledge")
    batch = Batch([told], at=timezone.now())
    actions.move(report, "dismiss", note="لا يستوجب الإبلاغ", by=reviewer)
    assert deliver(told, at=timezone.now() + 2 * FRESH, batch=batch) == State.SUPERSEDED
    assert mail.outbox == []


def test_whoever_was_removed_since_hears_nothing(report: Report) -> None:
    (key,) = mails()
    batch = Batch([key], at=timezone.now())
    membership = Delivery.objects.get(pk=key).membership
    membership.status = membership.Status.ENDED
    membership.save()
    assert deliver(key, at=timezone.now() + 2 * FRESH, batch=batch) == State.SUPERSEDED


def test_what_is_not_taken_is_given_back_untried(report: Report) -> None:
    acknowledged(a_reviewer(), 2)
    keys = mails()
    batch = Batch(keys, at=timezone.now())
    assert Batch(keys, at=timezone.now()).take(keys[1], at=timezone.now()) is None  # leased: not another's
    assert deliver(keys[0], at=timezone.now(), batch=batch) == State.SENT
    batch.give_back()
    rest = Delivery.objects.filter(pk__in=keys[1:])
    assert set(rest.values_list("state", "attempts", "lease_until")) == {(State.PENDING, 0, None)}
    assert deliver(keys[1], at=timezone.now(), batch=batch) is None


def test_nothing_is_sent_when_the_lease_has_run_out(report: Report) -> None:
    (key,) = mails()
    batch = Batch([key], at=timezone.now())
    later = timezone.now() + LEASE + timedelta(seconds=1)
    assert deliver(key, at=later, batch=batch) is None
    assert deliver(key, at=later) == State.SENT


def test_what_another_sender_has_in_hand_for_a_person_takes_her_room(report: Report) -> None:
    reviewer = a_reviewer()
    for _n in range(8):
        a_report()
    fan_out()
    keys = mails(person=reviewer)
    theirs, mine = Batch(keys[:4], at=timezone.now()), Batch(keys[4:], at=timezone.now())
    for batch, held in ((mine, keys[4:]), (theirs, keys[:4])):
        for key in held:
            deliver(key, at=timezone.now(), batch=batch)
    assert len(mail.outbox) == 1 + 1 + 4  # one, one that tells of the rest, and theirs
    assert not to(reviewer, channel=Channel.EMAIL).due(at=timezone.now()).exists()
