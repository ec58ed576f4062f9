"""Freeze periods: proposed by the Hijri calendar, kept by admins, and read by nobody else's hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from entities.models import AuditEvent, User
from entities.permissions import Role
from incidents import actions
from incidents.errors import MoveRefused
from incidents.models import FreezePeriod
from incidents.rulebook.freezes import kept, proposed
from tests.factories import a_person, a_sector

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


def test_hajj_is_proposed_every_year_and_does_not_count() -> None:
    assert [each.first_day for each in proposed(2027, kept())] == [date(2027, 5, 11)]
    assert all(len(proposed(year, [])) in {0, 1, 2} for year in range(2025, 2077))
    assert sum(len(proposed(year, [])) for year in range(2025, 2058)) == 34, "a lunar year is shorter"
    assert not FreezePeriod.objects.exists()


def test_an_admin_keeps_a_proposal_changes_it_and_removes_it(client_of: ClientOf) -> None:
    admin = client_of(a_person(Role.ADMIN))
    page = admin.get(
        reverse("freeze_add"), {"name_ar": "موسم الحج", "first_day": "2027-05-11", "last_day": "2027-05-19"}
    )
    assert page.context["form"]["first_day"].value() == "2027-05-11"
    form = {"name_ar": "موسم الحج", "first_day": "2027-05-12", "last_day": "2027-05-20", "tiers": [0, 1]}
    form["sectors"] = [a_sector().pk]
    assert admin.post(reverse("freeze_add"), form).status_code == 302
    freeze = FreezePeriod.objects.get()
    assert (freeze.tiers, freeze.sectors.count()) == ([0, 1], 1)
    assert proposed(2027, kept()) == []
    assert admin.post(reverse("freeze_add"), form).status_code == 422, "once"
    assert admin.post(reverse("freeze_change", args=[freeze.pk]), {**form, "tiers": []}).status_code == 302
    freeze.refresh_from_db()
    assert freeze.tiers == []
    assert "موسم الحج" in admin.get(reverse("freeze_list"), {"year": "2027"}).content.decode()
    assert admin.post(reverse("freeze_remove", args=[freeze.pk])).status_code == 302
    assert not FreezePeriod.objects.exists()
    assert AuditEvent.objects.filter(data__model="freezeperiod").count() == 3


@pytest.mark.parametrize(
    ("first", "last"), [("2027-05-20", "2027-05-12"), ("1448-12-05", "1448-12-13"), ("", "2027-05-12")]
)
def test_days_out_of_order_and_hijri_years_are_refused(first: str, last: str, client_of: ClientOf) -> None:
    form = {"name_ar": "موسم", "first_day": first, "last_day": last}
    assert client_of(a_person(Role.ADMIN)).post(reverse("freeze_add"), form).status_code == 422


def test_nobody_but_an_admin_keeps_one() -> None:
    with pytest.raises(MoveRefused):
        actions.keep_freeze(
            name_ar="x", name_en="", first_day=date(2027, 1, 1), last_day=date(2027, 1, 1), by=a_person(Role.LEAD)
        )
