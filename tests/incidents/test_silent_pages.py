"""What the owner, the board and a consumer are shown of a suspected outage."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from entities.models import Notice, User
from entities.permissions import Role
from incidents import actions
from incidents.board import Standing
from incidents.lifecycle import ReportKind
from incidents.models import Draft, Policy, Report, SilentOutage
from incidents.rulebook.changes import changes
from incidents.rulebook.gaps import lacking
from notifications.actions import fan_out_new_events
from notifications.models import Channel, Delivery
from tests.factories import a_dependency, a_person, a_report, a_reviewer, a_service, a_team
from tests.incidents.pages import text_of
from tests.incidents.policies import a_draft_policy
from tests.incidents.test_silent import consumed, owner_of, suspected
from tests.incidents.typed import minimal

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


@pytest.fixture
def alarm() -> SilentOutage:
    provider = a_service(tier=0)
    a_team(provider.entity)
    return suspected(provider)


@pytest.fixture
def director(alarm: SilentOutage) -> User:
    return owner_of(alarm.service)


def filer_of(report: Report | None) -> User:
    """Whoever filed it, acting in her entity."""
    assert report is not None
    report.filed_by.acting = report.filed_by.memberships.select_related("entity").get()
    return report.filed_by


def page(client: Client, alarm: SilentOutage) -> str:
    return text_of(client.get(f"/en/alarms/{alarm.pk}/"))


# --- The board ----------------------------------------------------------------------------------------------------


def test_the_board_raises_it_before_the_reports(alarm: SilentOutage, client_of: ClientOf) -> None:
    shown = text_of(client_of(a_reviewer()).get("/en/board/"))
    assert "suspected outage: 2 of 2 entities" in shown
    assert "2 entities report it, and its owner has reported nothing" in shown
    assert shown.index('id="board-alarms"') < shown.index('id="board-rows"')
    auditor = text_of(client_of(a_person(Role.AUDITOR)).get("/en/board/"))
    assert "suspected outage" in auditor
    assert "#dismiss" not in auditor


def test_the_refresh_brings_an_alarm_and_what_becomes_of_it(
    alarm: SilentOutage, director: User, client_of: ClientOf
) -> None:
    reviewer = client_of(a_reviewer())
    token = alarm.reports.first().events.model.objects.latest("pk").pk
    url, seen = reverse("board_changes"), Standing.read(a_reviewer(), at=timezone.now()).alarms
    assert reviewer.get(url, {"token": token, "alarms": seen}).status_code == 204
    fresh = text_of(reviewer.get(url, {"token": token, "alarms": 0}))
    assert f'data-event="alarm-{alarm.pk}"' in fresh
    actions.deny_outage(alarm, evidence="المؤشرات طبيعية", by=director)
    changed = text_of(reviewer.get(url, {"token": token, "alarms": seen}))
    assert "المؤشرات طبيعية" in changed


def test_the_authority_reads_whose_reports_they_are_and_dismisses(alarm: SilentOutage, client_of: ClientOf) -> None:
    reviewer, report = client_of(a_reviewer()), alarm.reports.first()
    assert report is not None
    assert report.entity.name_en in page(reviewer, alarm)
    url = reverse("silent_dismiss", args=[alarm.pk])
    assert reviewer.post(url, {"reason": ""}).status_code == 422
    assert reviewer.post(url, {"reason": "عطل محلي لدى الجهتين"}).status_code == 302
    alarm.refresh_from_db()
    assert (alarm.closed_because, alarm.reason) == ("dismissed", "عطل محلي لدى الجهتين")
    assert reviewer.post(url, {"reason": "مرة أخرى"}).status_code == 302
    assert "It has ended" in page(reviewer, alarm)


def test_the_authority_is_led_to_the_people_of_the_owner(alarm: SilentOutage, client_of: ClientOf) -> None:
    team = reverse("entity_team", args=[alarm.entity.code])
    reviewer = client_of(a_reviewer())
    assert f'href="{team}"' in page(reviewer, alarm).replace("/en/", "/")
    assert reviewer.get(team).status_code == 200


# --- The owner ----------------------------------------------------------------------------------------------------


def test_a_lead_opens_an_incident_over_its_reports(alarm: SilentOutage, client_of: ClientOf) -> None:
    first, second = alarm.reports.order_by("submitted_at")[:2]
    lead, page = client_of(a_reviewer(Role.LEAD)), reverse("silent_outage", args=[alarm.pk])
    opens = f"{reverse('incident_new')}?report={first.reference}"
    assert opens in lead.get(page).content.decode()
    assert opens not in client_of(a_reviewer()).get(page).content.decode()
    assert second.reference in lead.get(opens).content.decode(), "the others are suggested"


def test_the_owner_reads_counts_and_no_name(alarm: SilentOutage, director: User, client_of: ClientOf) -> None:
    browser = client_of(director)
    shown = page(browser, alarm)
    for report in alarm.reports.all():
        assert report.entity.name_en not in shown
        assert report.reference not in shown
    assert "2 of 2 entities" in shown
    assert "Integration failure" in shown
    assert f"/alarms/{alarm.pk}/" in text_of(browser.get(reverse("home")))


def test_the_owner_reads_of_a_common_upstream_only_where_its_own_service_relies_on_it(
    alarm: SilentOutage, director: User, client_of: ClientOf
) -> None:
    hosting = a_service()
    for _n in range(2):
        failing = a_service(tier=0)
        a_dependency(failing, hosting)
        suspected(failing)
    SilentOutage.objects.update(common=hosting)
    assert hosting.name_en not in page(client_of(director), alarm)
    assert hosting.name_en in page(client_of(a_reviewer()), alarm)
    a_dependency(alarm.service, hosting)
    assert hosting.name_en in page(client_of(director), alarm)


def test_a_stranger_and_a_consumer_find_nothing(alarm: SilentOutage, client_of: ClientOf) -> None:
    for person in (a_person(), filer_of(alarm.reports.first())):
        assert client_of(person).get(reverse("silent_outage", args=[alarm.pk])).status_code == 404


def test_one_tap_leads_to_the_form_that_is_filled(alarm: SilentOutage, director: User, client_of: ClientOf) -> None:
    browser = client_of(director)
    answer = browser.post(reverse("silent_report", args=[alarm.pk]))
    draft = Draft.objects.get()
    assert answer["Location"] == f"{reverse('file_own_outage')}?draft={draft.key}"
    form = browser.get(answer["Location"]).context["form"]
    assert form.cleaned_data["services"] == [alarm.service]
    assert form.cleaned_data["symptom"] == ["integration"]
    assert abs(form.cleaned_data["started_at"] - alarm.since).total_seconds() < 60


def test_it_answers_that_it_sees_nothing_wrong(alarm: SilentOutage, director: User, client_of: ClientOf) -> None:
    browser, url = client_of(director), reverse("silent_deny", args=[alarm.pk])
    assert browser.post(url, {"evidence": " "}).status_code == 422
    assert browser.post(url, {"evidence": "المؤشرات طبيعية"}).status_code == 302
    reviewer = a_reviewer()
    fan_out_new_events(at=timezone.now())
    told = Delivery.objects.filter(notice__kind=Notice.Kind.SILENT_DENIED)
    assert {delivery.person for delivery in told} == {reviewer}


def test_the_owners_team_is_told_and_nobody_else(alarm: SilentOutage, director: User) -> None:
    a_reviewer()
    fan_out_new_events(at=timezone.now())
    told = Delivery.objects.filter(notice__kind=Notice.Kind.SILENT_OUTAGE)
    assert {delivery.person for delivery in told} == {director}
    assert {delivery.channel for delivery in told} == {Channel.IN_APP, Channel.EMAIL, Channel.SMS}
    alarm.refresh_from_db()
    assert alarm.told_at is not None


# --- The consumers ------------------------------------------------------------------------------------------------


def test_the_consumers_reports_link_to_the_owners_and_follow_it(
    alarm: SilentOutage, director: User, client_of: ClientOf
) -> None:
    owners = a_report(by=director, service=alarm.service)
    assert actions.link_to_owners(at=timezone.now()) == 2
    assert actions.link_to_owners(at=timezone.now()) == 0
    report = alarm.reports.first()
    assert report is not None
    assert report.owner_reference == owners.reference
    assert report.events.filter(data__move="link_owner").count() == 1
    shown = text_of(client_of(filer_of(report)).get(f"/en/reports/{report.reference}/"))
    assert "The owner has reported the outage:" in shown
    assert owners.reference in shown
    assert f'href="/en/reports/{owners.reference}/"' not in shown
    # One who has told of no service of hers that it touches follows all the same.
    alone = a_person()
    actions.file_report(
        kind=ReportKind.CONSUMED_OUTAGE, entity=alone.acting.entity, key=owners.key, by=alone,  # type: ignore[union-attr]
        answers=actions.Answers(
            [], {"provider_service": alarm.service, "started_at": timezone.now(), "summary": "تعطل"}
        ),
    )  # fmt: skip
    actions.post_update(owners, phase="identified", message="حُصر العطل", visibility="consumers", by=director)
    fan_out_new_events(at=timezone.now())
    heard = Delivery.objects.filter(event__data__move="update").values_list("person", flat=True)
    assert {report.filed_by_id, alone.pk} <= set(heard)


def test_what_is_reported_after_the_owners_report_raises_nothing(director: User, alarm: SilentOutage) -> None:
    a_report(by=director, service=alarm.service)
    consumed(alarm.service)
    consumed(alarm.service)
    assert not SilentOutage.objects.open().exists()


# --- While a report is written ------------------------------------------------------------------------------------


def test_the_form_asks_whether_a_failing_upstream_is_the_cause_and_takes_all_along(
    alarm: SilentOutage, client_of: ClientOf
) -> None:
    consumer = a_person()
    a_team(consumer.acting.entity)  # type: ignore[union-attr]  # she has one
    ours = a_service(entity=consumer.acting.entity)  # type: ignore[union-attr]
    browser, typed = client_of(consumer), minimal("own-outage", service=ours)
    preview = "/en" + reverse("preview", args=["own-outage"])
    assert "Is it caused by" not in text_of(browser.post(preview, typed))
    a_dependency(ours, alarm.service)
    asked = text_of(browser.post(preview, typed))
    assert "Is it caused by" in asked
    assert alarm.service.name_en in asked
    both = browser.post(
        f"{reverse('file_because_of_another')}?find=1", {**typed, "provider_service": str(alarm.service.pk)}
    )
    assert both.status_code == 200
    form = both.context["form"]
    assert (form.cleaned_data["services"], form.provider) == ([ours], alarm.service)
    assert not Report.objects.of(consumer.acting.entity).exists()  # type: ignore[union-attr]


def test_the_form_of_a_consumed_outage_offers_one_tap_or_says_that_it_is_planned(client_of: ClientOf) -> None:
    consumer, down, works = a_person(), a_service(tier=0), a_service(tier=0)
    entity = consumer.acting.entity  # type: ignore[union-attr]  # she has one
    a_team(entity)
    ours, browser = a_service(entity=entity), client_of(consumer)
    a_report(by=owner_of(down), service=down)
    preview = "/en" + reverse("preview", args=["consumed-outage"])
    typed = minimal("consumed-outage", service=ours, provider=down)
    assert "We are affected too" in text_of(browser.post(preview, typed))
    director, now = owner_of(works), timezone.now()
    window = {"window_start": now - timedelta(minutes=1), "window_end": now + timedelta(hours=1)}
    actions.start_window(a_report(ReportKind.MAINTENANCE, by=director, service=works, **window), by=director)
    sent = browser.post("/en/reports/new/consumed-outage/", minimal("consumed-outage", service=ours, provider=works))
    assert sent.status_code == 409
    assert "maintenance of this service goes on" in text_of(sent)


# --- The policy ---------------------------------------------------------------------------------------------------


def test_an_admin_changes_what_raises_it_and_the_change_is_told_in_words(client_of: ClientOf) -> None:
    admin = a_person(Role.ADMIN)
    draft, browser = a_draft_policy(by=admin), client_of(admin)
    row = draft.alarm_rules.get(tier=0)
    url = reverse("policy_alarm", args=[draft.version, row.pk])
    sent = {"seen": draft.edits, "tier": "0", "consumers": "4", "minutes": "90"}
    assert browser.post(url, {**sent, "consumers": "1"}).status_code == 422
    assert browser.post(url, {**sent, "tier": "1"}).status_code == 422, "there is a line for that tier"
    assert browser.post(url, sent).status_code == 302
    [change] = changes(Policy.objects.in_force().rules, draft.rules).alarms
    with translation.override("en"):
        assert changes(Policy.objects.in_force().rules, draft.rules).alarms[0].new.startswith("4 different entities")
    assert change.old
    shown = text_of(browser.get("/en/policies/1/"))
    assert "2 different entities within 1 hour" in shown
    assert "3 different entities within 1 hour" in shown
    draft.refresh_from_db()
    remove = reverse("policy_alarm_remove", args=[draft.version, draft.alarm_rules.get(tier=None).pk])
    assert browser.post(remove, {"seen": draft.edits}).status_code == 302
    assert len(lacking(Policy.objects.get(pk=draft.pk))) == 2, "tiers 2 and 3 would raise none"
