"""What the sweep does to incidents: until when a group gathers, when an incident ends, and what stops no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import DigitalService, User
from entities.permissions import Role
from incidents import actions, grouping
from incidents.actions import gathering, situations
from incidents.actions import incidents as deeds
from incidents.errors import MoveRefused
from incidents.lifecycle import ReportKind, Status
from incidents.models import Incident, Report
from incidents.models.incident import IncidentQuerySet
from tests.factories import a_report, a_reviewer, a_service

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead() -> User:
    return a_reviewer(Role.LEAD)


def consumed(provider: DigitalService, count: int = 1) -> list[Report]:
    return [a_report(ReportKind.CONSUMED_OUTAGE, provider=provider) for _number in range(count)]


def a_group(provider: DigitalService, monkeypatch: pytest.MonkeyPatch) -> Incident:
    """A group over two reports: two are many here."""
    monkeypatch.setattr(grouping, "MOST_APART", 1)
    consumed(provider, 2)
    sweep()
    return Incident.objects.get()


def sweep() -> int:
    joined = actions.group_by_itself(at=timezone.now())
    actions.settle_incidents(at=timezone.now())
    return joined


def edited(incident: Incident, *, by: User, **fields: Any) -> Incident:
    said = {"name_ar": "أ", "name_en": "a", "cause": "", "service": None, "group_mode": True}
    return actions.edit_incident(incident, **{**said, **fields}, by=by)


def as_read(incident: Incident) -> tuple[str, bool]:
    incident.refresh_from_db()
    return incident.state, incident.group_mode


# --- Until when a group gathers ---------------------------------------------------------------------------------------


def test_a_group_whose_services_are_back_gathers_no_more(monkeypatch: pytest.MonkeyPatch, lead: User) -> None:
    provider = a_service(tier=0)
    incident = a_group(provider, monkeypatch)
    Report.objects.update(status=Status.RESTORED)
    sweep()
    assert as_read(incident) == ("RESTORED", False)
    [late] = consumed(provider)
    assert sweep() == 0
    late.refresh_from_db()
    assert late.incident is None
    assert edited(incident, by=lead).group_mode is False, "nor does it when a lead saves its title"
    consumed(provider)
    assert sweep() == 2, "what fails again is a case of its own"


def test_the_page_of_a_restored_incident_offers_no_gathering(lead: User, client_of: Callable[[User], Client]) -> None:
    incident = actions.open_incident([a_report()], name_ar="أ", name_en="a", by=lead)
    browser, there = client_of(lead), reverse("incident_edit", args=[incident.reference])
    assert 'name="group_mode"' in browser.get(there).content.decode()
    Incident.objects.update(state=Incident.State.RESTORED)
    assert 'name="group_mode"' not in browser.get(there).content.decode()
    assert browser.post(there, {"name_ar": "ب", "name_en": "b", "group_mode": "on"}).status_code == 302
    assert as_read(incident) == ("RESTORED", False)


def test_a_group_from_before_that_gathers_still_is_put_right(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = a_service(tier=0)
    incident = a_group(provider, monkeypatch)
    Report.objects.update(status=Status.RESTORED)
    Incident.objects.update(state=Incident.State.RESTORED)
    consumed(provider)
    assert sweep() == 0
    assert as_read(incident) == ("RESTORED", False)


def test_a_full_incident_gathers_no_more_and_the_rest_is_a_case_of_its_own(
    monkeypatch: pytest.MonkeyPatch, lead: User
) -> None:
    for place in (grouping, deeds):
        monkeypatch.setattr(place, "MOST_REPORTS", 3)
    provider = a_service(tier=0)
    incident = a_group(provider, monkeypatch)
    first, second = consumed(provider, 2)
    assert sweep() == 1
    assert as_read(incident) == ("OPEN", False)
    with pytest.raises(MoveRefused):
        edited(incident, by=lead)
    second.refresh_from_db()
    assert second.incident is None
    consumed(provider)
    assert sweep() == 2
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.incident == incident != second.incident


def test_a_service_that_the_catalogue_does_not_hold_names_no_provider(lead: User) -> None:
    unlisted = a_service(listed=False)
    incident = actions.open_incident([a_report()], name_ar="أ", name_en="a", service=unlisted, by=lead)
    assert incident.provider is None
    incident = edited(incident, service=unlisted, by=lead)
    assert (incident.provider, incident.group_mode) == (None, False)


def test_a_lead_who_comes_second_is_told_that_another_gathers_and_keeps_what_she_typed(
    monkeypatch: pytest.MonkeyPatch, lead: User, client_of: Callable[[User], Client]
) -> None:
    """Both have looked before either wrote: the constraint answers, and it is said in words."""
    provider = a_service(tier=0)
    a_group(provider, monkeypatch)
    other = actions.open_incident(consumed(provider), name_ar="ب", name_en="b", service=provider, by=lead)
    monkeypatch.setattr(IncidentQuerySet, "grouping", lambda self, provider: self.none())
    with pytest.raises(MoveRefused):
        edited(other, service=provider, by=lead)
    typed = {"name_ar": "عنوان كُتب الآن", "name_en": "Typed", "service": provider.pk, "group_mode": "on"}
    answer = client_of(lead).post(reverse("incident_edit", args=[other.reference]), typed)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "عنوان كُتب الآن" in page and "يجمع البلاغات" in page
    assert as_read(other) == ("OPEN", False)


# --- When it ends -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [Status.WITHDRAWN, Status.NOT_REPORTABLE])
def test_an_incident_whose_reports_were_none_is_closed(lead: User, status: Status) -> None:
    report = a_report()
    incident = actions.open_incident([report], name_ar="أ", name_en="a", by=lead)
    Report.objects.update(status=status)
    assert actions.settle_incidents(at=timezone.now()) == 1
    assert as_read(incident)[0] == "CLOSED"


def test_an_incident_without_a_report_is_left_to_its_lead(lead: User) -> None:
    report = a_report()
    incident = actions.open_incident([report], name_ar="أ", name_en="a", by=lead)
    actions.unlink(incident, report, by=lead)
    assert actions.settle_incidents(at=timezone.now()) == 0
    assert as_read(incident)[0] == "OPEN"


def test_a_report_that_joins_in_this_moment_keeps_its_incident_open(
    monkeypatch: pytest.MonkeyPatch, lead: User
) -> None:
    """A lead links it just before the sweep has the incident's row: what counts is what is there then."""
    report, late = a_report(), a_report()
    incident = actions.open_incident([report], name_ar="أ", name_en="a", by=lead)
    Report.objects.filter(pk=report.pk).update(status=Status.CLOSED)
    hold = deeds.hold

    def after_the_lead(found: Incident, **said: Any) -> Incident:
        monkeypatch.setattr(gathering, "hold", hold)
        actions.link(incident, [late], by=lead)
        return hold(found, **said)

    monkeypatch.setattr(gathering, "hold", after_the_lead)
    assert actions.settle_incidents(at=timezone.now()) == 0
    assert as_read(incident)[0] == "OPEN"


# --- What is broken stops no other --------------------------------------------------------------------------------


def breaking_at(place: Any, name: str, broken: object) -> Callable[..., Any]:
    """The function of that name, which breaks on one of its first arguments."""
    whole = getattr(place, name)

    def deed(first: Any, *rest: Any, **said: Any) -> Any:
        if first == broken:
            raise ValueError("broken")
        return whole(first, *rest, **said)

    return deed


def test_an_incident_that_is_broken_is_logged_and_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, lead: User
) -> None:
    one, two = (actions.open_incident([a_report()], name_ar="أ", name_en="a", by=lead) for _each in range(2))
    Incident.objects.update(opened_at=timezone.now() - situations.EVERY)
    monkeypatch.setattr(situations, "children", breaking_at(situations, "children", one))
    assert actions.prepare_situations(at=timezone.now()) == 1
    Report.objects.update(status=Status.CLOSED)
    monkeypatch.setattr(gathering, "hold", breaking_at(gathering, "hold", one))
    assert actions.settle_incidents(at=timezone.now()) == 1
    assert (as_read(one)[0], as_read(two)[0], two.situation_reports.count()) == ("OPEN", "CLOSED", 1)
    broken = [record for record in caplog.records if record.message == "deed_not_done"]
    assert {record.reference for record in broken} == {one.reference}  # type: ignore[attr-defined]  # its extra


def test_a_provider_or_a_report_that_is_broken_stops_no_other_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "MOST_APART", 1)
    first, second = a_service(tier=0), a_service(tier=0)
    consumed(first, 2)
    [broken, whole] = consumed(second, 2)
    with monkeypatch.context() as patched:
        begin = breaking_at(gathering, "begin", None)

        def refusing(incident: Incident, *rest: Any, **said: Any) -> Any:
            return begin(None if incident.provider == first.entity else incident, *rest, **said)

        patched.setattr(gathering, "begin", refusing)
        put_under = gathering.put_under

        def put(incident: Incident, report: Report, **said: Any) -> Any:
            if report == broken:
                raise ValueError("broken")
            return put_under(incident, report, **said)

        patched.setattr(gathering, "put_under", put)
        assert sweep() == 1
    whole.refresh_from_db()
    assert whole.incident == Incident.objects.get()
