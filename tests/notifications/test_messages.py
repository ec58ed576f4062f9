"""What a message says, in which language, and what it never says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from entities.models import Notice, User
from entities.permissions import Role
from incidents import actions, lifecycle
from incidents.lifecycle import ClockKind, ReportKind
from incidents.models import Draft
from notifications.channels import Message
from notifications.messages import FSI, PDI, message_for
from notifications.models import Channel, Delivery
from notifications.recipients import AUDIENCES
from notifications.stories import HEADLINES
from tests.factories import a_dependency, a_person, a_report, a_reviewer, a_service, an_entity
from tests.notifications.conftest import fan_out, to
from tests.notifications.test_recipients import Town

pytestmark = pytest.mark.django_db
ORIGIN = "https://reports.dga.gov.sa"
#: Two parts of a long SMS in UCS-2.
LONGEST_SMS = 2 * 67
SECRET = "تجاوز سعة الموزّع 10.1.2.3"


@pytest.fixture(autouse=True)
def origin(settings: Any) -> None:
    settings.PORTAL_ORIGIN = ORIGIN


def newest(person: User, channel: Channel = Channel.EMAIL) -> Message:
    fan_out()
    return message_for(to(person, channel=channel).latest("created_at"), at=timezone.now())


def text_of(message: Message) -> str:
    return message.subject + message.text + message.html


# --- Languages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "first", "second"), [("ar", "وصل بلاغ", "has arrived"), ("en", "has arrived", "وصل بلاغ")]
)
def test_a_mail_speaks_the_readers_language_first_and_the_other_under_it(
    language: str, first: str, second: str
) -> None:
    person = a_person(language=language)
    a_report(by=person)
    mail = newest(person)
    assert first in mail.subject
    for body in (mail.text, mail.html):
        assert body.index(first) < body.rindex(second)
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in mail.html
    assert '<div lang="ar" dir="rtl">' in mail.html
    assert '<div lang="en" dir="ltr">' in mail.html


def test_a_mail_says_everything_a_reader_needs() -> None:
    person = a_person(language="en")
    report = a_report(by=person)
    actions.acknowledge(report, by=(reviewer := a_reviewer()))
    mail = newest(person)
    due = timezone.localtime(report.clocks.running().get(kind="C3").due_at)
    needed = [
        report.reference, report.entity.name_en, report.main_service.name_en, "Critical (S1)", "Investigating",
        "Send an update", f"{due:%H:%M}", "Riyadh time", reviewer.name_en,
        f"{ORIGIN}/en/reports/{report.reference}/", f"{ORIGIN}/reports/{report.reference}/",
        f"{ORIGIN}/en/guide/#update",
    ]  # fmt: skip
    for part in needed:
        assert part in mail.text, part
        assert part in mail.html, part


def test_references_keep_their_order_in_arabic_text() -> None:
    report = a_report()
    mail = newest(report.filed_by)
    assert f"{FSI}{report.reference}{PDI}" in mail.text
    assert f'<bdi dir="ltr">{report.reference}</bdi>' in mail.html
    assert FSI not in mail.subject


def test_a_mail_fetches_nothing_and_carries_no_style() -> None:
    html = newest(a_report().filed_by).html
    for word in ("<img", "<style", "style=", "<script", "src=", "<link"):
        assert word not in html
    assert {address.split('"')[0].split("/")[2] for address in html.split('href="')[1:]} == {"reports.dga.gov.sa"}


@pytest.mark.parametrize("demo", [True, False])
def test_the_demos_mails_say_that_they_are(settings: Any, demo: bool) -> None:
    settings.DEMO = demo
    mail = newest(a_report().filed_by)
    for words in ("بيانات تجريبية", "Demo data"):
        assert (words in mail.text) == (words in mail.html) == demo


# --- What must be done ----------------------------------------------------------------------------------------------


def test_what_is_owed_is_said_from_the_readers_side() -> None:
    town = Town()
    assert "إرسال المستجدات" in newest(town.people["DIRECTOR"]).text
    assert "استلام البلاغ" in newest(town.people["REVIEWER"]).text
    assert "التحقق من خدمات جهتكم المعتمدة عليها" in newest(town.people["OTHER"]).text


def test_a_late_reminder_says_since_when() -> None:
    town = Town().acknowledged()
    clock = town.report.clocks.running().get(kind="C3")
    actions.record_due_reminders(at=clock.due_at + clock.length)
    fan_out()
    delivery = to(town.people["DIRECTOR"], event__clock=clock, channel=Channel.EMAIL).get()
    mail = message_for(delivery, at=clock.due_at + clock.length)
    assert mail.subject.startswith("فات الموعد: إرسال المستجدات")
    assert "كان موعده" in mail.text
    assert "It was due at" in mail.text


def test_a_question_names_its_own_deadline() -> None:
    town = Town().acknowledged()
    event = actions.ask(town.report, text="متى؟", urgent=True, by=town.people["REVIEWER"])
    due = timezone.localtime(town.report.clocks.get(kind="C4", subject=event.seq).due_at)
    mail = newest(town.people["DIRECTOR"])
    assert "الرد على استفسار" in mail.text
    assert f"{due:%H:%M}" in mail.text


def test_where_nothing_is_owed_the_mail_says_so() -> None:
    entity = an_entity()
    mate = a_person(Role.ALTERNATE, entity=entity)
    director = a_person(Role.DIRECTOR, entity=entity)
    report = a_report(by=director, service=a_service(entity=entity, tier=3), impact="minor")
    actions.withdraw(report, note="مكرر", by=director)
    assert "Nothing is required of you now" in newest(mate).text


def test_a_moved_window_tells_the_old_one_and_the_new() -> None:
    town = Town(ReportKind.MAINTENANCE)
    old = timezone.localtime(town.report.window_start)
    start = timezone.now() + timedelta(days=30)
    by = town.people["DIRECTOR"]
    actions.reschedule(town.report, window_start=start, window_end=start + timedelta(hours=1), note="تأجيل", by=by)
    text = newest(town.people["OTHER"]).text
    for moment in (old, timezone.localtime(start)):
        assert f"{moment.day} " in text
        assert f"{moment:%H:%M}" in text


# --- What it never says ---------------------------------------------------------------------------------------------


def test_no_message_holds_a_word_that_somebody_typed() -> None:
    """Above all no mail about an S1 outage tells of the weakness: it is read in the portal."""
    town = Town(summary=SECRET, workaround=SECRET)
    director, reviewer = town.people["DIRECTOR"], town.people["REVIEWER"]
    actions.acknowledge(town.report, by=reviewer)
    actions.post_update(town.report, phase="identified", message=SECRET, by=director)
    question = actions.ask(town.report, text=SECRET, urgent=True, by=reviewer)
    actions.answer(town.report, question=question.seq, text=SECRET, by=director)
    actions.change_severity(town.report, severity=2, note=SECRET, by=reviewer)
    actions.restore(town.report, restored_at=timezone.now(), message=SECRET, by=director)
    actions.move(town.report, "reopen", note=SECRET, by=reviewer)
    fan_out()
    assert Delivery.objects.count() > 40
    for delivery in Delivery.objects.all():
        assert SECRET not in text_of(message_for(delivery, at=timezone.now())), delivery.event


def test_a_consumer_that_asked_not_to_be_named_is_not_named_to_the_provider() -> None:
    town = Town(ReportKind.CONSUMED_OUTAGE, share_identity=False)
    entity = town.report.entity
    to_provider, to_reviewer = newest(town.people["OTHER"]), newest(town.people["REVIEWER"])
    assert entity.name_ar not in text_of(to_provider)
    assert entity.name_en not in text_of(to_provider)
    assert entity.name_ar in to_reviewer.text


def test_a_consumer_is_not_led_to_a_report_she_may_not_see() -> None:
    town = Town()
    link = f"{ORIGIN}/reports/new/consumed-outage/?provider={town.report.main_service_id}"
    assert link in newest(town.people["OTHER"]).text
    assert f"/reports/{town.report.reference}/" not in text_of(newest(town.people["OTHER"]))


def test_a_consumer_with_a_report_of_her_own_is_led_to_it() -> None:
    town = Town().acknowledged()
    other = town.people["OTHER"]
    own = a_report(ReportKind.CONSUMED_OUTAGE, by=other, provider=town.report.main_service)
    fan_out()
    delivery = to(other, event__report=town.report, channel=Channel.EMAIL).latest("created_at")
    assert f"{ORIGIN}/reports/{own.reference}/" in message_for(delivery, at=timezone.now()).text


def test_a_consumer_with_a_report_of_her_own_is_asked_there_whether_the_service_is_back_and_told_once() -> None:
    town = Town().acknowledged()
    other = town.people["OTHER"]
    own = a_report(ReportKind.CONSUMED_OUTAGE, by=other, provider=town.report.main_service)
    fan_out()
    actions.restore(town.report, restored_at=timezone.now(), by=town.people["DIRECTOR"])
    actions.act_by_itself(at=timezone.now())
    fan_out()
    assert not to(other, event__report=town.report, event__data__move="restore").exists()
    delivery = to(other, event__report=own, event__data__move="ask_return", channel=Channel.EMAIL).get()
    text = message_for(delivery, at=timezone.now()).text
    assert f"{ORIGIN}/reports/{own.reference}/" in text
    assert "تأكيد عودة الخدمة" in text


# --- SMS ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ar", "en"])
def test_every_sms_fits_and_names_reference_and_link(language: str) -> None:
    town = Town()
    User.objects.update(language=language)
    lead = town.people["LEAD"]
    actions.record_due_reminders(at=timezone.now() + timedelta(minutes=40))
    actions.acknowledge(town.report, by=town.people["REVIEWER"])
    actions.ask(town.report, text="متى؟", urgent=True, by=town.people["REVIEWER"])
    actions.change_severity(town.report, severity=2, note="أقل", by=lead)
    fan_out()
    actions.record_due_reminders(at=timezone.now() + timedelta(hours=30))
    actions.restore(town.report, restored_at=timezone.now(), by=town.people["DIRECTOR"])
    actions.move(town.report, "reopen", note="عاد", by=town.people["ALTERNATE"])
    works = Town(ReportKind.MAINTENANCE)
    User.objects.update(language=language)
    actions.start_window(works.report, by=works.people["DIRECTOR"])
    fan_out()
    texts = [
        (message_for(delivery, at=timezone.now()).text, delivery.event.report.reference)  # type: ignore[union-attr]  # all of events
        for delivery in Delivery.objects.filter(channel=Channel.SMS)
    ]
    assert len({text.split("\n")[0] for text, _reference in texts}) >= 7  # so many kinds
    for text, reference in texts:
        assert len(text) <= LONGEST_SMS, text
        assert f"{FSI}{reference}{PDI}" in text
        assert text.endswith(f"/reports/{reference}/")


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_sms_about_an_unsent_draft_fits_too(language: str) -> None:
    entity = an_entity()
    director = a_person(Role.DIRECTOR, entity=entity, language=language)
    draft = Draft.objects.create(
        entity=entity, kind="OUT", service=a_service(entity=entity, tier=0), started_by=director, last_writer=director,
        text={"summary": SECRET}, created_at=timezone.now() - timedelta(minutes=11),
    )  # fmt: skip
    actions.remind_unsent_drafts(at=timezone.now())
    sms = newest(director, Channel.SMS)
    assert len(sms.text) <= LONGEST_SMS
    assert SECRET not in sms.text
    assert str(draft.key) not in sms.text


def test_the_golden_sms(settings: Any) -> None:
    report = a_report()
    due = timezone.localtime(report.clocks.get(kind="C3").due_at)
    day = "" if due.date() == timezone.localdate() else f"{due:%d/%m} "
    assert newest(report.filed_by, Channel.SMS).text == (
        f"وصل بلاغ جهتكم\n{FSI}{report.reference}{PDI}\n{ClockKind.C3.label}: {day}{due:%H:%M}\n"
        f"{ORIGIN}/reports/{report.reference}/"
    )


# --- Notices, and the tables ------------------------------------------------------------------------------------------


def test_a_notice_is_told_without_a_reference() -> None:
    entity = an_entity()
    director = a_person(Role.DIRECTOR, entity=entity)
    Notice.objects.create(kind=Notice.Kind.TEAM_CHANGED, key="team:x:2", entity=entity)
    mail = newest(director)
    assert mail.subject == "تغيّر فريق الأزمة"
    assert f"{ORIGIN}/team/" in mail.text
    assert entity.name_ar in mail.text


def test_every_headline_belongs_to_something_that_is_told() -> None:
    assert {key for key, _side in HEADLINES} <= set(AUDIENCES)


def test_every_deed_has_a_headline_in_both_languages() -> None:
    """A deed without a title in the timeline would break its mail."""
    from incidents.looks import LOOKS

    deeds = {move.name for moves in lifecycle.LIFECYCLES.values() for move in moves}
    assert deeds <= set(LOOKS)


def test_a_consumer_is_told_in_her_own_language() -> None:
    service, consumer = a_service(tier=0), a_service()
    a_dependency(consumer, service)
    reader = a_person(Role.DIRECTOR, entity=consumer.entity, language="en")
    report = a_report(by=a_person(entity=service.entity), service=service)
    assert newest(reader).subject == f"Outage of a service you rely on: its owner has reported it · {report.reference}"
