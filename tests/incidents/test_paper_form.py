"""The printed form asks what the forms ask, in both languages; what was written on it is entered at its own time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import DigitalService, User
from entities.permissions import Role
from incidents import sheets
from incidents.choices import entries
from incidents.forms.doors import BY_TELEPHONE
from incidents.forms.moments import chip_value
from incidents.lifecycle import ClockKind, EventKind, Status
from incidents.models import Draft, Report
from tests.factories import a_person, a_reviewer, a_service
from tests.incidents.typed import a_director, minimal

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


@pytest.fixture
def director() -> User:
    return a_director()


@pytest.fixture
def service(director: User) -> DigitalService:
    assert director.acting is not None
    return a_service(entity=director.acting.entity)


def address(slug: str = "own-outage") -> str:
    return reverse("paper_report", args=[slug])


def paper(service: DigitalService, *, ago: timedelta = timedelta(hours=5), **more: Any) -> dict[str, Any]:
    at = timezone.now() - ago
    said = minimal("own-outage", service=service, started_at=chip_value(at - timedelta(minutes=10)))
    return {**said, "written_at": chip_value(at), "reason": "portal", **more}


# --- The sheets ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_stranger_prints_each_kind_in_both_languages(client: Client, language: str) -> None:
    prefix = "" if language == "ar" else "/en"
    page = client.get(f"{prefix}/guide/offline-form/").content.decode()
    for door in BY_TELEPHONE:
        assert f'id="sheet-{door.slug}"' in page
    for sheet in sheets.sheets():
        for question in sheet.questions:
            assert question.label.en in page.replace("&#x27;", "'").replace("&#39;", "'")
            assert question.label.ar in page
    assert "data-print" in page


def test_it_asks_what_the_forms_ask_and_offers_what_the_admins_lists_offer() -> None:
    own, consumed, works, emergency = sheets.sheets()
    assert [question.name for question in own.questions] == [
        "services", "impact_level", "started_at", "symptom", "summary", "cyber_suspected", "detected_at",
    ]  # fmt: skip
    [symptom] = [question for question in own.questions if question.name == "symptom"]
    assert [(tick.ar, tick.en) for tick in symptom.ticks] == [(e.name_ar, e.name_en) for e in entries("symptom")]
    shapes = {question.name: question.shape for question in own.questions}
    assert shapes["started_at"] == "moment"
    assert shapes["impact_level"] == shapes["cyber_suspected"] == "ticks"
    assert {"provider_service", "own_services_affected"} <= {question.name for question in consumed.questions}
    assert {"window_start", "window_end", "rollback_plan"} <= {question.name for question in works.questions}
    assert "emergency_reason" in {question.name for question in emergency.questions}


# --- Entering --------------------------------------------------------------------------------------------------------


def test_what_was_written_on_paper_is_filed_at_its_own_time_and_is_not_late(
    director: User, service: DigitalService, client_of: Browser
) -> None:
    answer = client_of(director).post(address(), paper(service))
    report = Report.objects.get()
    assert answer["Location"] == reverse("receipt", args=[report.reference])
    assert timedelta(hours=4, minutes=59) < timezone.now() - report.submitted_at < timedelta(hours=5, minutes=1)
    assert report.clocks.get(kind=ClockKind.C1).breached_at is None
    assert report.clocks.get(kind=ClockKind.C2).started_at > timezone.now() - timedelta(minutes=1)
    assert report.detected_at is not None
    assert report.detected_at <= report.submitted_at


def test_the_folded_details_speak_of_the_papers_time_and_of_none_before_it_is_given(
    director: User, service: DigitalService, client_of: Browser
) -> None:
    browser, url = client_of(director), f"/en{address()}"
    for page in (browser.get(url), browser.post(url, paper(service, written_at="", impact_level=""))):
        said = page.content.decode()
        assert "detected at" not in said and "when this form was opened" not in said
        assert "When the paper form was filled in" in said
    at = timezone.localtime(timezone.now() - timedelta(hours=5))
    given = browser.post(url, paper(service, written_at=chip_value(at), impact_level="")).content.decode()
    assert f"detected at {at:%H:%M}" in given


def test_the_same_outage_without_a_paper_is_late(director: User, service: DigitalService, client_of: Browser) -> None:
    """So the paper makes the difference, and only the first notice's."""
    at = timezone.now() - timedelta(hours=5)
    said = minimal("own-outage", service=service, started_at=chip_value(at), opened_at=chip_value(at))
    client_of(director).post(reverse("file_own_outage"), said)
    assert Report.objects.get().clocks.get(kind=ClockKind.C1).breached_at is not None


def test_a_paper_that_was_late_itself_is_late(director: User, service: DigitalService, client_of: Browser) -> None:
    started = timezone.now() - timedelta(hours=9)
    said = paper(service, ago=timedelta(hours=2), started_at=chip_value(started), detected_at=chip_value(started))
    client_of(director).post(address(), said)
    assert Report.objects.get().clocks.get(kind=ClockKind.C1).breached_at is not None


def test_the_history_keeps_both_times_and_the_reason_and_the_authority_reads_them(
    director: User, service: DigitalService, client_of: Browser
) -> None:
    client_of(director).post(address(), paper(service))
    report = Report.objects.get()
    event = report.events.get(kind=EventKind.FILED)
    assert (event.data["paper"], event.at) == ("portal", report.submitted_at)
    assert event.recorded_at - event.at > timedelta(hours=4)
    page = client_of(a_reviewer()).get(f"/en/reports/{report.reference}/").content.decode()
    assert "Entered from the printed form" in page
    assert "The portal did not answer" in page


def test_an_outage_that_ended_on_the_paper_is_filed_and_restored(
    director: User, service: DigitalService, client_of: Browser
) -> None:
    at = timezone.now() - timedelta(hours=5)
    client_of(director).post(address(), paper(service, restored_at=chip_value(at - timedelta(minutes=2))))
    report = Report.objects.get()
    assert report.status == Status.RESTORED
    assert report.restored_at is not None
    assert report.restored_at < at


@pytest.mark.parametrize("slug", ["consumed-outage", "maintenance", "emergency-maintenance"])
def test_each_sheet_is_entered(slug: str, director: User, service: DigitalService, client_of: Browser) -> None:
    at = timezone.now() - timedelta(minutes=30)
    said = minimal(slug, service=service, provider=a_service())
    said |= {"started_at": chip_value(at - timedelta(minutes=10)), "written_at": chip_value(at), "reason": "network"}
    if slug == "emergency-maintenance":
        said["window_start"] = chip_value(at)
    answer = client_of(director).post(address(slug), said)
    assert answer.status_code == 302, answer.content.decode()
    assert Report.objects.get().events.get(kind=EventKind.FILED).data["paper"] == "network"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"written_at": ""}, "written_at"),
        ({"written_at": chip_value(timezone.now() - timedelta(hours=73))}, "written_at"),
        ({"written_at": chip_value(timezone.now() + timedelta(hours=1))}, "written_at"),
        ({"reason": ""}, "reason"),
        ({"reason": "laziness"}, "reason"),
    ],
)
def test_a_paper_that_cannot_be_is_refused_and_nothing_is_lost(
    change: dict[str, str], field: str, director: User, service: DigitalService, client_of: Browser
) -> None:
    page = client_of(director).post(address(), {**paper(service, summary="وصف كُتب على الورق"), **change})
    assert page.status_code == 422
    assert f"id_{field}_error" in page.content.decode()
    assert "وصف كُتب على الورق" in page.content.decode()
    assert not Report.objects.exists()


def test_what_is_wrong_with_paper_and_report_stands_in_one_summary(director: User, client_of: Browser) -> None:
    page = client_of(director).post(address(), {}).content.decode()
    assert page.count('id="error-summary"') == 1
    summary = page.partition('id="error-summary"')[2].partition("</ul>")[0]
    assert "#id_reason_0" in summary and "#id_impact_level_0" in summary


def test_an_outage_that_began_after_the_paper_is_refused(
    director: User, service: DigitalService, client_of: Browser
) -> None:
    said = paper(service, started_at=chip_value(timezone.now()))
    assert client_of(director).post(address(), said).status_code == 422
    assert not Report.objects.exists()


def test_the_same_paper_is_entered_once(director: User, service: DigitalService, client_of: Browser) -> None:
    browser, said = client_of(director), paper(service)
    assert browser.post(address(), said)["Location"] == browser.post(address(), said)["Location"]
    assert Report.objects.count() == 1


def test_what_was_taken_down_by_telephone_meanwhile_is_asked_about(
    director: User, service: DigitalService, client_of: Browser
) -> None:
    browser = client_of(director)
    browser.post(address(), paper(service))
    again = browser.post(address(), paper(service))
    assert again.status_code == 409
    assert Report.objects.get().reference in again.content.decode()


def test_a_look_creates_nothing_and_a_paper_is_no_draft(
    director: User, service: DigitalService, client_of: Browser
) -> None:
    page = client_of(director).get(address()).content.decode()
    assert "data-autosave-url" not in page
    assert f'action="{address()}"' in page
    assert not Draft.objects.exists()


@pytest.mark.parametrize("role", [Role.MEMBER, Role.IT_LEADER, Role.HEAD_CONTACT, Role.REVIEWER, Role.ADMIN])
def test_only_who_files_enters_paper(role: Role, client_of: Browser) -> None:
    browser = client_of(a_person(role))
    assert browser.get(reverse("paper_new")).status_code == 403
    assert browser.get(address()).status_code == 403


def test_a_pair_has_no_sheet(director: User, client_of: Browser) -> None:
    assert client_of(director).get(address("because-of-another")).status_code == 404
    assert client_of(director).get(address("nothing")).status_code == 404


def test_whoever_files_finds_the_way(director: User, client_of: Browser) -> None:
    assert reverse("paper_new") in client_of(director).get(reverse("report_new")).content.decode()
    assert address() in client_of(director).get(reverse("paper_new")).content.decode()
    assert reverse("offline_form") in Client().get(reverse("guide")).content.decode()
    member = a_person(Role.MEMBER)
    assert reverse("paper_new") not in client_of(member).get(reverse("report_new")).content.decode()
