"""The same form sent twice, a page that is old, what htmx swaps in: nothing is lost, nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents import actions
from incidents.lifecycle import Status
from incidents.models import Report
from tests.factories import a_person, a_reviewer
from tests.incidents.pages import WORDS, chip, form, get, send, text_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


# --- Sent twice, or too late -----------------------------------------------------------------------------


def test_the_same_update_sent_twice_is_one(browser: Client, report: Report) -> None:
    page = get(browser, report)
    for _time in range(2):
        assert send(browser, report, "report_update", page=page, message=WORDS).status_code == 302
    assert report.events.count() == 2


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("report_restore", {}),
        ("report_withdraw", {"note": "قُدّم بالخطأ"}),
        ("report_acknowledge", {}),
        ("report_severity", {"severity": "4", "note": "الأثر محدود"}),
        ("report_ask", {"text": "متى العودة المتوقعة؟"}),
        ("report_dismiss", {"note": "خارج النطاق"}),
        ("report_note_add", {"text": "اتصال هاتفي"}),
    ],
)
def test_the_same_form_sent_twice_changes_nothing_the_second_time(
    client_of: ClientOf, report: Report, filer: User, name: str, typed: dict[str, str]
) -> None:
    browser = client_of(filer if name in {"report_restore", "report_withdraw"} else a_reviewer())
    if name == "report_restore":
        typed = {"restored_at": chip(0)}  # of now, not of when the tests were collected
    page = get(browser, report)
    assert send(browser, report, name, page=page, **typed).status_code == 302
    report.refresh_from_db()
    before = (report.version, report.event_count, report.status, report.notes.count())
    assert send(browser, report, name, page=page, **typed).status_code == 302
    report.refresh_from_db()
    assert (report.version, report.event_count, report.status, report.notes.count()) == before


def test_a_deed_on_an_old_page_is_409_keeps_the_words_and_shows_what_changed(
    client_of: ClientOf, report: Report, filer: User
) -> None:
    reviewer = client_of(a_reviewer())
    page = get(reviewer, report)
    actions.post_update(report, phase="identified", message="كُتب في هذه الأثناء", by=filer)
    response = send(reviewer, report, "report_dismiss", page=page, note="لا يستوجب الإبلاغ لأنه اختبار")
    assert response.status_code == 409
    body = text_of(response)
    assert "لا يستوجب الإبلاغ لأنه اختبار" in body
    refused = body[body.index('role="alert"') : body.index('id="standing"')]
    assert "كُتب في هذه الأثناء" in refused
    report.refresh_from_db()
    assert report.status == Status.SUBMITTED
    again = form(response, reverse("report_dismiss", args=[report.reference]))
    assert again["seen"] == [str(report.version)]
    assert (
        send(reviewer, report, "report_dismiss", page=response, note="لا يستوجب الإبلاغ لأنه اختبار").status_code == 302
    )


def test_words_for_a_deed_that_is_gone_are_given_back(client_of: ClientOf, report: Report, filer: User) -> None:
    browser = client_of(filer)
    page = get(browser, report)
    actions.restore(report, restored_at=timezone.now(), by=a_person(Role.ALTERNATE, entity=report.entity))
    response = send(browser, report, "report_update", page=page, message=WORDS)
    assert response.status_code == 422
    assert WORDS in text_of(response)
    assert "readonly" in text_of(response)


# --- The courtesy ----------------------------------------------------------------------------------------


def test_what_htmx_swaps_in_is_what_a_reload_would_show(browser: Client, report: Report) -> None:
    page = get(browser, report)
    fields = form(page, reverse("report_update", args=[report.reference]))
    url = reverse("report_update", args=[report.reference])
    swapped = browser.post(url, {**fields, "message": WORDS}, headers={"HX-Request": "true"})
    assert swapped.status_code == 200
    assert 'hx-swap-oob="innerHTML"' in text_of(swapped)
    body, reload = _body(text_of(swapped)), _body(text_of(get(browser, report)))
    assert body == reload


def _body(page: str) -> str:
    """The report's part of a page, without what is fresh in every answer."""
    import re

    part = page[page.index('id="report"') : page.rindex("</aside>")]
    part = re.sub(r'value="[0-9a-f-]{36}"|name="csrfmiddlewaretoken" value="\w+"', "", part)
    return " ".join(re.sub(r"<time[^>]*data-[^>]*>[^<]*</time>|value=\"\d\d?\d?\"", "", part).split())


def test_a_mistake_comes_back_as_a_part_with_the_words(browser: Client, report: Report) -> None:
    url = reverse("report_update", args=[report.reference])
    response = browser.post(url, {"phase": "identified", "message": "قصير"}, headers={"HX-Request": "true"})
    assert response.status_code == 422
    assert "<html" not in text_of(response)
    assert "قصير" in text_of(response)
