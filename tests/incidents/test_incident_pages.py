"""The pages of an incident: who sees them, what they show, and what a lead does on them; and its row on the board."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from entities.models import AuditEvent, Notice, User
from entities.permissions import Role
from incidents import actions
from incidents.board import Standing
from incidents.lifecycle import EventKind, ReportKind
from incidents.models import Incident, Report, SituationReport
from tests.factories import a_person, a_report, a_reviewer, a_service

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


@pytest.fixture
def lead() -> User:
    return a_reviewer(Role.LEAD)


@pytest.fixture
def browser(lead: User, client_of: ClientOf) -> Client:
    return client_of(lead)


def consumed(number: int, **columns: object) -> list[Report]:
    provider = a_service(tier=0)
    return [a_report(ReportKind.CONSUMED_OUTAGE, provider=provider, **columns) for _number in range(number)]


def over(reports: list[Report], *, by: User) -> Incident:
    return actions.open_incident(reports, name_ar="انقطاع الشبكة", name_en="Network outage", by=by)


def at(name: str, incident: Incident, *more: int) -> str:
    return reverse(name, args=[incident.reference, *more])


def test_a_lead_opens_an_incident_over_a_report_and_what_is_suggested_beside_it(browser: Client) -> None:
    first, second = consumed(2)
    form = browser.get(reverse("incident_new"), {"report": first.reference})
    assert second.reference in form.content.decode()
    third = a_report()
    sent = {
        "reports": [first.reference, second.reference], "more": f"{third.reference.lower()} .",
        "name_ar": "انقطاع", "name_en": "Outage", "service": first.main_service_id,
    }  # fmt: skip
    answer = browser.post(f"{reverse('incident_new')}?report={first.reference}", sent)
    incident = Incident.objects.get()
    assert answer["Location"] == at("incident_page", incident)
    assert incident.members.count() == 3
    assert incident.provider == first.main_service.entity


def test_a_lead_renames_it_and_lets_further_reports_join(browser: Client, lead: User) -> None:
    [first] = consumed(1)
    incident = over([first], by=lead)
    sent = {"name_ar": "اسم", "name_en": "Name", "service": first.main_service_id, "group_mode": "on"}
    browser.post(at("incident_edit", incident), sent)
    incident.refresh_from_db()
    assert (incident.name_en, incident.group_mode, incident.provider) == ("Name", True, first.main_service.entity)
    assert AuditEvent.objects.filter(data__reference=incident.reference).count() == 1


def test_an_incident_over_no_report_asks_for_one_at_its_box(browser: Client) -> None:
    with translation.override("en"):
        page = browser.get(reverse("incident_new")).content.decode()
        assert "Reports of the same cause" in page and "Other reports" not in page, "there is none beside which"
        answer = browser.post(reverse("incident_new"), {"name_ar": "انقطاع", "name_en": "Outage"})
    assert answer.status_code == 422 and "more" in answer.context["form"].errors


def test_an_unknown_reference_is_named(browser: Client) -> None:
    answer = browser.post(reverse("incident_new"), {"more": "OUT-2026-999999", "name_ar": "أ", "name_en": "a"})
    assert answer.status_code == 422
    assert "OUT-2026-999999" in answer.content.decode()
    assert not Incident.objects.exists()


def test_the_page_takes_few_queries_and_no_more_for_many_reports(browser: Client, lead: User) -> None:
    reports = consumed(14)
    small, large = over(reports[:2], by=lead), over(reports[2:], by=lead)
    counts = []
    for incident in (small, large, large):
        with CaptureQueriesContext(connection) as captured:
            page = browser.get(at("incident_page", incident))
        counts.append(len(captured))
    assert counts[1] <= 14 and counts[1] == counts[2] and counts[1] <= counts[0]
    assert all(report.reference in page.content.decode() for report in reports[2:])


def test_a_link_is_undone_and_so_is_its_end(browser: Client, lead: User) -> None:
    first, second = consumed(2)
    incident = over([first], by=lead)
    browser.post(at("incident_link", incident), {"references": second.reference})
    assert incident.members.linked().count() == 2
    browser.post(at("incident_unlink", incident), {"report": second.reference})
    assert incident.members.linked().count() == 1
    assert f'value="{second.reference}"' in browser.get(at("incident_page", incident)).content.decode()


def test_a_refused_deed_says_why_on_the_page(browser: Client, lead: User) -> None:
    [first] = consumed(1)
    incident = over([first], by=lead)
    answer = browser.post(at("incident_link", incident), {"references": first.reference})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert f'value="{first.reference}"' in page, "what was typed stands in its box"


def test_a_word_to_all_is_given_back_when_the_incident_was_closed_meanwhile(browser: Client, lead: User) -> None:
    incident = over(consumed(1), by=lead)
    actions.close_incident(incident, by=a_reviewer(Role.LEAD))
    words = {"text_ar": "يُتوقع عودة الخدمة قريبًا", "text_en": "Back soon"}
    answer = browser.post(at("incident_tell", incident), words)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert all(text in page for text in words.values()), "nothing that was written is lost"


def test_whom_a_situation_report_may_go_to_is_said_in_the_readers_language(browser: Client, lead: User) -> None:
    incident = over(consumed(1), by=lead)
    with translation.override("en"):
        page = browser.get(at("incident_readers", incident)).content.decode()
    assert f"Lead reviewer, {lead.acting.entity.name_en}" in page  # type: ignore[union-attr]  # she acts for it


def test_a_reviewer_acknowledges_from_the_board_and_may_not_link(lead: User, client_of: ClientOf) -> None:
    incident, reviewer = over(consumed(2), by=lead), a_reviewer()
    browser = client_of(reviewer)
    answer = browser.post(at("incident_acknowledge", incident), headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == at("incident_page", incident)
    assert Report.objects.filter(reviewer=reviewer, acknowledged_at__isnull=False).count() == 2
    assert browser.post(at("incident_link", incident), {"references": "x"}).status_code == 403


def test_an_entity_reads_on_its_report_that_others_are_concerned_and_not_whom(lead: User, client_of: ClientOf) -> None:
    mine, other = consumed(2)
    incident = over([mine, other], by=lead)
    actions.tell_reports(incident, text_ar="حُدد السبب", text_en="Known", by=lead)
    browser = client_of(a_person(Role.IT_LEADER, entity=mine.entity))
    page = browser.get(reverse("report_detail", args=[mine.reference])).content.decode()
    assert incident.reference in page and "حُدد السبب" in page
    assert other.entity.name_ar not in page and incident.name_ar not in page
    assert browser.get(at("incident_page", incident)).status_code == 403


# --- The board --------------------------------------------------------------------------------------------------------


def test_thirty_reports_of_one_incident_are_one_row_and_count_once(browser: Client, lead: User) -> None:
    reports = consumed(12)
    alone = a_report()
    incident = over(reports, by=lead)
    page = browser.get(reverse("board")).content.decode()
    assert f'id="row-{incident.reference}"' in page and f'id="row-{alone.reference}"' in page
    assert not any(f'id="row-{report.reference}"' in page for report in reports)
    standing = Standing.read(lead, at=timezone.now())
    assert standing.counts["new"] == 2
    actions.acknowledge_incident(incident, by=lead)
    standing = Standing.read(lead, at=timezone.now())
    assert (standing.counts["new"], standing.counts["followed"]) == (1, 1)


def test_the_incidents_reference_finds_its_reports_and_a_search_folds_nothing(browser: Client, lead: User) -> None:
    [first, second] = consumed(2)
    incident = over([first], by=lead)
    page = browser.get(reverse("board"), {"q": incident.reference}).content.decode()
    assert f'id="row-{first.reference}"' in page and f'id="row-{second.reference}"' not in page
    page = browser.get(reverse("board"), {"kind": "DEP"}).content.decode()
    assert f'id="row-{first.reference}"' in page and f'id="row-{incident.reference}"' not in page


def test_the_board_with_incidents_takes_one_query_more_and_with_alarms_none(browser: Client, lead: User) -> None:
    for reports in (consumed(3), consumed(3)):
        over(reports, by=lead)
    shown = browser.get(reverse("board")).context
    assert len(shown["incidents"]) == 2 and shown["alarms"]  # its consumers raise one
    with CaptureQueriesContext(connection) as captured:
        browser.get(reverse("board"))
    assert len(captured) <= 6


def test_a_refresh_renews_the_incidents_row(browser: Client, lead: User) -> None:
    reports = consumed(2)
    incident = over(reports, by=lead)
    actions.acknowledge_incident(incident, by=lead)
    answer = browser.get(reverse("board_changes"), {"token": 0, "shown": incident.reference}).content.decode()
    assert f'id="row-{incident.reference}"' in answer
    actions.close_incident(incident, by=lead)
    answer = browser.get(reverse("board_changes"), {"token": 0, "shown": incident.reference}).content.decode()
    assert f'id="row-{incident.reference}"' in answer and "pill--closed" in answer


# --- Situation reports ------------------------------------------------------------------------------------------------


def test_a_draft_is_written_each_hour_in_both_languages(lead: User) -> None:
    incident, now = over(consumed(2), by=lead), timezone.now()
    assert actions.prepare_situations(at=now + timedelta(minutes=59)) == 0
    assert actions.prepare_situations(at=now + timedelta(minutes=61)) == 1
    assert actions.prepare_situations(at=now + timedelta(minutes=62)) == 0
    draft = SituationReport.objects.get()
    assert "Network outage" in draft.text_en and "انقطاع الشبكة" in draft.text_ar
    assert Notice.objects.filter(kind=Notice.Kind.SITUATION_WAITS).count() == 1
    assert actions.prepare_situations(at=now + timedelta(minutes=122)) == 1
    assert SituationReport.objects.get().number == 1, "unsent and unedited, it is drafted anew"
    assert incident.situation_reports.count() == 1


def test_a_lead_edits_and_sends_it_to_whoever_stands_on_the_list(
    browser: Client, lead: User, client_of: ClientOf
) -> None:
    reports = consumed(2)
    incident = over(reports, by=lead)
    head = a_person(Role.HEAD_CONTACT, entity=reports[0].entity)
    stranger = a_person(Role.HEAD_CONTACT)
    browser.post(at("incident_situation_new", incident))
    words = {"text_ar": "الموقف الآن", "text_en": "How it stands"}
    url = at("incident_situation", incident, 1)
    assert 'name="send"' not in browser.get(url).content.decode(), "nobody stands on the list"
    refused = browser.post(url, {**words, "send": "yes"})
    assert refused.status_code == 422, "nobody stands on the list"
    assert browser.post(at("incident_readers", incident), {"people": [stranger.acting.pk]}).status_code == 422  # type: ignore[union-attr]
    browser.post(at("incident_readers", incident), {"people": [head.acting.pk, lead.acting.pk]})  # type: ignore[union-attr]
    assert client_of(head).get(url).status_code == 404, "not sent yet"
    assert 'name="send"' in browser.get(url).content.decode()
    browser.post(url, {**words, "send": "yes"})
    assert "How it stands" in client_of(head).get(url).content.decode()
    late = browser.post(url, {**words, "text_en": "Typed by another lead meanwhile"})
    assert late.status_code == 409
    assert "Typed by another lead meanwhile" in late.content.decode(), "her words are given back"
    assert client_of(stranger).get(url).status_code == 404
    assert Notice.objects.filter(kind=Notice.Kind.SITUATION_SENT).count() == 1
    assert browser.post(url, {**words, "send": "yes"}).status_code == 200, "sent once: the page shows what left"
    assert Notice.objects.filter(kind=Notice.Kind.SITUATION_SENT).count() == 1


def test_of_two_leads_who_save_one_draft_neither_undoes_the_other_unseen(browser: Client, lead: User) -> None:
    incident = over(consumed(1), by=lead)
    browser.post(at("incident_situation_new", incident))
    url = "/en" + at("incident_situation", incident, 1)

    def opened() -> dict[str, str]:
        form = browser.get(url).context["form"]
        return {name: form[name].value() for name in ("text_ar", "text_en", "seen")}

    one, other = opened(), opened()
    assert browser.post(url, {**one, "text_en": "Hers"}).status_code == 302
    late = browser.post(url, {**other, "text_en": "His", "send": "yes"})
    page = late.content.decode()
    assert late.status_code == 409
    assert "Another lead has saved this draft" in page and "the form below holds that text" in page
    assert "His</textarea>" in page and "Hers</textarea>" in page, "both are there to be read"
    assert incident.situation_reports.get().text_en == "Hers"
    assert browser.post(url, {**other, "text_en": "Hers"}).status_code == 200, "pressed twice: nothing is refused"
    assert browser.post(url, {**opened(), "text_en": "Both"}).status_code == 302
    assert incident.situation_reports.get().text_en == "Both"
    assert browser.post(url, {**opened(), "text_en": "Again", "seen": "\x00 never"}).status_code == 409


def test_closing_from_the_page(browser: Client, lead: User) -> None:
    [report] = consumed(1)
    incident = over([report], by=lead)
    assert browser.get(at("incident_close", incident)).status_code == 200
    browser.post(at("incident_close", incident))
    report.refresh_from_db()
    assert report.incident is None
    assert report.events.filter(kind=EventKind.UNLINKED).count() == 1
    assert browser.get(reverse("incident_list")).status_code == 200
