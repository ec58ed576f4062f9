"""Thirty filings on one provider are one row of the inbox: for the authority an incident, for the owner a service."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from entities.models import DigitalService, User
from entities.permissions import Role
from incidents import actions
from incidents.lifecycle import ReportKind
from incidents.models import Incident, Report
from incidents.tasks import record_due_reminders
from notifications.inbox import PAGE, TOLD, page_of
from notifications.models import Channel, Delivery
from tests.factories import a_person, a_report, a_reviewer, a_service, a_team
from tests.notifications.conftest import fan_out, to

pytestmark = pytest.mark.django_db
In = Callable[[User], Client]
THIRTY = 30


@pytest.fixture
def service() -> DigitalService:
    return a_service(tier=1)


@pytest.fixture
def owner(service: DigitalService) -> User:
    a_team(service.entity)
    return a_person(Role.DIRECTOR, entity=service.entity)


@pytest.fixture
def reviewer() -> User:
    return a_reviewer()


def thirty(service: DigitalService, *, number: int = THIRTY, share: bool = True) -> list[Report]:
    filed = [a_report(ReportKind.CONSUMED_OUTAGE, provider=service, share_identity=share) for _n in range(number)]
    record_due_reminders()  # the sweep opens the incident over them
    fan_out()
    return filed


def test_thirty_filings_on_one_provider_are_one_row_for_the_authority(
    client_of: In, reviewer: User, service: DigitalService, owner: User
) -> None:
    other = a_report()
    thirty(service)
    incident = Incident.objects.get()
    page = page_of(reviewer)
    rows = [group for group in page.groups if group.report]
    assert len(rows) == 2
    [case] = [group for group in rows if group.bundle]
    assert case.bundle is not None
    assert (case.bundle.incident, case.reports, case.is_unread) == (incident, THIRTY, True)
    assert (len(case.told), len(case.told) + len(case.folded)) == (TOLD, len(case.entries))
    assert page.after == ""
    shown = client_of(reviewer).get(reverse("inbox")).content.decode()
    assert incident.reference in shown
    assert other.reference in shown


def test_the_owner_reads_them_as_one_row_about_its_service_and_no_incident(
    client_of: In, service: DigitalService, owner: User
) -> None:
    filed = thirty(service)
    [about] = [group for group in page_of(owner).groups if group.bundle]
    assert about.bundle is not None
    assert (about.bundle.service, about.bundle.incident, about.reports) == (service, None, THIRTY)
    shown = client_of(owner).get(reverse("inbox")).content.decode()
    assert service.name_ar in shown
    assert Incident.objects.get().reference not in shown
    assert filed[0].entity.name_ar in shown


def test_the_owner_is_not_told_who_reports_where_that_one_hides(
    client_of: In, service: DigitalService, owner: User
) -> None:
    filed = thirty(service, share=False)
    shown = client_of(owner).get(reverse("inbox")).content.decode()
    assert not [report for report in filed if report.entity.name_ar in shown]


def test_whoever_reports_reads_her_own_report_and_nothing_of_the_others(
    client_of: In, service: DigitalService, owner: User
) -> None:
    mine = a_report(ReportKind.CONSUMED_OUTAGE, provider=service)
    mate = a_person(Role.ALTERNATE, entity=mine.entity)
    filed = thirty(service)
    assert [group.bundle for group in page_of(mate).groups] == [None] * len(page_of(mate).groups)
    shown = client_of(mate).get(reverse("inbox")).content.decode()
    assert mine.reference in shown
    assert not [report for report in filed if report.reference in shown]


def test_two_reports_about_one_service_stay_two(service: DigitalService, owner: User) -> None:
    thirty(service, number=2)
    assert [group.reports for group in page_of(owner).groups if group.report] == [1, 1]


def test_the_head_reads_and_opens_the_case_a_line_its_report_alone(
    client_of: In, reviewer: User, service: DigitalService, owner: User
) -> None:
    apart = a_report()
    thirty(service)
    browser, incident = client_of(reviewer), Incident.objects.get()
    mine = to(reviewer, channel=Channel.IN_APP, event__report__incident=incident)
    first = mine.latest("created_at")
    line = browser.post(reverse("inbox_open", args=[first.pk]))["Location"]
    assert first.event is not None
    assert line.startswith(reverse("report_detail", args=[first.event.report.reference]))
    assert mine.filter(read_at__isnull=True).values("event__report").distinct().count() == THIRTY - 1
    head = browser.post(reverse("inbox_open", args=[first.pk]), {"whole": "yes"})
    assert head["Location"] == reverse("incident_page", args=[incident.reference])
    assert not mine.filter(read_at__isnull=True).exists()
    assert to(reviewer, channel=Channel.IN_APP, event__report=apart, read_at__isnull=True).exists()


def test_the_owners_head_leads_to_the_reports_about_its_services_and_reads_nobody_elses(
    client_of: In, reviewer: User, service: DigitalService, owner: User
) -> None:
    thirty(service)
    newest = to(owner, channel=Channel.IN_APP, event__isnull=False).latest("created_at")
    answer = client_of(owner).post(reverse("inbox_open", args=[newest.pk]), {"whole": "yes"})
    assert answer["Location"] == reverse("reports_about_us")
    assert not to(owner, channel=Channel.IN_APP, event__isnull=False, read_at__isnull=True).exists()
    assert to(reviewer, channel=Channel.IN_APP, read_at__isnull=True).exists()


def test_whole_of_a_message_that_belongs_to_no_case_is_the_message(client_of: In, reviewer: User) -> None:
    report = a_report()
    fan_out()
    message = to(reviewer, channel=Channel.IN_APP).get()
    answer = client_of(reviewer).post(reverse("inbox_open", args=[message.pk]), {"whole": "yes"})
    assert answer["Location"].startswith(reverse("report_detail", args=[report.reference]))


def test_an_incident_that_has_ended_holds_nothing_together(
    reviewer: User, service: DigitalService, owner: User
) -> None:
    lead = a_reviewer(Role.LEAD)
    filed = [a_report(), a_report(), a_report()]
    incident = actions.open_incident(filed, name_ar="أ", name_en="a", by=lead)
    fan_out()
    assert [group.reports for group in page_of(reviewer).groups if group.bundle] == [3]
    for report in filed:
        actions.unlink(incident, report, by=lead)
    assert not [group for group in page_of(reviewer).groups if group.bundle]


def test_read_and_unread_of_a_case_stand_apart(reviewer: User, service: DigitalService, owner: User) -> None:
    thirty(service, number=12)
    read = to(reviewer, channel=Channel.IN_APP).filter(event__isnull=False).order_by("created_at")[:4]
    Delivery.objects.filter(pk__in=[each.pk for each in read]).update(read_at=timezone.now())
    cases = [(group.is_unread, group.reports) for group in page_of(reviewer).groups if group.bundle]
    assert cases[0][0] is True
    assert [unread for unread, _reports in cases] == sorted((unread for unread, _r in cases), reverse=True)


def test_thirty_rows_more_are_the_next_page_and_nothing_is_lost(reviewer: User) -> None:
    filed = [a_report() for _n in range(PAGE + 5)]
    fan_out()
    first = page_of(reviewer)
    second = page_of(reviewer, after=first.after)
    assert (len(first.groups), len(second.groups), second.after) == (PAGE, 5, "")
    assert {group.report for group in (*first.groups, *second.groups)} == set(filed)


def test_a_case_costs_the_inbox_no_question_more(
    client_of: In, reviewer: User, service: DigitalService, owner: User
) -> None:
    browser, address = client_of(reviewer), reverse("inbox")
    a_report()
    fan_out()
    browser.get(address)
    with CaptureQueriesContext(connection) as before:
        browser.get(address)
    thirty(service)
    with CaptureQueriesContext(connection) as after:
        browser.get(address)
    assert len(after) == len(before) <= 6


def test_a_look_refreshes_only_when_something_is_new(
    client_of: In, reviewer: User, service: DigitalService, owner: User
) -> None:
    thirty(service)
    browser = client_of(reviewer)
    headers = {"HX-Request": "true", "X-Background": "1"}
    seen = page_of(reviewer).mark
    assert browser.get(reverse("inbox"), {"seen": seen}, headers=headers).status_code == 204
    a_report(ReportKind.CONSUMED_OUTAGE, provider=service, started_at=timezone.now() - timedelta(minutes=5))
    fan_out()
    assert browser.get(reverse("inbox"), {"seen": seen}, headers=headers).status_code == 200
