"""The final report: saved in parts, submitted whole, sent back with comments, countersigned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import User
from entities.permissions import Permission
from incidents.actions.moves import conclude, take
from incidents.actions.moves import lock as lock_report
from incidents.actions.timekeeping import next_mark_at
from incidents.actions.updates import refuse_impossible_restoration
from incidents.errors import MoveRefused, StaleReport
from incidents.lifecycle import OWN_OUTAGE, ClockKind, EventKind, Phase, ReportKind, Severity
from incidents.models import CorrectiveAction, FieldComment, FinalReport, Report, ReportEvent, TimelineRow

EXTENSION_DAYS = 10


@transaction.atomic
def save_final(
    report: Report,
    *,
    columns: dict[str, Any],
    timeline: Sequence[dict[str, Any]] | None = None,
    actions: Sequence[dict[str, Any]] | None = None,
    answers: dict[int, str] | None = None,
    seen: int | None = None,
    by: User,
) -> FinalReport:
    """Keep what is written so far; nothing is owed yet. Rows that are not given stay as they are.

    `answers` are those to the reviewer's comments, by the comment's key. A countersignature is for the text as it
    stood, so saving takes it away. Raises StaleReport when a colleague saved meanwhile.
    """
    report = lock_report(report)
    if "submit_final" not in report.moves_for(by):
        raise MoveRefused(_("The final report is not owed now."))
    final, _created = FinalReport.objects.select_for_update().get_or_create(report=report)
    _refuse_stale(final, seen)
    for name, value in columns.items():
        setattr(final, name, value)
    final.version += 1
    final.countersigned_by, final.countersigned_at, final.countersigned_transaction = None, None, ""
    final.save()
    if timeline is not None:
        final.timeline.all().delete()
        TimelineRow.objects.bulk_create(TimelineRow(final_report=final, **row) for row in timeline)
    if actions is not None:
        _keep_actions(final, actions)
    for key, text in (answers or {}).items():
        final.comments.filter(pk=key).update(answer=text)
    return final


def _keep_actions(final: FinalReport, rows: Sequence[dict[str, Any]]) -> None:
    """Write the rows anew. What was reported done or verified stays so, for whoever is named the same."""
    names = ("done_at", "done_note", "verified_at")
    known = {row["title"]: {name: row[name] for name in names} for row in final.actions.values("title", *names)}
    final.actions.all().delete()
    CorrectiveAction.objects.bulk_create(
        CorrectiveAction(final_report=final, **row, **known.get(row["title"], {})) for row in rows
    )


def _refuse_stale(final: FinalReport, seen: int | None) -> None:
    if seen is not None and final.version != seen:
        raise StaleReport(_("A colleague saved this final report meanwhile. Look at it again, then save yours."))


@transaction.atomic
def submit_final(
    report: Report,
    *,
    restored_at: datetime | None = None,
    seen: int | None = None,
    transaction: str = "",
    at: datetime | None = None,
    by: User,
) -> ReportEvent:
    """Submit what `save_final` kept and the form found whole, attested by the one who submits.

    Combined filing of a short outage gives `restored_at` as well. `seen` is the version of the final report that was
    read, `transaction` Nafath's number of the proof by which it was attested. Raises MoveRefused.
    """
    report, move = take(report, "submit_final", by=by)
    final = ready_to_submit(report, seen=seen, lock=True)
    now = at or timezone.now()
    if report.kind == ReportKind.OWN_OUTAGE and report.restored_at is None:
        if restored_at is None:
            raise MoveRefused(_("Say when the service came back first."))
        refuse_impossible_restoration(report, restored_at, at=now)
        report.restored_at = min(restored_at, now)
        report.restored_recorded_at = now
        report.phase = Phase.RESTORED
    final.attested_by, final.attested_at, final.attested_transaction = by, now, transaction
    final.save(update_fields=["attested_by", "attested_at", "attested_transaction"])
    data = {"attested": True, "actions": final.actions.count(), "version": final.version, "transaction": transaction}
    return conclude(report, move, at=at, data=data, by=by)


def ready_to_submit(report: Report, *, seen: int | None = None, lock: bool = False) -> FinalReport:
    """The final report, if nothing but the attestation is lacking. Raises MoveRefused.

    Asked before its person is sent to Nafath, and once more, with the row locked, when she is back.
    """
    rows = FinalReport.objects.select_for_update() if lock else FinalReport.objects
    final = rows.filter(report=report).first()
    if final is None:
        raise MoveRefused(_("Write the final report first."))
    _refuse_stale(final, seen)
    if final.comments.filter(answer="").exists():
        raise MoveRefused(_("Answer every comment of the reviewer first."))
    if needs_countersignature(report) and final.countersigned_at is None:
        raise MoveRefused(_("The IT leader countersigns the final report of a critical or high outage first."))
    return final


def needs_countersignature(report: Report) -> bool:
    """Whether the IT leader signs as well: own outages of S1 and S2."""
    return report.severity <= Severity.S2 and report.kind == ReportKind.OWN_OUTAGE


@transaction.atomic
def countersign(
    report: Report, *, seen: int | None = None, transaction: str = "", at: datetime | None = None, by: User
) -> FinalReport:
    """The entity's IT leader signs the final report of an S1 or S2 outage, as she read it. Raises MoveRefused.

    `transaction` is Nafath's number of the proof by which she signs.
    """
    report = lock_report(report)
    final = ready_to_sign(report, seen=seen, lock=True, by=by)
    now = at or timezone.now()
    final.countersigned_by, final.countersigned_at, final.countersigned_transaction = by, now, transaction
    final.save(update_fields=["countersigned_by", "countersigned_at", "countersigned_transaction"])
    report.record(EventKind.SIGNED, by=by, at=now, data={"version": final.version, "transaction": transaction})
    report.save()
    return final


def ready_to_sign(report: Report, *, seen: int | None = None, lock: bool = False, by: User) -> FinalReport:
    """The final report that waits for this person's signature. Raises MoveRefused. Asked as `ready_to_submit` is."""
    own = by.acting is not None and by.acting.entity_id == report.entity_id
    if not (own and by.may(Permission.REPORT_COUNTERSIGN) and needs_countersignature(report)):
        raise MoveRefused(_("The entity's IT leader signs, for critical and high outages."))
    rows = FinalReport.objects.select_for_update() if lock else FinalReport.objects
    final = rows.filter(report=report).first()
    if final is None or not any(m.name == "submit_final" and report.status in m.sources for m in OWN_OUTAGE):
        raise MoveRefused(_("There is no final report to sign now."))
    _refuse_stale(final, seen)
    return final


@transaction.atomic
def comment_fields(report: Report, *, comments: dict[str, str], by: User) -> list[FieldComment]:
    """A reviewer's comments on fields, before the report is sent back."""
    final = FinalReport.objects.get(report=report)
    last = final.comments.order_by("-round").values_list("round", flat=True).first() or 0
    rows = [
        FieldComment(final_report=final, field=field, text=text, author=by, round=last + 1)
        for field, text in comments.items()
        if text.strip()
    ]
    return FieldComment.objects.bulk_create(rows)


@transaction.atomic
def send_back(
    report: Report,
    *,
    note: str,
    comments: dict[str, str],
    seen: int | None = None,
    at: datetime | None = None,
    by: User,
) -> ReportEvent:
    """Send the final report back with at least one comment on a field: pauses C7, starts C8. Raises MoveRefused."""
    report, move = take(report, "send_back", seen=seen, by=by)
    written = comment_fields(report, comments=comments, by=by)
    if not written:
        raise MoveRefused(_("Comment on at least one field, so that the entity knows what to complete."))
    unsigned = {"countersigned_by": None, "countersigned_at": None, "countersigned_transaction": ""}
    FinalReport.objects.filter(report=report).update(**unsigned)
    return conclude(report, move, at=at, note=note, data={"fields": [c.field for c in written]}, by=by)


@transaction.atomic
def extend_final(
    report: Report, *, days: int, note: str, seen: int | None = None, at: datetime | None = None, by: User
) -> ReportEvent:
    """One extension of C6 by at most ten days, with a reason. Raises MoveRefused."""
    report, move = take(report, "extend_final", seen=seen, by=by)
    clock = report.clocks.unmet().filter(kind=ClockKind.C6).first()
    if clock is None or clock.extended or not 1 <= days <= EXTENSION_DAYS:
        raise MoveRefused(_("One extension of at most 10 days is granted, while the final report is owed."))
    clock.due_at += timedelta(days=days)
    clock.extended = True
    clock.next_mark_at = next_mark_at(clock, report=report, after=at or timezone.now())
    clock.save(update_fields=["due_at", "extended", "next_mark_at"])
    return conclude(report, move, kind=EventKind.EXTENDED, at=at, note=note, data={"days": days}, by=by)
