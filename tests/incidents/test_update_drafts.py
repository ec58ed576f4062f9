"""An update that is typed and not sent is kept for whoever types it; meanwhile nobody is told that one is due soon."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents import actions
from incidents.lifecycle import ClockKind
from incidents.models import Report, UpdateDraft
from incidents.models.update_draft import AT_IT
from tests.factories import a_person, a_report, a_reviewer, valid_id
from tests.incidents.pages import WORDS, form, get, send, text_of

pytestmark = pytest.mark.django_db


def keep(browser: Client, report: Report, **typed: Any) -> HttpResponse:
    """As static/js/autosave.js does: the whole form as it stands."""
    filled = form(get(browser, report), reverse("report_update", args=[report.reference]))
    filled.pop("csrfmiddlewaretoken", None)
    url = reverse("report_update_draft", args=[report.reference])
    return browser.post(url, {**filled, **typed}, headers={"X-Autosave": "1"})


def marks(report: Report, *, at: datetime) -> list[str]:
    actions.record_due_reminders(at=at)
    return list(report.events.filter(clock__kind=ClockKind.C3).values_list("mark", flat=True))


def test_what_was_typed_stands_there_again_and_is_gone_once_it_is_sent(browser: Client, report: Report) -> None:
    assert "draft" not in text_of(keep(browser, report, message=WORDS, phase="mitigating"))
    page = get(browser, report)
    assert WORDS in text_of(page)
    sent = form(page, reverse("report_update", args=[report.reference]))
    assert sent["phase"] == ["mitigating"]
    send(browser, report, "report_update", page=page, message=WORDS)
    assert report.events.filter(data__message=WORDS).count() == 1
    assert not UpdateDraft.objects.exists()
    assert text_of(get(browser, report)).count(WORDS) == 1  # in the history alone


def test_a_figure_that_was_typed_is_carried_after_a_new_sign_in(
    browser: Client, report: Report, client_of: Callable[[User], Client], filer: User
) -> None:
    keep(browser, report, message=WORDS, users_affected="12345", workaround="عبر الفروع")
    again = client_of(filer)
    page, prose = get(again, report), "عبر الفروع"
    assert prose in text_of(page)
    send(again, report, "report_update", page=page, message=WORDS, workaround=prose)
    report.refresh_from_db()
    assert (report.users_affected, report.workaround) == (12345, prose)


def test_nothing_typed_keeps_nothing_and_what_is_cleared_goes(browser: Client, report: Report) -> None:
    assert keep(browser, report).status_code == 200
    assert not UpdateDraft.objects.exists()
    keep(browser, report, message=WORDS)
    keep(browser, report, message=" ")
    assert not UpdateDraft.objects.exists()


def test_half_a_word_is_kept_without_a_complaint(browser: Client, report: Report) -> None:
    keep(browser, report, message="حُصر")
    page = get(browser, report)
    assert "حُصر" in text_of(page) and "error-summary" not in text_of(page)


def test_an_autosave_that_comes_after_the_sending_brings_nothing_back(browser: Client, report: Report) -> None:
    page = get(browser, report)
    filled = form(page, reverse("report_update", args=[report.reference])) | {"message": WORDS}
    filled.pop("csrfmiddlewaretoken", None)
    browser.post(reverse("report_update", args=[report.reference]), filled)
    browser.post(reverse("report_update_draft", args=[report.reference]), filled, headers={"X-Autosave": "1"})
    assert not UpdateDraft.objects.exists()


def test_a_colleague_reads_who_is_writing_and_the_authority_does_not(
    browser: Client, report: Report, filer: User, client_of: Callable[[User], Client]
) -> None:
    keep(browser, report, message=WORDS)
    page = text_of(get(client_of(a_person(Role.ALTERNATE, entity=report.entity)), report))
    assert filer.name in page and WORDS not in page
    assert "update_drafts" not in page
    for stranger in (a_reviewer(), a_person(Role.DIRECTOR)):
        assert not UpdateDraft.objects.visible_to(stranger).exists()
    assert WORDS not in text_of(get(client_of(a_reviewer()), report))


def test_an_id_number_is_not_kept(browser: Client, report: Report) -> None:

    number = valid_id()
    keep(browser, report, message=f"{WORDS} {number}")
    assert number not in str(UpdateDraft.objects.get().text)


# --- The mark ten minutes before -----------------------------------------------------------------------------------


def test_nobody_is_told_that_an_update_is_due_soon_while_one_is_typed(report: Report, filer: User) -> None:
    clock = report.clocks.get(kind=ClockKind.C3)
    soon = clock.due_at - timedelta(minutes=10)
    actions.keep_typed(report, text={"message": [WORDS]}, once="", by=filer)
    UpdateDraft.objects.update(updated_at=soon - timedelta(minutes=1))
    assert marks(report, at=soon) == []
    assert marks(report, at=clock.due_at) == ["due"]


def test_an_update_that_was_left_lying_holds_no_reminder_back(report: Report, filer: User) -> None:
    clock = report.clocks.get(kind=ClockKind.C3)
    soon = clock.due_at - timedelta(minutes=10)
    actions.keep_typed(report, text={"message": [WORDS]}, once="", by=filer)
    UpdateDraft.objects.update(updated_at=soon - AT_IT)
    assert marks(report, at=soon) == ["before-10"]


def test_another_reports_update_holds_no_reminder_back(report: Report) -> None:

    other = a_report()
    actions.keep_typed(other, text={"message": [WORDS]}, once="", by=other.filed_by)
    UpdateDraft.objects.update(updated_at=timezone.now() + timedelta(days=1))
    clock = report.clocks.get(kind=ClockKind.C3)
    assert marks(report, at=clock.due_at - timedelta(minutes=10)) == ["before-10"]
