"""Two minutes at 02:10: on a phone, from the entity's home to the receipt, with the answers of the minimal set alone.

At most 12 taps and 40 typed characters (domain/reports.md). Every press counts, the one that opens a box as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from entities.permissions import Role
from incidents.models import AffectedService, Report
from tests.factories import a_dependency, a_person, a_service, a_team, an_entity
from tests.journeys.conftest import PHONE, Visitor

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]
TAPS, CHARACTERS = 12, 40


@dataclass
class Finger:
    """One thumb on a phone: it counts what it does, and the page may be moved but not told anything else."""

    page: Page
    taps: int = 0
    characters: int = 0

    def tap(self, what: Locator) -> None:
        what.scroll_into_view_if_needed()
        what.tap()
        self.taps += 1

    def chip(self, question: str, answer: str) -> None:
        """The answer to a question, both as they are read."""
        group = self.page.get_by_role("group", name=question, exact=True)
        self.tap(group.locator("label", has=self.page.get_by_text(answer, exact=True)).first)

    def write(self, box: Locator, text: str) -> None:
        self.tap(box)
        self.page.keyboard.type(text)
        self.characters += len(text)

    def box(self, question: str, label: str) -> Locator:
        return self.page.get_by_role("group", name=question, exact=True).get_by_label(label, exact=True)


@pytest.fixture
def finger(visit: Callable[..., Visitor]) -> Finger:
    """A director of an entity with many services, at home, at night."""
    entity = an_entity(name_ar="الجهة النموذجية أ", name_en="Model entity A")
    a_team(entity)
    ours = [a_service(entity=entity, name_ar=f"خدمة {n}", tier=2) for n in range(12)]
    a_service(entity=entity, name_ar="بوابة التراخيص", tier=0)
    identity = a_service(name_ar="الاستعلام عن الهوية", tier=0)
    a_service(name_ar="منصة المدفوعات", tier=0)
    a_dependency(ours[0], identity)
    director = a_person(Role.DIRECTOR, entity=entity)
    return Finger(visit(director, width=PHONE, has_touch=True, is_mobile=True).open("/"))


def reach_the_receipt(finger: Finger, what: str) -> None:
    expect(finger.page.get_by_role("heading", level=1)).to_contain_text("استلمنا")
    print(f"\n{what}: {finger.taps} taps, {finger.characters} characters")  # noqa: T201  # the figure is the proof
    assert finger.taps <= TAPS
    assert finger.characters <= CHARACTERS
    reference = finger.page.locator(".ref").first.inner_text()
    assert Report.objects.filter(reference=reference).exists()


def send(finger: Finger) -> None:
    finger.tap(finger.page.get_by_role("button", name="إرسال البلاغ إلى هيئة الحكومة الرقمية"))


def test_an_own_outage(finger: Finger) -> None:
    finger.tap(finger.page.get_by_role("link", name="الإبلاغ عن انقطاع الآن"))
    finger.chip("الخدمة المتأثرة", "بوابة التراخيص")
    finger.chip("مدى الأثر", "توقف كلي")
    finger.chip("منذ متى؟", "قبل 15 دقيقة")
    finger.chip("ما الذي يراه المستفيد؟", "تعذّر الدخول")
    finger.chip("هل يُشتبه بحادث سيبراني؟", "لا نعلم بعد")
    send(finger)
    reach_the_receipt(finger, "own outage")
    assert Report.objects.get().summary.startswith("تعذّر الدخول: بوابة التراخيص، منذ")


def test_an_own_outage_of_a_searched_service_since_a_typed_time(finger: Finger) -> None:
    """The long way: the service is not among the chips, the time not among the quarters of an hour."""
    finger.tap(finger.page.get_by_role("link", name="الإبلاغ عن انقطاع الآن"))
    finger.write(finger.page.get_by_role("searchbox", name="البحث في خدمات جهتكم"), "خدمه 11")
    finger.chip("الخدمة المتأثرة", "خدمة 11")
    finger.chip("مدى الأثر", "جزئي")
    finger.chip("منذ متى؟", "وقت آخر")
    before = timezone.localtime() - timedelta(minutes=50)
    finger.write(finger.box("منذ متى؟", "الساعة (24)"), f"{before:%H%M}")
    finger.chip("ما الذي يراه المستفيد؟", "بطء")
    finger.chip("هل يُشتبه بحادث سيبراني؟", "لا")
    send(finger)
    reach_the_receipt(finger, "own outage, searched and typed")
    started = Report.objects.get().started_at
    assert started is not None
    assert abs(started - before) < timedelta(minutes=1)


def test_an_outage_because_of_another(finger: Finger) -> None:
    finger.tap(finger.page.get_by_role("link", name="خدمة لجهتكم متوقفة بسبب خدمة جهة أخرى"))
    finger.chip("أي خدمات جهتكم متوقفة؟", "بوابة التراخيص")
    finger.chip("بسبب أي خدمة، ولأي جهة؟", "الاستعلام عن الهوية")
    finger.chip("مدى الأثر", "توقف كلي")
    finger.chip("منذ متى؟", "قبل 30 دقيقة")
    finger.chip("ما الذي يراه المستفيد؟", "فشل التكامل")
    finger.chip("هل يُشتبه بحادث سيبراني؟", "لا")
    send(finger)
    reach_the_receipt(finger, "because of another's")
    assert Report.objects.filter(related__isnull=False).count() == 2


def test_an_outage_of_a_service_of_another_entity(finger: Finger) -> None:
    finger.tap(finger.page.get_by_role("link", name="خدمة جهة أخرى لا تعمل معكم"))
    finger.write(finger.page.get_by_role("searchbox", name="البحث باسم الخدمة أو الجهة"), "المدفوعات")
    finger.chip("أي خدمة لا تعمل، ولأي جهة؟", "منصة المدفوعات")
    finger.chip("ما الذي يراه المستفيد؟", "فشل الدفع")
    finger.chip("منذ متى؟", "الآن")
    finger.chip("أي خدمات جهتكم تأثرت؟", "بوابة التراخيص")
    finger.chip("مدى الأثر على خدماتكم", "كبير")
    send(finger)
    reach_the_receipt(finger, "another entity's service")
    assert AffectedService.objects.get().impact == "major"


def test_works_ahead(finger: Finger) -> None:
    day = timezone.localtime() + timedelta(days=21)
    finger.tap(finger.page.get_by_role("link", name="أعمال صيانة مقبلة"))
    finger.chip("الخدمات المتأثرة", "بوابة التراخيص")
    finger.chip("أثر الأعمال على الخدمات", "توقف")
    finger.write(finger.box("بداية الأعمال", "أو يوم/شهر"), f"{day.day}.{day.month}")
    finger.write(finger.box("بداية الأعمال", "الساعة (24)"), "0200")
    finger.write(finger.box("نهاية الأعمال", "الساعة (24)"), "0500")
    finger.write(finger.page.get_by_label("مدة التوقف المتوقعة بالدقائق"), "90")
    finger.chip("نوع الأعمال", "إصدار جديد")
    finger.write(finger.page.get_by_label("خطة التراجع في سطر"), "العودة للنسخة السابقة")
    send(finger)
    reach_the_receipt(finger, "works ahead")
    report = Report.objects.get()
    assert report.window_start is not None
    assert timezone.localtime(report.window_start).date() == day.date()
    assert not report.is_emergency


def test_works_that_cannot_wait(finger: Finger) -> None:
    finger.tap(finger.page.get_by_role("link", name="أعمال صيانة مقبلة"))
    finger.tap(finger.page.get_by_role("link", name="صيانة طارئة"))
    finger.chip("الخدمات المتأثرة", "بوابة التراخيص")
    finger.chip("أثر الأعمال على الخدمات", "توقف")
    finger.chip("بداية الأعمال", "الآن")
    finger.write(finger.page.get_by_label("كم دقيقة تستغرق الأعمال؟"), "45")
    finger.write(finger.page.get_by_label("مبرر الأعمال الطارئة"), "ثغرة تُستغل الآن")
    send(finger)
    reach_the_receipt(finger, "works that cannot wait")
    assert Report.objects.get().is_emergency
