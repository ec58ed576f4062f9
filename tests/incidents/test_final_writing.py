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
from incidents.models import FinalReport
from tests.factories import a_person
from tests.incidents.finals import (
    SUMMARY,
    filer_of,
    fill,
    restored,
    url,
    written,
)
from tests.incidents.pages import messages_of, targets, text_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


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


def folds(page: str) -> list[bool]:
    """For each line of the page whether it is folded."""
    return ["<details" in line for line in page.split('<li class="row')[1:]]


def test_one_empty_line_is_open_and_the_others_are_folded(client_of: ClientOf) -> None:
    report = written(restored(tier=0))
    browser = client_of(filer_of(report))
    page = text_of(browser.get(url(report, "actions")))
    kept = FinalReport.objects.get(report=report).actions.count()
    assert folds(page) == [False] * (kept + 1) + [True] * 2
    more = fill(browser, report, "actions", more="yes")
    assert more["Location"].endswith("#spare")  # where the open one stands
    assert page.split('id="spare"')[0].count('<li class="row') == kept + 1


def test_a_folded_line_that_was_written_into_comes_back_open(client_of: ClientOf) -> None:
    report = restored(tier=0)
    last = fill(client_of(filer_of(report)), report, "actions", **{"actions-2-title": "ضبط المراقبة"})
    assert last.status_code == 422
    assert folds(text_of(last)) == [False, True, False]


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
    "a line in the future": ("timeline", {"text": "حدث", "at_date": "2070-01-01", "at_time": "10:00"}, "in the future"),
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


@pytest.mark.parametrize("slug", ["summary", "times"])
def test_the_bell_counts_messages_and_not_the_minutes_of_the_outage(client_of: ClientOf, slug: str) -> None:
    report = restored(tier=0)
    page = text_of(client_of(filer_of(report)).get(url(report, slug)))
    assert 'id="bell"' in page
    assert "icon-button__count" not in page


def test_a_section_that_this_report_does_not_have_is_not_found(client_of: ClientOf) -> None:
    report = restored(tier=3)
    assert client_of(filer_of(report)).get(url(report, "timeline")).status_code == 404
    assert client_of(filer_of(report)).get(url(report, "works")).status_code == 404
