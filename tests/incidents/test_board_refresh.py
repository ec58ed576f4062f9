"""The refresh in place: what the token says, what is renewed, what waits behind the button, what is said aloud."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents import actions
from incidents.lifecycle import Lane
from incidents.models import Report, ReportEvent
from incidents.news import changes_between
from tests.factories import a_person, a_report, a_reviewer, a_service
from tests.web_role import guards_lifted

pytestmark = pytest.mark.django_db
Poll = Callable[..., HttpResponse]


@pytest.fixture
def reviewer() -> User:
    return a_reviewer()


@pytest.fixture
def browser(client_of: Callable[[User], Client], reviewer: User) -> Client:
    return client_of(reviewer)


@pytest.fixture
def poll(browser: Client) -> Poll:
    """What the board that was read with this address asks ten seconds later."""

    def ask(url: str) -> HttpResponse:
        return browser.get(url, headers={"X-Background": "1", "HX-Request": "true"})

    return ask


def read(browser: Client, **query: Any) -> str:
    """Open the board; its poll address."""
    return str(browser.get(reverse("board"), query).context["poll_url"])


def settle(reports: list[Report]) -> None:
    """Time passes: what has been recorded so far is seen for good."""

    with guards_lifted():
        events = ReportEvent.objects.filter(report__in=reports)
        events.update(recorded_at=timezone.now() - timedelta(minutes=5))


def settled_report(**columns: Any) -> Report:
    report = a_report(**columns)
    settle([report])
    return report


# --- The token ------------------------------------------------------------------------------------------------------


def test_nothing_new_is_204_and_no_word(browser: Client, poll: Poll) -> None:
    settled_report()
    response = poll(read(browser))
    assert (response.status_code, response.content) == (204, b"")


def test_an_event_of_the_last_thirty_seconds_is_never_taken_as_seen(browser: Client, poll: Poll) -> None:
    old, new = settled_report(), a_report()
    url = read(browser)
    assert f"token={old.events.get().pk}&" in url
    response = poll(url)
    assert response.status_code == 200
    assert f'id="row-{new.reference}"' in response.content.decode()
    assert f'id="row-{old.reference}"' not in response.content.decode()


def test_an_answer_carries_the_next_token(browser: Client, poll: Poll) -> None:
    report = settled_report()
    url = read(browser)
    actions.acknowledge(report, by=a_reviewer())
    settle([report])
    following = poll(url).context["poll_url"]
    assert following.split("shown=")[1] == url.split("shown=")[1]
    assert poll(following).status_code == 204


def test_a_refresh_by_itself_is_no_activity(browser: Client, poll: Poll) -> None:
    settled_report()
    url = read(browser)
    session = browser.session
    session["seen_at"] -= 300
    session.save()
    poll(url)
    assert browser.session["seen_at"] == session["seen_at"]


@pytest.mark.parametrize(
    "query", [{}, {"token": "x"}, {"token": "-1"}, {"token": "9" * 30}, {"token": "1", "shown": "a" * 5000}], ids=str
)
def test_a_token_that_says_nothing_gets_nothing(browser: Client, query: dict[str, str]) -> None:
    a_report()
    assert browser.get(reverse("board_changes"), query).status_code == 204


def test_only_the_authority_asks(client_of: Callable[[User], Client]) -> None:
    a_report()
    assert client_of(a_person(Role.DIRECTOR)).get(reverse("board_changes"), {"token": 0}).status_code == 403


# --- In place, and behind the button ----------------------------------------------------------------------------------


def test_a_row_on_the_page_is_renewed_in_place_as_a_reload_would_show_it(browser: Client, poll: Poll) -> None:
    report, other = settled_report(), settled_report()
    url = read(browser)
    actions.acknowledge(report, by=a_person(Role.REVIEWER, name_ar="سعد المطيري"))
    Report.objects.filter(pk=report.pk).update(next_due_at=report.next_due_at)  # it stays where it is
    answer = poll(url).content.decode()
    assert f'<tr id="row-{report.reference}"' in answer
    assert 'hx-swap-oob="true"' in answer
    assert "سعد المطيري" in answer
    assert f'id="row-{other.reference}"' not in answer
    assert 'id="board-waiting"' in answer
    assert "عرض" not in answer[answer.index('id="board-waiting"') :].split("</span>")[0]
    row = answer[answer.index(f'<tr id="row-{report.reference}"') :].split("</tr>")[0]
    page = browser.get(reverse("board")).content.decode()
    assert row.replace(' hx-swap-oob="true"', "") in page


def test_the_tiles_are_counted_again(browser: Client, poll: Poll) -> None:
    report = settled_report()
    url = read(browser)
    actions.acknowledge(report, by=a_reviewer())
    tiles = {tile.part.code: tile.count for tile, _url in poll(url).context["tiles"]}
    assert (tiles["new"], tiles["followed"]) == (0, 1)


def test_new_rows_wait_behind_the_button_with_their_number(browser: Client, poll: Poll) -> None:
    settled_report()
    url = read(browser)
    news = [a_report() for _ in range(3)]
    response = poll(url)
    assert response.context["waiting"] == 3
    assert "3 مستجدات — عرضها" in response.content.decode()
    assert not any(f'id="row-{report.reference}"' in response.content.decode() for report in news)


def test_the_button_stays_in_the_same_filter(browser: Client, poll: Poll) -> None:
    settled_report()
    url = read(browser, severity=1)
    a_report()
    assert poll(url).context["here"] == f"{reverse('board')}?severity=1"


def test_a_row_that_leaves_the_filter_is_renewed_and_counted(browser: Client, poll: Poll) -> None:
    report = settled_report()
    url = read(browser, show="new")
    actions.acknowledge(report, by=a_reviewer())
    response = poll(url)
    assert response.context["waiting"] == 1
    assert f'<tr id="row-{report.reference}"' in response.content.decode()


def test_news_that_the_filter_does_not_hold_wakes_nobody(browser: Client, poll: Poll) -> None:
    settled_report()
    url = read(browser, kind="MNT")
    a_report()
    response = poll(url)
    assert (response.context["waiting"], response.context["rows"]) == (0, [])


def test_the_number_counts_what_came_went_and_moved_and_no_neighbour() -> None:
    shown = list("abcde")
    for now, number in (
        ("abcde", 0), ("abcdef", 1), ("xabcd", 1), ("abde", 1), ("abdef", 1), ("eabcd", 1), ("bcdea", 1),
        ("xyabc", 2), ("badce", 2), ("", 5), ("vwxyz", 5),
    ):  # fmt: skip
        assert changes_between(shown, list(now)) == number, now
    for now in permutations("abcd"):
        assert 0 <= changes_between(list("abcd"), list(now)) <= 3


# --- What is said aloud -------------------------------------------------------------------------------------------


def test_a_new_critical_report_is_said_and_a_low_one_is_not(browser: Client, poll: Poll) -> None:
    settled_report()
    url = read(browser)
    critical = a_service(tier=0, name_ar="خدمة التحقق الموحدة")
    a_report(by=a_person(entity=critical.entity), service=critical)
    low = a_service(tier=3)
    a_report(by=a_person(entity=low.entity), service=low, impact="minor")
    news = poll(url).context["news"]
    assert len(news) == 1
    assert news[0].sentence.startswith("بلاغ جديد، شدته حرجة: خدمة التحقق الموحدة")


def test_a_clock_that_runs_out_is_said_and_an_update_is_not(browser: Client, poll: Poll) -> None:
    report = settled_report()
    url = read(browser)
    actions.record_due_reminders(at=report.next_due_at)
    actions.acknowledge(report, by=a_reviewer())
    sentences = [said.sentence for said in poll(url).context["news"]]
    assert len(sentences) == 1
    assert sentences[0].startswith("تأخر الآن، الاستلام:")


def test_a_row_that_a_clock_made_late_is_marked_when_it_is_renewed(browser: Client, poll: Poll) -> None:
    report = settled_report()
    url = read(browser)
    actions.record_due_reminders(at=report.next_due_at)
    Report.objects.filter(pk=report.pk).update(next_due_at=timezone.now() - timedelta(seconds=5), lane=Lane.URGENT)
    assert 'class="is-late"' in poll(url).content.decode()
