"""What others have changed since a person's last look is marked in the rows of her board."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import User
from incidents import actions
from incidents.models import Report, ReportEvent
from tests.factories import a_report, a_reviewer
from tests.web_role import guards_lifted

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer() -> User:
    return a_reviewer()


@pytest.fixture
def browser(client_of: Callable[[User], Client], reviewer: User) -> Client:
    return client_of(reviewer)


def some_minutes_pass(browser: Client, minutes: int = 5) -> None:
    """For the session, and for whatever has been recorded."""
    session = browser.session
    for name in ("started_at", "seen_at"):
        session[name] -= minutes * 60
    if "board_looks" in session:
        session["board_looks"] = [max(0, moment - minutes * 60) for moment in session["board_looks"]]
    session.save()
    with guards_lifted():
        for event in ReportEvent.objects.all():
            earlier = event.recorded_at - timedelta(minutes=minutes)
            ReportEvent.objects.filter(pk=event.pk).update(recorded_at=earlier)
    for report in Report.objects.all():
        Report.objects.filter(pk=report.pk).update(submitted_at=report.submitted_at - timedelta(minutes=minutes))


def marks(browser: Client) -> dict[str, str]:
    return {row.report.reference: row.changed for row in browser.get(reverse("board")).context["rows"]}


def test_the_first_look_marks_nothing(browser: Client) -> None:
    a_report()
    assert set(marks(browser).values()) == {""}


def test_what_others_did_since_the_last_look_is_marked_and_ones_own_deeds_are_not(
    browser: Client, reviewer: User
) -> None:
    old, mine, theirs = a_report(), a_report(), a_report()
    some_minutes_pass(browser)
    marks(browser)
    some_minutes_pass(browser)
    actions.acknowledge(mine, by=reviewer)
    actions.acknowledge(theirs, by=a_reviewer())
    actions.record_due_reminders(at=timezone.now() + timedelta(hours=1))  # a reminder is nobody's deed
    new = a_report()
    some_minutes_pass(browser, minutes=2)
    said = marks(browser)
    assert said == {old.reference: "", mine.reference: "", theirs.reference: "changed", new.reference: "new"}


def test_a_mark_says_since_when_in_words(browser: Client) -> None:
    some_minutes_pass(browser)
    started = timezone.localtime(datetime.fromtimestamp(browser.session["started_at"], UTC))
    a_report()
    page = browser.get(reverse("board")).content.decode()
    assert page.count("pill--info") >= 1
    assert f"{started:%H:%M}" in page.partition("pill--info")[2][:80]


def test_a_reload_within_a_minute_keeps_the_marks_and_the_refresh_shows_them(browser: Client) -> None:
    some_minutes_pass(browser)
    report = a_report()
    assert set(marks(browser).values()) == {"new"}
    assert set(marks(browser).values()) == {"new"}
    url = browser.get(reverse("board")).context["poll_url"]
    actions.acknowledge(report, by=a_reviewer())
    [row] = browser.get(url, headers={"X-Background": "1", "HX-Request": "true"}).context["rows"]
    assert row.changed == "new"
