"""The status of services: whose one may know, what is said of it, and that it costs the same for five as for fifty."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import DigitalService, ServiceDependency, User
from entities.permissions import Role
from incidents import actions
from incidents.lifecycle import ReportKind, Status
from incidents.models import Report
from incidents.spells import Level
from incidents.standings import Now, Standing, standings
from incidents.states import ServiceState, reported_state, reported_states, state_of
from tests.factories import a_dependency, a_person, a_report, a_reviewer, a_service, an_entity
from tests.incidents.pages import queries

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def consumer() -> User:
    return a_person()


@pytest.fixture
def provider(consumer: User) -> DigitalService:
    """Another entity's service, on which one of the consumer's relies."""
    assert consumer.acting is not None
    found = a_service()
    a_dependency(a_service(entity=consumer.acting.entity), found)
    return found


def owner_of(service: DigitalService) -> User:
    """The director of its entity."""
    member = service.entity.memberships.filter(role=Role.DIRECTOR).select_related("user", "entity").first()
    if member is None:
        return a_person(entity=service.entity)
    member.user.acting = member
    return member.user


def outage(service: DigitalService, *, ago: timedelta, back: timedelta | None = None, **columns: Any) -> Report:
    """Its owner's report; `back`: restored so long after the start."""
    by, now = owner_of(service), timezone.now()
    report = a_report(by=by, service=service, started_at=now - ago, detected_at=now - ago, **columns)
    if back is not None:
        actions.restore(report, restored_at=now - ago + back, by=by)
    return Report.objects.get(pk=report.pk)


def works(service: DigitalService, *, ahead: timedelta) -> Report:
    start = timezone.now() + ahead
    return a_report(
        ReportKind.MAINTENANCE, by=owner_of(service), service=service, window_start=start, window_end=start + 2 * HOUR
    )


def row_of(reader: User, service: DigitalService) -> Standing:
    return next(row for row in standings(reader, at=timezone.now()) if row.service == service)


def page(browser: Client, service: DigitalService | None = None, **query: str) -> str:
    url = reverse("status_service", args=[service.pk]) if service else reverse("status_list")
    response = browser.get(f"/en{url}", query)
    assert response.status_code == 200
    return str(response.content.decode())


# --- Whose ----------------------------------------------------------------------------------------------------------


def test_an_entity_knows_of_what_it_relies_on_and_of_its_own(
    client_of: Browser, consumer: User, provider: DigitalService
) -> None:
    assert consumer.acting is not None
    own = consumer.acting.entity.services.get()
    stranger, denied = a_service(), a_service()
    a_dependency(own, denied, state="denied", denial_reason="لا ارتباط")
    a_dependency(a_service(), own)
    browser = client_of(consumer)
    assert {row.service for row in standings(consumer, at=timezone.now())} == {own, provider}
    shown = page(browser)
    assert shown.index(provider.name_en) < shown.index(own.name_en)
    for service in (stranger, denied):
        assert service.name_en not in shown
        assert browser.get(reverse("status_service", args=[service.pk])).status_code == 404
    assert "No service fits this search" in page(browser, q=stranger.name_en)


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.AUDITOR])
def test_the_authority_knows_of_all_the_worst_first(client_of: Browser, role: Role) -> None:
    quiet, down, partly = a_service(tier=0), a_service(tier=3), a_service(tier=3)
    outage(down, ago=HOUR)
    outage(partly, ago=HOUR, impact="partial")
    found = [row.service for row in standings(a_person(role), at=timezone.now())]
    assert found == [down, partly, quiet]
    assert quiet.name_en in page(client_of(a_person(role)))


def test_of_anothers_reports_no_reference_and_no_word_is_shown(
    client_of: Browser, consumer: User, provider: DigitalService
) -> None:
    secrets = {"summary": "عطل سري في القاعدة", "workaround": "بديل سري", "internal_ref": "TICKET-77"}
    report = outage(provider, ago=3 * HOUR, back=HOUR, **secrets)
    going_on = outage(provider, ago=HOUR / 2, **secrets)
    planned = works(provider, ahead=5 * DAY)
    browser = client_of(consumer)
    for shown in (page(browser), page(browser, provider)):
        for hidden in (report.reference, going_on.reference, planned.reference, *secrets.values()):
            assert hidden not in shown
    own = page(client_of(owner_of(provider)), provider)
    assert report.reference in own and going_on.reference in own
    assert report.reference in page(client_of(a_reviewer()), provider)


# --- What is said ---------------------------------------------------------------------------------------------------


def test_the_state_agrees_with_home_and_the_map(consumer: User, provider: DigitalService) -> None:
    same = {
        ServiceState.DOWN: {Now.OUTAGE, Now.PARTIAL}, ServiceState.WORKS: {Now.WORKS},
        ServiceState.PLANNED: {Now.PLANNED}, ServiceState.QUIET: {Now.QUIET},
    }  # fmt: skip

    def agree() -> Now:
        now = row_of(consumer, provider).now
        assert now in same[state_of(provider, at=timezone.now())]
        return now

    assert agree() == Now.QUIET
    maintenance = works(provider, ahead=5 * DAY)
    assert agree() == Now.QUIET
    window = {"window_start": timezone.now() + HOUR, "window_end": timezone.now() + 2 * HOUR}
    Report.objects.filter(pk=maintenance.pk).update(**window)
    assert agree() == Now.PLANNED
    actions.start_window(Report.objects.get(pk=maintenance.pk), by=owner_of(provider))
    assert agree() == Now.WORKS
    report = outage(provider, ago=HOUR, impact="minor")
    assert agree() == Now.PARTIAL
    actions.restore(report, restored_at=timezone.now(), by=owner_of(provider))
    assert agree() == Now.WORKS


def test_asked_of_all_services_at_once_the_state_is_what_it_is_asked_of_each() -> None:
    now, names = timezone.now(), ("down", "back", "works", "soon", "later", "quiet")
    services = {name: a_service(name_en=name) for name in names}
    outage(services["down"], ago=HOUR)
    outage(services["back"], ago=3 * HOUR, back=HOUR)
    for name, start in (("works", -HOUR), ("soon", 5 * HOUR), ("later", 40 * HOUR)):
        report = works(services[name], ahead=5 * DAY)
        window = {"window_start": now + start, "window_end": now + start + 2 * HOUR}
        Report.objects.filter(pk=report.pk).update(**window)
    actions.start_window(Report.objects.get(services=services["works"]), by=owner_of(services["works"]))
    a_report(ReportKind.CONSUMED_OUTAGE, provider=services["quiet"])
    found = DigitalService.objects.filter(pk__in=[each.pk for each in services.values()])
    for asked in (reported_state(at=now), reported_states(at=now)):
        said = dict(found.annotate(state=asked).values_list("name_en", "state"))
        assert said == dict(zip(names, (0, 3, 1, 2, 3, 3), strict=True))


@pytest.mark.parametrize(("impact", "now"), [("full", Now.OUTAGE), ("major", Now.OUTAGE), ("partial", Now.PARTIAL)])
def test_an_outage_says_how_bad_since_when_and_until_when(
    client_of: Browser, consumer: User, provider: DigitalService, impact: str, now: Now
) -> None:
    expected = timezone.now() + 2 * HOUR
    report = outage(provider, ago=3 * HOUR, impact=impact, expected_restoration_at=expected)
    row = row_of(consumer, provider)
    assert (row.now, row.since, row.expected) == (now, report.started_at, report.expected_restoration_at)
    shown = page(client_of(consumer), provider)
    assert f"pill--{now.tone}" in shown and "since" in shown and "expected back" in shown
    assert reverse("affected_too") in shown


def test_what_ended_is_a_spell_and_the_service_is_quiet_again(
    client_of: Browser, consumer: User, provider: DigitalService
) -> None:
    report = outage(provider, ago=20 * DAY, back=2 * HOUR)
    row = row_of(consumer, provider)
    assert row.now == Now.QUIET
    (spell,) = row.history.newest_first
    assert (spell.start, spell.end, spell.level) == (report.started_at, report.restored_at, Level.OUTAGE)
    shown = page(client_of(consumer), provider)
    assert "1 outage, 2 hours in all" in shown
    assert "99.9%" in shown


@pytest.mark.parametrize("status", [Status.WITHDRAWN, Status.NOT_REPORTABLE])
def test_what_was_withdrawn_or_was_none_never_was(consumer: User, provider: DigitalService, status: Status) -> None:
    report = outage(provider, ago=5 * HOUR)
    Report.objects.filter(pk=report.pk).update(status=status)
    row = row_of(consumer, provider)
    assert (row.now, row.history.spells) == (Now.QUIET, ())


def test_a_consumers_report_is_no_outage_of_the_service(consumer: User, provider: DigitalService) -> None:
    other = a_person()
    assert other.acting is not None
    its = a_service(entity=other.acting.entity)
    a_dependency(its, provider)
    a_report(ReportKind.CONSUMED_OUTAGE, by=other, service=its, provider=provider)
    assert row_of(consumer, provider).history.spells == ()
    assert row_of(consumer, provider).now == Now.QUIET  # nor does she learn that another has reported it
    assert row_of(other, its).history.spells == ()


def test_a_suspicion_is_known_to_whoever_reported_it_the_owner_and_the_authority(
    client_of: Browser, consumer: User, provider: DigitalService
) -> None:
    assert consumer.acting is not None
    silent = a_person()
    assert silent.acting is not None
    a_dependency(a_service(entity=silent.acting.entity), provider)
    mine = a_report(
        ReportKind.CONSUMED_OUTAGE, by=consumer, service=consumer.acting.entity.services.get(), provider=provider
    )
    a_report(ReportKind.CONSUMED_OUTAGE, provider=provider)
    row = row_of(consumer, provider)
    assert (row.now, row.ours, row.alarm, row.since) == (Now.SUSPECTED, mine.reference, None, mine.started_at)
    assert mine.reference in page(client_of(consumer), provider)
    for reader in (owner_of(provider), a_reviewer()):
        row = row_of(reader, provider)
        assert (row.now, row.ours) == (Now.SUSPECTED, "")
        assert reverse("silent_outage", args=[row.alarm]) in page(client_of(reader), provider)
    assert row_of(silent, provider).now == Now.QUIET


def test_the_time_a_reopened_service_was_back_is_no_outage(consumer: User, provider: DigitalService) -> None:
    report = outage(provider, ago=5 * HOUR, back=HOUR)
    actions.move(report, "reopen", note="عاد العطل", by=owner_of(provider))
    first, second = row_of(consumer, provider).history.outages
    assert first.length(timezone.now()) == HOUR
    assert second.goes_on
    assert second.start > first.end + 3 * HOUR  # type: ignore[operator]


def test_a_return_that_was_undone_leaves_one_spell(consumer: User, provider: DigitalService) -> None:
    by = owner_of(provider)
    report = outage(provider, ago=5 * HOUR)
    for _n in range(2):
        actions.restore(report, restored_at=timezone.now() - HOUR, by=by)
        actions.undo_restore(report, by=by)
    actions.restore(report, restored_at=timezone.now() - HOUR, by=by)
    actions.move(report, "reopen", note="عاد العطل", by=by)
    assert len(row_of(consumer, provider).history.outages) == 2


def test_a_message_of_works_leads_a_consumer_to_the_service(consumer: User, provider: DigitalService) -> None:
    from notifications.actions import fan_out_new_events
    from notifications.models import Delivery
    from notifications.paths import path_of

    report = works(provider, ahead=5 * DAY)
    fan_out_new_events(at=timezone.now())
    told = Delivery.objects.filter(person=consumer, event__report=report).first()
    assert told is not None
    assert path_of(told) == reverse("status_service", args=[provider.pk])


def test_planned_windows_stand_there_the_next_one_first_and_called_off_ones_do_not(
    client_of: Browser, consumer: User, provider: DigitalService
) -> None:
    later, sooner, off = (works(provider, ahead=n * DAY) for n in (20, 10, 15))
    actions.move(off, "cancel", note="لم يعد لازمًا", by=owner_of(provider))
    row = row_of(consumer, provider)
    assert [span.start for span in row.planned] == [sooner.window_start, later.window_start]
    assert row.history.share == 100
    assert "Announced maintenance" in page(client_of(consumer), provider)


# --- The page -------------------------------------------------------------------------------------------------------


def test_a_service_of_which_nothing_was_reported_says_so(
    client_of: Browser, consumer: User, provider: DigitalService
) -> None:
    shown = page(client_of(consumer), provider)
    assert "Nothing was reported of it in 90 days" in shown
    assert "100%" in shown
    assert shown.count("<path") == 90 + 4  # a bar a day, and the legend


def test_an_entity_without_services_is_told_why_nothing_is_here(client_of: Browser) -> None:
    assert "No service to show yet" in page(client_of(a_person()))
    assert "No service fits this search" in page(client_of(a_person()), q="لا شيء")


def test_a_search_finds_a_service_by_a_word_of_its_name(client_of: Browser, provider: DigitalService) -> None:
    other = a_service(name_en="Weather bulletin")
    shown = page(client_of(a_reviewer()), q="weather")
    assert other.name_en in shown and provider.name_en not in shown


def test_the_authority_reads_the_worst_first_and_more_when_it_asks(
    client_of: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("incidents.views.status.FIRST", 2)
    services = [a_service(name_en=f"Quiet place {n}") for n in range(3)]
    outage(services[2], ago=HOUR)
    browser = client_of(a_reviewer())
    first = page(browser, q="quiet place")
    assert sum(service.name_en in first for service in services) == 2 and services[2].name_en in first
    assert 'href="?q=quiet+place&amp;more=yes"' in first
    assert "There are more services than are shown" not in first
    whole = page(browser, q="quiet place", more="yes")
    assert all(service.name_en in whole for service in services)
    assert 'href="?q=quiet+place' not in whole


@pytest.mark.parametrize("reader", ["entity", "authority"])
def test_the_list_costs_the_same_for_fifty_services_as_for_five(client_of: Browser, reader: str) -> None:
    entity = an_entity()
    person = a_person(entity=entity) if reader == "entity" else a_reviewer()
    own, url = a_service(entity=entity), reverse("status_list")

    def grow(n: int) -> int:
        for _n in range(n):
            service = a_service()
            a_dependency(own, service)
        outage(service, ago=DAY, back=HOUR)
        return queries(browser, url)

    browser = client_of(person)
    queries(browser, url)
    few = grow(5)
    assert grow(45) == few <= 8
    assert queries(browser, reverse("status_service", args=[ServiceDependency.objects.latest("pk").provider_id])) <= 8


def test_a_strip_shows_each_level_by_its_height(client_of: Browser, consumer: User, provider: DigitalService) -> None:
    for days, impact in ((30, "full"), (10, "partial")):
        outage(provider, ago=days * DAY, back=HOUR, impact=impact)
    shown = page(client_of(consumer))
    (strip,) = (part for part in shown.split("<svg")[1:] if "strip__partial" in part and 'viewBox="0 0 360' in part)
    for name, drawn in (("outage", "0v24"), ("partial", "7v17"), ("quiet", "20v4")):
        path = strip.split(f'strip__{name}" d="')[1].split('"')[0]
        assert path.split()[1].startswith(drawn)
