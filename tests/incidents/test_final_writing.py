"""Writing the final report: in parts, by two people, signed, and sent whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents import actions
from incidents.errors import MoveRefused
from incidents.lifecycle import ReportKind, Status
from incidents.models import FinalReport, Report
from tests.factories import a_person, a_report, a_reviewer, a_service
from tests.incidents.finals import (
    ROOT,
    SUMMARY,
    completed,
    deeds,
    filer_of,
    leader_of,
    restored,
    rows,
    submitted,
    whole_columns,
    written,
)  # fmt: skip
from tests.incidents.pages import get, messages_of, targets, text_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


def url(report: Report, slug: str = "", *, english: bool = False) -> str:
    return f"{'/en' if english else ''}/reports/{report.reference}/final/{f'{slug}/' if slug else ''}"


def fill(client: Client, report: Report, slug: str, *, english: bool = False, **typed: Any) -> Any:
    """Send a section with what its page proposes, and this in the place of it."""
    from html.parser import HTMLParser

    page = text_of(client.get(url(report, slug)))
    fields: dict[str, list[str]] = {}

    class Reader(HTMLParser):
        box = choice = ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = dict(attrs)
            name = given.get("name")
            if tag == "select":
                self.choice = name or ""
            if tag == "option" and "selected" in given:
                fields[self.choice] = [given.get("value") or ""]
            if tag == "textarea" and name:
                self.box = name
                fields[name] = [""]
            if tag == "input" and name and given.get("type") not in {"file", "search"}:
                if given.get("type") in {"checkbox", "radio"} and "checked" not in given:
                    return
                fields.setdefault(name, []).append(given.get("value") or "")

        def handle_data(self, data: str) -> None:
            if self.box:
                fields[self.box] = [fields[self.box][0] + data.lstrip("\n")]

        def handle_endtag(self, tag: str) -> None:
            if tag == "textarea":
                self.box = ""

    Reader().feed(page)
    fields.pop("csrfmiddlewaretoken", None)
    return client.post(url(report, slug, english=english), {**fields, **typed})


# --- In parts --------------------------------------------------------------------------------------------


def test_the_task_list_says_in_words_how_far_each_section_has_come(client_of: ClientOf) -> None:
    report = restored(tier=0)
    browser = client_of(filer_of(report))
    assert messages_of(browser.get(url(report, english=True))).count("Not begun") == 8
    fill(browser, report, "summary", executive_summary=SUMMARY)
    fill(browser, report, "cause", cause_l2="capacity")
    page = messages_of(browser.get(url(report, english=True)))
    assert "1 of 8 complete" in page
    assert "6 answers missing" in " ".join(page.split())


def test_a_section_is_kept_as_it_is_and_says_what_is_lacking(client_of: ClientOf) -> None:
    report = restored(tier=0)
    browser = client_of(filer_of(report))
    response = fill(browser, report, "cause", english=True, cause_l2="certificate", root_cause="انتهت الشهادة")
    assert response.status_code == 302
    final = FinalReport.objects.get(report=report)
    assert (final.cause_l1, final.cause_l2, final.root_cause) == ("system", "certificate", "انتهت الشهادة")
    page = messages_of(browser.get(response["Location"]))
    assert "Write at least 60 characters; there are 13." in page
    assert "Monitoring did not find it: say why." in page


def test_a_complete_section_leads_to_the_next_that_lacks_something(client_of: ClientOf) -> None:
    report = restored(tier=3)
    response = fill(client_of(filer_of(report)), report, "summary", executive_summary=SUMMARY)
    assert response["Location"] == url(report, "times")


def test_a_change_from_the_check_leads_back_to_it(client_of: ClientOf) -> None:
    report = written(restored(tier=3))
    browser = client_of(filer_of(report))
    assert f"{url(report, 'summary')}?back=check" in targets(browser.get(url(report, "check")))
    data = {"executive_summary": SUMMARY + " أُعيدت الخدمة.", "seen": FinalReport.objects.get().version}
    response = browser.post(f"{url(report, 'summary')}?back=check", data)
    assert response["Location"] == url(report, "check")


def test_the_report_itself_proposes_times_and_figures(client_of: ClientOf) -> None:
    report = restored(tier=3, users_affected=700)
    browser = client_of(filer_of(report))
    fill(browser, report, "times")
    fill(browser, report, "impact")
    final = FinalReport.objects.get(report=report)
    assert (final.started_at, final.restored_at) == (report.started_at, report.restored_at)
    assert (final.downtime_minutes, final.users_affected_final) == (60, 700)


def test_the_timeline_is_proposed_from_the_history(client_of: ClientOf) -> None:
    report = restored(tier=0)
    browser = client_of(filer_of(report))
    page = text_of(browser.get(url(report, "timeline")))
    assert report.summary in page
    fill(browser, report, "timeline")
    kept = FinalReport.objects.get(report=report).timeline.all()
    assert kept.count() == 4
    assert all(row.from_history for row in kept)


def test_lines_are_added_and_removed(client_of: ClientOf) -> None:
    report = written(restored(tier=0))
    browser = client_of(filer_of(report))
    today = timezone.localdate().isoformat()
    fill(
        browser, report, "timeline", more="yes",
        **{"timeline-0-DELETE": "on", "timeline-4-at_day": today, "timeline-4-at_time": "00:00",
           "timeline-4-text": "حدث مضاف"},
    )  # fmt: skip
    texts = [row.text for row in FinalReport.objects.get(report=report).timeline.all()]
    assert "حدث رقم 0" not in texts
    assert "حدث مضاف" in texts
    assert len(texts) == 4


BAD_ROWS: dict[str, tuple[str, dict[str, str], str]] = {
    "an action without an owner": (
        "actions",
        {"title": "ضبط المراقبة", "due_on": "2026-12-01"},
        "This field is required",
    ),
    "an action after 180 days": (
        "actions",
        {"title": "ض", "owner": "م", "due_on": (timezone.localdate() + timedelta(days=181)).isoformat()},
        "within 180 days",
    ),
    "an action on no day": ("actions", {"title": "ض", "owner": "م", "due_on": "قريبًا"}, "year-month-day"),
    "an action of no type": ("actions", {"title": "ض", "owner": "م", "kind": "hope"}, "valid choice"),
    "a line without a time": ("timeline", {"text": "حدث"}, "Say when"),
    "a line in the future": ("timeline", {"text": "حدث", "at_date": "2099-01-01", "at_time": "10:00"}, "in the future"),
    "a line without words": ("timeline", {"at_date": "2026-01-01", "at_time": "10:00"}, "Say what happened"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_line_that_cannot_be_is_told_and_kept_on_the_page(client_of: ClientOf, case: str) -> None:
    slug, wrong, sentence = BAD_ROWS[case]
    report = restored(tier=0)
    browser = client_of(filer_of(report))
    rows_there = 4 if slug == "timeline" else 0
    typed = {f"{slug}-{rows_there}-{name}": text for name, text in wrong.items()}
    response = fill(browser, report, slug, english=True, **typed)
    assert response.status_code == 422
    assert sentence in messages_of(response)
    assert not FinalReport.objects.exists()


BAD_ANSWERS: dict[str, tuple[str, dict[str, Any], str]] = {
    "too long a summary": ("summary", {"executive_summary": "ع" * 1501}, "at most 1500"),
    "an ID in the text": ("summary", {"executive_summary": "بلّغ المستفيد 1012345674"}, "national ID"),
    "a time that is none": ("times", {"mitigated_at_day": "2026-11-22", "mitigated_at_time": "26:00"}, "23:59"),
    "a cause of no class": ("cause", {"cause_l2": "gremlins"}, "valid choice"),
    "four factors": (
        "cause",
        {"contributing_factors": ["late-detection", "single-point", "no-test", "escalation"]},
        "at most three",
    ),
    "negative downtime": ("times", {"downtime_minutes": "-1"}, "0 or more"),
    "words for a figure": ("impact", {"users_affected_final": "كثير"}, "whole number"),
}


@pytest.mark.parametrize("case", BAD_ANSWERS)
def test_an_answer_that_cannot_be_kept_is_told_and_stays_on_the_page(client_of: ClientOf, case: str) -> None:
    slug, wrong, sentence = BAD_ANSWERS[case]
    report = restored(tier=0)
    response = fill(client_of(filer_of(report)), report, slug, english=True, **wrong)
    assert response.status_code == 422
    assert sentence in messages_of(response)
    assert not FinalReport.objects.exists()


def test_two_writers_are_told_of_each_other_and_nothing_is_lost(client_of: ClientOf) -> None:
    report = written(restored(tier=0))
    mine, hers = client_of(filer_of(report)), client_of(a_person(Role.ALTERNATE, entity=report.entity))
    seen = FinalReport.objects.get().version
    theirs = "كتبت الزميلة ملخصًا آخر يشرح ما حدث للخدمة، ومن تأثر بها، وما الذي تم لإعادتها إلى العمل."
    assert hers.post(url(report, "summary"), {"executive_summary": theirs, "seen": seen}).status_code == 302
    response = mine.post(url(report, "summary"), {"executive_summary": SUMMARY + " نصي أنا.", "seen": seen})
    assert response.status_code == 409
    page = text_of(response)
    assert theirs in page
    assert "نصي أنا" in page
    assert FinalReport.objects.get().executive_summary == theirs
    again = mine.post(url(report, "summary"), {"executive_summary": SUMMARY, "seen": seen + 1})
    assert again.status_code == 302
    assert FinalReport.objects.get().executive_summary == SUMMARY


def test_the_cause_needs_no_script_to_know_its_class(client_of: ClientOf) -> None:
    page = text_of(client_of(filer_of(report := restored(tier=0))).get(url(report, "cause")))
    assert page.count("<optgroup") == 5


def test_a_section_that_this_report_does_not_have_is_not_found(client_of: ClientOf) -> None:
    report = restored(tier=3)
    assert client_of(filer_of(report)).get(url(report, "timeline")).status_code == 404
    assert client_of(filer_of(report)).get(url(report, "works")).status_code == 404


# --- Sending ---------------------------------------------------------------------------------------------


def submit(client: Client, report: Report, **typed: Any) -> Any:
    version = FinalReport.objects.filter(report=report).values_list("version", flat=True).first() or 0
    return client.post(url(report, "check", english=True), {"seen": version, **typed})


def test_a_whole_report_is_attested_and_submitted(client_of: ClientOf) -> None:
    report = written(restored(tier=3))
    browser = client_of(filer_of(report))
    assert "Tick the attestation" in messages_of(submit(browser, report))
    assert submit(browser, report, attest="on").status_code == 302
    report.refresh_from_db()
    assert report.status == Status.FINAL_REVIEW
    final = FinalReport.objects.get()
    assert (final.attested_by, final.attested_at is not None) == (filer_of(report), True)
    assert report.clocks.running().filter(kind="C7").exists()


def test_a_report_with_gaps_is_not_submitted(client_of: ClientOf) -> None:
    report = written(restored(tier=3), lessons="")
    response = submit(client_of(filer_of(report)), report, attest="on")
    assert response.status_code == 422
    assert "Some answers are still missing" in messages_of(response)
    report.refresh_from_db()
    assert report.status == Status.RESTORED


def test_a_report_that_changed_since_the_check_is_read_again_first(client_of: ClientOf) -> None:
    report = written(restored(tier=3))
    seen = FinalReport.objects.get().version
    written(report)
    response = client_of(filer_of(report)).post(url(report, "check"), {"seen": seen, "attest": "on"})
    assert response.status_code == 409
    report.refresh_from_db()
    assert report.status == Status.RESTORED


def test_the_it_leader_signs_a_critical_one_first(client_of: ClientOf) -> None:
    report = written(restored(tier=0))
    director, leader = client_of(filer_of(report)), client_of(leader_of(report))
    assert submit(director, report, attest="on").status_code == 422
    assert url(report) in targets(get(leader, report))
    version = FinalReport.objects.get().version
    assert leader.post(url(report, "sign"), {"seen": version}).status_code == 302
    assert submit(director, report, attest="on").status_code == 302


def test_a_change_takes_the_signature_away(client_of: ClientOf) -> None:
    report = written(restored(tier=0))
    actions.countersign(report, by=leader_of(report))
    fill(client_of(filer_of(report)), report, "summary", executive_summary=SUMMARY + " أُضيفت جملة.")
    assert FinalReport.objects.get().countersigned_at is None
    assert submit(client_of(filer_of(report)), report, attest="on").status_code == 422


def test_the_it_leader_signs_what_was_read_and_only_once_it_is_whole(client_of: ClientOf) -> None:
    report = written(restored(tier=0), lessons="")
    leader = client_of(leader_of(report))
    assert leader.post(url(report, "sign"), {"seen": FinalReport.objects.get().version}).status_code == 422
    written(report)
    stale = leader.post(url(report, "sign"), {"seen": FinalReport.objects.get().version - 1})
    assert stale.status_code == 409
    assert FinalReport.objects.get().countersigned_at is None


def test_nobody_but_the_entitys_own_it_leader_signs(client_of: ClientOf) -> None:
    report = written(restored(tier=0))
    for person in (filer_of(report), a_reviewer(), a_person(Role.HEAD_CONTACT, entity=report.entity)):
        assert client_of(person).post(url(report, "sign")).status_code == 403
    assert client_of(a_person(Role.IT_LEADER)).post(url(report, "sign")).status_code == 404
    with pytest.raises(MoveRefused):
        actions.countersign(report, by=a_person(Role.IT_LEADER))
    with pytest.raises(MoveRefused):
        actions.countersign(report, by=filer_of(report))


# --- Combined, and maintenance ---------------------------------------------------------------------------


def test_a_short_outage_is_restored_and_reported_at_once(client_of: ClientOf) -> None:
    service = a_service(tier=3, users_per_day=10)
    began = timezone.now() - timedelta(hours=2)
    report = a_report(by=a_person(entity=service.entity), service=service, started_at=began, detected_at=began)
    browser = client_of(filer_of(report))
    assert url(report) in targets(get(browser, report))
    written(report)
    assert submit(browser, report, attest="on").status_code == 302
    report.refresh_from_db()
    assert (report.status, report.phase) == (Status.FINAL_REVIEW, "restored")
    assert report.restored_at == FinalReport.objects.get().restored_at


@pytest.mark.parametrize("minutes", [-600, 600])
def test_a_combined_restoration_that_cannot_be_is_refused(client_of: ClientOf, minutes: int) -> None:
    service = a_service(tier=3, users_per_day=10)
    report = a_report(by=a_person(entity=service.entity), service=service)
    written(report)
    moment = timezone.now() + timedelta(minutes=minutes)
    with pytest.raises(MoveRefused):
        actions.submit_final(report, restored_at=moment, by=filer_of(report))
    report.refresh_from_db()
    assert report.status == Status.SUBMITTED


def test_a_clean_maintenance_has_two_sections(client_of: ClientOf) -> None:
    report = completed(tier=2)
    browser = client_of(filer_of(report))
    fill(browser, report, "summary", executive_summary=SUMMARY)
    response = fill(browser, report, "works", downtime_minutes="40", rollback_used="no", unexpected_effects="لا يوجد")
    assert response["Location"] == url(report, "check")
    assert submit(browser, report, attest="on").status_code == 302


def test_a_consumed_outage_has_no_final_report(client_of: ClientOf) -> None:
    report = a_report(ReportKind.CONSUMED_OUTAGE)
    assert client_of(filer_of(report)).get(url(report)).status_code == 404


# --- Who writes ------------------------------------------------------------------------------------------


def test_only_director_and_alternate_write_and_the_entity_reads_along(client_of: ClientOf) -> None:
    report = written(restored(tier=0))
    for role in (Role.MEMBER, Role.HEAD_CONTACT, Role.IT_LEADER):
        person = client_of(a_person(role, entity=report.entity))
        assert SUMMARY in text_of(person.get(url(report)))
        assert person.get(url(report, "summary")).status_code == 403


def test_the_authority_reads_it_once_it_is_sent(client_of: ClientOf) -> None:
    report = written(restored(tier=3))
    reviewer = client_of(a_reviewer())
    assert reviewer.get(url(report)).status_code == 404
    submitted(report)
    assert SUMMARY in text_of(reviewer.get(url(report)))


def test_a_sent_report_is_not_written_any_more(client_of: ClientOf) -> None:
    report = submitted(restored(tier=3))
    browser = client_of(filer_of(report))
    assert ROOT in text_of(browser.get(url(report)))
    assert browser.get(url(report, "summary")).status_code == 404
    with pytest.raises(MoveRefused):
        actions.save_final(report, columns=whole_columns(report), timeline=rows(), actions=deeds(), by=filer_of(report))
