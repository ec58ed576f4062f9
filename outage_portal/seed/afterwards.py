"""What becomes of the demo's data: an empty database is seeded; stale stories are told to their end, and told anew.

No seeded row is ever moved, because its events are hashed; what a person touched is hers, and stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q

from entities.models import User
from entities.permissions import Role
from incidents import actions
from incidents.actions.final import needs_countersignature
from incidents.lifecycle import OPEN, EventKind, ReportKind, Status
from incidents.models import Clock, FinalReport, Report, ReportEvent, ReviewerNote
from incidents.models.report_query import ReportQuerySet
from outage_portal.seed import chapters, maintenance
from outage_portal.seed.catalogue import load_catalogue
from outage_portal.seed.freezes import keep_a_freeze
from outage_portal.seed.outside import keep_outside_reader
from outage_portal.seed.people import load_people
from outage_portal.seed.roster import keep_roster
from outage_portal.seed.telling import Chapter, Tale, Teller, tell
from outage_portal.seed.today import OPEN_STORIES, leave_a_draft, open_tales
from outage_portal.seed.words import Fault
from outage_portal.seed.year import ordinary_tales

STALE_AFTER = timedelta(hours=6)
#: The seed's own events are fanned out at the moment they are recorded at; a real fan-out comes later.
TOLD_BY_THE_SEED = Q(fanned_out_at=F("recorded_at"))
#: An end has at most so many steps; a short while since the last event is shared out among them.
STEPS = 12
USUAL_STEP = timedelta(minutes=25)


class Outcome(StrEnum):
    SEEDED = "seeded"
    REFRESHED = "refreshed"
    FRESH = "fresh"


@transaction.atomic
def keep_up_to_date(
    *, now: datetime, reports: int, progress: Callable[[int], None] = lambda deeds: None
) -> tuple[Outcome, int]:
    """Seed an empty database; tell stale stories anew; else change nothing. Returns how many reports were filed."""
    load_catalogue()
    load_people(now=now)
    keep_roster(now=now)
    keep_a_freeze(now=now)
    keep_outside_reader(now=now)
    newest = seeded().aggregate(newest=Max("submitted_at"))["newest"]
    if newest is not None and now - newest <= STALE_AFTER:
        return Outcome.FRESH, 0
    teller = Teller.at(now)
    if newest is None:
        stories = [*ordinary_tales(teller, max(0, reports - OPEN_STORIES)), *open_tales(teller)]
        filed = tell(stories, until=now, clocks=Clock.objects.all(), progress=progress)
    else:
        stale = [report.pk for report in untouched() if not _is_final_typed(report)]
        ends = [carried(teller.for_tale(str(pk)), pk) for pk in stale]
        tell(ends, until=now, clocks=Clock.objects.filter(report__in=stale), progress=progress)
        last = Report.objects.aggregate(last=Max("pk"))["last"]
        filed = tell(open_tales(teller), until=now, clocks=Clock.objects.filter(report__gt=last), progress=progress)
    leave_a_draft(teller)
    return (Outcome.SEEDED if newest is None else Outcome.REFRESHED), filed


def seeded() -> ReportQuerySet:
    """Reports that the seed filed."""
    filed = ReportEvent.objects.filter(TOLD_BY_THE_SEED, report=OuterRef("pk"), seq=1)
    return Report.objects.filter(Exists(filed))


def untouched() -> ReportQuerySet:
    """Open seeded reports on which no person has done or noted anything since."""
    done = ReportEvent.objects.filter(report=OuterRef("pk"), person__isnull=False).exclude(TOLD_BY_THE_SEED)
    told = ReportEvent.objects.filter(report=OuterRef("report"), at=OuterRef("at"))  # the seed notes as it acts
    noted = ReviewerNote.objects.filter(~Exists(told), report=OuterRef("pk"))
    return seeded().unsettled().filter(~Exists(done), ~Exists(noted))


def _is_final_typed(report: Report) -> bool:
    """Whether somebody saved the final report since it was last submitted: saving leaves no event."""
    version = FinalReport.objects.filter(report=report).values_list("version", flat=True).first() or 0
    submitted = report.events.filter(data__move="submit_final").last()
    return bool(version != (submitted.data["version"] if submitted else 0))


# --- To its end ----------------------------------------------------------------------------------------


def carried(t: Teller, pk: int) -> Tale:
    """Take a stale story to its end, step by step after its own last event."""
    report = Report.objects.select_related("entity", "main_service").get(pk=pk)
    last = report.events.aggregate(last=Max("recorded_at"))["last"]
    step = min(USUAL_STEP, (t.now - last) / STEPS)
    by = t.cast.first(report.entity.code, Role.DIRECTOR, Role.ALTERNATE)
    at = last
    while True:
        report.refresh_from_db()
        if report.acknowledged_at is None and report.kind != ReportKind.MAINTENANCE:
            at = yield at + step
            actions.acknowledge(report, at=at, by=t.reviewer())
        elif by is None:
            yield from _ended_by_telephone(t, report, at=at + step)
            return
        elif report.kind == ReportKind.MAINTENANCE and report.status in {Status.SCHEDULED, Status.IN_PROGRESS}:
            at = yield from _work_ended(t, report, at=at + step, by=by)
        elif report.status in OPEN:
            at = yield from _outage_ended(t, report, at=at, step=step, by=by)
        elif report.status in {Status.RESTORED, Status.COMPLETED, Status.REVISION} and not _closes_at_once(report):
            at = yield from _reported(t, report, at=at + step, by=by)
        elif report.status == Status.FINAL_REVIEW or _closes_at_once(report):
            at = yield at + step
            actions.move(report, "close", at=at, by=t.lead())
        else:
            yield from chapters.carried_out(t, report, at=at)
            return


def _closes_at_once(report: Report) -> bool:
    """No final report is owed for a consumed outage."""
    return report.kind == ReportKind.CONSUMED_OUTAGE and report.status == Status.RESTORED


def _ended_by_telephone(t: Teller, report: Report, *, at: datetime) -> Chapter:
    at = yield at
    if report.status in OPEN:
        actions.move(report, "dismiss", note=t.line("phoned_end"), at=at, by=t.reviewer())
    return at


def _outage_ended(t: Teller, report: Report, *, at: datetime, step: timedelta, by: User) -> Chapter:
    answered = report.events.filter(kind=EventKind.ANSWERED).values_list("data__question", flat=True)
    for question in report.events.filter(kind=EventKind.ASKED).exclude(seq__in=[seq for seq in answered if seq]):
        at = yield at + step
        text = t.pick(t.words.dialogue["questions"])[1].format(users=f"{report.users_affected or 1000:,}")
        actions.answer(report, question=question.seq, text=text, at=at, by=by)
    at = yield at + step
    own = report.kind == ReportKind.OWN_OUTAGE
    places = t.places(report.main_service, began=report.began_at, back=at)
    words = t.words.consumed_of("")[0].told(**places, own=report.main_service.name_ar)
    text = _fault_of(t, report, back=at).restored if own else words.restored
    actions.restore(report, restored_at=at, message=text, at=at, by=by)
    return at


def _work_ended(t: Teller, report: Report, *, at: datetime, by: User) -> Chapter:
    """Done, where the window is over; else called off."""
    if report.status == Status.IN_PROGRESS:
        at = yield at
        actions.complete(report, outcome="success", at=at, by=by)
    elif report.window_end and report.window_end < t.now:
        at = yield min(max(at, report.window_start or at), t.now - timedelta(minutes=2))
        actions.start_window(report, at=at, by=by)
    else:
        at = yield at
        actions.move(report, "cancel", note=t.line("cancel"), at=at, by=by)
    return at


def _reported(t: Teller, report: Report, *, at: datetime, by: User) -> Chapter:
    at = yield at
    if report.status == Status.REVISION:
        chapters.answer_comments(t, report, by=by)
    elif report.kind == ReportKind.MAINTENANCE:
        work = next(work for work in t.words.works.values() if work.work_kind == report.work_kind)
        places = t.places(report.main_service, began=report.began_at, back=at)
        maintenance.write_work_final(t, report, work.told(**places), overrun=False, at=at, by=by)
    else:
        chapters.write_final(t, report, _fault_of(t, report, back=at), at=at, by=by)
    if needs_countersignature(report):
        actions.countersign(report, at=at, by=t.leader_of(report.entity.code))
    actions.submit_final(report, at=at, by=by)
    return at


def _fault_of(t: Teller, report: Report, *, back: datetime) -> Fault:
    """The fault whose words the report was filed with, as near as its cause and symptoms tell."""
    faults = t.words.faults.values()
    near = [fault for fault in faults if fault.symptom == report.symptom] or list(faults)
    fault = next((fault for fault in near if fault.suspected_cause == report.suspected_cause), near[0])
    return fault.told(**t.places(report.main_service, began=report.began_at, back=back))
