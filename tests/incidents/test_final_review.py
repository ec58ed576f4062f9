"""The authority's answer to a final report: comments that are each answered, or a closing with its checklist."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from entities.models import User
from entities.permissions import Role
from incidents import actions
from incidents.lifecycle import ClockKind, Status
from incidents.models import FieldComment, FinalReport, Report
from tests.factories import a_reviewer
from tests.incidents.finals import (
    filer_of,
    fill,
    leader_of,
    restored,
    submit,
    submitted,
    url,
    whole_columns,
)
from tests.incidents.pages import get, messages_of, targets, text_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
ALL = ["cause", "figures", "actions"]


@pytest.fixture
def report() -> Report:
    return submitted(restored(tier=3))


def test_the_reviewer_finds_a_box_for_every_field(client_of: ClientOf, report: Report) -> None:
    reviewer = client_of(a_reviewer())
    assert url(report) in targets(get(reviewer, report))
    page = text_of(reviewer.get(url(report)))
    for name in ("executive_summary", "root_cause", "lessons", "actions"):
        assert f'name="comment-{name}"' in page


def test_sending_back_needs_a_comment_on_a_field_and_keeps_what_was_written(
    client_of: ClientOf, report: Report
) -> None:
    reviewer = client_of(a_reviewer())
    response = reviewer.post(
        url(report, "send-back", english=True), {"note": "أكملوا تحليل السبب", "seen": report.version}
    )
    assert response.status_code == 422
    assert "Comment on at least one field" in messages_of(response)
    assert "أكملوا تحليل السبب" in text_of(response)
    typed = {"comment-root_cause": "وضّحوا السبب", "seen": report.version}
    response = reviewer.post(url(report, "send-back", english=True), typed)
    assert response.status_code == 422
    assert "وضّحوا السبب" in text_of(response)
    report.refresh_from_db()
    assert report.status == Status.FINAL_REVIEW


def sent_back(client: Client, report: Report) -> None:
    typed = {"note": "أكملوا التحليل", "comment-root_cause": "لماذا لم تُضبط المراقبة؟", "comment-actions": "من يتابع؟"}
    assert client.post(url(report, "send-back"), {**typed, "seen": report.version}).status_code == 302
    report.refresh_from_db()
    assert report.status == Status.REVISION


def test_comments_stand_beside_their_fields_and_each_is_answered(client_of: ClientOf, report: Report) -> None:
    sent_back(client_of(a_reviewer()), report)
    browser = client_of(filer_of(report))
    assert "لماذا لم تُضبط المراقبة؟" in text_of(browser.get(url(report, "cause")))
    assert "من يتابع؟" in text_of(browser.get(url(report, "actions")))
    assert submit(browser, report, attest="on").status_code == 422
    cause, deed = FieldComment.objects.order_by("pk")
    fill(browser, report, "cause", cause_l2="capacity", **{f"answer-{cause.pk}": "أُضيفت العتبات"})
    assert submit(browser, report, attest="on").status_code == 422
    response = fill(browser, report, "actions", **{f"answer-{deed.pk}": "إدارة البنية التحتية"})
    assert response.status_code == 302
    assert submit(browser, report, attest="on").status_code == 302
    report.refresh_from_db()
    assert report.status == Status.FINAL_REVIEW
    assert "أُضيفت العتبات" in text_of(client_of(a_reviewer()).get(url(report)))


def test_an_answer_to_a_comment_is_not_called_optional_and_a_section_without_it_is_kept(
    client_of: ClientOf, report: Report
) -> None:
    sent_back(client_of(a_reviewer()), report)
    browser = client_of(filer_of(report))
    page = messages_of(browser.get(url(report, "cause", english=True)))
    assert "Your answer" in page
    assert "(optional)" not in page
    assert fill(browser, report, "cause", cause_l2="capacity", direct_cause="امتلاء القرص").status_code in {200, 302}
    assert FinalReport.objects.get(report=report).direct_cause == "امتلاء القرص"


def test_while_it_is_being_completed_the_authority_waits(client_of: ClientOf, report: Report) -> None:
    reviewer = client_of(a_reviewer())
    sent_back(reviewer, report)
    assert reviewer.get(url(report)).status_code == 404


def test_a_critical_report_sent_back_is_signed_again(client_of: ClientOf) -> None:
    report = submitted(restored(tier=0))
    sent_back(client_of(a_reviewer(Role.LEAD)), report)
    assert FinalReport.objects.get().countersigned_at is None
    FieldComment.objects.update(answer="أُكمل")
    browser = client_of(filer_of(report))
    assert submit(browser, report, attest="on").status_code == 422
    actions.countersign(report, by=leader_of(report))
    assert submit(browser, report, attest="on").status_code == 302


def test_closing_goes_through_the_whole_checklist(client_of: ClientOf, report: Report) -> None:
    reviewer = client_of(a_reviewer())
    for checked in ([], ["cause"]):
        response = reviewer.post(url(report, "accept"), {"checked": checked, "seen": report.version})
        assert response.status_code == 422
    assert reviewer.post(url(report, "accept"), {"checked": ALL, "seen": report.version}).status_code == 302
    report.refresh_from_db()
    assert report.status == Status.CLOSED
    assert {clock.kind for clock in report.clocks.unmet()} == {ClockKind.C9}, "what was promised, and nothing else"


def test_a_critical_report_is_closed_by_a_lead(client_of: ClientOf) -> None:
    report = submitted(restored(tier=0))
    reviewer = client_of(a_reviewer())
    assert "final/accept" not in text_of(reviewer.get(url(report)))
    response = reviewer.post(url(report, "accept"), {"checked": ALL, "seen": report.version})
    assert response.status_code == 422
    lead = client_of(a_reviewer(Role.LEAD))
    assert lead.post(url(report, "accept"), {"checked": ALL, "seen": report.version}).status_code == 302


def test_a_decision_on_an_old_page_is_409_and_keeps_its_comments(client_of: ClientOf, report: Report) -> None:
    seen = report.version
    actions.ask(report, text="أين تقرير المورد؟", by=a_reviewer())
    typed = {"note": "أكملوا التحليل", "comment-root_cause": "وضّحوا السبب", "seen": seen}
    response = client_of(a_reviewer()).post(url(report, "send-back"), typed)
    assert response.status_code == 409
    assert "وضّحوا السبب" in text_of(response)
    assert not FieldComment.objects.exists()


def test_a_closed_report_is_reopened_by_a_lead_and_read_by_all(client_of: ClientOf, report: Report) -> None:
    actions.move(report, "close", by=a_reviewer())
    filer = client_of(filer_of(report))
    assert whole_columns(report)["root_cause"] in text_of(filer.get(url(report)))
    lead = client_of(a_reviewer(Role.LEAD))
    page = get(lead, report)
    assert f"/reports/{report.reference}/reopen-review/" in targets(page)


def test_each_deed_of_the_review_belongs_to_the_authority(client_of: ClientOf, report: Report) -> None:
    for person in (filer_of(report), leader_of(report)):
        for name in ("send-back", "accept"):
            assert client_of(person).post(url(report, name)).status_code == 403
