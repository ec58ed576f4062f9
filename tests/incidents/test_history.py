"""The history: append-only, chained, once a key; report, event and clocks commit together."""

from __future__ import annotations

import uuid
from unittest import mock

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from entities import guards
from entities.chain import GENESIS, link
from entities.models import AuditEvent
from incidents import actions
from incidents.lifecycle import ReportKind
from incidents.models import Clock, Draft, ReferenceCounter, Report, ReportEvent
from tests.factories import a_person, a_report, a_reviewer, a_service, answers

pytestmark = pytest.mark.django_db


def test_each_event_follows_the_one_before() -> None:
    report = a_report()
    actions.acknowledge(report, by=a_reviewer())
    report.refresh_from_db()
    previous = GENESIS
    for event in report.events.order_by("seq"):
        assert event.prev_hash == previous
        assert event.hash == link(previous, ReportEvent.objects.get(pk=event.pk).content())
        previous = event.hash
    assert (report.event_count, report.head_hash) == (2, previous)


@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_database_refuses_to_change_history(change: str) -> None:
    event = a_report().events.get()
    rows = ReportEvent.objects.filter(pk=event.pk)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        rows.update(kind="CLOSED") if change == "update" else rows.delete()


def test_the_stamp_of_the_fan_out_goes_from_null_to_a_time_once() -> None:
    rows = ReportEvent.objects.filter(pk=a_report().events.get().pk)
    rows.update(fanned_out_at=timezone.now())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        rows.update(fanned_out_at=timezone.now())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        rows.update(fanned_out_at=None)


def test_the_audit_log_is_guarded_too() -> None:
    event = AuditEvent.record(AuditEvent.Action.SIGN_IN, by=a_reviewer())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEvent.objects.filter(pk=event.pk).update(role="LEAD")


def test_every_guard_stands_after_migrate() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgrelid::regclass::text, count(*) FROM pg_trigger WHERE NOT tgisinternal GROUP BY 1")
        else:
            cursor.execute("SELECT tbl_name, count(*) FROM sqlite_master WHERE type = 'trigger' GROUP BY 1")
        found = dict(cursor.fetchall())
    assert found == dict.fromkeys(guards.GUARDED, 2)


def test_the_same_key_answers_with_the_report_that_exists() -> None:
    by, key = a_person(), uuid.uuid4()
    assert by.acting is not None
    service = a_service(entity=by.acting.entity)
    words = answers(service=service)
    first = actions.file_report(kind="OUT", entity=by.acting.entity, key=key, answers=words, by=by)
    again = actions.file_report(kind="OUT", entity=by.acting.entity, key=key, answers=words, by=by)
    other = answers(service=service, summary="نص آخر تمامًا عن العطل نفسه")
    differs = actions.file_report(kind="OUT", entity=by.acting.entity, key=key, answers=other, by=by)
    assert (first.is_new, again.is_new, differs.is_new) == (True, False, False)
    assert (again.same_text, differs.same_text) == (True, False)
    assert Report.objects.count() == 1
    assert ReferenceCounter.objects.get().last == 1


def test_filing_that_fails_half_way_leaves_nothing_behind() -> None:
    by = a_person()
    assert by.acting is not None
    service = a_service(entity=by.acting.entity)
    with (
        mock.patch("incidents.actions.filing.new_clock", side_effect=RuntimeError("the lights went out")),
        pytest.raises(RuntimeError),
    ):
        actions.file_report(
            kind="OUT", entity=by.acting.entity, key=uuid.uuid4(), answers=answers(service=service), by=by
        )
    assert not Report.objects.exists()
    assert not ReportEvent.objects.exists()
    assert not Clock.objects.exists()
    assert a_report(by=by).reference.endswith("-000001")


def test_filing_takes_the_draft_with_it() -> None:
    by, key = a_person(), uuid.uuid4()
    assert by.acting is not None
    actions.save_draft(
        kind="OUT", entity=by.acting.entity, key=key, text={"summary": "…"}, service=None, version=None, by=by
    )
    a_report(by=by, key=key)
    assert not Draft.objects.exists()


def test_a_pair_is_filed_and_linked_in_one_go() -> None:
    by = a_person()
    assert by.acting is not None
    service, provider = a_service(entity=by.acting.entity), a_service(tier=0)
    out, dep = actions.file_pair(
        entity=by.acting.entity,
        key=uuid.uuid4(),
        own=answers(service=service, upstream_service=provider),
        consumed=answers(ReportKind.CONSUMED_OUTAGE, service=service, provider=provider),
        by=by,
    )
    own, consumed = Report.objects.get(pk=out.report.pk), Report.objects.get(pk=dep.report.pk)
    assert (own.related, consumed.related) == (consumed, own)
    assert own.key == consumed.key


def test_an_update_sent_twice_is_written_once() -> None:
    report = a_report()
    by = report.filed_by
    by.acting = by.memberships.get()
    for _attempt in range(2):
        actions.post_update(report, phase="identified", message="حُصر العطل", once="abc", by=by)
    assert report.events.filter(kind="UPDATED").count() == 1
