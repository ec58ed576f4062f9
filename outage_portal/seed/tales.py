"""The whole life of an ordinary outage, of one's own service or of a consumed one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from entities.models import DigitalService, User
from entities.permissions import Role
from incidents import actions
from incidents.actions import Answers
from incidents.actions.final import needs_countersignature
from incidents.lifecycle import ReportKind
from incidents.models import Report
from outage_portal.seed import chapters
from outage_portal.seed.telling import Chapter, Tale, Teller
from outage_portal.seed.words import Consumed, Fault


@dataclass(frozen=True)
class Fate:
    """What becomes of a report: how it ends, and what happens on the way."""

    end: str = (
        "closed"  # closed, withdrawn, dismissed, cancelled, merged (filed twice: two reports, one of which goes on)
    )
    rounds: int = 0  # how often the final report is sent back
    twist: str = ""  # reopened, severity, assigned, extended, short, rescheduled, concern, emergency, overrun


def outage(t: Teller, fault: Fault, *, service: DigitalService, began: datetime, length: timedelta, fate: Fate) -> Tale:
    """An outage of an own service."""
    back = began + length
    fault = fault.told(**t.places(service, began=began, back=back))
    impact, by = t.pick(fault.impact), t.filer(service.entity.code)
    detected = began + t.minutes(1, 12)
    at = yield detected + (t.minutes(70, 300) if t.chance(0.06) else t.minutes(3, 24))
    report = chapters.file_outage(
        t, fault, service=service, impact=impact, began=began, detected=detected, at=at, by=by
    )
    if fate.end in {"withdrawn", "dismissed"}:
        yield from _ended_early(t, report, fate.end, at=at, by=by)
        return
    if fate.end == "merged":
        at = yield from _filed_twice(t, report, fault, service=service, impact=impact, began=began, at=at)
    if fate.twist == "short":
        yield from _filed_whole(t, report, fault, back=back, at=at, by=by)
        return
    at = yield from chapters.taken(t, report, at)
    at = yield from _twisted(t, report, fate.twist, at=at)
    texts = fault.updates[1:] if length > timedelta(hours=3) else fault.updates[1:3]
    texts = texts if length > timedelta(minutes=75) else texts[-1:]
    columns = chapters.known_later(t, fault, service=service, impact=impact)
    at = yield from chapters.followed(t, report, texts, start=at, end=max(back, at), columns=columns, by=by)
    at = yield from chapters.restored(t, report, fault.restored, back=max(back, at), at=at, by=by)
    if fate.twist == "reopened":
        at = yield from _came_back(t, report, fault, at=at, by=by)
    if fate.twist == "extended":
        at = yield t.office(at + timedelta(days=7))
        actions.extend_final(report, days=7, note=t.line("extension"), at=at, by=t.reviewer())
    final = t.office(at + t.minutes(60 * 20, 60 * 24 * 4))
    at = yield from chapters.reported(t, report, fault, at=final, rounds=fate.rounds, by=by)
    yield from chapters.closed(t, report, at=t.office(at + t.minutes(60 * 8, 60 * 24 * 4)))


def _ended_early(t: Teller, report: Report, end: str, *, at: datetime, by: User) -> Chapter:
    """Withdrawn by the entity (S1–S2: confirmed by a reviewer), or found not reportable."""
    at = yield from chapters.taken(t, report, at)
    at = yield at + t.minutes(5, 50)
    if end == "dismissed":
        actions.move(report, "dismiss", note=t.line("dismiss"), at=at, by=t.reviewer())
        return at
    actions.withdraw(report, note=t.line("withdraw"), at=at, by=by)
    if Report.objects.open().filter(pk=report.pk).exists():
        at = yield at + t.minutes(4, 30)
        actions.confirm_withdrawal(report, at=at, by=t.reviewer())
    return at


def _filed_twice(
    t: Teller, report: Report, fault: Fault, *, service: DigitalService, impact: str, began: datetime, at: datetime
) -> Chapter:
    """A colleague files the same outage some minutes later; a reviewer merges hers into the first."""
    at = yield at + t.minutes(3, 9)
    colleague = t.cast.all(service.entity.code, Role.ALTERNATE)[0]
    again = chapters.file_outage(
        t, fault, service=service, impact=impact, began=began, detected=at, at=at, by=colleague
    )
    at = yield at + t.minutes(2, 6)
    actions.merge(again, into=report, note=t.line("merge"), at=at, by=t.reviewer())
    return at


def _filed_whole(t: Teller, report: Report, fault: Fault, *, back: datetime, at: datetime, by: User) -> Chapter:
    """A short outage: notice and final report in one, before anyone asked."""
    at = yield max(at, back) + t.minutes(20, 50)
    chapters.write_final(t, report, fault, at=at, by=by)
    if needs_countersignature(Report.objects.get(pk=report.pk)):
        actions.countersign(report, at=at, by=t.leader_of(report.entity.code))
    actions.submit_final(report, restored_at=back, at=at, by=by)
    at = yield from chapters.taken(t, report, at)
    return (yield from chapters.closed(t, report, at=t.office(at + t.minutes(60 * 8, 60 * 24 * 3))))


def _twisted(t: Teller, report: Report, twist: str, *, at: datetime) -> Chapter:
    """A second look at the severity, or another reviewer."""
    if twist == "severity":
        at = yield at + t.minutes(3, 12)
        before = Report.objects.values_list("severity", flat=True).get(pk=report.pk)
        up = before == 4 or (before > 1 and t.chance(0.5))
        note = t.line("severity_up" if up else "severity_down")
        actions.change_severity(report, severity=before - 1 if up else before + 1, note=note, at=at, by=t.reviewer())
    elif twist == "assigned":
        at = yield at + t.minutes(3, 20)
        actions.assign(report, reviewer=t.another_reviewer(report), at=at, by=t.lead())
    return at


def _came_back(t: Teller, report: Report, fault: Fault, *, at: datetime, by: User) -> Chapter:
    at = yield at + t.minutes(20, 120)
    actions.move(report, "reopen", note=t.line("reopen"), at=at, by=by)
    at = yield at + t.minutes(15, 30)
    actions.post_update(report, phase="mitigating", message=fault.mitigating, at=at, by=by)
    back = at + t.minutes(20, 45)
    return (yield from chapters.restored(t, report, fault.restored, back=back, at=back, by=by))


def consumed(
    t: Teller,
    row: Consumed,
    *,
    own: DigitalService,
    provider: DigitalService,
    began: datetime,
    length: timedelta,
    fate: Fate,
) -> Tale:
    """Another entity's service fails."""
    back = began + length
    row = row.told(**t.places(provider, began=began, back=back), own=own.name_ar)
    by = t.filer(own.entity.code)
    at = yield began + t.minutes(8, 30)
    report = file_consumed(t, row, own=own, provider=provider, began=began, at=at, by=by)
    if fate.end != "closed":
        yield from _ended_early(t, report, fate.end, at=at, by=by)
        return
    at = yield from chapters.taken(t, report, at)
    at = yield from chapters.answered(t, report, provider, at=at)
    if length > timedelta(hours=1):
        at = yield at + (back - at) * 0.5
        actions.post_update(report, phase="mitigating", message=row.progress, at=at, by=by)
    at = yield from chapters.restored(t, report, row.restored, back=max(back, at), at=at, by=by)
    yield from chapters.closed(t, report, at=at + t.minutes(30, 600))


def file_consumed(
    t: Teller,
    row: Consumed,
    *,
    own: DigitalService,
    provider: DigitalService,
    began: datetime,
    at: datetime,
    impact: str = "",
    by: User,
    **columns: Any,
) -> Report:
    """A consumed outage, as its form gives it."""
    said = {
        "provider_service": provider,
        "symptom": row.symptom,
        "started_at": began,
        "detected_at": began + (at - began) * 0.5,
        "summary": row.summary,
        "integration": row.integration,
        "error_sample": row.error_sample,
        "checked_locally": row.checked_locally,
        "workaround": row.workaround,
        **columns,
    }
    answers = Answers(affected=[(own, impact or t.pick(["full", "major", "partial"]))], columns=said)
    kind = ReportKind.CONSUMED_OUTAGE
    return actions.file_report(kind=kind, entity=own.entity, key=t.key(), answers=answers, at=at, by=by).report
