"""The deeds of both sides, done as people do them: on the page, with its forms."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents import actions
from incidents.errors import MoveRefused
from incidents.lifecycle import ReportKind, Status
from tests.factories import a_person, a_report, a_reviewer
from tests.incidents.pages import as_it_stands, form, get, messages_of, offered, people_of, send, text_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]

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
    assert send(browser, report, "report_assign", reviewer="").status_code == 422
    assert send(browser, report, "report_assign", reviewer="nobody").status_code == 302
    report.refresh_from_db()
    assert report.reviewer is None


def test_an_assignment_that_changes_nothing_is_not_offered_and_not_written(client_of: ClientOf) -> None:
    report, reviewer = a_report(), a_reviewer()
    browser = client_of(reviewer)
    assert 'value="nobody"' not in text_of(get(browser, report)), "nobody follows it yet"
    actions.assign(report, reviewer=reviewer, by=reviewer)
    page = text_of(get(browser, report))
    assert 'value="nobody"' in page
    assert f'value="{reviewer.public_id}"' not in page
    events = report.events.count()
    with pytest.raises(MoveRefused):
        actions.assign(report, reviewer=reviewer, by=reviewer)
    assert report.events.count() == events


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


@pytest.mark.parametrize(("kind", "owed"), [(ReportKind.OWN_OUTAGE, True), (ReportKind.CONSUMED_OUTAGE, False)])
def test_restoring_says_whether_a_final_report_is_owed(client_of: ClientOf, kind: ReportKind, owed: bool) -> None:
    report = a_report(kind)
    page = text_of(client_of(people_of(report)["director"]).get(f"/en/reports/{report.reference}/"))
    assert ("the final report is owed" in page) == owed
    assert ("no final report is owed" in page) != owed
