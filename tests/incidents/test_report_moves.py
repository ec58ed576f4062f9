"""The buttons: what the lifecycle table allows this person now is on the page, and nothing else is."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents import actions, lifecycle
from incidents.case import TIMELY
from incidents.forms.deeds import DEEDS
from incidents.lifecycle import LIFECYCLES, ReportKind, Status
from incidents.models import Report
from tests.factories import a_person, a_report, a_reviewer
from tests.incidents.pages import form, get, messages_of, send, targets, text_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]

#: Deeds with a place of their own: where one may do them, as an address on the page.
ELSEWHERE = {
    "update": "report_update",
    "answer": "report_answer",
    "attach": "attachment_add",
    "submit_final": "final_edit",
    "send_back": "final_edit",
    "undo_acknowledge": None,  # the board's
}
STORIES: list[tuple[ReportKind, Status]] = [
    (kind, status)
    for kind in ReportKind
    for status in Status
    if any(status in move.sources or status == move.target for move in LIFECYCLES[kind])
]


def as_it_stands(kind: ReportKind, status: Status, severity: int = 3) -> Report:
    """A report of the kind, put where no test has to walk to: the page reads it, nothing moves it."""
    report = a_report(kind)
    columns: dict[str, Any] = {"status": status, "severity": severity}
    if status in lifecycle.PAPERWORK | {Status.CLOSED} and kind != ReportKind.MAINTENANCE:
        columns |= {"restored_at": timezone.now(), "restored_recorded_at": timezone.now() - timedelta(hours=1)}
    columns["lane"] = lifecycle.lane_of(kind, status, severity)
    Report.objects.filter(pk=report.pk).update(**columns)
    return Report.objects.get(pk=report.pk)


def people_of(report: Report) -> dict[str, User]:
    entity = report.entity
    director = report.filed_by
    director.acting = director.memberships.select_related("entity").get()
    return {
        "director": director,
        "member": a_person(Role.MEMBER, entity=entity),
        "reviewer": a_reviewer(),
        "lead": a_reviewer(Role.LEAD),
        "auditor": a_person(Role.AUDITOR),
    }


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
        for move in {each.name for each in LIFECYCLES[kind]}:
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
    moves = {move.name for moves in LIFECYCLES.values() for move in moves}
    assert moves - set(ELSEWHERE) == set(DEEDS)


@pytest.mark.parametrize("move", sorted(DEEDS))
def test_a_deed_that_the_table_does_not_allow_is_refused_with_a_sentence(client_of: ClientOf, move: str) -> None:
    """Typed into the address bar or left open on an old page: a sentence, never a 500, and nothing changes."""
    now = timezone.now().isoformat(timespec="minutes")
    ahead = (timezone.localtime() + timedelta(days=3)).date().isoformat()
    filled = {
        "note": "سبب واضح", "text": "سؤال واضح", "severity": "1", "reviewer": "", "days": "3", "outcome": "success",
        "restored_at": now, "actual_end": now, "window_start_date": ahead, "window_start_time": "10:00",
        "window_end_date": ahead, "window_end_time": "11:00",
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


def offered(client: Client, report: Report, name: str) -> bool:
    address = reverse(DEEDS[name].url, args=[report.reference])
    return address in targets(get(client, report))


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


# --- The authority's deeds --------------------------------------------------------------------------------------------


def test_a_question_is_answered_beside_it(client_of: ClientOf) -> None:
    report, reviewer = a_report(), client_of(a_reviewer())
    send(reviewer, report, "report_ask", text="هل يشمل الانقطاع التطبيق؟", urgent="yes")
    director = client_of(people_of(report)["director"])
    page = get(director, report)
    assert "هل يشمل الانقطاع التطبيق؟" in text_of(page)
    assert send(director, report, "report_answer", text="نعم، التطبيق والموقع").status_code == 302
    assert not report.clocks.running().filter(kind="C4").exists()
    assert "report-answer" not in text_of(get(director, report))
    assert "نعم، التطبيق والموقع" in text_of(get(reviewer, report))


def test_two_questions_are_answered_each_on_its_own(client_of: ClientOf) -> None:
    report, reviewer = a_report(), a_reviewer()
    first = actions.ask(report, text="السؤال الأول؟", by=reviewer)
    second = actions.ask(report, text="السؤال الثاني؟", by=reviewer)
    director = people_of(report)["director"]
    browser, url = client_of(director), reverse("report_answer", args=[report.reference])
    assert browser.post(url, {"question": second.seq, "text": "جواب الثاني"}).status_code == 302
    running = report.clocks.running().filter(kind="C4")
    assert [clock.subject for clock in running] == [first.seq]


def test_a_concern_about_a_maintenance_is_answered_like_a_question(client_of: ClientOf) -> None:
    report = a_report(ReportKind.MAINTENANCE)
    send(client_of(a_reviewer()), report, "report_concern", note="يتزامن مع بداية التسجيل")
    director = client_of(people_of(report)["director"])
    assert send(director, report, "report_answer", text="نُقدّم الموعد يومًا").status_code == 302
    assert not report.clocks.running().filter(kind="C4").exists()


def test_ending_a_report_stops_the_clock_of_every_open_question() -> None:
    report, reviewer = a_report(ReportKind.CONSUMED_OUTAGE), a_reviewer()
    for text in ("السؤال الأول؟", "السؤال الثاني؟"):
        actions.ask(report, text=text, by=reviewer)
    actions.move(report, "dismiss", note="خارج النطاق", by=reviewer)
    assert not report.clocks.unmet().exists()


def test_assigning_names_only_reviewers(client_of: ClientOf) -> None:
    report, other = a_report(), a_reviewer()
    browser = client_of(a_reviewer())
    assert send(browser, report, "report_assign", reviewer=str(other.public_id)).status_code == 302
    report.refresh_from_db()
    assert report.reviewer == other
    director = people_of(report)["director"]
    assert send(browser, report, "report_assign", reviewer=str(director.public_id)).status_code == 422
    assert send(browser, report, "report_assign", reviewer="").status_code == 302
    report.refresh_from_db()
    assert report.reviewer is None


def test_another_severity_needs_a_reason_and_both_stay_in_the_log(client_of: ClientOf) -> None:
    report, browser = a_report(), client_of(a_reviewer())
    other = 3 if report.severity != 3 else 2
    assert send(browser, report, "report_severity", severity=other).status_code == 422
    assert send(browser, report, "report_severity", severity=other, note="الأثر محدود بمنطقة").status_code == 302
    assert report.events.last().data["before"] == report.severity
    report.refresh_from_db()
    assert report.severity == other


def test_a_dismissal_without_a_reason_is_refused_and_asks_for_it(client_of: ClientOf) -> None:
    report = a_report()
    page = send(client_of(a_reviewer()), report, "report_dismiss")
    assert page.status_code == 422
    assert 'id="error-summary"' in text_of(page)


def test_without_a_script_a_deed_is_asked_for_on_the_page_itself(client_of: ClientOf) -> None:
    report, browser = a_report(), client_of(a_reviewer())
    page = text_of(get(browser, report, "?do=dismiss"))
    assert 'id="do"' in page
    assert 'id="do-dismiss"' not in page
    assert 'id="do"' not in text_of(get(browser, report, "?do=nonsense"))


# --- Maintenance -----------------------------------------------------------------------------------------------------


def test_the_work_starts_is_updated_and_ends(client_of: ClientOf) -> None:
    report = a_report(ReportKind.MAINTENANCE)
    people = people_of(report)
    member, director = client_of(people["member"]), client_of(people["director"])
    assert send(member, report, "report_start").status_code == 302
    assert send(director, report, "report_update", message="نُقلت قاعدة البيانات").status_code == 302
    now = timezone.now().isoformat(timespec="minutes")
    assert send(director, report, "report_complete", outcome="success", actual_end=now).status_code == 302
    report.refresh_from_db()
    assert (report.status, report.outcome) == (Status.COMPLETED, "success")
    assert report.clocks.running().filter(kind="C6").exists()


def test_a_member_who_may_start_the_work_may_not_complete_it(client_of: ClientOf) -> None:
    report = as_it_stands(ReportKind.MAINTENANCE, Status.IN_PROGRESS)
    member = client_of(people_of(report)["member"])
    assert not offered(member, report, "complete")
    assert member.post(reverse("report_complete", args=[report.reference])).status_code == 403


BAD_WINDOWS = {
    "in the past": (-2, "10:00", -2, "12:00", "must lie in the future"),
    "ends before it starts": (3, "12:00", 3, "10:00", "between 5 minutes and 72 hours"),
    "too short": (3, "12:00", 3, "12:03", "between 5 minutes and 72 hours"),
    "too long": (3, "12:00", 7, "12:00", "between 5 minutes and 72 hours"),
    "not a time": (3, "25:99", 3, "12:00", "between 00:00 and 23:59"),
}


@pytest.mark.parametrize("case", BAD_WINDOWS)
def test_a_window_that_cannot_be_is_told(client_of: ClientOf, case: str) -> None:
    start_day, start, end_day, end, sentence = BAD_WINDOWS[case]
    report = a_report(ReportKind.MAINTENANCE)
    today = timezone.localdate()
    typed = {
        "window_start_day": "", "window_start_date": (today + timedelta(days=start_day)).isoformat(),
        "window_start_time": start, "window_end_day": "", "window_end_time": end,
        "window_end_date": (today + timedelta(days=end_day)).isoformat(), "note": "تعارض مع موسم",
    }  # fmt: skip
    url = f"/en/reports/{report.reference}/reschedule/"
    response = client_of(people_of(report)["director"]).post(url, {**typed, "seen": report.version})
    assert response.status_code == 422
    assert sentence in messages_of(response)
    assert report.events.count() == 1


def test_another_window_is_told_and_its_lead_time_judged_again(client_of: ClientOf) -> None:
    report = a_report(ReportKind.MAINTENANCE)
    assert not report.clocks.get(kind="M1").breached_at
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    typed = {
        "window_start_date": tomorrow, "window_start_time": "22:00", "window_end_date": tomorrow,
        "window_end_time": "23:00", "note": "تقديم بطلب المورد", "window_start_day": "", "window_end_day": "",
    }  # fmt: skip
    response = send(client_of(people_of(report)["director"]), report, "report_reschedule", **typed)
    assert response.status_code == 302
    assert report.clocks.filter(kind="M1", breached_at__isnull=False).exists()
    assert report.events.last().kind == "RESCHEDULED"


# --- The authority's own people ---------------------------------------------------------------------------------------


def test_the_authoritys_own_director_never_speaks_for_another_entity(client_of: ClientOf) -> None:
    from tests.factories import an_entity

    authority = an_entity(authority=True)
    director = a_person(Role.DIRECTOR, entity=authority)
    report = a_report()
    assert report.moves_for(director) == {}
    update = {"phase": "identified", "message": "ليس لنا أن نقول"}
    response = client_of(director).post(reverse("report_update", args=[report.reference]), update)
    assert response.status_code == 404
    assert report.events.count() == 1


def test_each_kind_and_severity_offers_closing_to_whom_it_may(client_of: ClientOf) -> None:
    for kind, severity in itertools.product((ReportKind.CONSUMED_OUTAGE,), (1, 3)):
        report = as_it_stands(kind, Status.RESTORED, severity)
        assert offered(client_of(a_reviewer()), report, "close") == ("close" in report.moves_for(a_reviewer()))
        page = get(client_of(a_reviewer()), report)
        assert form(page, reverse("report_close", args=[report.reference]))["seen"] == [str(report.version)]
