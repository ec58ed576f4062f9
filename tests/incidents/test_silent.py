"""The silent-outage alarm: distinct consumers, the window, once; how it ends; whose eyes it is for."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from entities.models import DigitalService, Entity, Notice, User
from entities.permissions import Role
from entities.row_security import acting_as
from incidents import actions, silent
from incidents.actions import linking
from incidents.errors import MoveRefused
from incidents.lifecycle import ReportKind
from incidents.models import Draft, Policy, Report, SilentOutage
from incidents.models.event import seeding
from incidents.models.policy import rules_of
from tests.factories import a_dependency, a_person, a_report, a_reviewer, a_service, a_team, an_entity, answers

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def consumed(
    provider: DigitalService, *, by: User | None = None, ago: timedelta = timedelta(), **columns: Any
) -> Report:
    """Another entity reports the service; `ago` as it was filed then."""
    at, by = timezone.now() - ago, by or a_person()
    token = seeding.set(bool(ago))
    try:
        service = a_service(entity=by.acting.entity) if by.acting else None
        return a_report(ReportKind.CONSUMED_OUTAGE, by=by, service=service, provider=provider, at=at, **columns)
    finally:
        seeding.reset(token)


def suspected(provider: DigitalService, **columns: Any) -> SilentOutage:
    """Two entities report a critical service."""
    for _n in range(2):
        consumed(provider, **columns)
    return SilentOutage.objects.get(service=provider)


def owner_of(provider: DigitalService, role: Role = Role.DIRECTOR) -> User:
    return a_person(role, entity=provider.entity)


def standing() -> list[DigitalService]:
    return [alarm.service for alarm in SilentOutage.objects.open()]


# --- Raised -------------------------------------------------------------------------------------------------------


def test_the_second_entity_raises_it_with_counts_and_the_owner_is_told() -> None:
    provider = a_service(tier=1)
    for _n in range(3):
        a_dependency(a_service(), provider)
    a_dependency(a_service(is_active=False), provider)
    consumed(provider, symptom=["errors"])
    assert standing() == []
    report = consumed(provider, symptom=["errors", "slow"])
    alarm = SilentOutage.objects.get()
    assert (alarm.service, alarm.entity, alarm.consumers, alarm.relying) == (provider, provider.entity, 2, 5)
    assert alarm.symptoms == [["errors", 2], ["slow", 1]]
    assert set(alarm.reports.values_list("provider_service", flat=True)) == {provider.pk}
    assert report.silent_outages.get() == alarm
    notice = Notice.objects.get(kind=Notice.Kind.SILENT_OUTAGE)
    assert (notice.entity, notice.service, notice.data["consumers"]) == (provider.entity, provider, 2)


def test_one_entity_that_reports_twice_is_one() -> None:
    provider, consumer = a_service(tier=0), a_person()
    for _n in range(3):
        consumed(provider, by=consumer)
    assert standing() == []


@pytest.mark.parametrize(("tier", "needed"), [(0, 2), (1, 2), (2, 3), (3, 3)])
def test_lower_tiers_need_three(tier: int, needed: int) -> None:
    provider = a_service(tier=tier)
    for n in range(1, needed + 1):
        consumed(provider)
        assert len(standing()) == (n == needed)


def test_the_window_slides() -> None:
    provider = a_service(tier=0)
    consumed(provider, ago=91 * MINUTE)
    consumed(provider, ago=30 * MINUTE)
    assert standing() == []
    consumed(provider)
    assert SilentOutage.objects.get().consumers == 2


def test_who_comes_later_is_counted_into_it_and_nobody_is_told_twice() -> None:
    provider = a_service(tier=0)
    alarm = suspected(provider)
    SilentOutage.objects.update(opened_at=alarm.opened_at - timedelta(hours=3))
    consumed(provider)
    found = SilentOutage.objects.get()
    assert (found.consumers, found.version) == (3, alarm.version + 1)
    assert Notice.objects.filter(kind=Notice.Kind.SILENT_OUTAGE).count() == 1


def test_a_service_that_nobody_has_listed_has_no_owner_to_wake() -> None:
    named = DigitalService.objects.write_down(
        DigitalService(name_ar="خدمة ما", owner_named="جهة ما"), sector=an_entity().sector
    )
    consumed(named)
    consumed(named)
    assert standing() == []


def test_what_a_version_of_the_policy_asks_for_counts() -> None:
    Policy.objects.get().alarm_rules.filter(tier=0).update(consumers=3)
    rules_of.cache_clear()
    try:
        provider = a_service(tier=0)
        consumed(provider)
        consumed(provider)
        assert standing() == []
        consumed(provider)
        assert standing() == [provider]
    finally:
        rules_of.cache_clear()


def test_a_common_upstream_is_named() -> None:
    hosting, first, second = a_service(tier=0), a_service(tier=0), a_service(tier=0)
    a_dependency(first, hosting)
    a_dependency(second, hosting)
    assert suspected(first).common is None
    assert suspected(second).common == hosting
    actions.watch_silence(at=timezone.now())
    assert SilentOutage.objects.get(service=first).common == hosting


# --- Not raised, and ended ----------------------------------------------------------------------------------------


def test_no_alarm_beside_the_owners_own_report_or_its_maintenance() -> None:
    reported, works = a_service(tier=0), a_service(tier=0)
    a_report(by=owner_of(reported), service=reported)
    director = owner_of(works)
    now = timezone.now()
    window = a_report(
        ReportKind.MAINTENANCE, by=director, service=works, window_start=now - MINUTE, window_end=now + 60 * MINUTE
    )
    actions.start_window(window, by=director)
    for provider in (reported, works):
        consumed(provider)
        consumed(provider)
    actions.watch_silence(at=timezone.now())
    assert standing() == []


def test_the_owners_report_ends_it_in_its_own_filing() -> None:
    provider = a_service(tier=0)
    suspected(provider)
    director = owner_of(provider)
    report = a_report(by=director, service=provider)
    alarm = SilentOutage.objects.get()
    assert (alarm.closed_because, alarm.report) == ("filed", report)
    actions.restore(report, restored_at=timezone.now(), by=director)
    actions.watch_silence(at=timezone.now())
    assert standing() == [], "what was reported before the owner's last word raises no other"


def test_it_ends_when_no_consumer_reports_it_any_more() -> None:
    provider = a_service(tier=0)
    alarm = suspected(provider)
    lead = a_reviewer(Role.LEAD)
    for report in alarm.reports.all():
        actions.move(report, "dismiss", note="خطأ في الإعدادات لديهم", by=lead)
    actions.watch_silence(at=timezone.now())
    alarm.refresh_from_db()
    assert alarm.closed_because == "ended"


@pytest.mark.parametrize("taken_back", ["withdraw", "dismiss"])
def test_a_report_of_the_owners_that_was_none_is_no_word_of_its(taken_back: str) -> None:
    provider = a_service(tier=0)
    suspected(provider)
    director = owner_of(provider)
    report = a_report(by=director, service=provider)
    actions.restore(report, restored_at=timezone.now(), by=director)
    actions.watch_silence(at=timezone.now())
    assert standing() == []
    if taken_back == "withdraw":
        actions.withdraw(report, note="بُلِّغ خطأ", by=director)
        actions.confirm_withdrawal(report, by=a_reviewer())
    else:
        actions.undo_restore(report, by=director)
        actions.move(report, "dismiss", note="خارج النطاق", by=a_reviewer())
    actions.watch_silence(at=timezone.now())
    assert standing() == [provider]


def test_an_alarm_on_a_service_that_was_deactivated_ends_and_no_other_comes() -> None:
    service, closed = a_service(tier=0), a_service(tier=0)
    alarms = [suspected(service), suspected(closed)]
    DigitalService.objects.filter(pk=service.pk).update(is_active=False)
    Entity.objects.filter(pk=closed.entity_id).update(is_active=False)
    for _twice in range(2):
        actions.watch_silence(at=timezone.now())
        assert standing() == []
    for alarm in alarms:
        alarm.refresh_from_db()
        assert alarm.closed_because == "retired"


def test_one_alarm_that_cannot_be_looked_at_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, ended = a_service(tier=0), a_service(tier=0)
    suspected(broken)
    suspected(ended)
    DigitalService.objects.filter(pk=ended.pk).update(is_active=False)
    real = silent.ground_of

    def ground_of(service: int, **more: Any) -> silent.Ground | None:
        if service == broken.pk:
            raise ValueError("broken")
        return real(service, **more)

    monkeypatch.setattr("incidents.actions.silent.ground_of", ground_of)
    actions.watch_silence(at=timezone.now())
    assert standing() == [broken]
    assert [record.reference for record in caplog.records] == [f"digitalservice {broken.pk}"]  # type: ignore[attr-defined]  # ours


def test_one_report_that_cannot_be_linked_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = a_service(tier=0)
    first, second = consumed(provider), consumed(provider)
    owners = a_report(by=owner_of(provider), service=provider)
    real = linking.take_for_sweep

    def take(report: Report, name: str) -> Any:
        if report == first:
            raise ValueError("broken")
        return real(report, name)

    monkeypatch.setattr(linking, "take_for_sweep", take)
    assert actions.link_to_owners(at=timezone.now()) == 1
    second.refresh_from_db()
    assert second.owner_reference == owners.reference


def test_the_sweep_raises_what_the_filings_could_not_see() -> None:
    provider = a_service(tier=0)
    suspected(provider)
    SilentOutage.objects.all().delete()
    actions.watch_silence(at=timezone.now())
    assert standing() == [provider]
    before = SilentOutage.objects.get().version
    actions.watch_silence(at=timezone.now())
    assert SilentOutage.objects.get().version == before


def test_the_authority_dismisses_with_a_reason_and_what_was_reported_raises_no_other() -> None:
    provider = a_service(tier=0)
    alarm, lead = suspected(provider), a_reviewer(Role.LEAD)
    with pytest.raises(MoveRefused):
        actions.dismiss_alarm(alarm, reason=" ", by=lead)
    with pytest.raises(MoveRefused):
        actions.dismiss_alarm(alarm, reason="لا", by=owner_of(provider))
    actions.dismiss_alarm(alarm, reason="عطل محلي لدى جهتين", by=lead)
    actions.watch_silence(at=timezone.now())
    consumed(provider)
    assert standing() == []
    consumed(provider)
    assert standing() == [provider]


# --- The owner's answer -------------------------------------------------------------------------------------------


def test_the_owner_that_sees_nothing_wrong_says_what_it_looked_at_and_the_alarm_stands() -> None:
    provider = a_service(tier=0)
    alarm, director = suspected(provider), owner_of(provider)
    with pytest.raises(MoveRefused):
        actions.deny_outage(alarm, evidence="", by=director)
    with pytest.raises(MoveRefused):
        actions.deny_outage(alarm, evidence="سليم", by=a_person())
    actions.deny_outage(alarm, evidence="المؤشرات طبيعية", by=director)
    alarm.refresh_from_db()
    assert alarm.is_open
    assert (alarm.evidence, alarm.denied_by) == ("المؤشرات طبيعية", director.public_id)
    assert Notice.objects.filter(kind=Notice.Kind.SILENT_DENIED, entity=provider.entity).count() == 1


def test_one_tap_prepares_the_owners_report_once() -> None:
    provider = a_service(tier=0)
    a_team(provider.entity)
    alarm, director = suspected(provider, symptom=["payment"]), owner_of(provider)
    draft = actions.prepare_report(alarm, by=director)
    assert (draft.service, draft.text["symptom"], draft.text["services"]) == (provider, ["payment"], [str(provider.pk)])
    assert actions.prepare_report(alarm, by=owner_of(provider, Role.ALTERNATE)) == draft


def test_who_presses_while_a_colleague_begins_a_draft_is_led_to_hers(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = a_service(tier=0)
    a_team(provider.entity)
    alarm, director = suspected(provider), owner_of(provider)
    hers: list[Draft] = []

    def meanwhile(alarm: SilentOutage, *, at: datetime) -> dict[str, Any]:
        key = {"key": uuid.uuid4(), "started_by": director, "last_writer": director}
        hers.append(Draft.objects.create(entity=provider.entity, kind=ReportKind.OWN_OUTAGE, service=provider, **key))
        return {}

    monkeypatch.setattr("incidents.actions.silent._report_text", meanwhile)
    assert actions.prepare_report(alarm, by=owner_of(provider, Role.ALTERNATE)) == hers[0]


# --- On PostgreSQL ------------------------------------------------------------------------------------------------


@pytest.mark.wide
@pytest.mark.django_db(transaction=True)
def test_two_consumers_who_file_at_once_raise_it_once() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer: this is about PostgreSQL")
    provider, people = a_service(tier=0), [a_person() for _n in range(4)]
    owner, start = owner_of(provider), threading.Barrier(len(people))

    def file(person: User) -> None:
        with closing(connection), acting_as(person):
            start.wait()
            assert person.acting is not None
            actions.file_report(
                kind=ReportKind.CONSUMED_OUTAGE, entity=person.acting.entity, key=uuid.uuid4(), by=person,
                answers=answers(ReportKind.CONSUMED_OUTAGE, service=services[person.pk], provider=provider),
            )  # fmt: skip

    services = {person.pk: a_service(entity=person.acting.entity) for person in people if person.acting}
    with ThreadPoolExecutor(len(people)) as pool:
        for done in [pool.submit(file, person) for person in people]:
            done.result()
    alarm = SilentOutage.objects.get()
    assert (alarm.consumers, alarm.reports.count(), alarm.is_open) == (4, 4, True)
    assert Notice.objects.filter(kind=Notice.Kind.SILENT_OUTAGE).count() == 1
    with acting_as(owner):
        assert SilentOutage.objects.get() == alarm
        assert not alarm.counted.exists(), "whose reports they are is the authority's"
    with acting_as(people[0]):
        assert not SilentOutage.objects.exists()
