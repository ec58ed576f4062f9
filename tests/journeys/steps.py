"""What the people of a walk do, chapter by chapter."""

from __future__ import annotations

import re
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import FilePayload, expect

from entities.models import DigitalService
from tests.journeys.person import ARABIC_DIGITS, Person
from tests.simulator_process import Persona

LONG = "انتهت صلاحية شهادة موزّع الأحمال ولم تُجدَّد لأن التنبيه كان موجّهًا إلى بريد موظف انتقل من الجهة قبل شهرين."
REFERENCE = re.compile(r"(?:OUT|MNT|DEP)-\d{4}-\d{6}")
PDF = FilePayload(name="decision.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7\n")


# --- The team ---------------------------------------------------------------------------------------------------
def registers_the_team(leader: Person, *, director: Persona, alternate: Persona, member: Persona) -> None:
    """A director first, in under a minute; then the rest, the decision, and the confirmation."""
    leader.follows("/team/")
    leader.writes(name_ar=director.name, national_id=director.national_id.translate(ARABIC_DIGITS), mobile="٠٥٠٠٠٠٠١١١")
    leader.presses("/team/emergency/")
    leader.sees(director.name)
    for role, persona in (("alternate", alternate), ("member", member)):
        leader.follows(f"/team/appoint/{role}/")
        leader.writes(
            national_id=persona.national_id,
            name_ar=persona.name,
            name_en=persona.name_en,
            mobile=persona.mobile,
            email=persona.email,
        )
        leader.hand.presses(leader.page.locator('main form:has([name="national_id"]) button[type="submit"]'))
        expect(leader.page.locator("main table")).to_contain_text(persona.name_en if leader.prefix else persona.name)
    leader.hand.presses(leader.page.locator('main a[href$="/team/decision/"]:visible').first)
    leader.writes(reference="١٤٤٧/٢٢١٥", day="2026-01-15")
    leader.hand.attaches(leader.page.locator('[name="upload"]'), PDF)
    leader.hand.presses(leader.page.locator('main form:has([name="upload"]) button[type="submit"]'))
    leader.sees("١٤٤٧/٢٢١٥")


# --- Filing -----------------------------------------------------------------------------------------------------
def files_an_own_outage(director: Person, service: DigitalService) -> str:
    _opens_the_door(director, "own-outage")
    director.chooses(services=service.pk, impact_level="full", symptom="login", cyber_suspected="no")
    director.picks("started_at", 1)
    return sends(director)[0]


def files_a_pair(director: Person, service: DigitalService, *, because_of: DigitalService) -> tuple[str, str]:
    """Ours is down because of another's: one receipt, two references."""
    _opens_the_door(director, "because-of-another")
    _finds_the_provider(director, because_of)
    director.chooses(services=service.pk, impact_level="full", symptom="integration", cyber_suspected="no")
    director.picks("started_at", 1)
    first, second = sends(director)
    return first, second


def files_a_consumed_outage(director: Person, provider: DigitalService, *, ours: DigitalService | None = None) -> str:
    _opens_the_door(director, "consumed-outage")
    _finds_the_provider(director, provider)
    director.chooses(symptom="integration", own_services_affected=ours.pk if ours else "none")
    if ours:
        director.chooses(impact_level="full")
    director.picks("started_at", 0)
    return sends(director)[0]


def files_works_that_cannot_wait(director: Person, service: DigitalService) -> str:
    _opens_the_door(director, "maintenance")
    director.follows("/reports/new/emergency-maintenance/")
    director.chooses(services=service.pk, impact="OUTAGE")
    director.picks("window_start", 0)
    director.writes(expected_outage_minutes="٤٥", emergency_reason="ثغرة تُستغل الآن")
    return sends(director)[0]


def _opens_the_door(director: Person, slug: str) -> None:
    director.goes("/")
    director.follows(f"/reports/new/{slug}/")


def _finds_the_provider(director: Person, provider: DigitalService) -> None:
    director.hand.writes(director.page.locator('input[name="provider_service_q"]'), provider.name_ar)
    director.hand.presses(director.page.locator('button[name="find"][value="provider_service"]'))
    director.page.wait_for_load_state("networkidle")  # its answer renews the chips
    director.chooses(provider_service=provider.pk)


def sends(director: Person) -> list[str]:
    """Press the one large button; the references that the receipt names."""
    director.hand.presses(director.page.locator("#filing-form .form-actions button[type=submit]").first)
    director.page.wait_for_url(re.compile(r"/receipt/"))
    found = [REFERENCE.search(each) for each in director.page.locator(".receipt .ref").all_inner_texts()]
    return [each.group(0) for each in found if each]


# --- Following --------------------------------------------------------------------------------------------------
def updates(person: Person, report: str, words: str, **answers: str) -> None:
    person.opens(report)
    person.chooses(**answers)
    person.hand.writes(person.form("/update/").locator('[name="message"]'), words)
    person.has_done("/update/")
    person.sees(words)


def restores(director: Person, report: str) -> None:
    director.opens(report, "restore")
    director.hand.ticks(director.form("/restore/").locator('input[name="restored_at"]').first)
    director.has_done("/restore/")


def does_the_works(director: Person, report: str) -> None:
    """They start, a word is said while they last, and they end."""
    director.opens(report)
    director.has_done("/start/")
    updates(director, report, "نُصّب الإصلاح على الخادم الأول من ثلاثة")
    director.opens(report, "complete")
    director.hand.ticks(director.form("/complete/").locator('input[name="outcome"]').first)
    now = director.form("/complete/").locator('input[name="actual_end"]').first
    director.hand.ticks(now)
    director.has_done("/complete/")


def asks(reviewer: Person, report: str, question: str) -> None:
    reviewer.opens(report, "ask")
    reviewer.hand.writes(reviewer.form("/ask/").locator('[name="text"]'), question)
    reviewer.has_done("/ask/")


def answers(director: Person, report: str, question: str, answer: str) -> None:
    director.opens(report)
    director.sees(question)
    director.hand.writes(director.form("/answer/").locator("textarea"), answer)
    director.has_done("/answer/")
    director.sees(answer)


# --- The final report -------------------------------------------------------------------------------------------
def writes_the_final_report(director: Person, report: str) -> None:
    sections: dict[str, dict[str, str]] = {
        "summary": {"executive_summary": LONG},
        "times": {},
        "impact": {"users_affected_final": "٤٢٠٠"},
        "cause": {"root_cause": LONG},
        "recovery": {"resolution": "تجديد الشهادة وإعادة تشغيل الموزّع"},
        "lessons": {"lessons": "مراقبة انتهاء الشهادات من نظام واحد"},
        "actions": {
            "actions-0-title": "تنبيه قبل انتهاء الشهادات بثلاثين يومًا",
            "actions-0-owner": "فريق الشبكات",
            "actions-0-due_on": f"{timezone.localdate() + timedelta(days=30):%Y-%m-%d}",
        },
    }
    for section, texts in sections.items():
        director.goes(f"/reports/{report}/final/{section}/")
        director.writes(**texts)
        if section == "cause":
            _chooses_the_cause(director)
        _saves(director)


def submits_the_final_report(director: Person, report: str) -> None:
    director.goes(f"/reports/{report}/final/check/")
    director.picks("attest")
    director.hand.presses(director.page.locator('main form:has([name="attest"]) button[type="submit"]'))
    director.confirms_with_nafath()
    expect(director.page.locator("#messages .notice--good")).to_be_visible()


def sends_it_back(reviewer: Person, report: str, *, comment: str) -> None:
    """With a comment beside the field, folded until it is asked for, and a note."""
    reviewer.goes(f"/reports/{report}/final/")
    reviewer.hand.presses(reviewer.page.locator('details:has([name="comment-root_cause"]) > summary'))
    reviewer.writes(**{"comment-root_cause": comment})
    reviewer.hand.writes(reviewer.form("/final/send-back/").locator('[name="note"]'), "أكملوا السبب الجذري")
    reviewer.has_done("/final/send-back/")


def answers_the_comment(director: Person, report: str, *, comment: str, answer: str) -> None:
    director.goes(f"/reports/{report}/final/cause/")
    director.sees(comment)
    director.hand.writes(director.page.locator('[name^="answer"]').first, answer)
    _saves(director)


def accepts_and_closes(reviewer: Person, report: str) -> None:
    reviewer.goes(f"/reports/{report}/final/")
    accept = reviewer.form("/final/accept/")
    for box in accept.locator('input[name="checked"]').all():
        reviewer.hand.ticks(box)
    reviewer.has_done("/final/accept/")


def _chooses_the_cause(director: Person) -> None:
    box = director.page.locator('[name="cause_l2"]').first
    if box.evaluate("box => box.tagName") == "SELECT":
        director.hand.selects(box, "certificate")
    else:
        director.chooses(cause_l2="certificate")


def _saves(director: Person) -> None:
    """Save a section; the next one, or the list of them, says that it was kept."""
    here = director.page.url
    director.hand.presses(director.page.locator("main form .card__foot button[type=submit]").first)
    director.page.wait_for_url(lambda url: url != here)
    expect(director.page.locator("#messages .notice")).to_be_visible()
