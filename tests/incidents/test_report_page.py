"""The page of a report: what it tells, to whom, at what cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from entities.models import User
from entities.permissions import Role
from incidents import actions, choices
from incidents.lifecycle import ReportKind
from incidents.models import Report
from tests.factories import a_dependency, a_person, a_report, a_reviewer, a_service
from tests.incidents.pages import get, messages_of, queries, targets, text_of, upload

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


@pytest.mark.parametrize("kind", list(ReportKind))
@pytest.mark.parametrize("path", ["/reports/", "/en/reports/"])
def test_the_page_of_each_kind_names_the_report_its_entity_and_its_steps(
    client_of: ClientOf, kind: ReportKind, path: str
) -> None:
    report = a_report(kind)
    for reader in (_filer(report), a_reviewer()):
        response = client_of(reader).get(f"{path}{report.reference}/")
        assert response.status_code == 200
        page = text_of(response)
        with override("en" if path.startswith("/en") else "ar"):
            assert report.reference in page
            assert report.entity.name in page
            assert report.main_service.name in page
        assert page.count('aria-current="step"') == 1


def _filer(report: Report) -> User:
    person = report.filed_by
    person.acting = person.memberships.select_related("entity").get()
    return person


def test_what_is_owed_stands_in_a_full_sentence_with_who_was_told_and_who_hears_next(client_of: ClientOf) -> None:
    report = a_report()
    clock = report.clocks.running().get(kind="C3")
    clock.started_at, clock.due_at = timezone.now() - timedelta(minutes=72), timezone.now() - timedelta(minutes=12)
    clock.next_mark_at = clock.due_at + timedelta(minutes=15)
    clock.save()
    page = messages_of(client_of(_filer(report)).get(f"/en/reports/{report.reference}/"))
    assert "Required of you: an update," in page
    assert "12 min" in page
    assert "It was due at" in page
    assert "Told: the team&#x27;s director, the alternate and the team&#x27;s members." in page
    assert "the IT leader." in page


def test_the_authoritys_own_delay_is_said_as_plainly(client_of: ClientOf) -> None:
    report = a_report()
    report.clocks.filter(kind="C2").update(due_at=timezone.now() - timedelta(minutes=5))
    assert "Required of you: the acknowledgement," in messages_of(
        client_of(a_reviewer()).get(f"/en/reports/{report.reference}/")
    )
    assert (
        "On the authority".lower()
        in messages_of(client_of(_filer(report)).get(f"/en/reports/{report.reference}/")).lower()
    )


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN])
def test_who_only_reads_is_not_told_that_it_is_hers_to_do(client_of: ClientOf, role: Role) -> None:
    page = messages_of(client_of(a_person(role)).get(f"/en/reports/{a_report().reference}/"))
    assert "Required of the authority: the acknowledgement" in page
    assert "Required of you" not in page


def test_the_team_is_shown_with_masked_mobiles(client_of: ClientOf) -> None:
    report = a_report()
    page = text_of(get(client_of(_filer(report)), report))
    assert report.filed_by.masked_mobile in page
    assert report.filed_by.mobile not in page
    assert report.filed_by.mobile.removeprefix("+966") not in page


def test_the_authority_is_led_past_a_long_log_to_the_numbers(client_of: ClientOf) -> None:
    report = a_report()
    page = text_of(get(client_of(a_reviewer()), report))
    parts = ('href="#team-title"', 'id="timeline"', 'id="facts-title"', 'id="team-title"', 'id="notes-title"')
    assert [page.index(part) for part in parts] == sorted(page.index(part) for part in parts)
    assert 'href="#team-title"' not in text_of(get(client_of(_filer(report)), report)), "she knows her team"


def test_private_notes_are_on_the_authoritys_page_and_nowhere_else(client_of: ClientOf) -> None:
    report, reviewer = a_report(), a_reviewer()
    actions.add_note(report, text="ملاحظة داخلية لا تُعرض", by=reviewer)
    assert "ملاحظة داخلية" in text_of(get(client_of(reviewer), report))
    for role in (Role.DIRECTOR, Role.IT_LEADER, Role.MEMBER, Role.HEAD_CONTACT):
        person = _filer(report) if role == Role.DIRECTOR else a_person(role, entity=report.entity)
        page = get(client_of(person), report)
        assert "ملاحظة داخلية" not in text_of(page)
        assert reverse("report_note_add", args=[report.reference]) not in targets(page)


def test_a_report_of_another_entity_does_not_exist(client_of: ClientOf) -> None:
    report = a_report()
    for role in (Role.DIRECTOR, Role.IT_LEADER, Role.HEAD_CONTACT):
        assert get(client_of(a_person(role)), report).status_code == 404


# --- A provider reads a consumer's report ----------------------------------------------------------------------


@pytest.fixture
def consumed() -> tuple[Report, User]:
    """A consumer's report about a provider's service, by an entity that keeps its name to itself."""
    provider = a_service(tier=0)
    owner = a_person(Role.DIRECTOR, entity=provider.entity)
    report = a_report(ReportKind.CONSUMED_OUTAGE, provider=provider, share_identity=False, internal_ref="TICKET-77")
    return report, owner


def test_a_provider_reads_what_happened_and_not_who_said_it(client_of: ClientOf, consumed: tuple[Report, User]) -> None:
    report, owner = consumed
    consumer, reviewer = _filer(report), a_reviewer()
    actions.acknowledge(report, by=reviewer)
    actions.ask(report, text="سؤال للجهة وحدها", by=reviewer)
    actions.post_update(report, phase="identified", message="حُصر العطل في واجهة التكامل", by=consumer)
    actions.post_update(report, phase="identified", message="كلام للهيئة وحدها", visibility="authority", by=consumer)
    for path in ("/reports/", "/en/reports/"):
        page = text_of(client_of(owner).get(f"{path}{report.reference}/"))
        assert "حُصر العطل في واجهة التكامل" in page
        hidden = [report.entity.name_ar, report.entity.name_en, consumer.name_ar, consumer.name_en, reviewer.name_ar]
        hidden += ["TICKET-77", "سؤال للجهة وحدها", "كلام للهيئة وحدها", consumer.masked_mobile]
        assert [words for words in hidden if words in page] == []


def test_a_provider_is_offered_no_deed_and_may_do_none(client_of: ClientOf, consumed: tuple[Report, User]) -> None:
    report, owner = consumed
    browser = client_of(owner)
    assert not [
        url
        for url in targets(get(browser, report))
        if f"{report.reference}/" in url.split("?")[0].rstrip("/") + "/"
        and url.endswith(("update/", "restore/", "withdraw/"))
    ]
    for name in ("report_update", "report_restore", "report_withdraw", "report_answer"):
        before = (report.version, report.event_count)
        response = browser.post(
            reverse(name, args=[report.reference]),
            {
                "phase": "identified",
                "message": "ليس لنا أن نقول",
                "note": "ليس لنا",
                "restored_at": "other",
                "restored_at_day": "",
                "restored_at_time": "00:00",
                "question": "1",
                "text": "جواب",
            },
        )
        assert response.status_code in {409, 422}
        report.refresh_from_db()
        assert (report.version, report.event_count) == before


def test_a_named_consumer_is_named_to_the_provider(client_of: ClientOf) -> None:
    provider = a_service(tier=0)
    report = a_report(ReportKind.CONSUMED_OUTAGE, provider=provider)
    page = text_of(get(client_of(a_person(Role.DIRECTOR, entity=provider.entity)), report))
    assert report.entity.name in page


# --- The timeline -------------------------------------------------------------------------------------------------


def test_the_timeline_tells_the_newest_first_in_pages_of_fifty(client_of: ClientOf) -> None:
    report = a_report()
    filer, browser = _filer(report), client_of(_filer(report))
    for number in range(60):
        actions.post_update(report, phase="mitigating", message=f"مستجدات رقم {number} عن الحالة", by=filer)
    page = text_of(get(browser, report))
    assert page.index("مستجدات رقم 59 ") < page.index("مستجدات رقم 58 ")
    assert page.count('id="event-') == 50
    assert "مستجدات رقم 9 " not in page
    older = text_of(get(browser, report, "?before=12"))
    assert "مستجدات رقم 9 " in older
    assert "مستجدات رقم 59 " not in older


def test_the_timeline_can_be_narrowed_to_updates_or_deeds(client_of: ClientOf) -> None:
    report, reviewer = a_report(), a_reviewer()
    actions.acknowledge(report, by=reviewer)
    actions.post_update(report, phase="identified", message="حُصر العطل في الشبكة", by=_filer(report))
    browser = client_of(_filer(report))
    assert text_of(get(browser, report, "?show=updates")).count('id="event-') == 1
    assert "حُصر العطل" not in text_of(get(browser, report, "?show=deeds"))
    assert text_of(get(browser, report, "?show=nonsense")).count('id="event-') == 3


@pytest.mark.parametrize("before", ["x", "-1", "٣", "9" * 20])
def test_a_cursor_that_nobody_gave_is_not_found(client_of: ClientOf, before: str) -> None:
    report = a_report()
    assert get(client_of(_filer(report)), report, f"?before={before}").status_code == 404


def test_an_open_question_stays_in_sight_however_old(client_of: ClientOf) -> None:
    report = a_report()
    filer = _filer(report)
    actions.ask(report, text="متى بدأ العطل بالضبط؟", by=a_reviewer())
    for number in range(55):
        actions.post_update(report, phase="mitigating", message=f"مستجدات رقم {number} عن الحالة", by=filer)
    assert "متى بدأ العطل بالضبط؟" in text_of(get(client_of(filer), report))


# --- The refresh by itself ------------------------------------------------------------------------------------------


def test_a_refresh_with_nothing_new_is_empty_and_cheap(client_of: ClientOf) -> None:
    report = a_report()
    browser = client_of(_filer(report))
    url = f"{reverse('report_detail', args=[report.reference])}?since={report.event_count}"
    response = browser.get(url, headers={"HX-Request": "true", "X-Background": "1"})
    assert (response.status_code, response.content) == (204, b"")
    assert queries(browser, url, **{"HX-Request": "true", "X-Background": "1"}) <= 4


def test_a_refresh_brings_the_log_and_touches_no_form(client_of: ClientOf) -> None:
    report = a_report()
    since = report.event_count
    actions.acknowledge(report, by=a_reviewer())
    url = f"{reverse('report_detail', args=[report.reference])}?since={since}"
    page = text_of(client_of(_filer(report)).get(url, headers={"HX-Request": "true", "X-Background": "1"}))
    assert 'id="standing" hx-swap-oob="true"' in " ".join(page.split())
    assert 'id="timeline"' in page
    assert "<textarea" not in page
    assert f"since={since + 1}" in page


def test_the_refresh_can_be_stopped(client_of: ClientOf) -> None:
    report = a_report()
    browser = client_of(_filer(report))
    assert "every 30s" in text_of(get(browser, report))
    assert "every 30s" not in text_of(get(browser, report, "?live=off"))


# --- The price ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["entity", "authority"])
def test_the_page_takes_few_queries_and_no_more_for_300_events(client_of: ClientOf, side: str) -> None:
    service = a_service(tier=1)
    a_dependency(a_service(), service)
    report = a_report(by=a_person(entity=service.entity), service=service)
    filer, reviewer = _filer(report), a_reviewer()
    browser = client_of(filer if side == "entity" else reviewer)
    url = reverse("report_detail", args=[report.reference])
    for number in range(8):
        actions.post_update(report, phase="mitigating", message=f"مستجدات رقم {number} عن الحالة", by=filer)
    browser.get(url)  # the policy's rules and the lists are read once a process
    few = queries(browser, url)
    for number in range(290):
        actions.post_update(report, phase="mitigating", message=f"مستجدات رقم {number} عن الحالة", by=filer)
    browser.get(url)  # what is kept for a minute, and the minute's note of activity, may have run out meanwhile
    assert queries(browser, url) == few
    assert few <= 10


def test_the_fullest_page_stays_within_twelve_queries(client_of: ClientOf, settings: Any) -> None:
    service = a_service(tier=1)
    report = a_report(by=a_person(entity=service.entity), service=service)
    a_report(ReportKind.CONSUMED_OUTAGE, provider=service)
    reviewer = a_reviewer()
    actions.add_note(report, text="ملاحظة", by=reviewer)
    actions.attach(report, upload=upload("a.txt", b"log"), content_type="text/plain", by=_filer(report))
    actions.ask(report, text="متى العودة المتوقعة؟", by=reviewer)
    actions.open_incident([report], name_ar="انقطاع", name_en="Outage", by=a_reviewer(Role.LEAD))
    browser, url = client_of(reviewer), reverse("report_detail", args=[report.reference])
    browser.get(url)
    choices.options("symptom")
    assert queries(browser, url) <= 12


def test_an_estimate_that_has_passed_asks_for_another(client_of: ClientOf) -> None:
    report = a_report()
    sentence = "The service was expected back at"
    browser = client_of(_filer(report))
    assert sentence not in messages_of(browser.get(f"/en/reports/{report.reference}/"))
    Report.objects.filter(pk=report.pk).update(
        expected_restoration_at=timezone.now() - timedelta(minutes=11), expected_changes=3
    )
    page = messages_of(browser.get(f"/en/reports/{report.reference}/"))
    assert sentence in page
    assert "changed 3 times" in page
