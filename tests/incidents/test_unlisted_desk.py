"""The desk's two deeds with a service that people named: it is adopted, or found in the catalogue."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from entities.models import AuditEvent, DigitalService, Entity, ServiceDependency, User
from entities.permissions import Role
from incidents import actions
from incidents.errors import MoveRefused
from incidents.lifecycle import EventKind, ReportKind, Severity
from incidents.management.commands.verify_history import Command as VerifyHistory
from incidents.models import Report
from notifications.messages import message_for
from notifications.models import Channel, Delivery
from tests.factories import a_person, a_reviewer, a_service, an_entity, answers
from tests.notifications.conftest import fan_out

pytestmark = pytest.mark.django_db
LIST = "admin:incidents_unlistedservice_changelist"
PAGE = "admin:incidents_unlistedservice_change"


def a_named(by: User | None = None, *, name: str = "منصة القياس", **more: Any) -> Report:
    """A filed report of a service that the catalogue does not hold."""
    by = by or a_person(Role.DIRECTOR)
    assert by.acting is not None
    ours = a_service(entity=by.acting.entity, tier=3, users_per_day=None)
    named = DigitalService(name_ar=name, owner_named="جهة القياس", listed=False)
    said = answers(ReportKind.CONSUMED_OUTAGE, service=ours, provider=named, **more)
    filed = actions.file_report(
        kind=ReportKind.CONSUMED_OUTAGE, entity=by.acting.entity, key=uuid.uuid4(), answers=said, by=by
    )
    return Report.objects.get(pk=filed.report.pk)


def row(report: Report) -> DigitalService:
    assert report.provider_service is not None
    return report.provider_service


def adopt(report: Report, *, entity: Entity, by: User, code: str = "metering") -> DigitalService:
    return actions.adopt_service(
        row(report), entity=entity, code=code, name_ar="خدمة القياس", name_en="Metering", tier=0, by=by
    )


@pytest.fixture
def admin() -> User:
    return a_reviewer(Role.ADMIN)


@pytest.fixture
def owner() -> User:
    return a_person(Role.DIRECTOR)


@pytest.fixture
def listed(owner: User) -> DigitalService:
    assert owner.acting is not None
    return a_service(entity=owner.acting.entity, tier=0, name_ar="خدمة القياس الوطنية", name_en="National metering")


# --- It is this one -------------------------------------------------------------------------------------------
def test_the_report_names_the_chosen_service_with_one_event(admin: User, listed: DigitalService) -> None:
    report = a_named()
    before = report.event_count
    actions.identify_service(row(report), service=listed, by=admin)
    report.refresh_from_db()
    assert report.provider_service == report.main_service == listed
    event = report.events.order_by("seq").reverse()[0]
    assert report.event_count == before + 1
    assert (event.kind, event.person, event.role) == (EventKind.NAMED, admin.public_id, Role.ADMIN)
    assert event.data["typed"] == "منصة القياس"
    assert event.data["service"] == f"{listed.entity.code}.{listed.code}"
    assert not DigitalService.objects.unlisted().get().is_active


def test_the_search_and_the_suggestion_follow_and_the_severity_stays(admin: User, listed: DigitalService) -> None:
    report = a_named()
    severity, clocks = report.severity, list(report.clocks.values_list("kind", "due_at"))
    assert severity == Severity.S4
    actions.identify_service(row(report), service=listed, by=admin)
    report.refresh_from_db()
    assert Report.objects.matching("القياس الوطنيه").get() == report
    assert (report.tier, report.severity_suggested, report.severity) == (0, Severity.S1, severity)
    assert "tier-0" in report.severity_reasons
    assert list(report.clocks.values_list("kind", "due_at")) == clocks


def test_who_relies_on_whom_is_remembered_now(admin: User, listed: DigitalService) -> None:
    report = a_named()
    actions.identify_service(row(report), service=listed, by=admin)
    link = ServiceDependency.objects.get()
    assert (link.consumer, link.provider, link.state) == (report.services.get(), listed, "declared")


def test_the_pair_is_pointed_together(admin: User, listed: DigitalService) -> None:
    director = a_person(Role.DIRECTOR)
    assert director.acting is not None
    ours = a_service(entity=director.acting.entity)
    named = DigitalService(name_ar="منصة القياس", listed=False)
    own = answers(service=ours, upstream_service=named)
    consumed = answers(ReportKind.CONSUMED_OUTAGE, service=ours, provider=named)
    out, dep = actions.file_pair(
        entity=director.acting.entity, key=uuid.uuid4(), own=own, consumed=consumed, by=director
    )
    actions.identify_service(DigitalService.objects.unlisted().get(), service=listed, by=admin)
    for filed in (out, dep):
        filed.report.refresh_from_db()
        assert filed.report.events.filter(kind=EventKind.NAMED).count() == 1
    assert out.report.upstream_service == dep.report.provider_service == listed
    assert out.report.main_service == ours


def test_the_owner_hears_of_it_as_of_a_filing(admin: User, owner: User, listed: DigitalService) -> None:
    report = a_named()
    fan_out()
    assert not Delivery.objects.filter(person=owner).exists()
    actions.identify_service(row(report), service=listed, by=admin)
    fan_out()
    heard = Delivery.objects.filter(person=owner)
    assert {Channel.IN_APP, Channel.EMAIL} <= set(heard.values_list("channel", flat=True))
    assert Report.objects.visible_to(owner).get() == report


def test_an_outage_that_is_over_wakes_nobody(admin: User, owner: User, listed: DigitalService) -> None:
    report = a_named()
    actions.move(report, "dismiss", note="ليست انقطاعًا", by=a_reviewer())
    fan_out()
    actions.identify_service(row(report), service=listed, by=admin)
    fan_out()
    assert not Delivery.objects.filter(person=owner).exists()
    report.refresh_from_db()
    assert report.provider_service == listed


def test_the_history_holds(admin: User, listed: DigitalService, capsys: Any) -> None:
    report = a_named()
    actions.identify_service(row(report), service=listed, by=admin)
    VerifyHistory().handle(references=[], record=False)
    assert "broken" not in capsys.readouterr().out


def test_a_service_is_settled_once(admin: User, listed: DigitalService) -> None:
    unlisted = row(a_named())
    actions.identify_service(unlisted, service=listed, by=admin)
    with pytest.raises(MoveRefused):
        actions.identify_service(unlisted, service=listed, by=admin)


def test_a_service_of_the_reporter_itself_is_refused_and_nothing_is_written(admin: User) -> None:
    report = a_named()
    own = a_service(entity=report.entity)
    with pytest.raises(MoveRefused):
        actions.identify_service(row(report), service=own, by=admin)
    report.refresh_from_db()
    assert not row(report).listed
    assert row(report).is_active


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMIN])
def test_nobody_but_an_admin_settles(role: Role, listed: DigitalService) -> None:
    with pytest.raises(MoveRefused):
        actions.identify_service(row(a_named()), service=listed, by=a_person(role))


# --- It is adopted --------------------------------------------------------------------------------------------
def test_an_adopted_service_is_of_the_catalogue(admin: User, owner: User) -> None:
    assert owner.acting is not None
    report = a_named()
    service = adopt(report, entity=owner.acting.entity, by=admin)
    report.refresh_from_db()
    assert (service.pk, service.listed, service.name_en) == (report.provider_service_id, True, "Metering")
    assert service in DigitalService.objects.active().matching("القياس")
    assert report.events.filter(kind=EventKind.NAMED).count() == 1
    assert (report.tier, report.severity_suggested) == (0, Severity.S1)
    line = AuditEvent.objects.get(entity=owner.acting.entity, action=AuditEvent.Action.CATALOGUE)
    assert line.data["done"] == "adopted"
    assert Report.objects.visible_to(owner).get() == report


def test_a_code_that_the_entity_has_is_refused(admin: User, listed: DigitalService) -> None:
    report = a_named()
    with pytest.raises(MoveRefused):
        adopt(report, entity=listed.entity, code=listed.code, by=admin)
    report.refresh_from_db()
    assert not row(report).listed


# --- The pages ------------------------------------------------------------------------------------------------
@pytest.fixture
def browser(admin: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(admin)


def test_the_queue_says_who_filed_and_asks_no_more_for_more(browser: Client) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            page = browser.get(reverse(LIST)).content.decode()
        assert all(report.entity.name_ar in page for report in Report.objects.select_related("entity"))
        return len(queries)

    a_named()
    one = asked()
    for n in range(4):
        a_named(name=f"منصة {n}")
    assert asked() == one


def test_the_page_proposes_what_is_alike_and_settles_it(browser: Client, listed: DigitalService) -> None:
    report = a_named()
    url = reverse(PAGE, args=[row(report).pk])
    page = browser.get(url).content.decode()
    assert f'value="{listed.pk}"' in page
    assert report.reference in page
    assert browser.post(url, {"identify": "1", "q": "القياس", "service": listed.pk}).status_code == 302
    report.refresh_from_db()
    assert report.provider_service == listed
    assert browser.get(url).status_code == 302  # settled: back to the queue


def test_a_search_settles_nothing(browser: Client, listed: DigitalService) -> None:
    report = a_named()
    page = browser.post(reverse(PAGE, args=[row(report).pk]), {"find": "1", "q": "National metering"})
    assert f'value="{listed.pk}"' in page.content.decode()
    report.refresh_from_db()
    assert not row(report).listed


def test_the_page_adopts(browser: Client) -> None:
    report, entity = a_named(), an_entity()
    form = {"adopt": "1", "entity": entity.pk, "code": "metering", "name_ar": "القياس", "name_en": "", "tier": "1"}
    assert browser.post(reverse(PAGE, args=[row(report).pk]), form).status_code == 302
    report.refresh_from_db()
    assert row(report).entity == entity


@pytest.mark.parametrize("form", [{"identify": "1"}, {"identify": "1", "service": "x"}, {"adopt": "1", "code": "ä"}])
def test_bad_input_is_said_beside_its_field(form: dict[str, str], browser: Client) -> None:
    page = browser.post(reverse(PAGE, args=[row(a_named()).pk]), form)
    assert page.status_code == 422
    assert "errorlist" in page.content.decode()


def test_an_unknown_row_leads_back(browser: Client) -> None:
    assert browser.get(reverse(PAGE, args=[999999])).status_code == 302
    assert browser.get(reverse(PAGE, args=["x"])).status_code == 302


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.REVIEWER, Role.DIRECTOR])
def test_others_settle_nothing_at_the_desk(role: Role, listed: DigitalService, client_of: Any) -> None:
    report = a_named()
    url = reverse(PAGE, args=[row(report).pk])
    answer = client_of(a_person(role)).post(url, {"identify": "1", "service": listed.pk})
    assert answer.status_code in {302, 403}
    report.refresh_from_db()
    assert not row(report).listed


def test_mails_hold_no_name_that_somebody_typed(admin: User, listed: DigitalService) -> None:
    report = a_named()
    fan_out()
    mail = Delivery.objects.with_story().filter(channel=Channel.EMAIL).first()
    assert mail is not None
    assert "منصة القياس" not in message_for(mail, at=timezone.now()).text
    assert report.reference in message_for(mail, at=timezone.now()).text
