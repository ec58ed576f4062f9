"""The main job from end to end, as people do it: in both languages, with and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page

from crisis_teams.readiness import active_team
from entities.models import DigitalService, User
from entities.permissions import Role
from incidents.lifecycle import Status
from incidents.models import Report
from tests.factories import a_person, a_reviewer, a_service, an_entity, valid_id
from tests.journeys.conftest import Visitor

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]
LONG = "انتهت صلاحية شهادة موزّع الأحمال ولم تُجدَّد لأن التنبيه كان موجّهًا إلى بريد موظف انتقل من الجهة قبل شهرين."


class Person:
    """Somebody at a browser, who chooses answers by what they mean and presses what she sees."""

    def __init__(self, visitor: Visitor, prefix: str) -> None:
        self.visitor, self.prefix = visitor, prefix
        self.page: Page = visitor.open(prefix + "/")

    def goes(self, path: str) -> None:
        self.page.goto(self.visitor.origin + self.prefix + path)

    def chooses(self, **answers: object) -> None:
        for name, value in answers.items():
            self.page.locator(f'input[name="{name}"][value="{value}"]:visible').first.check(force=True)

    def picks_first(self, name: str) -> None:
        self.page.locator(f'input[name="{name}"]:visible').first.check(force=True)

    def writes(self, **texts: str) -> None:
        for name, text in texts.items():
            self.page.locator(f'[name="{name}"]:visible').first.fill(text)

    def sends(self, form: str) -> None:
        """Press the form's own button, and wait for the answer."""
        self._form(form).locator('button[type="submit"]:visible').first.click()
        self.page.wait_for_load_state("networkidle")

    def does(self, report: str, deed: str, form: str, **texts: str) -> None:
        """Open a deed on the report's page, answer what it asks, send it."""
        self.goes(f"/reports/{report}/?do={deed}")
        for name, text in texts.items():
            self._form(form).locator(f'[name="{name}"]').first.fill(text)
        self.sends(form)

    def _form(self, action: str) -> Locator:
        return self.page.locator(f'form[action$="{action}"]:visible').first

    def reads(self) -> str:
        return self.page.locator("main").inner_text()


def appoint_in_an_emergency(leader: Person) -> None:
    leader.goes("/team/")
    leader.writes(national_id=valid_id(), name_ar="خالد العتيبي", mobile="0500000077")
    leader.page.locator('main form:has([name="national_id"]) button[type="submit"]').first.click()
    leader.page.wait_for_load_state("networkidle")


def file_own_outage(director: Person, service: DigitalService) -> str:
    director.page.locator('a[href$="/reports/new/own-outage/"]:visible').first.click()
    director.page.wait_for_load_state("networkidle")
    director.chooses(services=service.pk, impact_level="full", symptom="login", cyber_suspected="no")
    director.page.locator('input[name="started_at"]').nth(1).check(force=True)
    director.page.locator('main form button[type="submit"]:visible').first.click()
    director.page.wait_for_url(re.compile(r"/receipt/"))
    found = re.search(r"OUT-\d{4}-\d{6}", director.page.url)
    assert found
    return found.group(0)


def write_final_report(director: Person, report: str) -> None:
    answers: dict[str, dict[str, str]] = {
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
    for section, texts in answers.items():
        director.goes(f"/reports/{report}/final/{section}/")
        director.writes(**texts)
        if section == "cause":
            _choose_cause(director.page)
        director.page.locator('main form button[type="submit"]:visible').first.click()
        director.page.wait_for_load_state("networkidle")


def _choose_cause(page: Page) -> None:
    box = page.locator('[name="cause_l2"]').first
    if box.evaluate("box => box.tagName") == "SELECT":
        box.select_option("certificate")
    else:
        page.locator('[name="cause_l2"][value="certificate"]').check(force=True)


def submit_final_report(director: Person, report: str) -> None:
    director.goes(f"/reports/{report}/final/check/")
    director.page.locator('input[name="attest"]').check(force=True)
    director.page.locator('main form:has([name="attest"]) button[type="submit"]').click()
    director.page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without"])
@pytest.mark.parametrize("prefix", ["", "/en"], ids=["ar", "en"])
def test_an_outage_from_the_first_word_to_the_last(
    visit: Callable[..., Visitor], prefix: str, javascript: bool
) -> None:
    entity = an_entity()
    service = a_service(entity=entity, tier=3, users_per_day=900)
    people: dict[str, User] = {
        "leader": a_person(Role.IT_LEADER, entity=entity),
        "reviewer": a_reviewer(),
    }
    # Given an entity without a crisis team, when its IT leader appoints a director, then it may report.
    leader = Person(visit(people["leader"], javascript=javascript), prefix)
    appoint_in_an_emergency(leader)
    assert active_team(entity) is not None
    person = User.objects.get(name_ar="خالد العتيبي")
    person.acting = person.memberships.select_related("entity").get()
    director = Person(visit(person, javascript=javascript), prefix)
    reviewer = Person(visit(people["reviewer"], javascript=javascript), prefix)

    # When the director files, then the receipt names the report and what is owed next.
    report = file_own_outage(director, service)
    assert report in director.reads()

    # When the reviewer acknowledges and asks, then the director answers and sends an update.
    reviewer.does(report, "acknowledge", "/acknowledge/")
    reviewer.does(report, "ask", "/ask/", text="متى تتوقعون عودة الخدمة؟")
    director.goes(f"/reports/{report}/")
    assert "متى تتوقعون عودة الخدمة؟" in director.reads()
    director.page.locator('form[action$="/answer/"] textarea:visible').first.fill("خلال ساعة من الآن")
    director.sends("/answer/")
    director.goes(f"/reports/{report}/")
    director.chooses(phase="identified")
    director.page.locator('form[action$="/update/"] [name="message"]').fill("حُصر العطل في شهادة الموزّع")
    director.sends("/update/")
    assert "حُصر العطل في شهادة الموزّع" in director.reads()

    # When the service is back, then a final report is owed, written, attested and submitted.
    director.goes(f"/reports/{report}/?do=restore")
    director.page.locator('form[action$="/restore/"]:visible input[name="restored_at"]').first.check(force=True)
    director.sends("/restore/")
    assert Report.objects.get().status == Status.RESTORED
    write_final_report(director, report)
    submit_final_report(director, report)
    assert Report.objects.get().status == Status.FINAL_REVIEW, director.reads()

    # When the reviewer sends it back with a comment, then the director answers it and submits again.
    reviewer.goes(f"/reports/{report}/final/")
    form = reviewer.page.locator('form[action$="/final/send-back/"]')
    comment = reviewer.page.locator('[name="comment-root_cause"]')
    if not comment.is_visible():
        reviewer.page.locator('details:has([name="comment-root_cause"]) > summary').click()
    comment.fill("لماذا لم يصل التنبيه إلى غيره؟")
    form.locator('[name="note"]').fill("أكملوا السبب الجذري")
    form.locator('button[type="submit"]').first.click()
    reviewer.page.wait_for_load_state("networkidle")
    assert Report.objects.get().status == Status.REVISION, reviewer.reads()
    director.goes(f"/reports/{report}/final/cause/")
    assert "لماذا لم يصل التنبيه إلى غيره؟" in director.reads()
    director.page.locator('[name^="answer"]').first.fill("أُضيف بريد الفريق إلى التنبيه")
    director.page.locator('main form button[type="submit"]:visible').first.click()
    director.page.wait_for_load_state("networkidle")
    submit_final_report(director, report)
    assert Report.objects.get().status == Status.FINAL_REVIEW, director.reads()

    # When the reviewer has gone through the list, then the report is closed and nothing is owed.
    reviewer.goes(f"/reports/{report}/final/")
    accept = reviewer.page.locator('form[action$="/final/accept/"]')
    for box in accept.locator('input[name="checked"]').all():
        box.check(force=True)
    accept.locator('button[type="submit"]').first.click()
    reviewer.page.wait_for_load_state("networkidle")
    closed = Report.objects.get()
    assert closed.status == Status.CLOSED, reviewer.reads()
    assert not closed.clocks.running().exists()
    assert [c for p in (leader, director, reviewer) for c in p.visitor.complaints] == []
