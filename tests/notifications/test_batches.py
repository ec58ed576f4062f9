"""Messages of a batch are read together, and each is still looked at again just before it leaves."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents import actions
from incidents.models import Report
from notifications.actions import deliver, fan_out_new_events
from notifications.models import Channel, Delivery, State
from tests.factories import a_person, a_report, a_reviewer

pytestmark = pytest.mark.django_db


def _loaded() -> dict[UUID, Delivery]:
    fan_out_new_events(at=timezone.now())
    mails = Delivery.objects.filter(channel=Channel.EMAIL).due(at=timezone.now())
    return Delivery.objects.with_all_to_tell().in_bulk(list(mails.values_list("pk", flat=True)))


@pytest.fixture
def report() -> Report:
    return a_report(by=a_person())


def test_a_mail_of_a_batch_costs_a_handful_of_small_questions(report: Report) -> None:
    loaded = _loaded()
    key = next(key for key, each in loaded.items() if each.person_id == report.filed_by_id)
    with CaptureQueriesContext(connection) as asked:
        assert deliver(key, at=timezone.now(), loaded=loaded) == State.SENT
    assert len(asked) <= 5
    assert not [query for query in asked if query["sql"].count("JOIN") > 3]
    assert Delivery.objects.get(pk=key).attempts == 1


def test_what_has_changed_since_the_batch_was_read_is_read_again(report: Report) -> None:
    reviewer = a_reviewer()
    actions.acknowledge(report, by=reviewer)
    loaded = _loaded()
    told = next(key for key, each in loaded.items() if each.event and each.event.move == "acknowledge")
    actions.move(report, "dismiss", note="لا يستوجب الإبلاغ", by=reviewer)
    before = len(mail.outbox)
    assert deliver(told, at=timezone.now(), loaded=loaded) == State.SUPERSEDED
    assert len(mail.outbox) == before


def test_whoever_was_removed_since_hears_nothing(report: Report) -> None:
    loaded = _loaded()
    key, told = next(iter(loaded.items()))
    told.membership.status = told.membership.Status.ENDED
    told.membership.save()
    assert deliver(key, at=timezone.now(), loaded=loaded) == State.SUPERSEDED
