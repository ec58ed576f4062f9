"""The whole life of a maintenance: announced, noted, done in its window, reported on."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from entities.models import DigitalService, User
from incidents import actions
from incidents.actions import Answers
from incidents.errors import LeadTimeShort
from incidents.lifecycle import ReportKind
from incidents.models import Report
from outage_portal.seed import chapters
from outage_portal.seed.tales import Fate
from outage_portal.seed.telling import Chapter, Tale, Teller
from outage_portal.seed.words import Work


def maintenance(t: Teller, work: Work, *, service: DigitalService, start: datetime, fate: Fate) -> Tale:
    """A planned work, from its announcement to the closed final report."""
    end = start + timedelta(hours=work.hours)
    work = work.told(**t.places(service, began=start, back=end))
    by = t.filer(service.entity.code)
    urgent = fate.twist == "emergency"
    at = yield start - t.minutes(25, 90) if urgent else t.office(start - timedelta(days=t.rng.randint(9, 20)))
    report = file_work(t, work, service=service, start=start, end=end, emergency=urgent, at=at, by=by)
    at = yield min(at + t.minutes(8, 25), start) if urgent else t.office(at + t.minutes(60, 420))
    at = yield from _noted(t, report, concern=fate.twist == "concern", at=at, by=by)
    if fate.end == "cancelled":
        at = yield max(at, start - t.minutes(60 * 5, 60 * 70))
        actions.move(report, "cancel", note=t.line("cancel"), at=at, by=by)
        return
    if fate.twist == "rescheduled":
        at = yield max(at, start - timedelta(days=2))
        start, end = start + timedelta(days=7), end + timedelta(days=7)
        note = t.line("reschedule")
        actions.reschedule(report, window_start=start, window_end=end, note=note, at=at, by=by)
    over = t.minutes(20, 90) if fate.twist == "overrun" else -(end - start) * t.rng.uniform(0.05, 0.35)
    at = yield from worked(t, report, work, start=max(start, at), end=end + over, by=by)
    yield from work_reported(t, report, work, overrun=fate.twist == "overrun", at=at, rounds=fate.rounds, by=by)


def _noted(t: Teller, report: Report, *, concern: bool, at: datetime, by: User) -> Chapter:
    if not concern:
        actions.move(report, "note", at=at, by=t.reviewer())
        return at
    raised = actions.move(report, "raise_concern", note=t.line("concern"), at=at, by=t.reviewer())
    at = yield at + t.minutes(15, 50)
    if report.events.filter(seq=raised.seq, kind="ASKED").exists():
        actions.answer(report, question=raised.seq, text=t.line("concern_answer"), at=at, by=by)
    return at


def file_work(
    t: Teller,
    work: Work,
    *,
    service: DigitalService,
    start: datetime,
    end: datetime,
    emergency: bool = False,
    at: datetime,
    by: User,
) -> Report:
    """A maintenance, as its form gives it."""
    columns = {
        "title": work.title[:120],
        "summary": work.title[:120],
        "work_kind": work.work_kind,
        "reason": work.reason,
        "window_start": start,
        "window_end": end,
        "expected_outage_minutes": work.downtime,
        "rollback_plan": work.rollback,
        "beneficiaries_notice": work.notice,
        "alternative_channel": "مركز خدمة المستفيدين" if work.impact == "OUTAGE" else "",
        "risk_level": t.pick(["low", "medium", "medium", "high"]),
        "tested_in_staging": not emergency,
        "change_ref": f"CHG-{t.rng.randint(10000, 99999)}",
        "is_emergency": emergency,
        "emergency_reason": t.line("emergency") if emergency else "",
    }
    filing = partial(actions.file_report, kind=ReportKind.MAINTENANCE, entity=service.entity, key=t.key(), at=at, by=by)
    try:
        return filing(answers=Answers([(service, work.impact)], columns)).report
    except LeadTimeShort:  # a holiday lies between
        columns |= {"is_emergency": True, "emergency_reason": t.line("emergency")}
        return filing(answers=Answers([(service, work.impact)], columns)).report


def worked(t: Teller, report: Report, work: Work, *, start: datetime, end: datetime, by: User) -> Chapter:
    """The window: started, a word where the cadence asks for one, completed."""
    at = yield start - t.minutes(0, 6)
    actions.start_window(report, at=at, by=by)
    said = False
    while (due := t.due(report, "C3")) and due < end:
        at = yield due - t.minutes(11, 22)
        message = t.line("filler") if said else work.progress
        actions.post_update(report, phase="", message=message, at=at, by=by)
        said = True
    at = yield max(at, end)
    actions.complete(report, outcome="success", message=work.done, at=at, by=by)
    return at


def work_reported(
    t: Teller, report: Report, work: Work, *, overrun: bool = False, at: datetime, rounds: int = 0, by: User
) -> Chapter:
    """The final report of a maintenance, and its closing."""
    at = yield t.office(at + t.minutes(60 * 20, 60 * 24 * 4))
    write_work_final(t, report, work, overrun=overrun, at=at, by=by)
    at = yield at + t.minutes(10, 60)
    actions.submit_final(report, at=at, by=by)
    for _round in range(rounds):
        at = yield from chapters.sent_back(t, report, at=at)
        at = yield t.office(at + t.minutes(60 * 4, 60 * 30))
        chapters.answer_comments(t, report, by=by)
        actions.submit_final(report, at=at, by=by)
    return (yield from chapters.closed(t, report, at=t.office(at + t.minutes(60 * 8, 60 * 24 * 3))))


def write_work_final(t: Teller, report: Report, work: Work, *, overrun: bool, at: datetime, by: User) -> None:
    """A whole final report of a maintenance."""
    report = Report.objects.get(pk=report.pk)
    done = report.actual_end or at
    columns = {
        "executive_summary": f"{report.title}. {work.done} لم تُستخدم خطة التراجع، والأثر ضمن ما أُعلن عنه.",
        "actual_start": report.actual_start,
        "actual_end": done,
        "outcome": report.outcome or "success",
        "rollback_used": False,
        "unexpected_effects": "لا يوجد",
        "overrun_reason": t.line("overrun") if overrun else "",
        "downtime_minutes": report.expected_outage_minutes or 0,
        "downtime_basis": "actual",
        "lessons": work.lessons,
        "went_well": "نُفذت الخطوات وفق الخطة المعتمدة.",
    }
    planned = [
        {
            "kind": "process",
            "title": "تحديث دليل التنفيذ بما استجد",
            "owner": "إدارة التغيير",
            "due_on": (at + timedelta(days=30)).date(),
        }
    ]
    actions.save_final(report, columns=columns, timeline=chapters.timeline_of(report), actions=planned, by=by)
