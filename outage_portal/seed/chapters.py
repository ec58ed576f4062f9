"""The parts that every tale of an outage is made of: taken, followed, restored, reported on, closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from entities.models import DigitalService, User
from entities.permissions import Role
from incidents import actions
from incidents.actions import Answers
from incidents.actions.final import needs_countersignature
from incidents.calendar import RIYADH
from incidents.lifecycle import EventKind, ReportKind, Ruling, Severity, Verdict
from incidents.models import CorrectiveAction, FinalReport, Report
from incidents.severity import REACH, Impact
from outage_portal.seed.telling import Chapter, Tale, Teller
from outage_portal.seed.words import Fault

#: Clocks longer than this are a matter of office hours.
SHORT = timedelta(hours=3)


def file_outage(
    t: Teller,
    fault: Fault,
    *,
    service: DigitalService,
    impact: str,
    began: datetime,
    detected: datetime,
    at: datetime,
    by: User,
    **columns: Any,
) -> Report:
    """An own outage, as the two-minute form gives it."""
    said = {
        "impact_level": impact,
        "symptom": fault.symptom,
        "started_at": began,
        "started_at_est": False,
        "detected_at": detected,
        "summary": fault.summary,
        "cyber_suspected": fault.cyber,
        **columns,
    }
    answers = Answers(affected=[(service, impact)], columns=said)
    kind = ReportKind.OWN_OUTAGE
    return actions.file_report(kind=kind, entity=service.entity, key=t.key(), answers=answers, at=at, by=by).report


def taken(t: Teller, report: Report, at: datetime, *, late: float = 0.04) -> Chapter:
    """A reviewer acknowledges: within the time, but for a few."""
    due = t.due(report, "C2") or at + timedelta(minutes=30)
    if due - at > SHORT:
        moment = min(t.office(at + t.minutes(10, 60)), due - timedelta(minutes=20))
    else:
        moment = at + (due - at) * (t.rng.uniform(1.1, 2.2) if t.chance(late) else t.rng.uniform(0.2, 0.85))
    at = yield moment
    actions.acknowledge(report, at=at, by=t.reviewer())
    return at


def answered(t: Teller, report: Report, provider: DigitalService, *, at: datetime) -> Chapter:
    """The owner says what it found, and where it disputes the report, the authority rules."""
    by = t.cast.first(provider.entity.code, Role.DIRECTOR, Role.ALTERNATE)
    if by is None:
        return at
    verdict = t.pick([Verdict.CONFIRMED, Verdict.NOT_REPRODUCED, Verdict.NOT_OURS])
    note = t.line("evidence") if verdict == Verdict.NOT_OURS else ""
    at = yield at + t.minutes(2, 12)
    actions.give_verdict(report, verdict=verdict, note=note, at=at, by=by)
    if verdict == Verdict.NOT_OURS:
        at = yield at + t.minutes(5, 30)
        ruling = t.pick([Ruling.PROVIDER, Ruling.LOCAL])
        actions.rule(report, ruling=ruling, note=t.line(f"ruling_{ruling.value}"), at=at, by=t.reviewer())
    return at


def followed(
    t: Teller,
    report: Report,
    texts: Sequence[tuple[str, str]],
    *,
    start: datetime,
    end: datetime,
    columns: Sequence[dict[str, Any]] = (),
    by: User,
) -> Chapter:
    """The updates between acknowledgement and restoration, each within the cadence but for a few; perhaps a question."""
    at = start
    asking = len(texts) > 1 and t.chance(0.3)
    for number, (phase, text) in enumerate(texts):
        wanted = start + (end - start) * (number + t.rng.uniform(0.5, 0.95)) / (len(texts) + 0.3)
        at = yield from _kept_informed(t, report, until=wanted, by=by)
        at = yield max(at, wanted)
        changed = columns[number] if number < len(columns) else {}
        actions.post_update(report, phase=phase, message=text, columns=changed, at=at, by=by)
        if asking and number == 0:
            at = yield from questioned(t, report, at=at, by=by)
    return at


def _kept_informed(t: Teller, report: Report, *, until: datetime, by: User) -> Chapter:
    """Where the cadence asks for a word before there is news, one is sent; now and then it comes late."""
    at = until
    while (due := t.due(report, "C3")) and due < until:
        late = t.chance(0.15)
        at = yield due + t.minutes(4, 45) if late else due - t.minutes(11, 22)
        actions.post_update(report, phase="", message=t.line("filler"), at=at, by=by)
        if late:
            break
    return at


def questioned(t: Teller, report: Report, *, at: datetime, by: User) -> Chapter:
    """A reviewer asks, the entity answers."""
    question, answer = t.pick(t.words.dialogue["questions"])
    at = yield at + t.minutes(2, 6)
    asked = actions.ask(report, text=question, urgent=True, at=at, by=t.reviewer())
    at = yield at + t.minutes(6, 40)
    users = f"{report.users_affected or t.rng.randint(8, 90) * 1000:,}"
    actions.answer(report, question=asked.seq, text=answer.format(users=users), at=at, by=by)
    return at


def known_later(t: Teller, fault: Fault, *, service: DigitalService, impact: str) -> list[dict[str, Any]]:
    """What the first, second and third update bring beside their text (domain/reports.md, U1 to U3)."""
    reached = int((service.users_per_day or 5000) * REACH[Impact(impact)] * t.rng.uniform(0.05, 0.3))
    return [
        {
            "users_affected": round(reached, -2) or 100,
            "detection_source": t.pick(["monitoring", "monitoring", "beneficiaries", "staff"]),
            "suspected_cause": "unknown",
            "workaround": fault.workaround,
        },
        {
            "suspected_cause": fault.suspected_cause,
            "origin": fault.origin,
            "supplier_name": fault.supplier_name,
            "channels": service.channels,
            "beneficiaries": service.beneficiaries,
            "regions": ["riyadh", "makkah", "eastern"] if impact in {"partial", "minor"} else [],
        },
        {"data_impact": ["availability"], "bcp_activated": t.pick(["no", "no", "partly"])},
    ]


def restored(t: Teller, report: Report, text: str, *, back: datetime, at: datetime, by: User) -> Chapter:
    """The service is back, said a few minutes later."""
    at = yield max(at, back + t.minutes(2, 9))
    actions.restore(report, restored_at=back, message=text, at=at, by=by)
    return at


def reported(t: Teller, report: Report, fault: Fault, *, at: datetime, rounds: int = 0, by: User) -> Chapter:
    """The final report is written, countersigned, submitted, sent back `rounds` times, and waits for its review."""
    yield from _known_so_far(t, report, fault, before=at, by=by)
    at = yield at
    write_final(t, report, fault, at=at, by=by)
    at = yield from _signed_and_submitted(t, report, at=at, by=by)
    for _round in range(rounds):
        at = yield from sent_back(t, report, at=at)
        at = yield t.office(at + t.minutes(60 * 4, 60 * 30))
        answer_comments(t, report, by=by)
        at = yield from _signed_and_submitted(t, report, at=at, by=by)
    return at


def _known_so_far(t: Teller, report: Report, fault: Fault, *, before: datetime, by: User) -> Tale:
    """The interim report of a critical outage, where the final one would come too late for it."""
    due = t.due(report, "C5")
    if due is None or before + timedelta(hours=6) < due:
        return
    at = yield due - t.minutes(60 * 5, 60 * 20)
    note = f"{fault.summary}. {fault.mitigating} يستمر تحليل السبب الجذري، وتُبيَّن نتيجته في التقرير الختامي."
    columns = {"suspected_cause": fault.suspected_cause, "actions_taken": fault.mitigating}
    actions.submit_interim(report, note=note, columns=columns, at=at, by=by)


def _signed_and_submitted(t: Teller, report: Report, *, at: datetime, by: User) -> Chapter:
    at = yield at + t.minutes(15, 90)
    fresh = Report.objects.get(pk=report.pk)
    if needs_countersignature(fresh):
        actions.countersign(report, at=at, by=t.leader_of(fresh.entity.code))
        at = yield at + t.minutes(5, 60)
    actions.submit_final(report, at=at, by=by)
    return at


def sent_back(t: Teller, report: Report, *, at: datetime) -> Chapter:
    """A reviewer comments on one or two fields and sends the final report back."""
    at = yield t.office(at + t.minutes(60 * 3, 60 * 40))
    chosen = t.rng.sample(t.words.dialogue["comment"], t.rng.randint(1, 2))
    comments = {row["field"]: row["text"] for row in chosen}
    actions.send_back(report, note=t.line("send_back"), comments=comments, at=at, by=t.reviewer())
    return at


def answer_comments(t: Teller, report: Report, *, by: User) -> None:
    """Every open comment is answered."""
    said = {row["text"]: row["answer"] for row in t.words.dialogue["comment"]}
    open_comments = FinalReport.objects.get(report=report).comments.filter(answer="")
    answers = {comment.pk: said.get(comment.text, "استُكمل الحقل.") for comment in open_comments}
    actions.save_final(report, columns={}, answers=answers, by=by)


def closed(t: Teller, report: Report, *, at: datetime) -> Chapter:
    """Reviewed and closed, an S1 by the lead."""
    at = yield at
    severity, kind = Report.objects.values_list("severity", "kind").get(pk=report.pk)
    by = t.lead() if severity == Severity.S1 and kind != ReportKind.CONSUMED_OUTAGE else t.reviewer()
    actions.move(report, "close", at=at, by=by)
    return (yield from carried_out(t, report, at=at))


def carried_out(t: Teller, report: Report, *, at: datetime) -> Chapter:
    """What the final report promised is done, mostly by its day, and verified some days later."""
    by = t.cast.first(report.entity.code, Role.DIRECTOR, Role.ALTERNATE)
    if by is None:
        return at
    for action in CorrectiveAction.objects.to_do().filter(final_report__report=report):
        day = datetime.combine(action.due_on, time(10), tzinfo=RIYADH)
        done = day + t.minutes(60 * 24, 60 * 24 * 5) if t.chance(0.1) else day - t.minutes(60 * 24, 60 * 24 * 9)
        at = yield t.office(max(done, at + t.minutes(60, 300)))
        actions.report_action(report, action=action.pk, note=t.line("action_done"), at=at, by=by)
        at = yield t.office(at + t.minutes(60 * 20, 60 * 24 * 4))
        actions.verify_action(report, action=action.pk, at=at, by=t.reviewer())
    return at


def write_final(t: Teller, report: Report, fault: Fault, *, at: datetime, by: User) -> None:
    """A whole final report of an own outage, from the fault's own words."""
    report = Report.objects.select_related("main_service").get(pk=report.pk)
    began, back = report.began_at, report.restored_at or at
    minutes = max(1, round((back - began).total_seconds() / 60))
    detected = report.detected_at or began
    users = report.users_affected or t.rng.randint(3, 60) * 500
    columns = {
        "executive_summary": f"{fault.summary}. استمر الأثر {minutes} دقيقة. {fault.direct_cause} {fault.restored}",
        "started_at": began,
        "detected_at": detected,
        "responded_at": detected + (back - detected) * 0.08,
        "mitigated_at": detected + (back - detected) * 0.7,
        "restored_at": back,
        "root_cause_fixed_at": back + t.minutes(30, 60 * 20),
        "downtime_minutes": minutes,
        "downtime_basis": "actual",
        "users_affected_final": users,
        "transactions_failed": users // t.rng.randint(2, 5),
        "complaints_count": users // t.rng.randint(300, 900),
        "cause_l1": fault.cause[0],
        "cause_l2": fault.cause[1],
        "direct_cause": fault.direct_cause,
        "root_cause": fault.root_cause,
        "contributing_factors": fault.factors,
        "resolution": fault.resolution,
        "permanent_fix": "planned",
        "permanent_fix_on": (at + timedelta(days=t.rng.randint(20, 90))).date(),
        "monitoring_gap": fault.monitoring_gap,
        "third_parties": fault.supplier_name,
        "downstream_confirmed": True,
        "recurring": False,
        "went_well": fault.went_well,
        "went_wrong": fault.went_wrong,
        "lessons": fault.lessons,
        "lessons_shareable": t.chance(0.6),
    }
    planned = [
        {"kind": kind, "title": title, "owner": owner, "due_on": (at + timedelta(days=t.rng.randint(14, 150))).date()}
        for kind, title, owner in fault.actions
    ]
    actions.save_final(report, columns=columns, timeline=timeline_of(report), actions=planned, by=by)


def timeline_of(report: Report) -> list[dict[str, Any]]:
    """The detailed timeline, from the history."""
    rows = [{"at": report.began_at, "text": "بدء الأثر على المستفيدين", "from_history": False}]
    told = report.events.filter(kind__in=[EventKind.FILED, EventKind.MOVED, EventKind.UPDATED]).order_by("seq")
    words = {"acknowledge": "استلام البلاغ في هيئة الحكومة الرقمية", "restore": "عودة الخدمة"}
    for event in told:
        text = event.data.get("message") or words.get(event.move, "")
        text = "تقديم البلاغ" if event.kind == EventKind.FILED else text
        if text:
            rows.append({"at": event.at, "text": text[:300], "from_history": True})
    return rows
