"""Mails that tell of a maintenance's window carry it for the reader's calendar."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from typing import cast

import pytest
from django.core import mail
from django.utils import timezone

from entities.models import User
from incidents import actions
from incidents.lifecycle import ReportKind
from incidents.models import Report
from notifications.messages import message_for
from notifications.models import Channel
from tests.factories import a_dependency, a_person, a_report, a_reviewer, a_service
from tests.incidents.finals import filer_of
from tests.incidents.test_calendar_file import properties
from tests.notifications.conftest import fan_out, send_all, to

pytestmark = pytest.mark.django_db
TYPED = "كلمة سرية"


@pytest.fixture
def consumer() -> User:
    return a_person()


@pytest.fixture
def report(consumer: User) -> Report:
    """An emergency, so that reviewers are mailed too; a service of the consumer relies on it."""
    a_reviewer()
    service = a_service()
    assert consumer.acting is not None
    a_dependency(a_service(entity=consumer.acting.entity), service)
    director = a_person(entity=service.entity)
    start = timezone.now() + timedelta(hours=5)
    return a_report(
        ReportKind.MAINTENANCE, by=director, service=service, title=TYPED, summary=TYPED, is_emergency=True,
        emergency_reason=TYPED, window_start=start, window_end=start + timedelta(hours=1),
    )  # fmt: skip


def calendars(address: str) -> list[dict[str, str]]:
    """The entries in the mails to this address, as they came over the wire, oldest first."""
    found = []
    for message in mail.outbox:
        if message.to == [address]:
            raw = message.message().as_bytes(linesep="\r\n")
            received = cast(EmailMessage, BytesParser(policy=SMTP).parsebytes(raw))
            for part in received.iter_attachments():
                assert part.get_content_type() == "text/calendar"
                assert part.get_filename() == f"{message.subject.split(' · ')[-1]}.ics"
                found.append(properties(part.get_payload(decode=True).decode(part.get_content_charset())))
    return found


def reschedule(report: Report) -> None:
    start = timezone.now() + timedelta(hours=9)
    actions.reschedule(
        report, window_start=start, window_end=start + timedelta(hours=1), note=TYPED, by=filer_of(report)
    )


def test_filing_moving_and_calling_off_reach_the_team_the_reviewer_and_the_consumers(
    report: Report, consumer: User
) -> None:
    colleague = a_person("ALTERNATE", entity=report.entity)
    reviewer = a_reviewer()
    send_all()
    reschedule(report)
    send_all()
    actions.move(Report.objects.get(pk=report.pk), "cancel", note=TYPED, by=filer_of(report))
    send_all()
    for person in (colleague, reviewer, consumer, report.filed_by):  # who made the changes has the window as well
        entries = calendars(person.email)
        assert [each["SEQUENCE"] for each in entries] == ["0", "1", "2"], person.acting
        assert [each["STATUS"] for each in entries] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
        assert {each["UID"] for each in entries} == {f"{report.reference}@localhost"}


def test_a_consumer_reads_in_it_what_the_mail_says_and_no_typed_word(report: Report, consumer: User) -> None:
    fan_out()
    message = message_for(to(consumer, channel=Channel.EMAIL).get(), at=timezone.now())
    (file,) = message.attachments
    said = properties(file.content)
    for line in said["DESCRIPTION"].split("\n"):
        assert line.split(": ", 1)[1] in message.text
    assert report.main_service.name_ar in said["SUMMARY"]
    assert TYPED not in message.text + file.content


def test_an_extension_reaches_everyone_who_has_the_window(report: Report, consumer: User) -> None:
    leader = a_person("IT_LEADER", entity=report.entity)
    send_all()
    actions.start_window(report, by=filer_of(report))
    until = timezone.now() + timedelta(hours=30)
    actions.extend_window(report, until=until, note=TYPED, by=filer_of(report))
    send_all()
    for person in (leader, consumer, report.filed_by):
        assert [each["SEQUENCE"] for each in calendars(person.email)] == ["0", "1"], person.acting


def test_other_mails_carry_nothing(report: Report, consumer: User) -> None:
    send_all()
    actions.start_window(report, by=filer_of(report))
    send_all()
    assert len(calendars(consumer.email)) == 1
    outage = a_report()
    send_all()
    assert calendars(outage.filed_by.email) == []


def test_a_summary_carries_nothing(report: Report, consumer: User) -> None:
    fan_out()
    assert message_for(to(consumer, channel=Channel.EMAIL).get(), unread=7, at=timezone.now()).attachments == ()
