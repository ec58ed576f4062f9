"""The calendar of maintenance: who sees whose windows, on which days, beside which periods."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents import actions
from incidents.calendar import RIYADH
from incidents.days import Sheet, read_day
from incidents.lifecycle import ReportKind
from incidents.models import FreezePeriod, Holiday, Report
from incidents.models.freeze import forget_freezes
from incidents.windows import Choice, windows_between
from tests.factories import a_dependency, a_person, a_report, a_reviewer, a_service

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
AHEAD = timedelta(days=20)


def works(by: User, **more: Any) -> Report:
    start = timezone.now() + AHEAD
    return a_report(
        ReportKind.MAINTENANCE, by=by, **{"window_start": start, "window_end": start + timedelta(hours=2)} | more
    )


def seen(reader: User, **chosen: Any) -> set[str]:
    now = timezone.now()
    found = windows_between(now, now + timedelta(days=40), reader=reader, chosen=Choice(**chosen))
    return {window.service.name_ar for window in found}


def test_an_entity_sees_its_own_windows_and_those_it_relies_on_and_no_other() -> None:
    me, provider, stranger = a_person(), a_person(), a_person()
    assert me.acting and provider.acting
    mine, theirs = a_service(entity=me.acting.entity), a_service(entity=provider.acting.entity)
    a_dependency(mine, theirs)
    for person, service in ((me, mine), (provider, theirs), (stranger, None)):
        works(person, service=service)
    assert seen(me) == {mine.name_ar, theirs.name_ar}
    assert theirs.name_ar in seen(provider) and mine.name_ar not in seen(provider)
    assert len(seen(a_reviewer())) == 3
    assert seen(me, service=theirs.pk) == {theirs.name_ar}
    assert seen(me, tier=3) == set()


def test_of_another_entitys_works_the_page_says_no_typed_word(client_of: ClientOf) -> None:
    me, provider = a_person(), a_person()
    assert me.acting and provider.acting
    theirs = a_service(entity=provider.acting.entity)
    a_dependency(a_service(entity=me.acting.entity), theirs)
    report = works(provider, service=theirs, title="عنوان سري", summary="عنوان سري")
    day = timezone.localdate() + AHEAD
    for view in ("month", "week", "agenda"):
        page = client_of(me).get(reverse("calendar"), {"view": view, "day": f"{day}"}).content.decode()
        assert theirs.name_ar in page
        assert "عنوان سري" not in page and report.reference not in page
        assert (
            report.reference
            in client_of(provider).get(reverse("calendar"), {"view": view, "day": f"{day}"}).content.decode()
        )


def test_what_was_called_off_is_gone_and_what_is_over_stays() -> None:
    me = a_person()
    report = works(me)
    assert len(seen(me)) == 1
    actions.move(report, "cancel", note="لم يعد لازمًا", by=me)
    assert seen(me) == set()


def test_a_month_begins_on_sunday_and_says_the_hijri_day() -> None:
    sheet = Sheet("month", on=date(2026, 11, 15), reader=a_person(), chosen=Choice())
    assert sheet.days[0].day == date(2026, 11, 1)
    assert all(row[0].day.weekday() == 6 and len(row) == 7 for row in sheet.rows)
    assert (sheet.before, sheet.after) == (date(2026, 10, 1), date(2026, 12, 1))
    assert sheet.days[1].hijri.isdigit() and " " in sheet.days[0].hijri
    assert read_day("not a day") == read_day("9999-01-01") == timezone.localdate()


def test_freeze_periods_and_days_off_are_bands() -> None:
    FreezePeriod.objects.create(
        name_ar="نتائج", name_en="Results", first_day=date(2026, 9, 21), last_day=date(2026, 9, 22),
        confirmed_at=timezone.now(),
    )  # fmt: skip
    forget_freezes()
    assert Holiday.objects.filter(day=date(2026, 9, 23)).exists()
    sheet = Sheet("week", on=date(2026, 9, 22), reader=a_person(), chosen=Choice())
    bands = {day.day.day: [(band.name, band.begins) for band in day.bands] for day in sheet.days if day.bands}
    assert bands == {21: [("نتائج", True)], 22: [("نتائج", False)], 23: [("اليوم الوطني", True)]}


def test_a_window_over_midnight_stands_on_both_days() -> None:
    me = a_person()
    day = timezone.localdate() + AHEAD
    start = datetime.combine(day, datetime.min.time(), RIYADH) + timedelta(hours=23)
    works(me, window_start=start, window_end=start + timedelta(hours=2))
    sheet = Sheet("agenda", on=day, reader=me, chosen=Choice())
    assert [each.day for each in sheet.agenda if each.windows] == [day, day + timedelta(days=1)]


def test_the_page_asks_as_much_for_many_windows_as_for_few(
    client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    reviewer = a_reviewer(Role.LEAD)
    browser = client_of(reviewer)
    for _n in range(6):
        works(a_person())
    browser.get(reverse("calendar"))
    with django_assert_max_num_queries(8):
        page = browser.get(reverse("calendar"), {"day": f"{timezone.localdate() + AHEAD}"})
    assert page.status_code == 200
    assert len(page.context["sheet"].windows) == 6


@pytest.mark.parametrize("query", ["entity=x&sector=y&tier=z&service=w", "view=none&day=1448-01-01", "tier=9"])
def test_a_filter_that_means_nothing_is_left_out(query: str, client_of: ClientOf) -> None:
    assert client_of(a_person()).get(f"{reverse('calendar')}?{query}").status_code == 200
