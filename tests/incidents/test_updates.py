"""Updates and the restoration, as people send them: the table of what is wrong, and nothing typed is lost."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents import actions
from incidents.lifecycle import ReportKind, Status
from incidents.models import Report
from tests.factories import a_person, a_service, answers
from tests.incidents.pages import WORDS, chip, form, get, messages_of, send, text_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


# --- An update -------------------------------------------------------------------------------------------


def test_an_update_says_phase_and_words_and_starts_the_clock_anew(browser: Client, report: Report) -> None:
    first = report.clocks.running().get(kind="C3")
    response = send(browser, report, "report_update", phase="mitigating", message=WORDS)
    assert response.status_code == 302
    assert response["Location"] == reverse("report_detail", args=[report.reference])
    event = report.events.last()
    assert (event.data["phase"], event.data["message"]) == ("mitigating", WORDS)
    assert report.clocks.running().get(kind="C3").pk != first.pk
    assert WORDS in text_of(get(browser, report))


def test_what_was_not_touched_is_not_carried(browser: Client, report: Report, filer: User) -> None:
    """Two people have the page open: the second's update does not put the first's figure back."""
    page = get(browser, report)
    colleague = a_person(Role.ALTERNATE, entity=report.entity)
    actions.post_update(report, phase="identified", message=WORDS, columns={"users_affected": 5000}, by=colleague)
    send(browser, report, "report_update", page=page, message=WORDS)
    report.refresh_from_db()
    assert report.users_affected == 5000
    assert report.events.last().data.get("changed") is None


def test_what_was_changed_is_carried_with_both_values(browser: Client, report: Report) -> None:
    typed = {"users_affected": "١٢٬٠٠٠", "suspected_cause": "network", "channels": ["web", "api"]}
    assert send(browser, report, "report_update", message=WORDS, **typed).status_code == 302
    report.refresh_from_db()
    assert (report.users_affected, report.suspected_cause, report.channels) == (12000, "network", ["web", "api"])
    assert report.events.last().data["changed"]["users_affected"] == [None, 12000]
    page = text_of(browser.get(f"/en/reports/{report.reference}/"))
    assert "12,000" in page
    assert "What is known of the outage: 3 of 11" in page


def test_the_next_update_may_be_promised_sooner(browser: Client, report: Report) -> None:
    send(browser, report, "report_update", message=WORDS, next_update_at=chip(30))
    due = report.clocks.running().get(kind="C3").due_at
    assert abs(due - timezone.now() - timedelta(minutes=30)) < timedelta(minutes=2)


def test_the_expected_restoration_is_told_and_a_third_change_counted(browser: Client, report: Report) -> None:
    for minutes in (30, 60, 120):
        send(browser, report, "report_update", message=WORDS, expected_restoration_at=chip(minutes))
    report.refresh_from_db()
    assert report.expected_changes == 2
    send(browser, report, "report_update", message=WORDS)
    report.refresh_from_db()
    assert (report.expected_changes, report.expected_restoration_at is not None) == (2, True)


BAD_UPDATES: dict[str, tuple[dict[str, Any], str]] = {
    "no message": ({"message": ""}, "Write what is new"),
    "too short": ({"message": "عطل"}, "at least 10 characters"),
    "too long": ({"message": "ع" * 1501}, "at most 1500 characters"),
    "a national ID": ({"message": "بلّغنا المستفيد 1012345674 بالعطل"}, "national ID"),
    "no phase": ({"phase": ""}, "Choose the phase"),
    "restored is another form": ({"phase": "restored"}, "valid choice"),
    "made-up phase": ({"phase": "exploding"}, "valid choice"),
    "expected in the past": ({"expected_restoration_at": chip(-30)}, "This time has passed"),
    "expected next year": ({"expected_restoration_at": chip(60 * 24 * 400)}, "within three months"),
    "next update in the past": ({"next_update_at": chip(-5)}, "This time has passed"),
    "half a time": ({"next_update_at": "other", "next_update_at_day": "2026-11-22"}, "Enter the time as well"),
    "negative users": ({"users_affected": "-5"}, "Enter 0 or more"),
    "words for a number": ({"users_affected": "كثير"}, "Enter a whole number"),
    "a number beyond the column": ({"users_affected": "9" * 30}, "Enter a whole number"),
    "a cause from another list": ({"suspected_cause": "riyadh"}, "Choose one of the answers"),
    "made-up visibility": ({"visibility": "everyone"}, "valid choice"),
}


@pytest.mark.parametrize("case", BAD_UPDATES)
def test_an_update_that_cannot_be_is_told_and_keeps_the_words(browser: Client, report: Report, case: str) -> None:
    wrong, sentence = BAD_UPDATES[case]
    typed = {"phase": "mitigating", "message": WORDS, "visibility": "consumers", **wrong}
    response = browser.post(f"/en/reports/{report.reference}/update/", typed)
    assert response.status_code == 422
    assert sentence in messages_of(response)
    assert typed["message"] in text_of(response)
    assert report.events.count() == 1


def test_a_member_updates_only_when_it_is_delegated(client_of: ClientOf, report: Report) -> None:
    member = a_person(Role.MEMBER, entity=report.entity)
    assert "composer" not in text_of(get(client_of(member), report))
    url = reverse("report_update", args=[report.reference])
    assert client_of(member).post(url, {"phase": "identified", "message": WORDS}).status_code == 403
    member.memberships.update(delegated=True)
    assert send(client_of(member), report, "report_update", message=WORDS).status_code == 302


# --- No change -------------------------------------------------------------------------------------------


def test_no_change_is_one_tap(browser: Client, report: Report) -> None:
    assert send(browser, report, "report_no_change").status_code == 302
    assert report.events.last().data["no_change"] is True


def test_the_third_no_change_running_is_refused_for_a_critical_outage(browser: Client, report: Report) -> None:
    Report.objects.filter(pk=report.pk).update(severity=1)
    for _time in range(2):
        assert send(browser, report, "report_no_change").status_code == 302
    response = send(browser, report, "report_no_change")
    assert response.status_code == 422
    assert report.events.count() == 3
    assert send(browser, report, "report_update", message=WORDS).status_code == 302
    assert send(browser, report, "report_no_change").status_code == 302


def test_words_beside_no_change_are_not_thrown_away(browser: Client, report: Report) -> None:
    response = send(browser, report, "report_no_change", message=WORDS)
    assert response.status_code == 422
    assert WORDS in text_of(response)
    assert report.events.count() == 1


# --- The restoration -------------------------------------------------------------------------------------


def test_the_service_is_back_and_the_final_report_is_owed(browser: Client, report: Report) -> None:
    assert send(browser, report, "report_restore", restored_at=chip(-5), message="أُعيد تشغيل الخادم").status_code == 302
    report.refresh_from_db()
    assert (report.status, report.phase) == (Status.RESTORED, "restored")
    assert report.clocks.running().filter(kind="C6").exists()
    assert not report.clocks.running().filter(kind="C3").exists()


BAD_RESTORATIONS: dict[str, tuple[dict[str, Any], str]] = {
    "no time": ({}, "Say when the service came back"),
    "before the start": ({"restored_at": chip(-24 * 60)}, "before the outage started"),
    "in the future": ({"restored_at": chip(30)}, "lies in the future"),
    "a made-up chip": ({"restored_at": "yesterday-ish"}, "Choose one of the times"),
    "a time that is none": ({"restored_at": "other", "restored_at_time": "27:99"}, "between 00:00 and 23:59"),
}


@pytest.mark.parametrize("case", BAD_RESTORATIONS)
def test_a_restoration_that_cannot_be_is_told(browser: Client, report: Report, case: str) -> None:
    wrong, sentence = BAD_RESTORATIONS[case]
    response = browser.post(f"/en/reports/{report.reference}/restore/", {**wrong, "message": "أُعيد تشغيل الخادم"})
    assert response.status_code == 422
    assert sentence in messages_of(response)
    assert "أُعيد تشغيل الخادم" in text_of(response)
    report.refresh_from_db()
    assert report.restored_at is None


def test_a_minute_before_the_start_as_the_chips_round_it_is_the_start(browser: Client, report: Report) -> None:
    started = timezone.now().replace(second=40)
    Report.objects.filter(pk=report.pk).update(started_at=started - timedelta(minutes=2))
    rounded = timezone.localtime(started - timedelta(minutes=2)).replace(second=0).isoformat(timespec="minutes")
    assert send(browser, report, "report_restore", restored_at=rounded).status_code == 302


@pytest.fixture
def pair(client_of: ClientOf) -> tuple[Report, Report, Client]:
    """One of ours is down because of another's: two reports of one submission."""
    director = a_person(Role.DIRECTOR)
    assert director.acting is not None
    service, provider = a_service(entity=director.acting.entity), a_service(tier=0)
    out, dep = actions.file_pair(
        entity=director.acting.entity, key=uuid.uuid4(), own=answers(service=service), by=director,
        consumed=answers(ReportKind.CONSUMED_OUTAGE, service=service, provider=provider),
    )  # fmt: skip
    return Report.objects.get(pk=out.report.pk), Report.objects.get(pk=dep.report.pk), client_of(director)


def test_restoring_one_of_a_pair_asks_about_the_other(pair: tuple[Report, Report, Client]) -> None:
    own, consumed, browser = pair
    assert consumed.reference in text_of(get(browser, own, "?do=restore"))
    assert send(browser, own, "report_restore", restored_at=chip(0), both="on").status_code == 302
    for each in (own, consumed):
        each.refresh_from_db()
        assert each.status == Status.RESTORED


def test_the_other_of_a_pair_may_stay_open(pair: tuple[Report, Report, Client]) -> None:
    own, consumed, browser = pair
    fields = form(get(browser, own), reverse("report_restore", args=[own.reference]))
    fields.pop("both")
    url = reverse("report_restore", args=[own.reference])
    assert browser.post(url, {**fields, "restored_at": chip(0)}).status_code == 302
    consumed.refresh_from_db()
    assert consumed.status == Status.SUBMITTED


def test_a_pair_ends_together_or_not_at_all(pair: tuple[Report, Report, Client]) -> None:
    own, consumed, browser = pair
    Report.objects.filter(pk=consumed.pk).update(started_at=timezone.now() - timedelta(minutes=2))
    response = send(browser, own, "report_restore", restored_at=chip(-10), both="on")
    assert response.status_code == 422
    own.refresh_from_db()
    assert own.status == Status.SUBMITTED
