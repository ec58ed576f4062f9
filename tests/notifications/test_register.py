"""The people of a batch of events are read at once, and told as if each event had been alone."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents import actions
from incidents.lifecycle import ReportKind
from incidents.models import ReportEvent
from notifications import following
from notifications.followers import everybody
from notifications.register import Register
from tests.factories import a_report, a_reviewer
from tests.notifications.test_recipients import Town

pytestmark = pytest.mark.django_db


def events() -> list[ReportEvent]:
    return list(ReportEvent.objects.select_related("clock", "report__policy", "report__provider_service"))


def told(event: ReportEvent, register: Register) -> dict[int, tuple[int, frozenset[str]]]:
    heard = everybody(event, register)
    return {each.membership.user_id: (each.membership.pk, frozenset(each.channels)) for each in heard}


def test_an_event_is_told_to_the_same_people_in_a_batch_as_alone() -> None:
    for kind in ReportKind:
        town = Town(kind)
        following.follow(report=town.report, by=town.people["MEMBER"])
        following.follow(entity=town.report.entity, by=a_reviewer())
    outage = Town().acknowledged()
    a_report("DEP", by=outage.people["OTHER"], provider=outage.report.main_service)
    actions.restore(outage.report, restored_at=timezone.now(), by=outage.people["DIRECTOR"])
    batch = Register(events())
    for event in events():
        assert told(event, batch) == told(event, Register([event])), event.kind
        assert told(event, batch), event.kind


def test_a_batch_costs_as_many_questions_as_one_event() -> None:
    def questions(found: list[ReportEvent]) -> int:
        with CaptureQueriesContext(connection) as asked:
            register = Register(found)
            for event in found:
                everybody(event, register)
        return len(asked)

    for _n in range(3):
        Town()
    assert questions(events()) == questions(events()[:1]) == 7
