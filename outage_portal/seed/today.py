"""The open stories, told relative to now: what the demo's visitor finds on the board, late on both sides.

The issue's eight: the silent verification failure with its six consumers, the Friday upgrade that overran, the expired
certificate, the storage fault with four updates, the disputed payment failure, the final report sent back twice, the
entity without a team at 02:10, and the acknowledgement that came late. The rest fills the board.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from entities.models import DigitalService, User
from entities.permissions import Role
from incidents import actions
from incidents.actions import Answers
from incidents.calendar import RIYADH
from incidents.lifecycle import ReportKind
from incidents.models import Draft, Report
from outage_portal.seed import chapters, tales
from outage_portal.seed.telling import Tale, Teller
from outage_portal.seed.words import Fault

CONSUMERS = (
    ("demo-b.licensing", 118),
    ("demo-e.appointments", 114),
    ("demo-h.learning", 111),
    ("demo-c.health-record", 107),
    ("demo-f.municipal-licences", 103),
    ("demo-g.delegations", 100),
)
OVERRUN = timedelta(minutes=40)


def open_tales(teller: Teller) -> Iterator[Tale]:
    """Every open story; each has its own chance, so that one more changes no other."""
    day = f"{teller.now:%Y-%m-%d %H:%M}"
    for place, minutes in CONSUMERS:
        yield _consumer_of_verification(teller.for_tale(f"{day} {place}"), place, minutes)
    for tell in STORIES:
        yield tell(teller.for_tale(f"{day} {tell.__name__}"))


def _ago(t: Teller, minutes: float) -> datetime:
    return t.now - timedelta(minutes=minutes)


def _director(t: Teller, service: DigitalService) -> User:
    return t.cast.all(service.entity.code, Role.DIRECTOR)[0]


def _reviewers(t: Teller) -> list[User]:
    """The first reviewer, and the lead."""
    return [t.cast.all("dga", Role.REVIEWER)[0], t.lead()]


def _outage(
    t: Teller, code: str, place: str, *, impact: str, began: datetime, filed: datetime, **columns: Any
) -> tuple[Report, Fault, User]:
    service = t.services[place]
    fault = t.words.faults[code].told(**t.places(service, began=began, back=t.now))
    by = _director(t, service)
    report = chapters.file_outage(
        t, fault, service=service, impact=impact, began=began, detected=began + (filed - began) / 2, at=filed, by=by,
        **columns,
    )  # fmt: skip
    return report, fault, by


# --- The eight -------------------------------------------------------------------------------


def _consumer_of_verification(t: Teller, place: str, minutes: int) -> Tale:
    """One of the six who noticed before the owner did."""
    own, provider = t.services[place], t.services["demo-a.verification"]
    began = _ago(t, 124)
    row = t.words.consumed[5].told(**t.places(provider, began=began, back=t.now), own=own.name_ar)
    at = yield _ago(t, minutes)
    summary = f"رفض التحقق من مستفيدي {own.name_ar} عبر {provider.name_ar} رغم صحة بياناتهم"
    by = _director(t, own)
    impact = "full" if own.tier == 1 else "major"
    report = tales.file_consumed(
        t, row, own=own, provider=provider, began=began, at=at, impact=impact, by=by, summary=summary,
        error_sample="HTTP 200, result: NO_MATCH",
    )  # fmt: skip
    at = yield at + t.minutes(4, 9)
    actions.acknowledge(report, at=at, by=t.pick(_reviewers(t)))


def silent_verification(t: Teller) -> Tale:
    """The owner's monitoring is green; six consumers report within 18 minutes; the owner's update is 12 minutes late."""
    at = yield _ago(t, 96)
    report, fault, by = _outage(
        t, "silent-verification", "demo-a.verification", impact="full", began=_ago(t, 124), filed=at,
        detection_source="other-entity",
    )  # fmt: skip
    at = yield _ago(t, 90)
    actions.acknowledge(report, at=at, by=_reviewers(t)[0])
    at = yield _ago(t, 84)
    question = "أبلغت ست جهات عن رفض التحقق خلال 18 دقيقة. هل ترصدون ذلك في مؤشرات المطابقة لديكم؟"
    asked = actions.ask(report, text=question, urgent=True, at=at, by=_reviewers(t)[0])
    at = yield _ago(t, 75)
    answer = "نعم، انخفضت نسبة المطابقة إلى الصفر منذ بداية الأثر، ولا تقيسها المراقبة الحالية."
    actions.answer(report, question=asked.seq, text=answer, at=at, by=by)
    at = yield _ago(t, 72)
    known = chapters.known_later(t, fault, service=report.main_service, impact="full")
    actions.post_update(report, phase="investigating", message=fault.investigating, columns=known[0], at=at, by=by)


def friday_upgrade(t: Teller) -> Tale:
    """Friday 00:00–12:00, announced in time, 40 minutes over."""
    start = last_friday(t.now)
    end = start + timedelta(hours=12)
    service = t.services["demo-h.admission"]
    work = t.words.works["database-upgrade"].told(**t.places(service, began=start, back=end))
    by = _director(t, service)
    at = yield t.office(start - timedelta(days=11))
    report = tales.file_work(t, work, service=service, start=start, end=end, at=at, by=by)
    at = yield t.office(at + t.minutes(60, 300))
    actions.move(report, "note", at=at, by=_reviewers(t)[0])
    yield from tales.worked(t, report, work, start=start, end=end + OVERRUN, by=by)


def last_friday(now: datetime) -> datetime:
    """Midnight of the last Friday whose upgrade, overrun included, lies behind us."""
    local = (now - timedelta(hours=12) - OVERRUN - timedelta(minutes=10)).astimezone(RIYADH)
    day = local - timedelta(days=(local.weekday() - 4) % 7)
    return day.replace(hour=0, minute=0, second=0, microsecond=0)


def expired_certificate(t: Teller) -> Tale:
    """Down with its certificate, back in 55 minutes; the final report is owed in eight days."""
    began = _ago(t, 60 * 47)
    at = yield began + timedelta(minutes=9)
    report, fault, by = _outage(t, "certificate", "demo-f.municipal-licences", impact="full", began=began, filed=at)
    at = yield at + timedelta(minutes=6)
    actions.acknowledge(report, at=at, by=_reviewers(t)[1])
    at = yield at + timedelta(minutes=9)
    known = chapters.known_later(t, fault, service=report.main_service, impact="full")
    actions.post_update(report, phase="identified", message=fault.identified, columns=known[0], at=at, by=by)
    at = yield at + timedelta(minutes=16)
    actions.post_update(report, phase="mitigating", message=fault.mitigating, columns=known[1], at=at, by=by)
    back = began + timedelta(minutes=55)
    yield from chapters.restored(t, report, fault.restored, back=back, at=back, by=by)


def storage_fault(t: Teller) -> Tale:
    """Open for three hours, four updates, a log attached, the next word owed in 44 minutes."""
    at = yield _ago(t, 178)
    report, fault, by = _outage(
        t, "storage-controller", "demo-c.laboratory", impact="full", began=_ago(t, 185), filed=at
    )
    at = yield _ago(t, 169)
    actions.acknowledge(report, at=at, by=_reviewers(t)[1])
    at = yield _ago(t, 160)
    log = b"controller-b  state=FAILED  cache=write-through\ncontroller-a  latency_ms=412  queue=188\n"
    upload = SimpleUploadedFile("storage-controllers.log", log)
    actions.attach(report, upload=upload, content_type="text/plain", at=at, by=by)
    known = chapters.known_later(t, fault, service=report.main_service, impact="full")
    for number, (ago, (phase, message)) in enumerate(zip((152, 126, 100, 76), fault.updates, strict=True)):
        at = yield _ago(t, ago)
        changed = known[number] if number < len(known) else {"expected_restoration_at": t.now + timedelta(minutes=95)}
        promised = t.now + timedelta(minutes=44) if number == len(known) else None
        actions.post_update(
            report, phase=phase, message=message, columns=changed, next_update_at=promised, at=at, by=by
        )


def disputed_payment(t: Teller) -> Tale:
    """A consumer's payments are not confirmed; the provider says that nothing is wrong on its side."""
    own, provider = t.services["demo-b.permits"], t.services["demo-e.payments"]
    began = _ago(t, 205)
    row = t.words.consumed[3].told(**t.places(provider, began=began, back=t.now), own=own.name_ar)
    by = _director(t, own)
    at = yield _ago(t, 190)
    report = tales.file_consumed(
        t, row, own=own, provider=provider, began=began, at=at, impact="partial", by=by,
        provider_contacted="بلاغ فني لدى الجهة المالكة رقم PAY-20731، وكان الرد: لا عطل لدينا.",
    )  # fmt: skip
    reviewer = _reviewers(t)[0]
    at = yield _ago(t, 178)
    actions.acknowledge(report, at=at, by=reviewer)
    at = yield _ago(t, 140)
    asked = actions.ask(
        report, urgent=True, at=at, by=reviewer,
        text="تفيد الجهة المالكة بأن إشعارات السداد أُرسلت وأُجيبت بنجاح. ما الذي يظهر في سجلاتكم للعمليات نفسها؟",
    )  # fmt: skip
    at = yield _ago(t, 104)
    actions.answer(
        report, question=asked.seq, at=at, by=by,
        text="لا أثر لهذه الإشعارات في سجلات الاستقبال ولا في جدار الحماية. أُرفقت أرقام عشر عمليات للمقارنة.",
    )  # fmt: skip
    at = yield _ago(t, 93)
    actions.post_update(report, phase="investigating", message=row.progress, at=at, by=by)
    note = "الطرفان يؤكدان سلامة جانبهما. طُلب من الجهة المالكة سجل الإرسال بعناوين الوجهة."
    actions.add_note(report, text=note, at=at, by=reviewer)
    at = yield _ago(t, 16)
    actions.ask(
        report, urgent=True, at=at, by=reviewer,
        text="ذكرت الجهة المالكة أن عنوان الاستقبال لديكم تغيّر في نظامها أمس. هل طلبت جهتكم ذلك؟",
    )  # fmt: skip


def sent_back_twice(t: Teller) -> Tale:
    """The final report came back a second time, and is being completed."""
    began = _ago(t, 60 * 24 * 11)
    at = yield began + timedelta(minutes=14)
    report, fault, by = _outage(t, "database-lock", "demo-b.establishments", impact="major", began=began, filed=at)
    at = yield at + timedelta(minutes=7)
    actions.acknowledge(report, at=at, by=_reviewers(t)[0])
    back = began + timedelta(minutes=131)
    columns = chapters.known_later(t, fault, service=report.main_service, impact="major")
    at = yield from chapters.followed(t, report, fault.updates, start=at, end=back, columns=columns, by=by)
    at = yield from chapters.restored(t, report, fault.restored, back=max(back, at), at=at, by=by)
    at = yield _ago(t, 60 * 24 * 8)
    chapters.write_final(t, report, fault, at=at, by=by)
    for days, rows in ((6, slice(0, 2)), (1, slice(2, 4))):
        actions.countersign(report, at=at, by=t.leader_of("demo-b"))
        at = yield at + timedelta(hours=2)
        actions.submit_final(report, at=at, by=by)
        at = yield _ago(t, 60 * 24 * days)
        comments = {row["field"]: row["text"] for row in t.words.dialogue["comment"][rows]}
        actions.send_back(report, note=t.line("send_back"), comments=comments, at=at, by=_reviewers(t)[0])
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
    at = yield _ago(t, 214)
    report, fault, by = _outage(
        t, "message-queue", "demo-h.student-record", impact="partial", began=_ago(t, 226), filed=at
    )
    at = yield _ago(t, 167)
    actions.acknowledge(report, at=at, by=_reviewers(t)[1])
    known = chapters.known_later(t, fault, service=report.main_service, impact="partial")
    for number, (ago, (phase, message)) in enumerate(zip((150, 96, 28), fault.updates, strict=False)):
        at = yield _ago(t, ago)
        actions.post_update(report, phase=phase, message=message, columns=known[number], at=at, by=by)


# --- The rest of the board --------------------------------------------------------------------------------


def just_filed(t: Teller) -> Tale:
    """Eight minutes old, critical, seven minutes left to acknowledge it."""
    at = yield _ago(t, 8)
    _outage(t, "load-balancer", "demo-b.licensing", impact="full", began=_ago(t, 15), filed=at)


def just_noticed(t: Teller) -> Tale:
    """A consumer's report, nine minutes left to acknowledge it."""
    own, provider = t.services["demo-c.prescriptions"], t.services["demo-g.identity-query"]
    began = _ago(t, 32)
    row = t.words.consumed[0].told(**t.places(provider, began=began, back=t.now), own=own.name_ar)
    at = yield _ago(t, 21)
    tales.file_consumed(t, row, own=own, provider=provider, began=began, at=at, impact="partial", by=_director(t, own))


def not_acknowledged(t: Teller) -> Tale:
    """Late on the authority's side."""
    at = yield _ago(t, 47)
    _outage(t, "memory-leak", "demo-e.appointments", impact="partial", began=_ago(t, 60), filed=at)


def tonight(t: Teller) -> Tale:
    """Works that begin in nine hours, noted."""
    yield from _announced(t, "security-patch", "demo-e.payments", hours=9, days_before=9, noted=True)


def this_week(t: Teller) -> Tale:
    """Works in four days whose notice waits for the authority."""
    yield from _announced(t, "release", "demo-h.scholarships", hours=98, days_before=3 / 24, noted=False)


def _announced(t: Teller, code: str, place: str, *, hours: float, days_before: float, noted: bool) -> Tale:
    service = t.services[place]
    start = (t.now + timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0)
    work = t.words.works[code]
    end = start + timedelta(hours=work.hours)
    work = work.told(**t.places(service, began=start, back=end))
    at = yield t.now - timedelta(days=days_before)
    report = tales.file_work(t, work, service=service, start=start, end=end, at=at, by=_director(t, service))
    if noted:
        at = yield t.office(at + timedelta(hours=1))
        actions.move(report, "note", at=at, by=_reviewers(t)[0])


def in_progress(t: Teller) -> Tale:
    """Works that run now, within their window."""
    service = t.services["demo-f.building-permits"]
    start = _ago(t, 50)
    end = start + timedelta(hours=2)
    work = t.words.works["core-network"].told(**t.places(service, began=start, back=end))
    by = _director(t, service)
    at = yield t.office(start - timedelta(days=8))
    report = tales.file_work(t, work, service=service, start=start, end=end, at=at, by=by)
    at = yield t.office(at + timedelta(hours=1))
    actions.move(report, "note", at=at, by=_reviewers(t)[1])
    at = yield start
    actions.start_window(report, at=at, by=by)
    at = yield start + timedelta(minutes=25)
    actions.post_update(report, phase="", message=work.progress, at=at, by=by)


def in_review(t: Teller) -> Tale:
    """A final report that waits for the authority."""
    began = _ago(t, 60 * 24 * 9 + 400)
    at = yield began + timedelta(minutes=16)
    report, fault, by = _outage(t, "fibre-cut", "demo-g.delegations", impact="full", began=began, filed=at)
    at = yield from chapters.taken(t, report, at, late=0)
    back = began + timedelta(minutes=214)
    columns = chapters.known_later(t, fault, service=report.main_service, impact="full")
    at = yield from chapters.followed(t, report, fault.updates, start=at, end=max(back, at), columns=columns, by=by)
    at = yield from chapters.restored(t, report, fault.restored, back=max(back, at), at=at, by=by)
    yield from chapters.reported(t, report, fault, at=t.office(at + timedelta(days=2)), by=by)


STORIES = (
    silent_verification,
    friday_upgrade,
    expired_certificate,
    storage_fault,
    disputed_payment,
    sent_back_twice,
    no_team,
    late_acknowledgement,
    just_filed,
    just_noticed,
    not_acknowledged,
    tonight,
    this_week,
    in_progress,
    in_review,
)

#: How many reports the open stories are.
OPEN_STORIES = len(STORIES) + len(CONSUMERS)


def leave_a_draft(t: Teller) -> None:
    """An unsent draft of the alternate, six minutes old; one that is there stays."""
    service = t.services["demo-a.signature"]
    alternate = t.cast.all("demo-a", Role.ALTERNATE)[0]
    if Draft.objects.filter(entity=service.entity).exists():
        return
    opened = _ago(t, 6)
    text = {
        "services": [str(service.pk)], "impact_level": ["partial"], "symptom": ["slow"],
        "opened_at": [opened.isoformat()],
    }  # fmt: skip
    kind, key = ReportKind.OWN_OUTAGE, t.key()
    actions.save_draft(
        kind=kind, entity=service.entity, key=key, text=text, service=service, version=None, by=alternate
    )
    Draft.objects.filter(entity=service.entity, key=key).update(created_at=opened, updated_at=opened)
