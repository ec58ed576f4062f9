"""Incidents: opened, linked and unlinked, acknowledged as one, spoken to as one, closed; and what the sweep groups."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from entities.models import DigitalService, Notice, User
from entities.permissions import Role
from incidents import actions
from incidents.errors import MoveRefused
from incidents.grouping import SAME_PROVIDER, SAME_SERVICE, UPSTREAM, Origin, figures, suggestions
from incidents.lifecycle import EventKind, ReportKind, Status
from incidents.models import Incident, IncidentReport, Report, ReportEvent
from tests.factories import a_dependency, a_person, a_report, a_reviewer, a_service, an_entity

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead() -> User:
    return a_reviewer(Role.LEAD)


def consumed(provider: DigitalService, **columns: object) -> Report:
    return a_report(ReportKind.CONSUMED_OUTAGE, provider=provider, **columns)


def over(*reports: Report, by: User) -> Incident:
    return actions.open_incident(reports, name_ar="انقطاع الشبكة", name_en="Network outage", by=by)


def moves(report: Report) -> list[str]:
    return [event.move for event in report.events.order_by("seq")]


def test_an_incident_has_a_number_of_its_own_and_every_report_tells_of_it(lead: User) -> None:
    provider = a_service(tier=0)
    first, second = consumed(provider), consumed(provider)
    incident = over(first, second, by=lead)
    assert incident.reference == f"INC-{timezone.localtime():%Y}-000001"
    for report in (first, second):
        report.refresh_from_db()
        assert report.incident == incident
        event = report.events.get(kind=EventKind.LINKED)
        assert (event.data["incident"], event.person) == (incident.reference, lead.public_id)


def test_a_reviewer_opens_none(lead: User) -> None:
    with pytest.raises(MoveRefused):
        over(a_report(), by=a_reviewer())
    assert not Incident.objects.exists()


def test_nobody_but_the_authority_touches_one(lead: User) -> None:
    report = a_report()
    incident, stranger = over(report, by=lead), a_person(Role.DIRECTOR, entity=None)
    for deed in (actions.acknowledge_incident, actions.close_incident):
        with pytest.raises(MoveRefused):
            deed(incident, by=stranger)
    with pytest.raises(MoveRefused):
        actions.close_incident(incident, by=a_reviewer())
    incident.refresh_from_db()
    assert (incident.acknowledged_at, incident.is_closed) == (None, False)


def test_a_report_stands_under_one_incident(lead: User) -> None:
    report = a_report()
    over(report, by=lead)
    with pytest.raises(MoveRefused):
        over(report, by=lead)
    assert IncidentReport.objects.count() == 1


def test_out_of_an_incident_and_back_into_it(lead: User) -> None:
    report = a_report()
    incident = over(report, by=lead)
    actions.unlink(incident, report, by=lead)
    report.refresh_from_db()
    assert report.incident is None
    actions.link(incident, [report], by=lead)
    report.refresh_from_db()
    assert report.incident == incident
    assert moves(report)[1:] == ["link", "unlink", "link"]


def test_one_acknowledgement_is_everybodys_and_of_what_comes_later(lead: User) -> None:
    provider, reviewer = a_service(tier=0), a_reviewer()
    incident = over(consumed(provider), consumed(provider), by=lead)
    assert actions.acknowledge_incident(incident, by=reviewer) == 2
    later = consumed(provider)
    actions.link(incident, [later], by=lead)
    for report in Report.objects.all():
        assert (report.status, report.reviewer) == (Status.ACTIVE, reviewer)
        assert not report.clocks.running().filter(kind="C2").exists()
    with pytest.raises(MoveRefused):
        actions.acknowledge_incident(incident, by=lead)


def test_a_word_to_all_stands_in_every_history(lead: User) -> None:
    first, second = a_report(), a_report()
    incident = over(first, second, by=lead)
    assert actions.tell_reports(incident, text_ar="حُدد السبب", text_en="The cause is known", by=lead) == 2
    for report in (first, second):
        event = report.events.get(kind=EventKind.ECHOED)
        assert (event.data["note"], event.data["en"]) == ("حُدد السبب", "The cause is known")


def test_closing_gives_the_open_reports_back_to_themselves(lead: User) -> None:
    report = a_report()
    incident = actions.close_incident(over(report, by=lead), by=lead)
    report.refresh_from_db()
    assert (incident.is_closed, report.incident, report.status) == (True, None, Status.SUBMITTED)
    assert report.events.get(kind=EventKind.UNLINKED).data["closed"]
    with pytest.raises(MoveRefused):
        actions.link(incident, [report], by=lead)


def test_it_is_restored_with_the_last_report_and_closed_with_the_last_end(lead: User) -> None:
    report = a_report()
    incident, now = over(report, by=lead), timezone.now()
    assert actions.settle_incidents(at=now) == 0
    Report.objects.filter(pk=report.pk).update(status=Status.RESTORED)
    actions.settle_incidents(at=now)
    incident.refresh_from_db()
    assert incident.state == Incident.State.RESTORED
    Report.objects.filter(pk=report.pk).update(status=Status.CLOSED)
    assert actions.settle_incidents(at=now) == 1
    incident.refresh_from_db()
    assert incident.is_closed


# --- Group mode -----------------------------------------------------------------------------------------------------


def test_ten_reports_on_one_provider_stand_alone_and_an_eleventh_makes_a_group() -> None:
    an_entity(authority=True)
    provider = a_service(tier=0)
    other = a_service(entity=provider.entity, tier=1)
    for service in [provider, other] * 5:
        consumed(service)
    now = timezone.now()
    assert actions.group_by_itself(at=now) == 0
    consumed(other)
    assert actions.group_by_itself(at=timezone.now()) == 11
    incident = Incident.objects.get()
    assert (incident.group_mode, incident.provider, incident.opened_by) == (True, provider.entity, None)
    assert Notice.objects.filter(kind=Notice.Kind.INCIDENT_OPENED).count() == 1


def test_further_reports_join_the_group_and_are_acknowledged_with_it() -> None:
    provider, reviewer = a_service(tier=0), a_reviewer()
    for _number in range(11):
        consumed(provider)
    actions.group_by_itself(at=timezone.now())
    actions.acknowledge_incident(Incident.objects.get(), by=reviewer)
    late = consumed(provider)
    assert actions.group_by_itself(at=timezone.now()) == 1
    late.refresh_from_db()
    assert (late.status, late.reviewer) == (Status.ACTIVE, reviewer)
    assert late.events.get(data__move="acknowledge").role == "SYS"
    assert actions.group_by_itself(at=timezone.now()) == 0


def test_what_a_lead_takes_out_of_a_group_stays_out(lead: User) -> None:
    provider = a_service(tier=0)
    reports = [consumed(provider) for _number in range(11)]
    actions.group_by_itself(at=timezone.now())
    actions.unlink(Incident.objects.get(), reports[0], by=lead)
    assert actions.group_by_itself(at=timezone.now()) == 0
    actions.close_incident(Incident.objects.get(), by=lead)
    assert actions.group_by_itself(at=timezone.now()) == 0
    assert Incident.objects.count() == 1


# --- What may belong to it -------------------------------------------------------------------------------------------


def test_suggestions_say_why(lead: User) -> None:
    provider = a_service(tier=0)
    first, same = consumed(provider), consumed(provider)
    sibling = consumed(a_service(entity=provider.entity))
    relying = a_service()
    a_dependency(relying, provider)
    upstream = a_report(by=a_person(entity=relying.entity), service=relying)
    a_report()  # has nothing to do with it
    origin = Origin.of([first])
    found = {each.report.pk: each.reason for each in suggestions(origin, user=lead, beside=[first.pk])}
    assert found == {same.pk: SAME_SERVICE, sibling.pk: SAME_PROVIDER, upstream.pk: UPSTREAM}


def test_what_began_long_before_is_no_suggestion(lead: User) -> None:
    provider = a_service(tier=0)
    first = consumed(provider)
    consumed(provider, started_at=timezone.now() - timedelta(hours=5))
    origin = Origin.of([first])
    assert suggestions(origin, user=lead, beside=[first.pk]) == []


def test_the_share_that_is_back_is_counted_by_tier(lead: User) -> None:
    reports = [a_report() for _number in range(2)]
    incident = over(*reports, by=lead)
    Report.objects.filter(pk=reports[0].pk).update(status=Status.RESTORED)
    [tier] = figures(incident).tiers
    assert (tier.tier, tier.total, tier.back, tier.share) == (1, 2, 1, 50)
    assert ReportEvent.objects.filter(kind=EventKind.LINKED).count() == 2
