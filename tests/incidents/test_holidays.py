"""The working calendar: what is proposed does not count; what an admin confirms does, on the days the moon chose."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from entities.models import AuditEvent, User
from entities.permissions import Role
from incidents import actions
from incidents.errors import MoveRefused
from incidents.models import Holiday
from incidents.models.policy import work_calendar
from incidents.rulebook.holidays import confirmed, find, proposed
from tests.factories import a_person

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
YEAR = 2031  # the first that the portal does not bring along


def names(year: int) -> list[str]:
    return [period.name_en for period in proposed(year, confirmed())]


def test_the_days_that_came_with_the_portal_count() -> None:
    assert Holiday.objects.filter(confirmed_by__isnull=True).count() == Holiday.objects.count() > 0
    assert names(2027) == []
    assert not work_calendar().is_working_day(date(2026, 9, 23))


def test_a_later_year_is_proposed_and_does_not_count() -> None:
    assert names(YEAR) == ["Founding Day", "National Day", "Ramadan"]  # its Eids came with 2030's Ramadan
    assert set(names(2032)) == {"Founding Day", "National Day", "Ramadan", "Eid al-Fitr", "Eid al-Adha"}
    assert work_calendar().is_working_day(date(YEAR, 9, 23))


def test_an_admin_confirms_it_a_day_later(client_of: ClientOf, django_capture_on_commit_callbacks: Callable) -> None:
    eid = next(period for period in proposed(2032, confirmed()) if period.name_en == "Eid al-Fitr")
    work_calendar()
    form = {"was_kind": "off", "was_first": f"{eid.first:%Y-%m-%d}", "shift": 1}
    admin = a_person(Role.ADMIN)
    with django_capture_on_commit_callbacks(execute=True):
        assert client_of(admin).post("/policies/holidays/confirm/", form).status_code == 302
    first = eid.first + timedelta(days=1)
    found = find(confirmed(), kind="off", first=first)
    assert found is not None
    assert found.days == eid.days
    assert first in work_calendar().holidays
    assert eid.first not in work_calendar().holidays
    assert "Eid al-Fitr" not in names(2032)
    assert set(Holiday.objects.filter(day=first).values_list("confirmed_by", flat=True)) == {admin.public_id}
    assert AuditEvent.objects.filter(action="CONFIGURATION", data__done="confirmed").count() == 1


def test_a_period_is_moved_and_taken_out(client_of: ClientOf) -> None:
    browser, day = client_of(a_person(Role.ADMIN)), date(2027, 2, 22)
    was = {"was_kind": "off", "was_first": f"{day:%Y-%m-%d}"}
    said = {**was, "kind": "off", "name_ar": "يوم التأسيس", "name_en": "Founding Day", "first": "٢١/٠٢/٢٠٢٧", "days": 2}
    assert browser.post("/policies/holidays/set/", {**said, "days": "x"}).status_code == 422
    assert browser.post("/policies/holidays/set/", said).status_code == 302
    period = find(confirmed(), kind="off", first=date(2027, 2, 21))
    assert period is not None
    assert period.days == 2
    browser.post("/policies/holidays/remove/", {"was_kind": "off", "was_first": "2027-02-21"})
    assert not Holiday.objects.filter(day=day, kind="off").exists()
    assert "Founding Day" in names(2027)


def test_two_names_do_not_share_a_day(client_of: ClientOf) -> None:
    said = {"kind": "off", "name_ar": "إجازة", "first": "2027-09-22", "days": 3}
    answer = client_of(a_person(Role.ADMIN)).post("/en/policies/holidays/set/", said)
    assert answer.status_code == 422
    assert "2027-09-23 is National Day already." in answer.content.decode()
    assert not Holiday.objects.filter(day=date(2027, 9, 22), kind="off").exists()


def test_two_admins_who_enter_one_day_at_once_are_told_so(client_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second looked before the first had saved."""
    monkeypatch.setattr(Holiday.objects, "filter", lambda **asked: Holiday.objects.none())
    said = {"kind": "off", "name_ar": "إجازة", "first": "2027-09-23", "days": 1}
    answer = client_of(a_person(Role.ADMIN)).post("/en/policies/holidays/set/", said)
    assert answer.status_code == 422
    assert "Somebody else has just entered one of these days" in answer.content.decode()


def test_only_admins_change_the_calendar_and_the_authority_reads_it(client_of: ClientOf) -> None:
    browser = client_of(a_person(Role.REVIEWER))
    page = browser.get(f"/en/policies/holidays/?year={timezone.localdate().year + 5}").content.decode()
    assert "Proposed, does not count" in page
    assert "/policies/holidays/confirm/" not in page
    assert browser.post("/policies/holidays/set/", {}).status_code == 403
    with pytest.raises(MoveRefused):
        actions.remove_days(confirmed()[0], by=a_person(Role.LEAD))


def test_the_hijri_day_stands_beside_the_gregorian_one(client_of: ClientOf) -> None:
    page = client_of(a_person(Role.AUDITOR)).get("/en/policies/holidays/?year=2027").content.decode()
    assert "1 Shawwal 1448 AH" in page
