"""What PostgreSQL itself shows of incidents: to the authority all, to a reader what was sent to her."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from entities import row_security
from entities.models import User
from entities.permissions import Role
from incidents import actions
from incidents.models import Incident, IncidentReader, IncidentReport, SituationReport
from tests.factories import a_person, a_report, a_reviewer

pytestmark = [pytest.mark.django_db, pytest.mark.wide]


@pytest.fixture(autouse=True)
def locked(db: None) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("row-level security is PostgreSQL's")


def rows() -> tuple[int, ...]:
    return tuple(
        model._default_manager.count() for model in (Incident, IncidentReport, IncidentReader, SituationReport)
    )


def test_each_sees_of_an_incident_what_is_hers(client_of: Callable[[User], Client]) -> None:
    director, lead = a_person(Role.DIRECTOR), a_reviewer(Role.LEAD)
    head = a_person(Role.HEAD_CONTACT, entity=director.acting.entity)  # type: ignore[union-attr]
    stranger = a_person(Role.HEAD_CONTACT)
    report = a_report(by=director)
    with row_security.acting_as(lead):
        incident = actions.open_incident([report], name_ar="سر", name_en="secret", by=lead)
        draft = actions.prepare_situation(incident, by=lead)
        actions.choose_readers(incident, people=[head.acting], by=lead)  # type: ignore[list-item]
        assert rows() == (1, 1, 1, 1)
    with row_security.acting_as(head):
        assert rows() == (0, 0, 1, 0), "not sent yet"
    with row_security.acting_as(lead):
        actions.send_situation(draft, text_ar="أ", text_en="a", by=lead)
    for person, seen in ((head, (0, 0, 1, 1)), (director, (0, 0, 0, 0)), (stranger, (0, 0, 0, 0))):
        with row_security.acting_as(person):
            assert rows() == seen, person.acting
            assert Incident.objects.update(name_ar="x") == SituationReport.objects.update(text_ar="x") == 0
    refused = pytest.raises(DatabaseError, match="row-level security")
    with row_security.acting_as(director), refused, transaction.atomic():
        IncidentReport.objects.create(incident_id=incident.pk, report=report, linked_at=incident.opened_at)


def test_the_pages_stand_behind_the_second_lock(client_of: Callable[[User], Client]) -> None:
    director, lead = a_person(Role.DIRECTOR), a_reviewer(Role.LEAD)
    head = a_person(Role.HEAD_CONTACT, entity=director.acting.entity)  # type: ignore[union-attr]
    report = a_report(by=director)
    browser = client_of(lead)
    named = {"more": report.reference, "name_ar": "انقطاع", "name_en": "Outage"}
    assert browser.post(reverse("incident_new"), named).status_code == 302
    incident = Incident.objects.get()
    url = reverse("incident_page", args=[incident.reference])
    for deed in ("acknowledge", "situation"):
        assert browser.post(f"{url}{deed}/").status_code == 302
    browser.post(f"{url}readers/", {"people": [head.acting.pk]})  # type: ignore[union-attr]
    browser.post(f"{url}situation/1/", {"text_ar": "أ", "text_en": "How it stands", "send": "yes"})
    assert browser.get(url).status_code == browser.get(reverse("board")).status_code == 200
    assert "How it stands" in client_of(head).get(f"{url}situation/1/").content.decode()
    page = client_of(director).get(reverse("report_detail", args=[report.reference])).content.decode()
    assert incident.reference in page
