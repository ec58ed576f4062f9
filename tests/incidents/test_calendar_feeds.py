"""The private calendar feed: what is in it, who may read it, and that it changes only when something has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import AuditEvent, Membership, User
from entities.permissions import Role
from incidents import actions
from incidents.lifecycle import ReportKind
from incidents.models import CalendarToken, Report
from incidents.models.calendar_token import digest_of
from tests.factories import a_dependency, a_person, a_report, a_service

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


def entries(content: bytes) -> list[dict[str, str]]:
    """The events of a calendar, unfolded, by the name of each property with its parameters."""
    text = content.decode()
    assert text.startswith("BEGIN:VCALENDAR\r\n") and text.endswith("END:VCALENDAR\r\n")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    events = text.replace("\r\n ", "").split("BEGIN:VEVENT\r\n")[1:]
    return [dict(line.split(":", 1) for line in event.split("END:VEVENT")[0].strip().split("\r\n")) for event in events]


def works(by: User, **more: object) -> Report:
    start = timezone.now() + timedelta(days=20)
    return a_report(ReportKind.MAINTENANCE, by=by, window_start=start, window_end=start + timedelta(hours=2), **more)


def feed_of(person: User, **query: str) -> tuple[str, list[dict[str, str]]]:
    assert person.acting
    address = reverse("calendar_feed", args=[actions.make_feed(membership=person.acting, by=person)])
    return address, entries(Client().get(address, query).content)


def test_a_program_reads_the_windows_and_their_notice_fields() -> None:
    person = a_person()
    report = works(person, title="عنوان سري", summary="عنوان سري", rollback_plan="خطة سرية")
    _address, found = feed_of(person)
    assert len(found) == 1
    event = found[0]
    assert event["UID"].startswith(report.reference)
    assert (event["STATUS"], event["SEQUENCE"]) == ("CONFIRMED", "0")
    assert event["DTSTART"] == f"{report.window_start:%Y%m%dT%H%M%SZ}"
    assert event["X-MAINTNOTE-STATUS"] == "CONFIRMED" and event["X-MAINTNOTE-IMPACT"] == "OUTAGE"
    assert event["X-MAINTNOTE-MAINTENANCE-ID"] == report.reference
    assert event["X-MAINTNOTE-ACCOUNT"] == report.entity.code
    assert event["X-MAINTNOTE-OBJECT-ID;X-MAINTNOTE-OBJECT-KIND=service"].endswith(report.main_service.code)
    assert "سري" not in str(found), "no typed word leaves the house"


def test_a_new_window_raises_the_sequence_and_a_cancellation_says_so() -> None:
    person = a_person()
    report, start = works(person), timezone.now() + timedelta(days=30)
    address, _found = feed_of(person)
    actions.reschedule(report, window_start=start, window_end=start + timedelta(hours=1), note="سرية", by=person)
    actions.move(Report.objects.get(pk=report.pk), "cancel", note="سرية", by=person)
    event = entries(Client().get(address).content)[0]
    assert (event["SEQUENCE"], event["STATUS"], event["X-MAINTNOTE-STATUS"]) == ("2", "CANCELLED", "CANCELLED")
    assert event["DTSTART"] == f"{start:%Y%m%dT%H%M%SZ}"


def test_it_holds_what_its_owner_may_know_and_a_part_of_it_where_asked() -> None:
    me, provider, stranger = a_person(), a_person(), a_person()
    assert me.acting and provider.acting
    mine, theirs = a_service(entity=me.acting.entity), a_service(entity=provider.acting.entity)
    a_dependency(mine, theirs)
    own = works(me, service=mine)
    works(provider, service=theirs)
    works(stranger)
    assert len(feed_of(me)[1]) == 2
    part = feed_of(me, entity=me.acting.entity.code)[1]
    assert [event["UID"].split("@")[0] for event in part] == [own.reference]
    assert len(feed_of(me, service=f"{theirs.pk}")[1]) == 1


def test_nothing_new_is_said_in_one_word_and_something_new_is_told() -> None:
    person = a_person()
    works(person)
    address, _found = feed_of(person)
    first = Client().get(address)
    again = Client().get(address, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    works(person)
    assert Client().get(address, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_a_revoked_or_replaced_address_and_that_of_somebody_who_left_is_404(client_of: ClientOf) -> None:
    person = a_person()
    assert person.acting
    old, _found = feed_of(person)
    new, _found = feed_of(person)
    assert Client().get(old).status_code == 404
    Membership.objects.filter(pk=person.acting.pk).update(status=Membership.Status.ENDED)
    assert Client().get(new).status_code == 404
    Membership.objects.filter(pk=person.acting.pk).update(status=Membership.Status.ACTIVE)
    assert Client().get(new).status_code == 200
    assert client_of(person).post(reverse("calendar_feed_revoke")).status_code == 302
    assert Client().get(new).status_code == 404
    said = AuditEvent.objects.filter(data__model="calendartoken").order_by("pk").values_list("data__done", flat=True)
    assert list(said) == ["confirmed", "confirmed", "removed"]


def test_the_address_is_shown_once_and_kept_as_a_digest(client_of: ClientOf) -> None:
    person = a_person(Role.MEMBER)
    browser = client_of(person)
    address = browser.post(reverse("calendar_feeds")).context["address"]
    token = address.rsplit("/", 1)[1].removesuffix(".ics")
    assert CalendarToken.objects.get().digest == digest_of(token) != token
    assert token not in browser.get(reverse("calendar_feeds")).content.decode()
    assert Client().post(address).status_code == 405
