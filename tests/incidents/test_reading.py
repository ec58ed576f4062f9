"""Who reads a report from outside its entity: marked once an hour, told to the auditors by the sweep."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from entities.chain import follow
from entities.models import AuditEvent, User
from entities.permissions import Role
from incidents import actions
from incidents.lifecycle import ReportKind
from incidents.models import Attachment, ReadMark
from incidents.tasks import record_due_reminders
from tests.factories import a_person, a_report, a_reviewer, a_service
from tests.incidents.finals import restored, submitted
from tests.incidents.pages import queries

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
READ = AuditEvent.Action.READ


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.LEAD, Role.AUDITOR, Role.ADMIN])
def test_a_reading_by_the_authority_is_a_line_in_the_entitys_chain(client_of: ClientOf, role: Role) -> None:
    report, reader = a_report(), a_person(role)
    client_of(reader).get(f"/reports/{report.reference}/")
    actions.audit_readings(at=timezone.now())
    line = AuditEvent.objects.get(action=READ)
    assert (line.entity, line.person, line.role) == (report.entity, reader.public_id, role)
    assert line.data["reference"] == report.reference
    assert line.data["part"] == "page"
    assert line.data["reader_entity"] == "dga"


def test_the_entity_reads_its_own_reports_unmarked_and_another_is_marked(client_of: ClientOf) -> None:
    provider = a_service()
    owner = a_person(Role.DIRECTOR, entity=provider.entity)
    report = a_report(ReportKind.CONSUMED_OUTAGE, provider=provider)
    filer = a_person(Role.IT_LEADER, entity=report.entity)
    client_of(filer).get(f"/reports/{report.reference}/")
    assert not ReadMark.objects.exists()
    client_of(owner).get(f"/reports/{report.reference}/")
    assert ReadMark.objects.get().person == owner


def test_an_hour_has_one_line_however_often_it_is_read_and_swept(client_of: ClientOf) -> None:
    report, browser = a_report(), client_of(a_person(Role.AUDITOR))
    for _n in range(3):
        browser.get(f"/reports/{report.reference}/")
        record_due_reminders()
    assert AuditEvent.objects.filter(action=READ).count() == 1
    assert actions.audit_readings(at=timezone.now() + timedelta(hours=4)) == 0
    assert not ReadMark.objects.exists()


def test_each_part_that_is_opened_has_a_line_and_is_told_in_words(client_of: ClientOf) -> None:
    report, reader = submitted(restored()), a_reviewer()
    browser = client_of(reader)
    for _n in range(2):
        for page in ("", "final/"):
            assert browser.get(f"/reports/{report.reference}/{page}").status_code == 200
    actions.audit_readings(at=timezone.now())
    lines = AuditEvent.objects.filter(action=READ).order_by("seq")
    assert [(line.person, line.data["part"]) for line in lines] == [
        (reader.public_id, "page"),
        (reader.public_id, "final"),
    ]
    log = client_of(a_person(Role.AUDITOR)).get("/en/audit/").content.decode()
    assert "The final report" in log and "The report&#x27;s page" in log


def test_a_page_that_stands_open_asks_the_database_once_an_hour(client_of: ClientOf) -> None:
    report, reader = a_report(), a_reviewer()
    browser, url = client_of(reader), f"/reports/{report.reference}/"
    browser.get(url)
    with CaptureQueriesContext(connection) as captured:
        browser.get(url)
    assert not any("readmark" in each["sql"] for each in captured)
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        client_of(reader).get(url)
    assert ReadMark.objects.count() == 2


def test_what_only_asks_whether_there_is_news_is_no_reading(client_of: ClientOf) -> None:
    report = a_report()
    browser = client_of(a_person(Role.AUDITOR))
    assert browser.get(f"/reports/{report.reference}/?since={report.event_count}").status_code == 204
    assert not ReadMark.objects.exists()


def test_a_stranger_who_is_refused_leaves_no_mark(client_of: ClientOf) -> None:
    report = a_report()
    assert client_of(a_person(Role.DIRECTOR)).get(f"/reports/{report.reference}/").status_code == 404
    assert not ReadMark.objects.exists()


def test_an_attachment_is_a_reading(client_of: ClientOf) -> None:
    report = a_report()
    file = Attachment(
        report=report, name="a.txt", content_type="text/plain", size=1, sha256="0", added_by=report.filed_by
    )
    file.file.save("a.txt", ContentFile(b"x"))
    answer = client_of(a_person(Role.AUDITOR)).get(f"/reports/{report.reference}/files/{file.pk}/")
    assert answer.status_code == 200
    b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # read to its end, so that it is closed
    assert ReadMark.objects.get().part == "file"


def test_a_batch_writes_whole_chains_in_few_queries(client_of: ClientOf, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]  # a fixture
    reports = [a_report() for _n in range(3)]
    reader = a_person(Role.AUDITOR)
    for report in reports:
        for hour in range(20):
            ReadMark.leave(report, part="page", at=timezone.now() - timedelta(hours=hour), by=reader)
    with django_assert_max_num_queries(3 * 8 + 8):
        assert actions.audit_readings(at=timezone.now()) == 60
    for report in reports:
        chain = AuditEvent.objects.filter(entity=report.entity).order_by("seq")
        found = follow(chain)
        assert (found.missing, found.changed, found.seq) == (0, 0, 20)


def test_a_reading_costs_one_query_and_the_page_holds_its_bound(client_of: ClientOf) -> None:
    report = a_report()
    assert queries(client_of(a_person(Role.AUDITOR)), f"/reports/{report.reference}/") <= 12
