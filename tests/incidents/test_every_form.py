"""Nonsense in every box at once: whatever was typed stands in its box again, and the reader is told in her language.

The page is read as a browser without scripts reads it, and sent as it stands: a new field is walked by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import User
from entities.permissions import Role, permissions_of
from incidents import actions
from incidents.final import sections
from incidents.forms.deeds import DEEDS
from incidents.forms.doors import BY_TELEPHONE, DOORS
from incidents.lifecycle import LIFECYCLES, ReportKind, Status
from incidents.models import Report
from tests.factories import a_person, a_report, a_reviewer, a_service
from tests.incidents.finals import closed, filer_of, restored
from tests.incidents.pages import as_it_stands, get, text_of
from tests.incidents.typed import a_director

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
BOXES = {None, "text", "search", "tel", "email"}
CHOSEN = {"radio", "checkbox"}
#: Longer than any box takes, so that no form is content with it.
PROSE = "ضوضاء <b>" + "ء" * 3001
MESSAGES = re.compile(r'_error">.*?</span>(.+?)</div>', re.DOTALL)
ASKING = [name for name, deed in DEEDS.items() if deed.form.base_fields.keys() - {"seen", "once"}]


class Boxes(HTMLParser):
    """By the address it is sent to, what each form holds: its boxes' texts, what is hidden, and what is chosen."""

    def __init__(self, page: str, url: str) -> None:
        super().__init__()
        self.typed: dict[str, dict[str, str]] = {}
        self.hidden: dict[str, dict[str, str]] = {}
        self.chosen: dict[str, dict[str, str]] = {}
        self.url, self.action, self.area = url, "", ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, kind = given.get("name") or "", given.get("type")
        if tag == "form":
            self.action = given.get("action") or self.url
        elif tag == "textarea" and "readonly" not in given:
            self.area = name
            self.typed.setdefault(self.action, {}).setdefault(name, "")
        elif tag == "input" and kind in BOXES:
            self.typed.setdefault(self.action, {}).setdefault(name, given.get("value") or "")
        elif tag == "input" and kind == "hidden":
            self.hidden.setdefault(self.action, {}).setdefault(name, given.get("value") or "")
        elif (tag == "input" and kind in CHOSEN) or tag == "select":
            held = self.chosen.setdefault(self.action, {}).setdefault(name, "")
            if "checked" in given:
                self.chosen[self.action][name] = held or (given.get("value") or "on")

    def handle_data(self, data: str) -> None:
        if self.area:
            self.typed[self.action][self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.area:
            self.typed[self.action][self.area] = self.typed[self.action][self.area].removeprefix("\r\n").lstrip("\n")
            self.area = ""
        elif tag == "form":
            self.action = ""


def nonsense(name: str) -> str:
    if name.endswith("_date"):
        return "٣٢/١٣"
    if name.endswith("_q"):
        return "لا خدمة بهذا الاسم"
    return "٩٩:٦٦" if name.endswith("_time") else PROSE


def sent_with_nonsense(browser: Client, page_url: str, action: str, **also: str) -> None:
    """Fill every box of the form at this address and send it, in Arabic and in English."""
    for language in ("", "/en"):
        target = language + action
        page = Boxes(text_of(browser.get(language + page_url)), target)
        boxes = {name: nonsense(name) for name in (*page.typed.get(target, {}), *also)}
        chosen = page.chosen.get(target, {})
        answers = {name: "؟" for name in chosen if f"{name}_time" not in boxes}
        answer = browser.post(target, {**page.hidden[target], **answers, **boxes})
        assert answer.status_code == 422, (target, answer.status_code)
        back = Boxes(text_of(answer), target)
        assert {name: back.typed[target].get(name) for name in boxes} == boxes, target
        behind = {name for name in chosen if f"{name}_time" in boxes}
        assert {back.chosen[target][name] for name in behind} <= {"other"}, "a typed time is not hidden behind a chip"
        foreign = re.compile("[\u0621-\u064a]{2}" if language else "[A-Za-z]{3}")
        said = re.findall("<p>(.+?)</p>", "".join(MESSAGES.findall(text_of(answer))))
        assert said
        assert [message for message in said if foreign.search(message)] == []


def started() -> Report:
    """Works that have begun, and whose window's clock runs."""
    now = timezone.now()
    window = {"window_start": now, "window_end": now + timedelta(hours=2)}
    report = a_report(ReportKind.MAINTENANCE, is_emergency=True, emergency_reason="ثغرة", **window)
    actions.start_window(report, by=filer_of(report))
    return Report.objects.get(pk=report.pk)


def asked() -> Report:
    """More time for the final report is asked for."""
    report = restored()
    actions.ask_extension(report, days=5, note="بانتظار المورد", by=filer_of(report))
    return Report.objects.get(pk=report.pk)


def disputed() -> Report:
    """Its owner says that the fault is not on its side."""
    report = a_report(ReportKind.CONSUMED_OUTAGE)
    actions.give_verdict(report, verdict="not-ours", note="سجلات الإرسال سليمة", by=owner_of(report))
    return Report.objects.get(pk=report.pk)


def owner_of(report: Report) -> User:
    """Whoever files for the owner of the service."""
    assert report.provider_service is not None
    return a_person(Role.DIRECTOR, entity=report.provider_service.entity)


def filed_twice() -> Report:
    report = a_report()
    a_report(by=filer_of(report))
    return report


def reported_done() -> Report:
    """A closed report, one of whose actions is said to be done."""
    report = closed()
    action = report.final_report.actions.first()
    actions.report_action(report, action=action.pk, note="رقم التغيير 4411", by=filer_of(report))
    return Report.objects.get(pk=report.pk)


#: Deeds that hang on a clock or on another report, which a report put where it stands does not have.
WALKED: dict[str, Callable[[], Report]] = {
    "extend_final": restored,
    "ask_extension": restored,
    "pause_final": restored,
    "submit_interim": restored,
    "report_action": closed,
    "verify_action": reported_done,
    "return_action": reported_done,
    "refuse_extension": asked,
    "extend_window": started,
    "rule": disputed,
    "merge": filed_twice,
}


@pytest.mark.parametrize("name", ASKING)
def test_a_deed_gives_back_what_was_typed(name: str, client_of: ClientOf) -> None:
    kind, move = next((kind, m) for kind, moves in LIFECYCLES.items() for m in moves if m.name == name)
    report = WALKED[name]() if name in WALKED else as_it_stands(kind, sorted(move.sources)[0])
    files = owner_of if move.by_provider else filer_of
    person = files(report) if permissions_of(Role.DIRECTOR) & move.permissions else a_reviewer(Role.LEAD)
    _on_its_page(client_of(person), report, DEEDS[name].url)


@pytest.mark.parametrize("kind", list(ReportKind))
def test_an_update_gives_back_what_was_typed(kind: ReportKind, client_of: ClientOf) -> None:
    report = as_it_stands(kind, Status.IN_PROGRESS if kind == ReportKind.MAINTENANCE else Status.ACTIVE)
    _on_its_page(client_of(filer_of(report)), report, "report_update")


def test_an_answer_and_a_note_give_back_what_was_typed(client_of: ClientOf) -> None:
    report, reviewer = a_report(), a_reviewer()
    actions.ask(report, text="متى بدأ الانقطاع؟", by=reviewer)
    _on_its_page(client_of(filer_of(report)), report, "report_answer")
    _on_its_page(client_of(reviewer), report, "report_note_add")


def _on_its_page(browser: Client, report: Report, url_name: str) -> None:
    sent_with_nonsense(
        browser, reverse("report_detail", args=[report.reference]), reverse(url_name, args=[report.reference])
    )


@pytest.mark.parametrize("slug", DOORS)
def test_a_report_gives_back_what_was_typed(slug: str, client_of: ClientOf) -> None:
    director = a_director()
    assert director.acting is not None
    a_service(entity=director.acting.entity)
    url = DOORS[slug].url
    sent_with_nonsense(client_of(director), url, url, **({"emergency_reason": ""} if slug == "maintenance" else {}))


@pytest.mark.parametrize("slug", DOORS)
def test_each_question_without_an_answer_is_told_in_words_of_its_own(slug: str, client_of: ClientOf) -> None:
    page = text_of(client_of(a_director()).post(DOORS[slug].url, {}))
    told = re.findall(r"<li>\s*<a[^>]*>(.*?)</a>", page.split('id="error-summary"')[1].split("</ul>")[0], re.DOTALL)
    assert len(told) >= 4
    assert len({" ".join(each.split()) for each in told}) == len(told)


@pytest.mark.parametrize("slug", [door.slug for door in BY_TELEPHONE])
def test_a_report_by_telephone_gives_back_what_was_typed(slug: str, client_of: ClientOf) -> None:
    director = a_director()
    assert director.acting is not None
    a_service(entity=director.acting.entity)
    url = reverse("phoned_report", args=[director.acting.entity.code, slug])
    sent_with_nonsense(client_of(a_reviewer()), url, url)


def test_a_final_report_gives_back_what_was_typed(client_of: ClientOf) -> None:
    report = restored(tier=0)
    browser = client_of(filer_of(report))
    for section in sections(report, None):
        url = reverse("final_section", args=[report.reference, section.slug])
        sent_with_nonsense(browser, url, url)


def test_a_deed_that_has_become_impossible_gives_back_what_was_typed(client_of: ClientOf) -> None:
    """Somebody was first, and the form has no place on the page any more: its words stand beside the reason."""
    report = a_report()
    browser = client_of(filer_of(report))
    url = reverse("report_restore", args=[report.reference])
    page = Boxes(text_of(get(browser, report)), url)
    boxes = {name: nonsense(name) for name in page.typed[url]}
    actions.move(report, "dismiss", note="خارج النطاق", by=a_reviewer())
    answer = browser.post(url, {**page.hidden[url], "restored_at": "other", **boxes})
    assert answer.status_code == 422
    said = text_of(answer)
    assert "٣٢/١٣ ٩٩:٦٦" in said
    assert str(Status(Report.objects.get().status).label) in answer.context["refused"].sentence
    assert PROSE.replace("<b>", "&lt;b&gt;") in said
