"""Situation reports: what is drafted anew, what a lead has edited, and what has left."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from django.db import connection, transaction
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from entities.row_security import as_system
from incidents import actions
from incidents.models import Incident
from incidents.situation import EVERY
from tests.factories import a_report, a_reviewer

pytestmark = pytest.mark.django_db
TEXT = {"text_ar": "كتبه مسؤول", "text_en": "Written by a lead"}


@pytest.fixture
def lead() -> User:
    return a_reviewer(Role.LEAD)


def an_incident(lead: User) -> Incident:
    incident = actions.open_incident([a_report()], name_ar="أ", name_en="a", by=lead)
    actions.choose_readers(incident, people=[lead.acting], by=lead)  # type: ignore[list-item]
    return incident


def test_a_draft_that_waits_is_drafted_anew_each_hour(lead: User) -> None:
    incident, now = an_incident(lead), timezone.now()
    assert [actions.prepare_situations(at=now + hours * EVERY) for hours in (1, 1.5, 2)] == [1, 0, 1]
    [draft] = incident.situation_reports.all()
    assert (draft.number, draft.at) == (1, now + 2 * EVERY)


def test_what_a_lead_has_edited_keeps_its_words_and_its_moment_until_she_sends_it(lead: User) -> None:
    incident, now = an_incident(lead), timezone.now()
    actions.prepare_situations(at=now + EVERY)
    draft = actions.save_situation(incident.situation_reports.get(), **TEXT, by=lead)
    assert actions.prepare_situations(at=now + 3 * EVERY) == 0
    again = actions.prepare_situation(incident, at=now + 3 * EVERY, by=lead)
    assert (again, again.at, again.text_en) == (draft, now + EVERY, TEXT["text_en"])
    actions.send_situation(draft, **TEXT, at=now + 3 * EVERY, by=lead)
    assert actions.prepare_situations(at=now + 3 * EVERY) == 1
    assert list(incident.situation_reports.order_by("number").values_list("number", flat=True)) == [1, 2]


@pytest.mark.wide
@pytest.mark.django_db(transaction=True)
def test_what_is_sent_in_the_moment_of_the_sweep_stays_sent_as_it_left(lead: User) -> None:
    """The sweep waits for the lead, sees that it has left, and drafts the next one."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer")
    incident, now = an_incident(lead), timezone.now()
    draft = actions.prepare_situation(incident, at=now, by=lead)

    def sweep() -> None:
        with closing(connection), as_system():
            actions.prepare_situations(at=now + EVERY)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            actions.send_situation(draft, **TEXT, at=now + EVERY, by=lead)
            waits = pool.submit(sweep)
            assert waited_for_here()
        waits.result()
    sent, following = incident.situation_reports.order_by("number")
    assert (sent.text_en, sent.sent_by, sent.at) == (TEXT["text_en"], lead, draft.at)
    assert (following.number, following.sent_at) == (2, None)


def waited_for_here() -> bool:
    """Somebody waits for what this transaction has locked, within ten seconds."""
    blocked = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
    with connection.cursor() as cursor:
        for _look in range(200):
            cursor.execute(blocked)
            if cursor.fetchone()[0]:
                return True
            time.sleep(0.05)
    return False
