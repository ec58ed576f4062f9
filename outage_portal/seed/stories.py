"""The eight stories, told relative to now.

The silent verification failure with its six consumers, the Friday upgrade that overran, the expired certificate, the
storage fault with four updates, the disputed payment failure, the final report sent back twice, the entity without a
team at 02:10, and the acknowledgement that came late.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from entities.models import DigitalService, User
from entities.permissions import Role
from incidents import actions
from incidents.actions import Answers
from incidents.calendar import RIYADH
from incidents.lifecycle import ReportKind, Verdict
from incidents.models import Report
from outage_portal.seed import chapters, maintenance, tales
from outage_portal.seed.telling import Tale, Teller
from outage_portal.seed.words import Fault

#: Service, minutes ago, impact: who noticed before the owner did.
CONSUMERS = (
    ("demo-b.licensing", 118, "full"),
    ("demo-e.appointments", 114, "partial"),
    ("demo-h.learning", 111, "partial"),
    ("demo-c.health-record", 107, "full"),
    ("demo-f.municipal-licences", 103, "partial"),
    ("demo-g.delegations", 100, "minor"),
)
OVERRUN = timedelta(minutes=40)


def ago(t: Teller, minutes: float) -> datetime:
    return t.now - timedelta(minutes=minutes)


def director(t: Teller, service: DigitalService) -> User:
    return t.cast.all(service.entity.code, Role.DIRECTOR)[0]


def reviewers(t: Teller) -> list[User]:
    """The first reviewer, and the lead."""
    return [t.cast.all("dga", Role.REVIEWER)[0], t.lead()]


def an_outage(
    t: Teller,
    code: str,
    place: str,
    *,
    impact: str,
    began: datetime,
    filed: datetime,
    back: datetime | None = None,
    **columns: Any,
) -> tuple[Report, Fault, User]:
    service = t.services[place]
    fault = t.words.faults[code].told(**t.places(service, began=began, back=back or t.now))
    by = director(t, service)
    report = chapters.file_outage(
        t, fault, service=service, impact=impact, began=began, detected=began + (filed - began) / 2, at=filed, by=by,
        **columns,
    )  # fmt: skip
    return report, fault, by


def consumer_of_verification(t: Teller, place: str, minutes: int, impact: str) -> Tale:
    """One of the six who noticed before the owner did."""
    own, provider = t.services[place], t.services["demo-a.verification"]
    began = ago(t, 124)
    row = t.words.consumed[5].told(**t.places(provider, began=began, back=t.now), own=own.name_ar)
    at = yield ago(t, minutes)
    summary = f"رفض التحقق من مستفيدي «{own.name_ar}» عبر «{provider.name_ar}» رغم صحة بياناتهم"
    by = director(t, own)
    report = tales.file_consumed(
        t, row, own=own, provider=provider, began=began, at=at, impact=impact, by=by, summary=summary,
        error_sample="HTTP 200, result: NO_MATCH",
    )  # fmt: skip
    at = yield at + t.minutes(4, 9)
    actions.acknowledge(report, at=at, by=t.pick(reviewers(t)))


def silent_verification(t: Teller) -> Tale:
    """The owner's monitoring is green; six consumers report within 18 minutes; the owner's update is 12 minutes late."""
    at = yield ago(t, 96)
    report, fault, by = an_outage(
        t, "silent-verification", "demo-a.verification", impact="full", began=ago(t, 124), filed=at,
        detection_source="other-entity",
    )  # fmt: skip
    at = yield ago(t, 93)
    about = Report.objects.unanswered().filter(provider_service=report.main_service)
    for each in about.order_by("pk"):
        actions.give_verdict(each, verdict=Verdict.KNOWN, link=report.reference, at=at, by=by)
    at = yield ago(t, 90)
    actions.acknowledge(report, at=at, by=reviewers(t)[0])
    at = yield ago(t, 84)
    question = "أبلغت ست جهات عن رفض التحقق خلال 18 دقيقة. هل ترصدون ذلك في مؤشرات المطابقة لديكم؟"
    asked = actions.ask(report, text=question, urgent=True, at=at, by=reviewers(t)[0])
    at = yield ago(t, 75)
    answer = "نعم، انخفضت نسبة المطابقة إلى الصفر منذ بداية الأثر، ولا تقيسها المراقبة الحالية."
    actions.answer(report, question=asked.seq, text=answer, at=at, by=by)
    at = yield ago(t, 72)
    known = chapters.known_later(t, fault, service=report.main_service, impact="full")
    actions.post_update(report, phase="investigating", message=fault.investigating, columns=known[0], at=at, by=by)


def one_cause(t: Teller) -> Tale:
    """The lead groups the six and the owner under one incident, writes to all, and has a situation report drafted."""
    at = yield ago(t, 66)
    provider, lead = t.services["demo-a.verification"], t.lead()
    concerned = Report.objects.open_outages().filter(main_service=provider, incident__isnull=True)
    incident = actions.open_incident(
        concerned,
        name_ar=f"رفض التحقق عبر «{provider.name_ar}»",
        name_en=f"Verifications refused by {provider.name_en or provider.name_ar}",
        service=provider,
        at=at,
        by=lead,
    )
    at = yield ago(t, 64)
    actions.acknowledge_incident(incident, at=at, by=lead)
    at = yield ago(t, 50)
    text_ar = "يُعالَج السبب لدى الجهة المالكة. لا حاجة إلى فتح بلاغ جديد، وتُرسل المستجدات هنا."
    text_en = "The owner works on the cause. No new report is needed; news is given here."
    actions.tell_reports(incident, text_ar=text_ar, text_en=text_en, at=at, by=lead)
    actions.choose_readers(incident, people=[person.acting for person in reviewers(t) if person.acting], by=lead)
    at = yield ago(t, 6)
    actions.prepare_situation(incident, at=at, by=lead)


def friday_upgrade(t: Teller) -> Tale:
    """Friday 00:00–12:00, announced in time, 40 minutes over."""
    start = last_friday(t.now)
    end = start + timedelta(hours=12)
    service = t.services["demo-h.admission"]
    work = t.words.works["database-upgrade"].told(**t.places(service, began=start, back=end))
    by = director(t, service)
    at = yield t.office(start - timedelta(days=11))
    report = maintenance.file_work(t, work, service=service, start=start, end=end, at=at, by=by)
    at = yield t.office(at + t.minutes(60, 300))
    actions.move(report, "note", at=at, by=reviewers(t)[0])
    yield from maintenance.worked(t, report, work, start=start, end=end + OVERRUN, by=by)


def last_friday(now: datetime) -> datetime:
    """Midnight of the last Friday whose upgrade, overrun included, lies behind us."""
    local = (now - timedelta(hours=12) - OVERRUN - timedelta(minutes=10)).astimezone(RIYADH)
    day = local - timedelta(days=(local.weekday() - 4) % 7)
    return day.replace(hour=0, minute=0, second=0, microsecond=0)


def expired_certificate(t: Teller) -> Tale:
    """Down with its certificate, back in 55 minutes; the final report is owed in eight days."""
    began = ago(t, 60 * 47)
    back = began + timedelta(minutes=55)
    at = yield began + timedelta(minutes=9)
    report, fault, by = an_outage(
        t, "certificate", "demo-f.municipal-licences", impact="full", began=began, filed=at, back=back
    )
    at = yield at + timedelta(minutes=6)
    actions.acknowledge(report, at=at, by=reviewers(t)[1])
    at = yield at + timedelta(minutes=9)
    known = chapters.known_later(t, fault, service=report.main_service, impact="full")
    actions.post_update(report, phase="identified", message=fault.identified, columns=known[0], at=at, by=by)
    at = yield at + timedelta(minutes=16)
    actions.post_update(report, phase="mitigating", message=fault.mitigating, columns=known[1], at=at, by=by)
    yield from chapters.restored(t, report, fault.restored, back=back, at=back, by=by)


def storage_fault(t: Teller) -> Tale:
    """Open for three hours, four updates, a log attached, the next word owed in 44 minutes."""
    at = yield ago(t, 178)
    report, fault, by = an_outage(
        t, "storage-controller", "demo-c.laboratory", impact="full", began=ago(t, 185), filed=at
    )
    at = yield ago(t, 169)
    actions.acknowledge(report, at=at, by=reviewers(t)[1])
    at = yield ago(t, 160)
    log = b"controller-b  state=FAILED  cache=write-through\ncontroller-a  latency_ms=412  queue=188\n"
    upload = SimpleUploadedFile("storage-controllers.log", log)
    actions.attach(report, upload=upload, content_type="text/plain", at=at, by=by)
    known = chapters.known_later(t, fault, service=report.main_service, impact="full")
    for number, (minutes, (phase, message)) in enumerate(zip((152, 126, 100, 76), fault.updates, strict=True)):
        at = yield ago(t, minutes)
        changed = known[number] if number < len(known) else {"expected_restoration_at": t.now + timedelta(minutes=95)}
        promised = t.now + timedelta(minutes=44) if number == len(known) else None
        actions.post_update(
            report, phase=phase, message=message, columns=changed, next_update_at=promised, at=at, by=by
        )


def disputed_payment(t: Teller) -> Tale:
    """A consumer's payments are not confirmed; the provider says that nothing is wrong on its side."""
    own, provider = t.services["demo-b.permits"], t.services["demo-e.payments"]
    began = ago(t, 205)
    row = t.words.consumed[3].told(**t.places(provider, began=began, back=t.now), own=own.name_ar)
    by = director(t, own)
    at = yield ago(t, 190)
    report = tales.file_consumed(
        t, row, own=own, provider=provider, began=began, at=at, impact="partial", by=by,
        provider_contacted="بلاغ فني لدى الجهة المالكة رقم PAY-20731، وكان الرد: لا عطل لدينا.",
    )  # fmt: skip
    reviewer = reviewers(t)[0]
    at = yield ago(t, 178)
    actions.acknowledge(report, at=at, by=reviewer)
    at = yield ago(t, 152)
    evidence = "تُظهر سجلات الإرسال أن إشعارات السداد وصلت إلى عنوان الاستقبال وأُجيبت بنجاح."
    actions.give_verdict(report, verdict=Verdict.NOT_OURS, note=evidence, at=at, by=director(t, provider))
    at = yield ago(t, 140)
    asked = actions.ask(
        report, urgent=True, at=at, by=reviewer,
        text="تفيد الجهة المالكة بأن إشعارات السداد أُرسلت وأُجيبت بنجاح. ما الذي يظهر في سجلاتكم للعمليات نفسها؟",
    )  # fmt: skip
    at = yield ago(t, 104)
    actions.answer(
        report, question=asked.seq, at=at, by=by,
        text="لا أثر لهذه الإشعارات في سجلات الاستقبال ولا في جدار الحماية. أُرفقت أرقام عشر عمليات للمقارنة.",
    )  # fmt: skip
    at = yield ago(t, 93)
    actions.post_update(report, phase="investigating", message=row.progress, at=at, by=by)
    note = "الطرفان يؤكدان سلامة جانبهما. طُلب من الجهة المالكة سجل الإرسال بعناوين الوجهة."
    actions.add_note(report, text=note, at=at, by=reviewer)
    at = yield ago(t, 16)
    actions.ask(
        report, urgent=True, at=at, by=reviewer,
        text="ذكرت الجهة المالكة أن عنوان الاستقبال لديكم تغيّر في نظامها أمس. هل طلبت جهتكم ذلك؟",
    )  # fmt: skip


def sent_back_twice(t: Teller) -> Tale:
    """The final report came back a second time, and is being completed."""
    began = ago(t, 60 * 24 * 11)
    back = began + timedelta(minutes=131)
    at = yield began + timedelta(minutes=14)
    report, fault, by = an_outage(
        t, "database-lock", "demo-b.establishments", impact="major", began=began, filed=at, back=back
    )
    at = yield at + timedelta(minutes=7)
    actions.acknowledge(report, at=at, by=reviewers(t)[0])
    columns = chapters.known_later(t, fault, service=report.main_service, impact="major")
    at = yield from chapters.followed(t, report, fault.updates, start=at, end=back, columns=columns, by=by)
    at = yield from chapters.restored(t, report, fault.restored, back=max(back, at), at=at, by=by)
    at = yield ago(t, 60 * 24 * 8)
    chapters.write_final(t, report, fault, at=at, by=by)
    for days, rows in ((6, slice(0, 2)), (1, slice(2, 4))):
        actions.countersign(report, at=at, by=t.leader_of("demo-b"))
        at = yield at + timedelta(hours=2)
        actions.submit_final(report, at=at, by=by)
        at = yield ago(t, 60 * 24 * days)
        comments = {row["field"]: row["text"] for row in t.words.dialogue["comment"][rows]}
        actions.send_back(report, note=t.line("send_back"), comments=comments, at=at, by=reviewers(t)[0])
        if days > 1:
            at = yield at + timedelta(days=2)
            chapters.answer_comments(t, report, by=by)


def no_team(t: Teller) -> Tale:
    """02:10, no crisis team: the IT leader calls, a reviewer writes the report down and follows it."""
    called = t.now.astimezone(RIYADH).replace(hour=2, minute=10, second=0, microsecond=0)
    called -= timedelta(days=1) if called > t.now - timedelta(minutes=50) else timedelta()
    at = yield called
    service, reviewer = t.services["demo-d.events"], t.cast.all("dga", Role.REVIEWER)[-1]
    began = called - timedelta(minutes=25)
    fault = t.words.faults["disk-full"].told(**t.places(service, began=began, back=t.now))
    columns = {
        "impact_level": "major", "symptom": fault.symptom, "started_at": began, "detected_at": called - timedelta(minutes=6),
        "summary": fault.summary, "cyber_suspected": "unknown",
    }  # fmt: skip
    report = actions.record_phoned_report(
        kind=ReportKind.OWN_OUTAGE, entity=service.entity, key=t.key(), called_at=at, by=reviewer,
        answers=Answers([(service, "major")], columns), caller=f"{t.leader_of('demo-d').name_ar}، قائد تقنية المعلومات",
    ).report  # fmt: skip
    at = yield called + timedelta(minutes=4)
    actions.acknowledge(report, at=at, by=reviewer)
    note = "لا فريق أزمة للجهة. أُبلغ قائد تقنية المعلومات بخطوات التعيين العاجل، ووعد بإتمامه صباحًا."
    actions.add_note(report, text=note, at=at, by=reviewer)


def late_acknowledgement(t: Teller) -> Tale:
    """Thirty minutes were due, forty-seven it took: the authority's own delay stays on record."""
    at = yield ago(t, 214)
    report, fault, by = an_outage(
        t, "message-queue", "demo-h.student-record", impact="partial", began=ago(t, 226), filed=at
    )
    at = yield ago(t, 167)
    actions.acknowledge(report, at=at, by=reviewers(t)[1])
    known = chapters.known_later(t, fault, service=report.main_service, impact="partial")
    for number, (minutes, (phase, message)) in enumerate(zip((150, 96, 28), fault.updates, strict=False)):
        at = yield ago(t, minutes)
        actions.post_update(report, phase=phase, message=message, columns=known[number], at=at, by=by)
