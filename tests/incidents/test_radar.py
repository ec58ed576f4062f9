"""The conflict radar: each kind of conflict, its acknowledgement at filing, and the three quiet windows."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from entities.models import DigitalService, User
from entities.permissions import Role
from incidents.calendar import RIYADH
from incidents.conflicts import Conflict, Kind
from incidents.forms.doors import DOORS
from incidents.lifecycle import ReportKind
from incidents.models import FreezePeriod, Holiday, Report
from incidents.models.freeze import forget_freezes
from incidents.models.policy import forget_calendar, work_calendar
from incidents.radar import conflicts, earliest_start, quiet_windows
from tests.factories import a_dependency, a_person, a_report, a_reviewer, a_service
from tests.incidents.pages import text_of
from tests.incidents.typed import a_director, minimal

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
URL = DOORS["maintenance"].url


def night(days: int = 21) -> tuple[datetime, datetime]:
    day = timezone.localdate() + timedelta(days=days)
    start = datetime.combine(day, datetime.min.time(), RIYADH) + timedelta(hours=2)
    return start, start + timedelta(hours=2)


def works(service: DigitalService, window: tuple[datetime, datetime], **more: Any) -> Report:
    there = User.objects.filter(memberships__entity=service.entity, memberships__role=Role.DIRECTOR).first()
    by = there or a_person(entity=service.entity)
    by.acting = by.memberships.select_related("entity").get()
    return a_report(
        ReportKind.MAINTENANCE, by=by, service=service, window_start=window[0], window_end=window[1], **more
    )


def found(service: DigitalService, window: tuple[datetime, datetime] | None = None) -> list[Conflict]:
    return conflicts([service], window or night(), at=timezone.now(), key=uuid.uuid4())


def kinds(service: DigitalService, window: tuple[datetime, datetime] | None = None) -> list[tuple[Kind, bool]]:
    return [(conflict.kind, conflict.hard) for conflict in found(service, window)]


def a_freeze(first: date, last: date, **more: Any) -> FreezePeriod:
    freeze = FreezePeriod.objects.create(
        first_day=first, last_day=last, confirmed_at=timezone.now(),
        **{"name_ar": "نتائج الاختبارات", "name_en": "Exam results", **more},
    )  # fmt: skip
    forget_freezes()
    return freeze


@pytest.fixture(autouse=True)
def _no_days_off() -> None:
    Holiday.objects.all().delete()
    forget_calendar()


@pytest.fixture
def service() -> DigitalService:
    return a_service(tier=1)


def test_nothing_in_the_way_is_no_conflict(service: DigitalService) -> None:
    works(service, night(25))
    works(a_service(), night())
    assert kinds(service) == []


def test_another_window_of_the_same_service(service: DigitalService) -> None:
    start, end = night()
    works(service, (start + timedelta(hours=1), end + timedelta(hours=1)))
    assert kinds(service) == [(Kind.SAME_SERVICE, True)]
    assert kinds(service, (end + timedelta(hours=1), end + timedelta(hours=2))) == [(Kind.SAME_SERVICE, True)], "near"
    assert kinds(service, (end + timedelta(hours=2), end + timedelta(hours=3))) == []


@pytest.mark.parametrize(("strength", "hard"), [("hard", True), ("soft", False)])
def test_maintenance_of_a_provider(service: DigitalService, strength: str, hard: bool) -> None:
    provider = a_service()
    a_dependency(service, provider, strength=strength)
    works(provider, night(), title="عنوان سري", summary="عنوان سري")
    found = conflicts([service], night(), at=timezone.now(), key=uuid.uuid4())
    assert [(each.kind, each.hard, each.reference) for each in found] == [(Kind.PROVIDER, hard, "")]
    assert provider.name_ar in found[0].sentence and "سري" not in str(found[0].as_data)


def test_maintenance_of_a_consumer_and_its_peak(service: DigitalService) -> None:
    consumer = a_service(tier=3)
    a_dependency(consumer, service)
    works(consumer, night())
    day = night()[0].date()
    a_freeze(day, day, tiers=[3])
    assert kinds(service) == [(Kind.CONSUMER, False), (Kind.PEAK, False)]


def test_the_peak_of_a_consumer_has_its_arabic_name_where_it_has_no_other(service: DigitalService) -> None:
    consumer = a_service(tier=1)
    a_dependency(consumer, service)
    peak = a_freeze(night()[0].date(), night()[1].date(), tiers=[1], name_en="")
    service.tier = 3
    [conflict] = [each for each in found(service) if each.kind == Kind.PEAK]
    with translation.override("en"):
        assert conflict.sentence.startswith(f"{peak.name_ar} · {consumer.name_en}")


def test_a_freeze_period_of_its_own(service: DigitalService) -> None:
    day = night()[0].date()
    freeze = a_freeze(day - timedelta(days=1), day, tiers=[1])
    assert kinds(service) == [(Kind.FREEZE, True)]
    assert kinds(a_service(tier=2)) == []
    freeze.sectors.add(service.entity.sector)
    forget_freezes()
    assert kinds(service) == [(Kind.FREEZE, True)]


def test_a_live_outage_upstream_counts_for_works_that_are_near(service: DigitalService) -> None:
    provider = a_service()
    a_dependency(service, provider)
    a_report(by=a_person(entity=provider.entity), service=provider)
    assert kinds(service, night(1)) == [(Kind.OUTAGE, True)]
    assert kinds(service, night(21)) == []


def test_a_day_off(service: DigitalService) -> None:
    Holiday.objects.create(day=night()[0].date(), name_ar="يوم", name_en="Day", kind="off")
    forget_calendar()
    assert kinds(service) == [(Kind.DAY_OFF, False)]


def test_a_conflict_is_read_back_as_it_was_written(service: DigitalService) -> None:
    works(service, night())
    conflict = found(service)[0]
    assert Conflict.read(conflict.as_data) == conflict


def test_it_asks_as_much_for_many_neighbours_as_for_few(
    service: DigitalService, django_assert_max_num_queries: Any
) -> None:
    for _n in range(5):
        neighbour = a_service()
        a_dependency(service, neighbour)
        works(neighbour, night())
    conflicts([service], night(), at=timezone.now(), key=uuid.uuid4())
    with django_assert_max_num_queries(5):
        assert len(kinds(service)) == 5


# --- Quiet windows ---------------------------------------------------------------------------------------------------
def test_three_quiet_windows_stand_clear_on_three_days(service: DigitalService) -> None:
    now, lead = timezone.now(), 5 * 8 * 60
    first = earliest_start(now, lead_minutes=lead)
    a_freeze(first.date() + timedelta(days=1), first.date() + timedelta(days=1))
    provider = a_service()
    a_dependency(service, provider)
    blocked = (first + timedelta(days=2), first + timedelta(days=2, hours=23))
    works(provider, blocked)
    proposed = quiet_windows([service], timedelta(hours=3), lead_minutes=lead, at=now, key=uuid.uuid4())
    days = [window.start.astimezone(RIYADH).date() for window in proposed]
    assert days == [first.date() + timedelta(days=n) for n in (0, 3, 4)]
    for window in proposed:
        assert window.end - window.start == timedelta(hours=3)
        assert window.end.astimezone(RIYADH).hour <= 5
        assert work_calendar().working_minutes_between(now, window.start) >= lead
        assert conflicts([service], (window.start, window.end), at=now, key=uuid.uuid4()) == []


# --- At filing --------------------------------------------------------------------------------------------------------
def test_every_conflict_is_acknowledged_with_a_reason_before_it_is_filed(client_of: ClientOf) -> None:
    director = a_director()
    assert director.acting
    service = a_service(entity=director.acting.entity)
    provider = a_service()
    a_dependency(service, provider)
    works(provider, night())
    browser, form = client_of(director), minimal("maintenance", service=service)
    asked = browser.post(URL, form)
    assert asked.status_code == 409
    assert provider.name_ar in asked.content.decode()
    keys = [conflict.key for conflict in asked.context["form"].conflicts]
    assert browser.post(URL, {**form, "acknowledged": keys}).status_code == 409, "a hard one asks for a reason"
    reason = "لا يعمل المورد إلا تلك الليلة"
    assert browser.post(URL, {**form, "conflict_reason": reason}).status_code == 409
    assert not Report.objects.of(director.acting.entity).exists()
    assert browser.post(URL, {**form, "acknowledged": keys, "conflict_reason": reason}).status_code == 302
    report = Report.objects.of(director.acting.entity).get()
    data = report.events.get().data
    assert [each["kind"] for each in data["conflicts"]] == ["provider"] and data["conflict_reason"] == reason
    page = text_of(client_of(a_reviewer(Role.LEAD)).get(reverse("report_detail", args=[report.reference])))
    assert provider.name_ar in page and reason in page


def test_a_quiet_window_is_filled_in_with_one_tap_and_without_a_script(client_of: ClientOf) -> None:
    director = a_director()
    assert director.acting
    service = a_service(entity=director.acting.entity)
    works(service, night())
    browser, form = client_of(director), minimal("maintenance", service=service)
    quiet = browser.post(URL, form).context["follows"].quiet
    assert len(quiet) == 3
    page = browser.post(URL, {**form, "window": quiet[1].value})
    assert page.status_code == 200
    assert page.context["form"].window == (quiet[1].start, quiet[1].end)
    assert (
        page.context["form"].conflicts == [] and not Report.objects.filter(entity=service.entity, status="x").exists()
    )
    assert browser.post(URL, {**form, "window": "../.."}).status_code == 200
    assert (
        client_of(a_director(service.entity, Role.MEMBER)).post(URL, {**form, "window": quiet[0].value}).status_code
        == 200
    )


def test_the_preview_shows_the_conflicts_once(client_of: ClientOf) -> None:
    director = a_director()
    assert director.acting
    service = a_service(entity=director.acting.entity)
    report = works(service, night())
    browser, form = client_of(director), minimal("maintenance", service=service)
    address = reverse("preview", args=["maintenance"])
    page = browser.post(address, form)
    assert 'id="radar-slot"' in page.content.decode() and report.reference in page.content.decode()
    again = browser.post(address, {**form, "radar": page.context["follows"].mark})
    assert 'id="radar-slot"' not in again.content.decode(), "what is being typed there is not taken away"


def test_emergency_works_are_warned_and_not_held_up(client_of: ClientOf) -> None:
    director = a_director()
    assert director.acting
    service = a_service(entity=director.acting.entity)
    now = timezone.now()
    works(service, (now + timedelta(minutes=5), now + timedelta(hours=2)))
    form = minimal("emergency-maintenance", service=service)
    page = client_of(director).post(reverse("preview", args=["emergency-maintenance"]), form).content.decode()
    assert "كل تعارض" not in page and service.name_ar in page


# --- At rescheduling --------------------------------------------------------------------------------------------------
def typed(window: tuple[datetime, datetime]) -> dict[str, str]:
    names = {"window_start": window[0].astimezone(RIYADH), "window_end": window[1].astimezone(RIYADH)}
    moments = {f"{name}_date": moment.date().isoformat() for name, moment in names.items()}
    moments |= {f"{name}_time": f"{moment:%H:%M}" for name, moment in names.items()}
    return {**moments, "window_start_day": "", "window_end_day": "", "note": "بطلب المورد"}


def test_another_window_asks_for_its_conflicts_as_the_first_one_did(client_of: ClientOf) -> None:
    director = a_director()
    assert director.acting
    service, other, provider = a_service(entity=director.acting.entity), a_service(), a_service()
    a_dependency(service, provider)
    a_dependency(service, other, strength="soft")
    for neighbour in (provider, other):
        works(neighbour, night(30))
    report, browser = works(service, night()), client_of(director)
    page, url = (reverse(name, args=[report.reference]) for name in ("report_detail", "report_reschedule"))
    assert "acknowledged" not in text_of(browser.get(page)), "nobody has named a window yet"
    form = {**typed(night(30)), "seen": str(report.version)}
    asked = browser.post(url, form)
    shown = text_of(asked)
    assert asked.status_code == 422
    assert provider.name_ar in shown and other.name_ar in shown
    keys = [conflict.key for conflict in asked.context["form"].conflicts]
    again = text_of(browser.post(url, {**form, "acknowledged": keys[:1]}))
    assert [f'value="{key}" checked' in again for key in keys] == [True, False], "what was ticked stays so"
    assert browser.post(url, {**form, "acknowledged": keys}).status_code == 422, "a hard one asks for a reason"
    assert report.events.count() == 1
    reason = "لا يعمل المورد إلا تلك الليلة"
    assert browser.post(url, {**form, "acknowledged": keys, "conflict_reason": reason}).status_code == 302
    data = report.events.latest("seq").data
    assert (data["move"], data["conflict_reason"]) == ("reschedule", reason)
    assert [(each["kind"], each["hard"]) for each in data["conflicts"]] == [("provider", True), ("provider", False)]
    told = text_of(client_of(a_reviewer(Role.LEAD)).get(page))
    assert provider.name_ar in told and reason in told


def test_a_new_window_in_the_way_of_others_is_answered_with_three_quiet_ones(client_of: ClientOf) -> None:
    director = a_director()
    assert director.acting
    service, provider = a_service(entity=director.acting.entity), a_service()
    a_dependency(service, provider)
    works(provider, night(30))
    report, browser = works(service, night()), client_of(director)
    url = reverse("report_reschedule", args=[report.reference])
    form = {**typed(night(30)), "seen": str(report.version)}
    asked = browser.post(url, form)
    quiet = asked.context["form"].quiet
    assert len(quiet) == 3 and all(window.value in asked.content.decode() for window in quiet)
    lengths = {window.end - window.start for window in quiet}
    assert lengths == {night(30)[1] - night(30)[0]}, "as long as the one that was named"
    taken = browser.post(url, {**form, "window": quiet[1].value})
    shown = text_of(taken)
    local = quiet[1].start.astimezone(RIYADH)
    assert taken.status_code == 200 and report.events.count() == 1, "filled in, and nothing is sent"
    assert f'value="{local:%H:%M}"' in shown and "بطلب المورد" in shown
    for nonsense in ("../..", "0001-01-01T00:00/9999-12-31T23:59"):
        assert browser.post(url, {**form, "window": nonsense}).status_code == 200
    sent = {**typed((quiet[1].start, quiet[1].end)), "seen": str(report.version)}
    assert browser.post(url, sent).status_code == 302
    report.refresh_from_db()
    assert report.window_start == quiet[1].start


def test_works_that_could_not_wait_are_moved_without_being_asked(client_of: ClientOf) -> None:
    director = a_director()
    assert director.acting
    service = a_service(entity=director.acting.entity)
    works(service, night(30))
    urgent = works(service, night(), work_kind="emergency", is_emergency=True)
    url = reverse("report_reschedule", args=[urgent.reference])
    assert client_of(director).post(url, {**typed(night(30)), "seen": str(urgent.version)}).status_code == 302


# --- Severity ---------------------------------------------------------------------------------------------------------
def test_a_freeze_period_weighs_in_the_severity_of_an_outage() -> None:
    quiet = a_report(service=(calm := a_service(tier=2)), by=a_person(entity=calm.entity))
    today = timezone.localdate()
    a_freeze(today, today)
    peak = a_report(service=(busy := a_service(tier=2)), by=a_person(entity=busy.entity))
    assert "peak" in peak.severity_reasons and "peak" not in quiet.severity_reasons
