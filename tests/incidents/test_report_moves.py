"""The buttons: what the lifecycle table allows this person now is on the page, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents import actions, lifecycle
from incidents.forms.deeds import DEEDS
from incidents.lifecycle import LIFECYCLES, ReportKind, Status
from incidents.models import Report
from incidents.timely import TIMELY
from tests.factories import a_person, a_report, a_reviewer
from tests.incidents.pages import as_it_stands, get, offered, people_of, send, targets, text_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]

#: Deeds with a place of their own: where one may do them, as an address on the page.
ELSEWHERE: dict[str, str | None] = {
    "update": "report_update",
    "answer": "report_answer",
    "attach": "attachment_add",
    "submit_final": "final_edit",
    "send_back": "final_edit",
    "undo_acknowledge": None,  # the board's
    "dispute": "report_verdict",  # one of its answers
    "link": None,
    "unlink": None,
    "echo": None,  # the incident's page
    "record_call": None,  # the call list's
}
STORIES: list[tuple[ReportKind, Status]] = [
    (kind, status)
    for kind in ReportKind
    for status in Status
    if any(status in move.sources or status == move.target for move in LIFECYCLES[kind])
]


@pytest.mark.parametrize(("kind", "status"), STORIES, ids=str)
def test_the_page_offers_what_the_table_allows_and_nothing_else(
    client_of: ClientOf, kind: ReportKind, status: Status
) -> None:
    report = as_it_stands(kind, status)
    for name, person in people_of(report).items():
        page = get(client_of(person), report)
        assert page.status_code == 200
        leads_to = {target.split("?")[0] for target in targets(page)}
        allowed = report.moves_for(person)
        for move in {each.name for each in LIFECYCLES[kind] if each.permissions}:
            if move in TIMELY:
                continue  # has a moment of its own: told below
            if move == "close" and kind != ReportKind.CONSUMED_OUTAGE:
                url = "final_edit"
            else:
                url = ELSEWHERE[move] if move in ELSEWHERE else DEEDS[move].url
            if url is None or (url == "final_edit" and {"submit_final", "send_back", "close"} & set(allowed)):
                continue
            address = reverse(url, args=[report.reference])
            assert (address in leads_to) == (move in allowed), f"{name}, {move}"


def test_every_move_of_the_table_has_a_button_or_a_place() -> None:
    """Those that the sweep alone makes have none."""
    moves = {move.name for moves in LIFECYCLES.values() for move in moves if move.permissions}
    assert moves - set(ELSEWHERE) == set(DEEDS)


@pytest.mark.parametrize("move", sorted(DEEDS))
def test_a_deed_that_the_table_does_not_allow_is_refused_with_a_sentence(client_of: ClientOf, move: str) -> None:
    """Typed into the address bar or left open on an old page: a sentence, never a 500, and nothing changes."""
    now = timezone.now().isoformat(timespec="minutes")
    ahead = (timezone.localtime() + timedelta(days=3)).date().isoformat()
    filled = {
        "note": "سبب واضح", "text": "سؤال واضح", "severity": "1", "reviewer": "", "days": "3", "outcome": "success",
        "restored_at": now, "actual_end": now, "window_start_date": ahead, "window_start_time": "10:00",
        "window_end_date": ahead, "window_end_time": "11:00", "until_date": ahead, "until_time": "11:00",
        "verdict": "confirmed", "ruling": "local",
    }  # fmt: skip
    for kind in ReportKind:
        report = as_it_stands(kind, Status.CLOSED if move != "reopen_closed" else lifecycle.FILING[kind].status)
        before = (report.version, report.event_count, report.status)
        people = people_of(report)
        for person in (people["director"], people["reviewer"], people["lead"]):
            url = reverse(DEEDS[move].url, args=[report.reference])
            response = client_of(person).post(url, {**filled, "seen": report.version})
            assert response.status_code in {403, 422}, (kind, person.acting)
            report.refresh_from_db()
            assert (report.version, report.event_count, report.status) == before


@pytest.mark.parametrize("name", ["report_acknowledge", "report_update", "report_restore", "final_send_back"])
def test_a_deed_is_a_post(client_of: ClientOf, name: str) -> None:
    report = a_report()
    person = a_reviewer() if name in {"report_acknowledge", "final_send_back"} else people_of(report)["director"]
    assert client_of(person).get(reverse(name, args=[report.reference])).status_code == 405


# --- Deeds with a moment of their own -----------------------------------------------------------------------------


def test_acknowledging_is_offered_once(client_of: ClientOf) -> None:
    report, browser = a_report(), client_of(a_reviewer())
    assert offered(browser, report, "acknowledge")
    assert send(browser, report, "report_acknowledge").status_code == 302
    assert not offered(browser, report, "acknowledge")


def test_noting_a_maintenance_is_offered_until_it_is_noted(client_of: ClientOf) -> None:
    report, browser = a_report(ReportKind.MAINTENANCE), client_of(a_reviewer())
    assert offered(browser, report, "note")
    send(browser, report, "report_note_notice")
    assert not offered(browser, report, "note")


def test_a_withdrawal_is_asked_once_and_confirmed_by_the_authority(client_of: ClientOf) -> None:
    report = a_report(by=a_person(), service=None)
    Report.objects.filter(pk=report.pk).update(severity=1)
    director, reviewer = client_of(people_of(report)["director"]), client_of(a_reviewer())
    assert not offered(reviewer, report, "confirm_withdrawal")
    send(director, report, "report_withdraw", note="قُدّم البلاغ بالخطأ")
    assert not offered(director, report, "withdraw")
    assert "قُدّم البلاغ بالخطأ" in text_of(get(reviewer, report))
    send(reviewer, report, "report_confirm_withdrawal")
    report.refresh_from_db()
    assert report.status == Status.WITHDRAWN


def test_a_restoration_is_undone_by_its_sender_within_ten_minutes(client_of: ClientOf) -> None:
    report = a_report()
    people = people_of(report)
    actions.restore(report, restored_at=timezone.now(), by=people["director"])
    sender = client_of(people["director"])
    colleague = client_of(a_person(Role.ALTERNATE, entity=report.entity))
    assert offered(sender, report, "undo_restore")
    assert not offered(sender, report, "reopen")
    assert not offered(colleague, report, "undo_restore")
    assert offered(colleague, report, "reopen")
    Report.objects.filter(pk=report.pk).update(restored_recorded_at=timezone.now() - timedelta(minutes=11))
    assert not offered(sender, report, "undo_restore")
    assert offered(sender, report, "reopen")
    Report.objects.filter(pk=report.pk).update(restored_recorded_at=timezone.now() - timedelta(hours=25))
    assert not offered(sender, report, "reopen")


def test_more_time_for_the_final_report_is_granted_once(client_of: ClientOf) -> None:
    report = a_report()
    actions.restore(report, restored_at=timezone.now(), by=people_of(report)["director"])
    browser = client_of(a_reviewer())
    before = report.clocks.get(kind="C6").due_at
    assert send(browser, report, "report_extend", days="٧", note="بانتظار تقرير المورد").status_code == 302
    assert report.clocks.get(kind="C6").due_at == before + timedelta(days=7)
    assert not offered(browser, report, "extend_final")
